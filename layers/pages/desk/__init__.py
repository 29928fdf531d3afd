"""The desk: pages on which moderators decide, the same in the browser at home and on AWS.

Here is who sits at the desk, and what waits for the moderators of a provider. A moderator has a
role at one provider. Lines of the queue are items; a dossier is everything known about one. Open
findings, the last weeks' journal and held rules give the items. Times are RFC 3339 in UTC.

`table_desk` reads and writes all that the pages show; each door brings the session of its
moderators. Only `asking` and `routes` know Powertools. Read on in `routes`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from cases.decision import FINDINGS_IN_DECISION
from dsa.statement import preserved_until
from ledger.cases import Case, CaseEntry, JournalEntry, case_id, is_for_second_review
from ledger.findings import Finding, FloodHold, FloodQuestion, FoundSpan, digest, flood_question_id
from ledger.texts import utc
from rules.pack import Pack, Rule


class Role(StrEnum):
    """What somebody may do at the desk of one provider."""

    MODERATOR = "moderator"  # decides
    LEAD = "lead"  # decides, and reads how well rules and decisions hold
    AUDITOR = "auditor"  # judges the audit's sample, and reads everything else


class Door(StrEnum):
    """How a moderator came in. A provider's moderators use one door, so nobody is two people."""

    CONSOLE = "console"  # signed in at the deployed console
    FILE = "file"  # at home: the command writes a file
    QUEUE = "queue"  # at home: the command sends to the queue of cases


@dataclass(frozen=True, slots=True)
class Moderator:
    """A moderator who signed in. `name` is the provider's pseudonym, never an e-mail address.

    >>> Moderator("m-7", "acme-chat", Role.AUDITOR, Door.CONSOLE).may_decide
    False
    """

    name: str
    provider: str
    role: Role
    door: Door

    @property
    def may_decide(self) -> bool:
        """Return whether the moderator decides on findings, notices and complaints."""
        return self.role is not Role.AUDITOR

    @property
    def may_lead(self) -> bool:
        """Return whether the moderator reads the lead's page and edits the canned reasons."""
        return self.role is Role.LEAD


class ItemKind(StrEnum):
    """Why an item waits."""

    FINDING = "finding"  # rules hit a post, and nobody has decided
    NOTICE = "notice"  # somebody reported a post, and nobody has answered
    ORDER = "order"  # an authority's order that nobody has answered
    COMPLAINT = "complaint"  # somebody contests a decision
    SECOND_REVIEW = "second_review"  # a colleague's decision, drawn by chance
    AUDIT = "audit"  # a post of the month's sample, which no rule hit
    TRIAL = "trial"  # a finding of a rule in shadow, drawn so that people try the rule
    HELD_RULE = "held_rule"  # the flood guard asks about all findings of a rule on a day
    GOLDEN = "golden"  # training: the answer is known, and nothing is sent


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the queue. It holds no text of a post.

    `key` names it in addresses: the id of its first finding (a finding), or of its case (a notice,
    an order, a complaint, a decision), `<month>.<place>` (an audit), the id of its question (a held
    rule), or a digest of its rule and text (training). `rules` are `pack/rule`. `since` is when it
    began to wait. `deadline` is empty where nothing sets one. `has_copies` is told at home alone.
    `not_for` are moderators who may not decide it: those who decided first.
    """

    key: str
    kind: ItemKind
    since: str
    category: str = ""
    severity: str = ""
    rules: tuple[str, ...] = ()
    language: str = ""
    reach: int | None = None
    deadline: str = ""
    has_copies: bool = False
    not_for: tuple[str, ...] = ()
    escalated: bool = False


@dataclass(frozen=True, slots=True)
class OpenFinding:
    """A finding that nobody has decided, with its excerpt while that is kept.

    `notice` is the sender's id of a notice that waits for an answer about this finding.
    """

    finding: Finding
    excerpt: str | None
    notice: str = ""
    escalated: bool = False


def first_excerpt(findings: Iterable[OpenFinding]) -> str:
    """Return the first excerpt of these findings that is still kept, or an empty text."""
    return next((each.excerpt for each in findings if each.excerpt), "")


def rule_name(finding: Finding) -> str:
    """Return the key of a finding's rule in `Dossier.rules`."""
    return f"{finding.pack}/{finding.version}/{finding.rule}"


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """What is published about a rule. `page` is empty where no public pages are served."""

    pack: Pack
    rule: Rule
    page: str = ""

    def said_in(self, language: str) -> tuple[str, str]:
        """Return the pack's title and the rule's reason in a language, or in English."""
        said = self.pack.title_in(language), self.pack.reason_in(language, self.rule)
        return said[0].text, said[1].text


