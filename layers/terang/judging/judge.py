"""Judge the messages about a decision: second reviews, complaints, disputes, reinstatements.

Judge a message about a case: return its entry and moves, or why it is refused.

Pure: no clock, no store. Messages that need no decision are judged here: notices, orders,
suspensions, audits and answers to the flood guard. `decisions` and `contests` judge the other
types. `ledger.cases` says which moves a case allows.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from judging.decisions import judge_decision
from judging.judgement import (
    Acceptance,
    Facts,
    Step,
    after_arrival,
    audit_id,
    before,
    earlier_move,
    entry_of,
    excerpt_end_after_answer,
    excerpt_end_while_contested,
    group_step,
    refusals_of,
    stated_at,
    taken,
    too_old,
    unknown,
    without_words,
)
from ledger.case_messages import (
    Audit,
    BaseCaseMessage,
    CaseMessage,
    Cause,
    Complaint,
    ContestResult,
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
from ledger.cases import (
    Case,
    CaseKind,
    CaseMove,
    CaseState,
    JournalEntry,
    Move,
    counted_once,
    is_for_second_review,
)
from ledger.dsa_codes import CaseCode, CaseRefusal
from ledger.findings import flood_question_id
from ledger.texts import utc

RESULTS = {
    ContestResult.UPHELD: Move.UPHOLD,
    ContestResult.OMITTED: Move.UPHOLD,
    ContestResult.PARTLY_REVERSED: Move.NARROW,
    ContestResult.REVERSED: Move.OVERTURN,
}


def judge_second_review(message: SecondReview, facts: Facts) -> Acceptance | CaseRefusal:
    """Take a second verdict on a decision that was drawn for one. A group is drawn as one."""
    named = _decision(message.decision, facts)
    if isinstance(named, CaseRefusal):
        return named
    case, decided = named
    step = Step(case.case, case, CaseKind.DECISION, Move.REVIEW)
    group = facts.cases.get(decided.group)

    def refusals() -> Iterator[CaseRefusal]:
        yield from refusals_of([step], "decision")
        yield from _before_decision(message, decided, facts, "opened_at")
        if not is_for_second_review(decided.look):
            yield CaseRefusal(CaseCode.NOT_IN_SAMPLE, "decision")
        if message.moderator == decided.moderator:
            yield CaseRefusal(CaseCode.SAME_MODERATOR, "moderator")
        reviewed = (group or case).entry_by(Move.REVIEW)
        if reviewed is not None:
            yield CaseRefusal(CaseCode.DECIDED_ALREADY, "decision", first=earlier_move(reviewed))

    entry = entry_of(message, facts, about=decided, group=decided.group)
    counts = group_step(decided.group, group, Move.REVIEW) if group else None
    return next(refusals(), None) or taken(message, entry, [step], group=counts)


def judge_contest(message: Complaint | Dispute, facts: Facts) -> Acceptance | CaseRefusal:
    """Take a complaint or a dispute. The excerpts are kept while it is open."""
    named = _decision(message.decision, facts)
    if isinstance(named, CaseRefusal):
        return named
    case, decided = named
    step = Step(case.case, case, CaseKind.DECISION, Move.CONTEST)

    def refusals() -> Iterator[CaseRefusal]:
        yield from refusals_of([step], "decision")
        yield from _before_decision(message, decided, facts, "received_at")

    refusal = next(refusals(), None)
    if refusal is not None:
        return refusal
    entry = entry_of(message, facts, about=decided)
    opening = Step(entry.entry, None, CaseKind.CONTEST, Move.OPEN)
    kept = _excerpts(decided, facts, excerpt_end_while_contested(facts.now))
    return taken(message, entry, (opening, step), kept)


def judge_outcome(message: Outcome, facts: Facts) -> Acceptance | CaseRefusal:
    """Take the answer to a complaint or a dispute. Each is answered once."""
    field = "complaint" if message.complaint is not None else "dispute"
    contest_id = facts.id_of(field, message.complaint or message.dispute or "")
    contest = facts.cases.get(contest_id)
    if contest is None or contest.first is None:
        return unknown(field, contest_id)
    contested = contest.first
    case = facts.cases[contested.decision]
    decided = case.entries[0].journal_entry
    answer = Step(contest_id, contest, CaseKind.CONTEST, Move.ANSWER)
    step = Step(case.case, case, CaseKind.DECISION, RESULTS[message.outcome])

    def refusals() -> Iterator[CaseRefusal]:
        if message.complaint is not None and message.moderator == decided.moderator:
            yield CaseRefusal(CaseCode.SAME_MODERATOR, "moderator")
        yield from refusals_of([answer, step], field)
        received = stated_at(contested, "received_at")
        yield from before(message, facts, received, f"the {field} was received", "decided_at")

    refusal = next(refusals(), None)
    if refusal is not None:
        return refusal
    entry = entry_of(
        message,
        facts,
        decision=contested.decision,
        about=decided,
        answers=msgspec.structs.replace(contested, about=None),
        **_overturns(step, decided, facts),
    )
    is_last = case.contests_open == 1
    end = excerpt_end_after_answer(decided, CaseState(step.outcome), facts.now)
    kept = _excerpts(decided, facts, end) if is_last else ()
    return taken(message, entry, (answer, step), kept, _counting_group(entry, facts))


def judge_reinstatement(message: Reinstatement, facts: Facts) -> Acceptance | CaseRefusal:
    """Take the return of a post or account: after a reversal, or by a court or the provider."""
    named = _decision(message.decision, facts)
    if isinstance(named, CaseRefusal):
        return named
    case, decided = named
    is_answer = message.cause in {Cause.COMPLAINT, Cause.DISPUTE}
    step = Step(case.case, case, CaseKind.DECISION, Move.RESTORE if is_answer else Move.WITHDRAW)
    if decided.measures is None:
        return CaseRefusal(CaseCode.NOTHING_DECIDED, "decision")  # there is nothing to restore

    def refusals() -> Iterator[CaseRefusal]:
        yield from refusals_of([step], "decision")
        yield from _before_decision(message, decided, facts, "reinstated_at")

    refusal = next(refusals(), None)
    if refusal is not None:
        return refusal
    entry = entry_of(message, facts, about=decided, **_overturns(step, decided, facts))
    return taken(message, entry, [step], group=_counting_group(entry, facts))


def _before_decision(
    message: BaseCaseMessage, decided: JournalEntry, facts: Facts, field: str
) -> Iterator[CaseRefusal]:
    return before(message, facts, stated_at(decided, "decided_at"), "the decision was made", field)


def _decision(message: str, facts: Facts) -> tuple[Case, JournalEntry] | CaseRefusal:
    decision = facts.id_of("decision", message)
    case = facts.cases.get(decision)
    if case is None or case.first is None:
        return unknown("decision", decision)
    return case, case.first


def _overturns(step: Step, decided: JournalEntry, facts: Facts) -> dict[str, Any]:
    """Return the fields that say whether the step overturns a decision, and for which rules.

    A group is overturned with the first of its decisions: it counts once here too.
    """
    was_overturned = step.case is None or step.case.state is CaseState.OVERTURNED
    overturns = not was_overturned and step.outcome is CaseState.OVERTURNED
    group = facts.cases.get(decided.group)
    counts = overturns and decided.group
    return {
        "overturns": overturns,
        "decided_in": decided.at[:7] if overturns else "",
        "group": decided.group,
        "counted": counted_once(decided.found, group, Move.OVERTURN) if counts else {},
    }


def _counting_group(entry: JournalEntry, facts: Facts) -> Step | None:
    """Return the step of the group of an overturned decision, if the entry counts for it."""
    if not entry.counted:
        return None
    return group_step(entry.group, facts.cases.get(entry.group), Move.OVERTURN)


def _excerpts(decided: JournalEntry, facts: Facts, expires: int) -> Iterator[CaseMove]:
    """Yield the new ends of the excerpts that are still kept."""
    for name in decided.cases:
        case = facts.cases.get(name)
        if case is not None and case.excerpt is not None:
            yield CaseMove(name, excerpt_expires=expires)


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
        asked = datetime.fromisoformat(question.at)
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
