"""What is said about a decision: second reviews, complaints, disputes, outcomes, reinstatements.

Only an outcome or a reinstatement can overturn a decision, and only the first one does. A group is
overturned with the first of its decisions: it counts once here too.

A correction says that a published fact-check changed on which a decided finding rests.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

import msgspec

from cases.case_message import (
    CONFLICT,
    COUNT,
    MISSING,
    Addend,
    BaseCaseMessage,
    CaseLine,
    CaseStep,
    FieldRule,
    Id,
    Judging,
    Moderator,
    Reason,
    Time,
    earlier_move,
    order_of_times,
    refusals_of,
    seconds_between,
    stated_at,
    unknown,
)
from cases.case_store import Facts, FactsReader
from cases.decision import MEASURE_DAYS, finding_results, measure_rules, results_by_day
from ledger import cases
from ledger.codes import CaseCode, CaseRefusal, Measures, Words
from ledger.texts import in_days

CONTESTED_DAYS = 366
"""How long an open complaint or dispute keeps an excerpt. Even a forgotten one ends."""

ANSWERED_DAYS = 14

EVERY_DECISION = "decisions"
"""The key of `overturned_measures` that counts decisions, whatever their measures."""


class ContestResult(StrEnum):
    """How a complaint or a dispute ended for the decision."""

    UPHELD = "upheld"
    PARTLY_REVERSED = "partly_reversed"
    REVERSED = "reversed"
    OMITTED = "omitted"


class Cause(StrEnum):
    """Why a post or an account came back."""

    COMPLAINT = "complaint"
    DISPUTE = "dispute"
    COURT = "court"
    OWN_INITIATIVE = "own_initiative"


RESULTS = {
    ContestResult.UPHELD: cases.Move.UPHOLD,
    ContestResult.OMITTED: cases.Move.UPHOLD,
    ContestResult.PARTLY_REVERSED: cases.Move.NARROW,
    ContestResult.REVERSED: cases.Move.OVERTURN,
}


class AboutDecision(BaseCaseMessage, frozen=True, kw_only=True):
    """A message about a decision, which it names."""

    decision: Id

    def ask(self, facts: Facts, reader: FactsReader) -> None:
        """Add the decision and its group."""
        reader.add_decision(facts, facts.id_of("decision", self.decision))

    def judge(self, facts: Facts) -> Judging:
        """Find the decision, and judge the message by it."""
        decision = facts.id_of("decision", self.decision)
        case = facts.cases.get(decision)
        if case is None or case.first is None:
            return (yield unknown("decision", decision))
        return (yield from self.judge_about(case, case.first, facts))

    def judge_about(self, case: cases.Case, decided: cases.JournalEntry, facts: Facts) -> Judging:
        """Judge the message by the case of the decision, and its first entry."""
        raise NotImplementedError

    def before_decision(
        self, decided: cases.JournalEntry, facts: Facts, field: str
    ) -> Iterator[CaseRefusal]:
        """Refuse a time before the decision was made."""
        start = stated_at(decided, "decided_at")
        return self.before(facts, start, "the decision was made", field)

    @staticmethod
    def line(entry: cases.JournalEntry) -> dict[str, Any]:
        """Return the verdict, the category and the findings of the decision."""
        about = entry.about
        if about is None:
            return {}
        return {
            "about": about.verdict,
            "category": entry.category or about.category,
            "found": about.found,
            "undoes": about.done if entry.decided_in else (),
        }


class SecondReview(AboutDecision, frozen=True, tag="second_review", kw_only=True):
    """Another moderator's verdict on a decision that was drawn for one. It changes nothing."""

    verdict: Literal["confirmed", "dismissed", "escalated"]
    moderator: Moderator
    opened_at: Time
    decided_at: Time

    def rules(self) -> Iterator[FieldRule]:
        """Yield the rule between its times."""
        yield order_of_times(self.opened_at, self.decided_at)

    def judge_about(self, case: cases.Case, decided: cases.JournalEntry, facts: Facts) -> Judging:
        """Take a second verdict on a decision that was drawn for one. A group is drawn as one."""
        step = CaseStep(case.case, case, cases.CaseKind.DECISION, cases.Move.REVIEW)
        group = facts.cases.get(decided.group)
        yield from refusals_of([step], "decision")
        yield from self.before_decision(decided, facts, "opened_at")
        if not cases.is_for_second_review(decided.look):
            yield CaseRefusal(CaseCode.NOT_IN_SAMPLE, "decision")
        if self.moderator == decided.moderator:
            yield CaseRefusal(CaseCode.SAME_MODERATOR, "moderator")
        reviewed = (group or case).entry_by(cases.Move.REVIEW)
        if reviewed is not None:
            first = earlier_move(reviewed)
            yield CaseRefusal(CaseCode.DECIDED_ALREADY, "decision", first=first)
        entry = self.entry(facts, about=decided, group=decided.group)
        counts = (
            CaseStep(decided.group, group, cases.CaseKind.GROUP, cases.Move.REVIEW)
            if group
            else None
        )
        return self.taken(entry, [step], group=counts)

    @staticmethod
    def count(line: CaseLine) -> Iterator[Addend]:
        """Yield the review, and whether it agrees."""
        yield "second_reviews", COUNT, 1
        yield "agreed", COUNT, line.verdict == line.about


