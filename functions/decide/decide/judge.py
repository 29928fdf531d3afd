"""Judge a message about a case: return its entry and moves, or why it is refused.

Pure: no clock, no store. Messages that need no decision are judged here: notices, orders,
suspensions, audits and answers to the flood guard. `decisions` and `contests` judge the other
types. `ledger.cases.transitions` says which moves a case allows.
"""

from collections.abc import Iterator
from datetime import datetime

from decide.contests import judge_contest, judge_outcome, judge_reinstatement, judge_second_review
from decide.decisions import judge_decision
from decide.judgement import (
    Acceptance,
    Facts,
    Step,
    audit_id,
    entry_of,
    refusals_of,
    taken,
    unknown,
    without_words,
)
from decide.times import after_arrival, before, too_old
from ledger.cases.case import Case
from ledger.cases.messages import (
    Audit,
    CaseMessage,
    Complaint,
    Decision,
    Dispute,
    FloodAnswer,
    Notice,
    Order,
    Outcome,
    Reinstatement,
    SecondReview,
    Suspension,
)
from ledger.cases.refusal import CaseCode, CaseRefusal
from ledger.cases.transitions import CaseKind, Move
from ledger.clock import utc
from ledger.records.flood import flood_question_id


def judge(message: CaseMessage, facts: Facts) -> Acceptance | CaseRefusal:
    """Return the judgement of a message by these facts; newer facts may change it.

    If the author of one of the posts was erased, the entries keep no words and no address.
    """
    judged = next(after_arrival(message, facts), None) or _judge(message, facts)
    is_erased = any(case.is_erased for case in facts.cases.values())
    if isinstance(judged, Acceptance) and is_erased:
        return Acceptance(judged.entry, tuple(map(without_words, judged.moves)))
    return judged


def _judge(message: CaseMessage, facts: Facts) -> Acceptance | CaseRefusal:
    match message:
        case Decision():
            return judge_decision(message, facts)
        case SecondReview():
            return judge_second_review(message, facts)
        case Complaint() | Dispute():
            return judge_contest(message, facts)
        case Outcome():
            return judge_outcome(message, facts)
        case Reinstatement():
            return judge_reinstatement(message, facts)
        case _:
            return _judge_alone(message, facts)


def _judge_alone(
    message: Notice | Order | Suspension | Audit | FloodAnswer, facts: Facts
) -> Acceptance | CaseRefusal:
    """Judge a message that is about no decision."""
    match message:
        case Notice():
            return judge_notice(message, facts)
        case Order():
            return judge_order(message, facts)
        case Suspension():
            return judge_suspension(message, facts)
        case Audit():
            return judge_audit(message, facts)
        case FloodAnswer():
            return judge_flood_answer(message, facts)


def judge_notice(message: Notice, facts: Facts) -> Acceptance | CaseRefusal:
    """Take a notice. It is open until it is decided, even if a finding of the post already was."""
    refusal = next(too_old(message, facts, "received_at"), None)
    if refusal is not None:
        return refusal
    entry = entry_of(message, facts)
    opening = Step(entry.entry, None, CaseKind.FINDING_OR_NOTICE, Move.OPEN)
    if message.finding is None:
        return taken(message, entry, [opening])
    case = facts.cases.get(message.finding)
    if case is None or case.finding is None:
        return unknown("finding")
    if case.finding.provider != facts.provider:
        return CaseRefusal(CaseCode.OTHER_PROVIDER, "finding")
    if case.finding.post != message.post and not case.finding.is_erased:
        return CaseRefusal(CaseCode.MIXED_POSTS, "finding")
    return taken(
        message, entry, [opening, Step(case.case, case, CaseKind.FINDING_OR_NOTICE, Move.NOTE)]
    )


def judge_order(message: Order, facts: Facts) -> Acceptance | CaseRefusal:
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
    # The next message may repeat times. A count uses this entry to tell which of them are new.
    known = case.order_so_far()
    return refusal or taken(message, entry_of(message, facts, about=known), [step])


def judge_suspension(message: Suspension, facts: Facts) -> Acceptance | CaseRefusal:
    """Take a suspension. It is counted, and nothing can follow it."""
    refusal = next(too_old(message, facts, "from_at"), None)
    if refusal is not None:
        return refusal
    entry = entry_of(message, facts)
    return taken(message, entry, [Step(entry.entry, None, CaseKind.RECORD, Move.CLOSE)])


def judge_audit(message: Audit, facts: Facts) -> Acceptance | CaseRefusal:
    """Take the verdict on a post of the month's sample, once for each post and month."""
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


def judge_flood_answer(message: FloodAnswer, facts: Facts) -> Acceptance | CaseRefusal:
    """Take the answer to a question of the flood guard, once for each rule and day.

    The answer opens the question's case and closes it. No finding is moved: held findings are
    listed under their rule and day, and open if the answer says so, whenever they were stored.
    """
    day, question = message.day.isoformat(), facts.question
    if question is None:
        return unknown("held_rule")
    case = flood_question_id(facts.provider, day, message.held_rule)
    step = Step(case, facts.cases.get(case), CaseKind.RECORD, Move.CLOSE)

    def refusals() -> Iterator[CaseRefusal]:
        yield from refusals_of([step], "held_rule")
        asked = datetime.fromisoformat(question.at or f"{day}T00:00:00Z")
        yield from before(message, facts, asked, "the rule was held", "opened_at")

    refusal = next(refusals(), None)
    return refusal or taken(message, entry_of(message, facts), [step])


def _order_refusals(message: Order, case: Case, step: Step) -> Iterator[CaseRefusal]:
    """Refuse a message that contradicts the order's first one: it must be about another order."""
    first = case.entries[0].journal_entry
    for field in ("kind", "country", "authority", "regulation"):
        if getattr(message, field) != getattr(first, field):
            yield CaseRefusal(CaseCode.FIELD_CONFLICT, field)
    # The order's waiting times start with the first, and its clock ends with the second.
    for field in ("received_at", "due_at"):
        stated, known = getattr(message, field), getattr(first, field)
        if stated is not None and utc(stated) != known:
            advice = f"{field} is {utc(stated)}; the order's first message says {known or 'none'}"
            yield CaseRefusal(CaseCode.FIELD_CONFLICT, field, advice=advice)
    yield from refusals_of([step], "follows")
