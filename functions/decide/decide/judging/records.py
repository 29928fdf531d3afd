"""Judging what comes from outside, or stands for itself: notices, orders, suspensions, audits."""

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
    """Take a notice: it waits for a decision, also where a finding of the post has one."""
    refusal = next(too_old(message, facts, "received_at"), None)
    if refusal is not None:
        return refusal
    entry = entry_of(message, facts)
    opened = Step(entry.entry, None, CaseKind.MATTER, Move.OPEN)
    if message.finding is None:
        return taken(message, entry, [opened])
    case = facts.cases.get(message.finding)
    if case is None or case.finding is None:
        return unknown("finding")
    if case.finding.provider != facts.provider:
        return CaseRefusal(CaseCode.OTHER_PROVIDER, "finding")
    if case.finding.post != message.post and not case.finding.is_erased:
        return CaseRefusal(CaseCode.MIXED_POSTS, "finding")
    return taken(message, entry, [opened, Step(case.case, case, CaseKind.MATTER, Move.NOTE)])


def judge_order(message: Order, facts: Facts) -> Judgement | CaseRefusal:
    """Take an order, or what came later of one."""
    ends = message.outcome is not None
    refusal = next(too_old(message, facts, "received_at"), None)
    if refusal is not None:
        return refusal
    if message.follows is None:
        entry = entry_of(message, facts)
        opened = Step(entry.entry, None, CaseKind.ORDER, Move.CLOSE if ends else Move.OPEN)
        return taken(message, entry, [opened])
    first = facts.id_of("follows", message.follows)
    case = facts.cases.get(first)
    if case is None or case.first is None:
        return unknown("follows", first)
    step = Step(first, case, CaseKind.ORDER, Move.CLOSE if ends else Move.REPORT)
    refusal = next(_refusals_of_order(message, case, step), None)
    return refusal or taken(message, entry_of(message, facts, about=_told(case)), [step])


def judge_suspension(message: Suspension, facts: Facts) -> Judgement | CaseRefusal:
    """Take a suspension: it is counted, and nothing follows."""
    refusal = next(too_old(message, facts, "from_at"), None)
    if refusal is not None:
        return refusal
    entry = entry_of(message, facts)
    return taken(message, entry, [Step(entry.entry, None, CaseKind.RECORD, Move.CLOSE)])


def judge_audit(message: Audit, facts: Facts) -> Judgement | CaseRefusal:
    """Take what was seen at a post of the sample: once for each post and month."""
    if not facts.sampled:
        return CaseRefusal(CaseCode.NOT_IN_SAMPLE, "post")
    audited = audit_id(facts.provider, message)
    step = Step(audited, facts.cases.get(audited), CaseKind.RECORD, Move.CLOSE)

    def refusals() -> Iterator[CaseRefusal]:
        yield from refusals_of([step], "post")
        began = datetime.fromisoformat(f"{message.month}-01T00:00:00Z")
        yield from before(message, facts, began, "the sample's month began", "opened_at")

    refusal = next(refusals(), None)
    return refusal or taken(message, entry_of(message, facts), [step])


def audit_id(provider: str, message: Audit) -> str:
    """The case of a post and month: a second verdict on it is refused, whatever its id."""
    return case_id("audit", provider, f"{message.month}/{message.post}")


def _told(case: Case) -> JournalEntry:
    """The order's first entry with both clocks as far as any message told them before.

    A later message may repeat them; who counts can tell what is new by this.
    """
    first = case.entries[0].entry
    told = {
        clock: next((at for one in case.entries if (at := getattr(one.entry, clock))), "")
        for clock in ("acknowledged_at", "effected_at")
    }
    return msgspec.structs.replace(first, **told)


def _refusals_of_order(message: Order, case: Case, step: Step) -> Iterator[CaseRefusal]:
    """It must be the same order: what differs would be another one under its name."""
    first = case.entries[0].entry
    for field in ("kind", "country", "authority", "regulation"):
        if getattr(message, field) != getattr(first, field):
            yield CaseRefusal(CaseCode.FIELD_CONFLICT, field)
    # Its clock runs from there, so another time would be another clock.
    if utc(message.received_at) != first.received_at:
        yield CaseRefusal(
            CaseCode.FIELD_CONFLICT,
            "received_at",
            advice=f"received_at is {utc(message.received_at)}; the order's first message says"
            f" {first.received_at}",
        )
    yield from refusals_of([step], "follows")