class _Contest(AboutDecision, frozen=True, kw_only=True):
    """A complaint or a dispute. The excerpts are kept while it is open."""

    def ask(self, facts: Facts, reader: FactsReader) -> None:
        """Add the decision, and what it is on."""
        decision = facts.id_of("decision", self.decision)
        reader.add_cases(facts, decision)
        reader.add_decided_on(facts, decision)

    def judge_about(self, case: cases.Case, decided: cases.JournalEntry, facts: Facts) -> Judging:
        """Take a complaint or a dispute."""
        step = CaseStep(case.case, case, cases.CaseKind.DECISION, cases.Move.CONTEST)
        yield from refusals_of([step], "decision")
        yield from self.before_decision(decided, facts, "received_at")
        entry = self.entry(facts, about=decided)
        opening = CaseStep(entry.entry, None, cases.CaseKind.CONTEST, cases.Move.OPEN)
        kept = _excerpts(decided, facts, in_days(facts.now, CONTESTED_DAYS))
        return self.taken(entry, (opening, step), kept)


class Complaint(_Contest, frozen=True, tag="complaint", kw_only=True):
    """Somebody contests a decision with the provider. The case alone keeps the reason."""

    by: Literal["author", "notifier"]
    reason: Reason | None = None
    received_at: Time

    @staticmethod
    def count(line: CaseLine) -> Iterator[Addend]:
        """Yield the complaint by who complained."""
        yield "complaints", line.by, 1


class Dispute(_Contest, frozen=True, tag="dispute", kw_only=True):
    """A certified body takes up a decision out of court."""

    body: Words
    received_at: Time

    @staticmethod
    def count(_line: CaseLine) -> Iterator[Addend]:
        """Yield the dispute."""
        yield "disputes", COUNT, 1


class Outcome(BaseCaseMessage, frozen=True, tag="outcome", kw_only=True):
    """How a complaint or a dispute ended.

    `measures` are those that remain after a partial reversal, or that are newly imposed.
    `implemented` says whether the provider did what the body of a dispute said.
    """

    complaint: Id | None = None
    dispute: Id | None = None
    outcome: ContestResult
    reason: Reason
    moderator: Moderator | None = None
    measures: Measures | None = None
    implemented: bool | None = None
    decided_at: Time

    @property
    def _contest(self) -> tuple[str, str | None]:
        """The field that names what it answers, and the id there."""
        if self.complaint is not None:
            return "complaint", self.complaint
        return "dispute", self.dispute

    def rules(self) -> Iterator[FieldRule]:
        """Yield the rules between the fields, in order."""
        complaint, dispute = self.complaint is not None, self.dispute is not None
        yield not complaint and not dispute, MISSING, "complaint"
        yield complaint and dispute, CONFLICT, "dispute"
        # No machine alone decides a complaint (DSA Art. 20(6)). A dispute may name no moderator.
        yield complaint and self.moderator is None, CaseCode.NEEDS_PERSON, "moderator"
        yield complaint and self.implemented is not None, CONFLICT, "implemented"
        reversed_ = {ContestResult.PARTLY_REVERSED, ContestResult.REVERSED}
        yield self.measures is not None and self.outcome not in reversed_, CONFLICT, "measures"
        yield from measure_rules(self.measures)

    def ask(self, facts: Facts, reader: FactsReader) -> None:
        """Add the complaint or dispute, its decision with the group, and what that is on."""
        contest = facts.id_of(*self._contest)
        reader.add_cases(facts, contest)
        if contested := facts.first(contest):
            reader.add_decision(facts, contested.decision)
            reader.add_decided_on(facts, contested.decision)

    def judge(self, facts: Facts) -> Judging:
        """Take the answer to a complaint or a dispute. Each is answered once."""
        field = self._contest[0]
        contest_id = facts.id_of(*self._contest)
        contest, contested = facts.cases.get(contest_id), facts.first(contest_id)
        if contest is None or contested is None:
            return (yield unknown(field, contest_id))
        case = facts.cases[contested.decision]
        decided = case.entries[0].journal_entry
        answer = CaseStep(contest_id, contest, cases.CaseKind.CONTEST, cases.Move.ANSWER)
        step = CaseStep(case.case, case, cases.CaseKind.DECISION, RESULTS[self.outcome])
        if self.complaint is not None and self.moderator == decided.moderator:
            yield CaseRefusal(CaseCode.SAME_MODERATOR, "moderator")
        yield from refusals_of([answer, step], field)
        received = stated_at(contested, "received_at")
        yield from self.before(facts, received, f"the {field} was received", "decided_at")
        entry = self.entry(
            facts,
            decision=contested.decision,
            about=decided,
            answers=msgspec.structs.replace(contested, about=None),
            **_overturns(step, decided, facts),
        )
        kept: Iterator[cases.CaseMove] = iter(())
        if case.contests_open == 1:
            kept = _excerpts(decided, facts, _end_after_answer(decided, step, facts.now))
        return self.taken(entry, (answer, step), kept, _counting_group(entry, facts))

    @staticmethod
    def line(entry: cases.JournalEntry) -> dict[str, Any]:
        """Return what it answers, after how long, and the fields about the decision."""
        fields = AboutDecision.line(entry)
        if entry.answers:
            fields["answers"] = entry.answers.type
            waited = seconds_between(entry.answers.received_at, entry.decided_at)
            fields["wait_seconds"] = waited
        return fields

    @staticmethod
    def count(line: CaseLine) -> Iterator[Addend]:
        """Yield the answer, and the decision that it overturns."""
        yield f"{line.answers}s_ended", line.outcome, 1
        if line.wait_seconds is not None:
            yield f"{line.answers}_seconds", line.wait_seconds, 1
        yield "disputes_implemented", COUNT, bool(line.implemented)
        yield from _overturned(line, line.answers)


