"""The journal entries that decide would write, from the messages of a run.

They have only the fields that the desk reads.
"""

from collections.abc import Iterable

from ledger.cases.case import CaseEntry, JournalEntry, case_id
from ledger.cases.messages import Complaint, Decision, Dispute, Notice, Order
from ledger.cases.transitions import CaseState, Move
from ledger.clock import utc
from ledger.records.finding import Finding
from ledger.records.receipt import rule_key


def order_entry(order: Order, provider: str) -> CaseEntry:
    """Return the first entry of an order's case."""
    entry = JournalEntry(
        entry=case_id("order", provider, order.id),
        type="order",
        provider=provider,
        at=utc(order.received_at),
        category=order.category or "",
        keywords=(order.keyword,) if order.keyword else (),
        other=order.other or "",
        items=order.items or 0,
        kind=order.kind,
        authority=order.authority,
        country=order.country,
        received_at=utc(order.received_at),
        acknowledged_at=utc(order.acknowledged_at) if order.acknowledged_at else "",
        regulation=order.regulation,
        due_at=utc(order.due_at) if order.due_at else "",
    )
    return CaseEntry(1, Move.OPEN, CaseState.OPEN, entry, order.id)


def contest_entry(contest: Complaint | Dispute, provider: str) -> CaseEntry:
    """Return the first entry of the case of a complaint or dispute."""
    kind = "complaint" if isinstance(contest, Complaint) else "dispute"
    entry = JournalEntry(
        entry=case_id(kind, provider, contest.id),
        type=kind,
        provider=provider,
        at=utc(contest.received_at),
        by=getattr(contest, "by", ""),
        body=getattr(contest, "body", ""),
        received_at=utc(contest.received_at),
    )
    return CaseEntry(1, Move.CONTEST, CaseState.OPEN, entry, contest.id)


def notice_entry(notice: Notice, provider: str) -> CaseEntry:
    """Return the first entry of a notice's case."""
    entry = JournalEntry(
        entry=case_id("notice", provider, notice.id),
        type="notice",
        provider=provider,
        at=utc(notice.received_at),
        category=notice.category,
        trusted_flagger=notice.trusted_flagger,
        received_at=utc(notice.received_at),
    )
    return CaseEntry(1, Move.OPEN, CaseState.OPEN, entry, notice.id, post=notice.post)


def decision_entry(decision: Decision, provider: str, findings: Iterable[Finding]) -> JournalEntry:
    """Return the journal entry of a decision on these findings."""
    rules: dict[str, int] = {}
    for each in findings:
        key = rule_key(each.pack, each.version, each.rule, each.mode)
        rules[key] = rules.get(key, 0) + 1
    return JournalEntry(
        entry=case_id("decision", provider, decision.id),
        type="decision",
        provider=provider,
        at=utc(decision.decided_at),
        verdict=decision.verdict,
        measures=decision.measures,
        moderator=decision.moderator,
        decided_at=utc(decision.decided_at),
        group=case_id("group", provider, decision.group) if decision.group else "",
        applied_at=utc(decision.applied_at) if decision.applied_at else "",
        rules=rules,
    )
