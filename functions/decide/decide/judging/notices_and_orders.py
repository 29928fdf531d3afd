"""Judge what comes from outside, or needs no decision: notices, orders, suspensions, audits."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from decide.facts import Facts
from decide.judging.judgement import Judgement, Step, entry_of, refusals_of, taken, unknown
from decide.judging.times import before, too_old
from ledger.cases.case import Case, JournalEntry, case_id
from ledger.cases.messages import Audit, Notice, Order, Suspension
from ledger.cases.refusal import CaseCode, CaseRefusal
from ledger.cases.transitions import CaseKind, Move
from ledger.clock import utc


def judge_notice(message: Notice, facts: Facts) -> Judgement | CaseRefusal:
    """Take a notice. It waits for a decision, even if a finding of the post has one."""
    refusal = next(too_old(message, facts, "received_at"), None)
    if refusal is not None:
        return refusal
    entry = entry_of(message, facts)
    opening = Step(entry.entry, None, CaseKind.MATTER, Move.OPEN)
    if message.finding is None:
        return taken(message, entry, [opening])
    case = facts.cases.get(message.finding)
    if case is None or case.finding is None:
        return unknown("finding")
    if case.finding.provider != facts.provider:
        return CaseRefusal(CaseCode.OTHER_PROVIDER, "finding")
    if case.finding.post != message.post and not case.finding.is_erased:
        return CaseRefusal(CaseCode.MIXED_POSTS, "finding")
    return taken(message, entry, [opening, Step(case.case, case, CaseKind.MATTER, Move.NOTE)])


def judge_order(message: Order, facts: Facts) -> Judgement | CaseRefusal:
    """Take an order, or a later message about it."""
    is_answered = message.outcome is not None
    refusal = next(too_old(message, facts, "received_at"), None)
    if refusal is not None:
        return refusal
    if message.follows is None:
        entry = entry_of(message, facts)
        move = Move.CLOSE if is_answered else Move.OPEN
        return taken(message, entry, [Step(entry.entry, None, CaseKind.ORDER, move)])
    first = facts.id_of("follows", message.follows)
    case = facts.cases.get(first)
    if case is None or case.first is None:
        return unknown("follows", first)
    step = Step(first, case, CaseKind.ORDER, Move.CLOSE if is_answered else Move.REPORT)
    refusal = next(_order_refusals(message, case, step), None)
    return refusal or taken(message, entry_of(message, facts, about=_known_order(case)), [step])


def judge_suspension(message: Suspension, facts: Facts) -> Judgement | CaseRefusal:
    """Take a suspension: it is counted, and nothing follows."""
    refusal = next(too_old(message, facts, "from_at"), None)
    if refusal is not None:
        return refusal
    entry = entry_of(message, facts)
    return taken(message, entry, [Step(entry.entry, None, CaseKind.RECORD, Move.CLOSE)])


def judge_audit(message: Audit, facts: Facts) -> Judgement | CaseRefusal:
    """Take the verdict on a post of the sample: once for each post and month."""
    if not facts.sampled:
        return CaseRefusal(CaseCode.NOT_IN_SAMPLE, "post")
    audited = audit_id(facts.provider, message)
    step = Step(audited, facts.cases.get(audited), CaseKind.RECORD, Move.CLOSE)

    def refusals() -> Iterator[CaseRefusal]:
        yield from refusals_of([step], "post")
        start = datetime.fromisoformat(f"{message.month}-01T00:00:00Z")
        yield from before(message, facts, start, "the sample's month began", "opened_at")

    refusal = next(refusals(), None)
    return refusal or taken(message, entry_of(message, facts), [step])


def audit_id(provider: str, message: Audit) -> str:
    """Return the case of a post and month, so that a second verdict on it is refused."""
    return case_id("audit", provider, f"{message.month}/{message.post}")


def _known_order(case: Case) -> JournalEntry:
    """Return the order's first entry, with the times that later messages have added so far.

    A later message may repeat them. By this, a count can tell which are new.
    """
    times = {
        name: next((at for entry in case.entries if (at := getattr(entry.entry, name))), "")
        for name in ("acknowledged_at", "effected_at")
    }
    return msgspec.structs.replace(case.entries[0].entry, **times)


def _order_refusals(message: Order, case: Case, step: Step) -> Iterator[CaseRefusal]:
    """Refuse a message that contradicts the order's first one: it would be another order."""
    first = case.entries[0].entry
    for field in ("kind", "country", "authority", "regulation"):
        if getattr(message, field) != getattr(first, field):
            yield CaseRefusal(CaseCode.FIELD_CONFLICT, field)
    # The order's waiting times start here, so another time would be another order.
    if utc(message.received_at) != first.received_at:
        yield CaseRefusal(
            CaseCode.FIELD_CONFLICT,
            "received_at",
            advice=f"received_at is {utc(message.received_at)}; the order's first message says"
            f" {first.received_at}",
        )
    yield from refusals_of([step], "follows")
