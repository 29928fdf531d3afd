"""What waits for the moderators of a provider: open findings, the last weeks' journal, held rules.

Pure: findings, entries and questions in, items of the queue out. The console and `terang review`
use it.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from desk.items import Dossier, Item, ItemKind
from ledger.cases.case import Case, JournalEntry, case_id, is_for_second_review
from ledger.cases.messages import FINDINGS_IN_DECISION
from ledger.clock import utc
from ledger.records.finding import Finding
from ledger.records.flood import FloodHold, FloodQuestion, flood_question_id

COMPLAINT_DAYS = 14
"""Days in which a complaint should have its answer: a goal of ours. The DSA, Art. 20(4), asks for a
timely one."""

ORDER_HOURS = {"tco": 1, "dsa": 24}
"""Hours in which an order that sets no deadline should be answered. A removal order has one (TCO,
Art. 3(3)). A day is a goal of ours: the DSA, Art. 9 and 10, asks for no undue delay."""

SECOND_REVIEW_DAYS = 7
"""How old a decision for a second review may be: its excerpt is kept that long if dismissed."""

AUDITED = 20
"""Posts of the month's sample that are shown at once."""

COPIES_SHOWN = 19
"""Near copies that are decided with a card: each makes a message of its own."""


def waiting_items(
    findings: Sequence[Finding], entries: Sequence[JournalEntry], now: datetime
) -> list[Item]:
    """Return the items about findings, notices, orders, complaints, disputes and decisions."""
    return [
        *finding_items(findings, entries),
        *notice_items(findings, entries),
        *order_items(entries),
        *contest_items(entries),
        *second_reviews(entries, now),
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
        yield finding_item(group, escalated=any(each.finding in escalated for each in group))


def finding_item(findings: Sequence[Finding], *, escalated: bool, group: str = "") -> Item:
    """Return the item of findings of one post and category, the most urgent first.

    `group` is the id of their copy group, if there is one.
    """
    first = findings[0]
    return Item(
        key=first.finding,
        kind=ItemKind.FINDING,
        since=first.found_at,
        category=first.category,
        severity=first.severity,
        rules=tuple(dict.fromkeys(f"{each.pack}/{each.rule}" for each in findings)),
        language=first.language or "",
        reach=first.reach,
        escalated=escalated,
        group=group,
    )


def by_post(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Return the findings of each post and category, at most 20, in their order."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        group = groups.setdefault((finding.post, finding.category), [])
        if len(group) < FINDINGS_IN_DECISION:
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


def order_items(entries: Sequence[JournalEntry]) -> Iterator[Item]:
    """Yield the orders of authorities that nobody has answered."""
    orders = [entry for entry in entries if entry.type == "order"]
    answered = {entry.follows or entry.entry for entry in orders if entry.outcome}
    for entry in orders:
        if not entry.follows and entry.entry not in answered:
            yield order_item(entry)


def order_item(entry: JournalEntry) -> Item:
    """Return the item of an order, from its first entry."""
    received = datetime.fromisoformat(entry.received_at)
    usual = utc(received + timedelta(hours=ORDER_HOURS[entry.regulation]))
    return Item(
        key=entry.entry,
        kind=ItemKind.ORDER,
        since=entry.received_at,
        category=entry.category,
        deadline=entry.due_at or usual,
    )


def order_dossier(case: Case) -> Dossier:
    """Return what is known about an order."""
    first = msgspec.structs.replace(case.entries[0], journal_entry=case.order_so_far())
    return Dossier(order_item(first.journal_entry), order=first)


def contest_items(entries: Sequence[JournalEntry]) -> Iterator[Item]:
    """Yield the complaints and disputes without an outcome, for moderators who did not decide."""
    outcomes = [entry for entry in entries if entry.type == "outcome"]
    answered = {contest for entry in outcomes for contest in (entry.complaint, entry.dispute)}
    for entry in entries:
        if entry.type not in {"complaint", "dispute"} or entry.entry in answered:
            continue
        about = entry.about
        yield Item(
            key=entry.entry,
            kind=ItemKind.COMPLAINT,
            since=entry.received_at,
            category=about.category if about else "",
            rules=rules_of(about),
            deadline=contest_deadline(entry.received_at),
            not_for=(about.moderator,) if about else (),
        )


def contest_deadline(received_at: str) -> str:
    """Return the time by which a complaint or dispute should have its answer.

    >>> contest_deadline("2026-11-25T12:00:00Z")
    '2026-12-09T12:00:00Z'
    """
    return utc(datetime.fromisoformat(received_at) + timedelta(days=COMPLAINT_DAYS))


def second_reviews(entries: Iterable[JournalEntry], now: datetime) -> Iterator[Item]:
    """Yield the recent decisions that were drawn for a second review and have none."""
    start = utc(now - timedelta(days=SECOND_REVIEW_DAYS))
    for entry in drawn_decisions(entries):
        if entry.at >= start:
            yield Item(
                key=entry.entry,
                kind=ItemKind.SECOND_REVIEW,
                since=entry.at,
                category=entry.category,
                rules=rules_of(entry),
                reach=entry.reach,
                not_for=(entry.moderator,),
            )


def drawn_decisions(entries: Iterable[JournalEntry]) -> Iterator[JournalEntry]:
    """Yield the decisions that were drawn for a second review and have none.

    A group is drawn as one and judged by its first decision.
    """
    entries = list(entries)
    reviewed = {entry.group or entry.decision for entry in entries if entry.type == "second_review"}
    for entry in entries:
        is_drawn = (
            entry.type == "decision"
            and entry.verdict != "skipped"
            and (entry.leads or not entry.group)
            and entry.look not in reviewed
            and is_for_second_review(entry.look)
        )
        if is_drawn:
            yield entry


def open_questions(provider: str, holds: Iterable[FloodHold]) -> list[Dossier]:
    """Return the questions of the flood guard that nobody has answered."""
    return [held_rule(provider, hold.question) for hold in holds if not hold.verdict]


def held_rule(provider: str, question: FloodQuestion) -> Dossier:
    """Return the item of a question of the flood guard, also of an answered one."""
    item = Item(
        key=flood_question_id(provider, question.day, question.rule),
        kind=ItemKind.HELD_RULE,
        since=question.at or f"{question.day}T00:00:00Z",
        rules=(question.rule,),
    )
    return Dossier(item, question=question)


def audits(posts: Iterable[str], month: str) -> list[Dossier]:
    """Return each post of a month's sample as an item; its key holds its place, from 1."""
    since = f"{month}-01T00:00:00Z"
    return [
        Dossier(Item(f"{month}.{place}", ItemKind.AUDIT, since), post=post, month=month)
        for place, post in enumerate(posts, 1)
    ]


def open_audits(
    provider: str, sample: Iterable[Dossier], entries: Iterable[JournalEntry]
) -> list[Item]:
    """Return the first posts of a month's sample that nobody has judged."""
    judged = {case for entry in entries if entry.type == "audit" for case in entry.cases}
    left = [
        each.item
        for each in sample
        if case_id("audit", provider, f"{each.month}/{each.post}") not in judged
    ]
    return left[:AUDITED]


def rules_of(decision: JournalEntry | None) -> tuple[str, ...]:
    """Return the rules of a decision's findings as `pack/rule`, without versions and modes.

    >>> rules_of(JournalEntry("e", "decision", "acme", "", rules={"codes/3/asks/live": 1}))
    ('codes/asks',)
    """
    named = (name.split("/") for name in (decision.rules if decision else ()))
    return tuple(dict.fromkeys(f"{parts[0]}/{parts[2]}" for parts in named if len(parts) == 4))
