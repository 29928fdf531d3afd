"""Judge the messages about a decision: second reviews, complaints, disputes, reinstatements."""

from collections.abc import Iterator
from typing import Any

import msgspec

from decide.judgement import (
    Acceptance,
    Facts,
    Step,
    earlier_move,
    entry_of,
    group_step,
    refusals_of,
    taken,
    unknown,
)
from decide.times import (
    before,
    excerpt_end_after_answer,
    excerpt_end_while_contested,
    stated_at,
)
from ledger.cases.case import Case, CaseMove, JournalEntry, counted_once, is_for_second_review
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
    """Refuse a time before the decision."""
    return before(message, facts, stated_at(decided, "decided_at"), "the decision was made", field)


def _decision(message: str, facts: Facts) -> tuple[Case, JournalEntry] | CaseRefusal:
    """Return the case and the entry of a decision, by the id that its sender gave it."""
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
