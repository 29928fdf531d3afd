"""Judging what follows a decision: second reviews, complaints and disputes, what comes of them."""

from collections.abc import Iterator

import msgspec

from decide.excerpt_ends import after_answer, while_contested
from decide.facts import Facts
from decide.judging.judgement import (
    Judgement,
    Step,
    entry_of,
    first_of,
    refusals_of,
    taken,
    unknown,
)
from decide.judging.times import before, began
from ledger.cases.case import Case, CaseMove, JournalEntry, is_for_second_review
from ledger.cases.messages import (
    BaseCaseMessage,
    Cause,
    Complaint,
    ContestResult,
    Dispute,
    Outcome,
    Reinstatement,
    SecondReview,
)
from ledger.cases.refusal import CaseCode, CaseRefusal
from ledger.cases.transitions import CaseKind, CaseState, Move

RESULTS = {
    ContestResult.UPHELD: Move.UPHOLD,
    ContestResult.OMITTED: Move.UPHOLD,
    ContestResult.PARTLY_REVERSED: Move.NARROW,
    ContestResult.REVERSED: Move.OVERTURN,
}


def judge_second_review(message: SecondReview, facts: Facts) -> Judgement | CaseRefusal:
    """Take a second verdict on a decision that was drawn for it."""
    found = _decision(message.decision, facts)
    if isinstance(found, CaseRefusal):
        return found
    case, decided = found
    step = Step(case.case, case, CaseKind.DECISION, Move.REVIEW)

    def refusals() -> Iterator[CaseRefusal]:
        yield from refusals_of([step], "decision")
        yield from _before_decision(message, decided, facts, "opened_at")
        if not is_for_second_review(case.case):
            yield CaseRefusal(CaseCode.NOT_IN_SAMPLE, "decision")
        if message.moderator == decided.moderator:
            yield CaseRefusal(CaseCode.SAME_MODERATOR, "moderator")
        reviewed = case.entry_by(Move.REVIEW)
        if reviewed is not None:
            yield CaseRefusal(CaseCode.DECIDED_ALREADY, "decision", first=first_of(reviewed))

    entry = entry_of(message, facts, about=decided)
    return next(refusals(), None) or taken(message, entry, [step])


def judge_contest(message: Complaint | Dispute, facts: Facts) -> Judgement | CaseRefusal:
    """Take a complaint or a dispute; while it is open, the excerpts stay."""
    found = _decision(message.decision, facts)
    if isinstance(found, CaseRefusal):
        return found
    case, decided = found
    step = Step(case.case, case, CaseKind.DECISION, Move.CONTEST)

    def refusals() -> Iterator[CaseRefusal]:
        yield from refusals_of([step], "decision")
        yield from _before_decision(message, decided, facts, "received_at")

    refusal = next(refusals(), None)
    if refusal is not None:
        return refusal
    entry = entry_of(message, facts, about=decided)
    opened = Step(entry.entry, None, CaseKind.CONTEST, Move.OPEN)
    held = _excerpts(decided, facts, while_contested(facts.now))
    return taken(message, entry, (opened, step), held)


def judge_outcome(message: Outcome, facts: Facts) -> Judgement | CaseRefusal:
    """Take the answer to a complaint or a dispute; each has one."""
    field = "complaint" if message.complaint is not None else "dispute"
    contest_id = facts.id_of(field, message.complaint or message.dispute or "")
    contest = facts.cases.get(contest_id)
    if contest is None or contest.first is None:
        return unknown(field, contest_id)
    asked = contest.first
    case = facts.cases[asked.decision]
    decided = case.entries[0].entry
    answer = Step(contest_id, contest, CaseKind.CONTEST, Move.ANSWER)
    step = Step(case.case, case, CaseKind.DECISION, RESULTS[message.outcome])

    def refusals() -> Iterator[CaseRefusal]:
        if message.complaint is not None and message.moderator == decided.moderator:
            yield CaseRefusal(CaseCode.SAME_MODERATOR, "moderator")
        yield from refusals_of([answer, step], field)
        received = began(asked, "received_at")
        yield from before(message, facts, received, f"the {field} was received", "decided_at")

    refusal = next(refusals(), None)
    if refusal is not None:
        return refusal
    entry = entry_of(
        message,
        facts,
        decision=asked.decision,
        about=decided,
        answers=msgspec.structs.replace(asked, about=None),
        overturns=_overturns(step),
    )
    last = case.contests_open == 1
    end = after_answer(decided, CaseState(step.outcome), facts.now)
    return taken(message, entry, (answer, step), _excerpts(decided, facts, end) if last else ())


def judge_reinstatement(message: Reinstatement, facts: Facts) -> Judgement | CaseRefusal:
    """Take that something came back: after a reversal, or by a court or the provider itself."""
    found = _decision(message.decision, facts)
    if isinstance(found, CaseRefusal):
        return found
    case, decided = found
    follows = message.cause in {Cause.COMPLAINT, Cause.DISPUTE}
    step = Step(case.case, case, CaseKind.DECISION, Move.RESTORE if follows else Move.WITHDRAW)
    if decided.measures is None:
        return CaseRefusal(CaseCode.NOTHING_DECIDED, "decision")  # nothing was taken away

    def refusals() -> Iterator[CaseRefusal]:
        yield from refusals_of([step], "decision")
        yield from _before_decision(message, decided, facts, "reinstated_at")

    refusal = next(refusals(), None)
    if refusal is not None:
        return refusal
    entry = entry_of(message, facts, about=decided, overturns=_overturns(step))
    return taken(message, entry, [step])


def _before_decision(
    message: BaseCaseMessage, decided: JournalEntry, facts: Facts, field: str
) -> Iterator[CaseRefusal]:
    """What follows a decision cannot lie before it."""
    return before(message, facts, began(decided, "decided_at"), "the decision was made", field)


def _decision(message: str, facts: Facts) -> tuple[Case, JournalEntry] | CaseRefusal:
    """The decision that a message names by its sender's id: its case, and its entry."""
    decision = facts.id_of("decision", message)
    case = facts.cases.get(decision)
    if case is None or case.first is None:
        return unknown("decision", decision)
    return case, case.first


def _overturns(step: Step) -> bool:
    """Whether the decision stood until now."""
    stood = step.case is not None and step.case.state is not CaseState.OVERTURNED
    return stood and step.outcome is CaseState.OVERTURNED


def _excerpts(decided: JournalEntry, facts: Facts, expires: int) -> Iterator[CaseMove]:
    """Move the ends of the excerpts that are still there."""
    for name in decided.cases:
        case = facts.cases.get(name)
        if case is not None and case.excerpt is not None:
            yield CaseMove(name, excerpt_expires=expires)