@dataclass(frozen=True, slots=True)
class EarlierDecision:
    """A decision on the same post, the same rule or a near copy.

    `about` is `post`, `rule` or `copy`. `reason` is empty after an erasure. `outcome` says how the
    decision ended if somebody contested it.
    """

    about: str
    verdict: str
    moderator: str
    decided_at: str
    rule: str = ""
    reason: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class NearCopy:
    """Another item whose post says nearly the same, to be decided together with this one."""

    key: str
    findings: tuple[OpenFinding, ...]


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything known about one item, for its card.

    `findings` are those of one post and category, the most urgent first. `notices` are the entries
    of notices about the post. `decision` is that of a complaint, or the one of a second look; its
    message id is what the answer names. `contest` is the complaint itself. `order` is an
    authority's order, with all times known so far. `post` and `url` are of an audit's post, or of a
    notice without findings. `rules` has the words about each `pack/version/rule`. `answer` is the
    known verdict of a golden card, and `question` is the flood guard's about a held rule.
    """

    item: Item
    findings: tuple[OpenFinding, ...] = ()
    notices: tuple[CaseEntry, ...] = ()
    decision: CaseEntry | None = None
    contest: CaseEntry | None = None
    order: CaseEntry | None = None
    post: str = ""
    url: str = ""
    month: str = ""
    rules: tuple[tuple[str, RuleFacts], ...] = ()
    earlier: tuple[EarlierDecision, ...] = ()
    copies: tuple[NearCopy, ...] = ()
    answer: str = ""
    question: FloodQuestion | None = None

    @property
    def excerpt(self) -> str:
        """Return the first excerpt that is still kept, or an empty text."""
        return first_excerpt(self.findings)


_LONG_AGO = "1970-01-01T00:00:00Z"
EXAMPLES_PER_RULE = 2
"""Examples of each kind and rule that become cards."""


def golden_dossiers(packs: Iterable[Pack], provider: str) -> list[Dossier]:
    """Return published examples of packs as training cards, in an order that gives nothing away.

    A pack's `match` examples are to be confirmed, its `ignore` examples dismissed. They are public
    and invented, so a card of them teaches what a rule means without a real post.
    """
    made = [
        _golden_dossier(pack, rule, text, answer, provider)
        for pack in packs
        for rule in pack.rules
        for answer, texts in (("confirmed", rule.match), ("dismissed", rule.ignore))
        for text in texts[:EXAMPLES_PER_RULE]
    ]
    return sorted(made, key=lambda dossier: dossier.item.key)


def _golden_dossier(pack: Pack, rule: Rule, text: str, answer: str, provider: str) -> Dossier:
    key = digest("golden", pack.id, rule.id, text)
    finding = Finding(
        finding=key, provider=provider, post="", account="-", published_at=_LONG_AGO,
        found_at=_LONG_AGO,
        pack=pack.id, version=pack.version, set="", rule=rule.id, mode="live",
        category=pack.category_of(rule), severity=rule.severity.value,
        spans=(FoundSpan("text", 0, 0, ""),), unit="",
    )  # fmt: skip
    item = Item(
        key, ItemKind.GOLDEN, _LONG_AGO, category=finding.category, rules=(f"{pack.id}/{rule.id}",)
    )
    facts = ((rule_name(finding), RuleFacts(pack, rule)),)
    return Dossier(item, (OpenFinding(finding, text),), rules=facts, answer=answer)


COMPLAINT_DAYS = 14
"""Days in which a complaint should have its answer. The law for terrorist content that was removed
by specific measures (TCO, Art. 10(2)); else a goal of ours: the DSA, Art. 20(4), says timely."""

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
            not_for=(entry.moderator,) if entry.moderator else (),
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


REMIND_DAYS = 7
"""Days before its end at which the desk reminds of what the host preserves (TCO, Art. 6)."""


def order_reminders(orders: Iterable[Case], now: datetime) -> Iterator[Item]:
    """Yield answered removal orders of which the author may be told, or whose copy ends soon."""
    for order in (case.order_so_far() for case in orders):
        until = order.removal.silent_until if order.removal and order.is_silent else None
        is_over = until is not None and until < now.date()
        due = until if is_over else preserved_until(order)
        left = (due - now.date()).days if due and order.outcome else REMIND_DAYS + 1
        if is_over or 0 <= left <= REMIND_DAYS:
            yield replace(order_item(order), deadline=f"{due}T23:59:59Z")


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
    """Yield the recent decisions that were drawn for a second review and have none.

    A group is drawn as one and judged by its first decision.
    """
    start, entries = utc(now - timedelta(days=SECOND_REVIEW_DAYS)), list(entries)
    reviewed = {entry.group or entry.decision for entry in entries if entry.type == "second_review"}
    for entry in entries:
        is_drawn = (
            entry.type == "decision"
            and entry.verdict != "skipped"
            and (entry.leads or not entry.group)
            and entry.look not in reviewed
            and is_for_second_review(entry.look)
        )
        if is_drawn and entry.at >= start:
            yield Item(
                key=entry.entry,
                kind=ItemKind.SECOND_REVIEW,
                since=entry.at,
                category=entry.category,
                rules=rules_of(entry),
                reach=entry.reach,
                not_for=(entry.moderator,),
            )


def open_questions(provider: str, holds: Iterable[FloodHold]) -> list[Dossier]:
    """Return the questions of the flood guard that nobody has answered."""
    return [held_rule(provider, hold.question) for hold in holds if not hold.verdict]


def held_rule(provider: str, question: FloodQuestion) -> Dossier:
    """Return the item of a question of the flood guard, also of an answered one."""
    item = Item(
        key=flood_question_id(provider, question.day, question.rule),
        kind=ItemKind.HELD_RULE,
        since=question.at,
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
    """Return the posts of samples that nobody has judged."""
    judged = {case for entry in entries if entry.type == "audit" for case in entry.cases}
    return [
        each.item
        for each in sample
        if case_id("audit", provider, f"{each.month}/{each.post}") not in judged
    ]


def rules_of(decision: JournalEntry | None) -> tuple[str, ...]:
    """Return the rules of a decision's findings as `pack/rule`, without versions and modes.

    >>> rules_of(JournalEntry("e", "acme", "", type="decision", rules={"codes/3/asks/live": 1}))
    ('codes/asks',)
    """
    named = (name.split("/") for name in (decision.rules if decision else ()))
    return tuple(dict.fromkeys(f"{parts[0]}/{parts[2]}" for parts in named if len(parts) == 4))
