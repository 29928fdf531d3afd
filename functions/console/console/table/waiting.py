"""What waits for the moderators of a provider, from open findings and the last weeks' journal.

Pure: findings and entries in, items of the queue out.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from desk.items import Item, ItemKind
from ledger.cases.case import JournalEntry, case_id, is_for_second_review
from ledger.clock import utc
from ledger.records.finding import Finding

COMPLAINT_DAYS = 14
"""Within this time a complaint should be answered. Source: the DSA, Art. 20(4), says "timely"."""

SECOND_LOOK_DAYS = 7
"""How old a decision for a second look may be: its excerpt is kept that long if dismissed."""

AUDITED = 20
"""Posts of the month's sample that are shown at once."""

FINDINGS_OF_A_DECISION = 20


def waiting_items(
    findings: Sequence[Finding], entries: Sequence[JournalEntry], now: datetime
) -> list[Item]:
    """Return the items about findings, notices, complaints and decisions."""
    return [
        *finding_items(findings, entries),
        *notice_items(findings, entries),
        *complaint_items(entries),
        *second_looks(entries, now),
    ]


def finding_items(findings: Iterable[Finding], entries: Iterable[JournalEntry]) -> Iterator[Item]:
    """Yield an item for the findings of each post and category, which are decided together."""
    escalated = {
        case
        for entry in entries
        if entry.type == "decision" and entry.verdict == "escalated"
        for case in entry.cases
    }
    for group in by_post(findings):
        first = group[0]
        yield Item(
            key=first.finding,
            kind=ItemKind.FINDING,
            since=first.found_at,
            category=first.category,
            severity=first.severity,
            rules=tuple(dict.fromkeys(f"{each.pack}/{each.rule}" for each in group)),
            language=first.language or "",
            reach=first.reach,
            escalated=any(each.finding in escalated for each in group),
        )


def by_post(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Return the findings of each post and category, at most 20, in their order."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        group = groups.setdefault((finding.post, finding.category), [])
        if len(group) < FINDINGS_OF_A_DECISION:
            group.append(finding)
    return list(groups.values())


def notice_items(findings: Iterable[Finding], entries: Sequence[JournalEntry]) -> Iterator[Item]:
    """Yield the notices that nobody has answered, except those about an open finding's post.

    Those are answered on the card of the finding.
    """
    answered = {entry.notice for entry in entries if entry.notice}
    is_open = {finding.finding for finding in findings}
    for entry in entries:
        if entry.type != "notice" or entry.entry in answered or is_open.intersection(entry.cases):
            continue
        yield Item(
            key=entry.entry,
            kind=ItemKind.NOTICE,
            since=entry.received_at,
            category=entry.category,
            severity="high" if entry.trusted_flagger else "medium",
        )


def complaint_items(entries: Sequence[JournalEntry]) -> Iterator[Item]:
    """Yield the complaints without an outcome. Whoever decided may not answer them."""
    answered = {entry.complaint for entry in entries if entry.type == "outcome"}
    for entry in entries:
        if entry.type != "complaint" or entry.entry in answered:
            continue
        received = datetime.fromisoformat(entry.received_at)
        about = entry.about
        yield Item(
            key=entry.entry,
            kind=ItemKind.COMPLAINT,
            since=entry.received_at,
            category=about.category if about else "",
            rules=rules_of(about),
            deadline=utc(received + timedelta(days=COMPLAINT_DAYS)),
            not_for=(about.moderator,) if about else (),
        )


def second_looks(entries: Iterable[JournalEntry], now: datetime) -> Iterator[Item]:
    """Yield the recent decisions that were drawn for a second look and have none."""
    entries = list(entries)
    reviewed = {entry.decision for entry in entries if entry.type == "second_review"}
    start = utc(now - timedelta(days=SECOND_LOOK_DAYS))
    for entry in entries:
        is_drawn = (
            entry.type == "decision"
            and entry.verdict != "skipped"
            and entry.at >= start
            and entry.entry not in reviewed
            and is_for_second_review(entry.entry)
        )
        if is_drawn:
            yield Item(
                key=entry.entry,
                kind=ItemKind.SECOND_LOOK,
                since=entry.at,
                category=entry.category,
                rules=rules_of(entry),
                reach=entry.reach,
                not_for=(entry.moderator,),
            )


def audit_items(
    provider: str, month: str, posts: Sequence[str], entries: Iterable[JournalEntry]
) -> Iterator[Item]:
    """Yield the first posts of a month's sample that nobody has judged; a key holds the rank."""
    judged = {case for entry in entries if entry.type == "audit" for case in entry.cases}
    left = (
        Item(f"{month}.{rank}", ItemKind.AUDIT, since=f"{month}-01T00:00:00Z")
        for rank, post in enumerate(posts, 1)
        if case_id("audit", provider, f"{month}/{post}") not in judged
    )
    for item, _ in zip(left, range(AUDITED), strict=False):
        yield item


def rules_of(decision: JournalEntry | None) -> tuple[str, ...]:
    """Return the rules of a decision's findings as `pack/rule`.

    >>> rules_of(JournalEntry("e", "decision", "acme", "", rules={"codes/3/asks/live": 1}))
    ('codes/asks',)
    """
    named = (name.split("/") for name in (decision.rules if decision else ()))
    return tuple(dict.fromkeys(f"{parts[0]}/{parts[2]}" for parts in named if len(parts) == 4))