class Reinstatement(AboutDecision, frozen=True, tag="reinstatement", kw_only=True):
    """What a decision took away was restored."""

    cause: Cause
    reinstated_at: Time
    moderator: Moderator

    def judge_about(self, case: cases.Case, decided: cases.JournalEntry, facts: Facts) -> Judging:
        """Take the return of a post or account: after a reversal, or by a court or the provider."""
        is_answer = self.cause in {Cause.COMPLAINT, Cause.DISPUTE}
        move = cases.Move.RESTORE if is_answer else cases.Move.WITHDRAW
        step = CaseStep(case.case, case, cases.CaseKind.DECISION, move)
        if decided.measures is None:  # there is nothing to restore
            yield CaseRefusal(CaseCode.NOTHING_DECIDED, "decision")
        yield from refusals_of([step], "decision")
        yield from self.before_decision(decided, facts, "reinstated_at")
        entry = self.entry(facts, about=decided, **_overturns(step, decided, facts))
        return self.taken(entry, [step], group=_counting_group(entry, facts))

    @staticmethod
    def count(line: CaseLine) -> Iterator[Addend]:
        """Yield what came back, and the decision that this overturns."""
        yield "reinstated", line.cause, 1
        yield from _overturned(line, line.cause)


class ReportedChange(BaseCaseMessage, frozen=True, tag="correction", kw_only=True):
    """A published check changed on which a finding rests. `feeds` writes it; nobody sends it."""

    @staticmethod
    def line(entry: cases.JournalEntry) -> dict[str, Any]:
        """Return the verdict and its findings that count no longer, if somebody had decided."""
        return AboutDecision.line(entry) | {"found": entry.found}

    @staticmethod
    def count(line: CaseLine) -> Iterator[Addend]:
        """Yield the change. Its verdicts no longer count, and its findings are open again."""
        yield "checks_changed", line.why, 1
        if line.found:
            yield from finding_results(line, f"{line.about}_anew")
            yield from results_by_day("reopened", line)


def _overturns(step: CaseStep, decided: cases.JournalEntry, facts: Facts) -> dict[str, Any]:
    """Return the fields that say whether the step overturns a decision, and for which rules."""
    was_overturned = step.case is None or step.case.state is cases.CaseState.OVERTURNED
    overturns = not was_overturned and step.outcome is cases.CaseState.OVERTURNED
    group = facts.cases.get(decided.group)
    counts = overturns and decided.group
    return {
        "overturns": overturns,
        "decided_in": decided.at[:7] if overturns else "",
        "group": decided.group,
        "counted": cases.counted_once(decided.found, group, cases.Move.OVERTURN) if counts else {},
    }


def _counting_group(entry: cases.JournalEntry, facts: Facts) -> CaseStep | None:
    """Return the step of the group of an overturned decision, if the entry counts for it."""
    if not entry.counted:
        return None
    return CaseStep(
        entry.group, facts.cases.get(entry.group), cases.CaseKind.GROUP, cases.Move.OVERTURN
    )


def _excerpts(decided: cases.JournalEntry, facts: Facts, expires: int) -> Iterator[cases.CaseMove]:
    """Yield the new ends of the excerpts that are still kept."""
    for name in decided.cases:
        case = facts.cases.get(name)
        if case is not None and case.excerpt is not None:
            yield cases.CaseMove(name, excerpt_expires=expires)


def _end_after_answer(decided: cases.JournalEntry, step: CaseStep, now: datetime) -> int:
    """Return when the excerpts expire after the last open complaint or dispute was answered."""
    soon = in_days(now, ANSWERED_DAYS)
    if decided.measures is None or step.outcome is cases.CaseState.OVERTURNED:
        return soon
    return max(soon, in_days(datetime.fromisoformat(decided.at), MEASURE_DAYS))


def _overturned(line: CaseLine, by: str) -> Iterator[Addend]:
    """Yield the decision that a line overturns, its measures, and the result of its findings."""
    if line.overturns:
        yield "overturned", COUNT, 1
        yield "overturned_by", by, 1
        for what in (EVERY_DECISION, *line.undoes):
            yield "overturned_measures", f"{line.decided_in}/{what}", 1
        yield from finding_results(line, "overturned" if line.about == "confirmed" else "restored")
