"""Verdicts that a draw or the flood guard asks for: they open a case and close it at once."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, Literal

from msgspec import Meta

from cases.case_facts import Facts, FactsReader
from cases.case_message import (
    CONFLICT,
    MISSING,
    Addend,
    BaseCaseMessage,
    CaseLine,
    Category,
    FieldRule,
    Id,
    Judging,
    Moderator,
    Month,
    Reason,
    RuleName,
    Step,
    Time,
    order_of_times,
    refusals_of,
    unknown,
)
from ledger.cases import CaseKind, JournalEntry, Move
from ledger.dsa_codes import CaseCode, CaseRefusal
from ledger.findings import flood_question_id


class Audit(BaseCaseMessage, frozen=True, tag="audit", kw_only=True):
    """A moderator's verdict on a post of the month's sample."""

    post: Id
    month: Month
    verdict: Literal["violating", "not_violating", "gone"]
    category: Category | None = None
    moderator: Moderator
    opened_at: Time
    decided_at: Time

    def rules(self) -> Iterator[FieldRule]:
        """Yield the rules between the fields, in order."""
        violating = self.verdict == "violating"
        yield violating and self.category is None, MISSING, "category"
        yield not violating and self.category is not None, CONFLICT, "category"
        yield order_of_times(self.opened_at, self.decided_at)

    def ask(self, facts: Facts, reader: FactsReader) -> None:
        """Add an earlier verdict on the post, and whether it is in the month's sample."""
        reader.add_cases(facts, self._case(facts))
        facts.sampled = reader.is_sampled(facts.provider, self.month, self.post)

    def judge(self, facts: Facts) -> Judging:
        """Take the verdict on a post of the month's sample, once for each post and month."""
        if not facts.sampled:
            yield CaseRefusal(CaseCode.NOT_IN_SAMPLE, "post")
        audited = self._case(facts)
        step = Step(audited, facts.cases.get(audited), CaseKind.RECORD, Move.CLOSE)
        yield from refusals_of([step], "post")
        start = datetime.fromisoformat(f"{self.month}-01T00:00:00Z")
        yield from self.before(facts, start, "the sample's month began", "opened_at")
        return self.taken(self.entry(facts), [step])

    def _case(self, facts: Facts) -> str:
        """Return the case of the post and month, so that a second verdict on it is refused."""
        return facts.id_of("audit", f"{self.month}/{self.post}")

    @staticmethod
    def count(line: CaseLine) -> Iterator[Addend]:
        """Yield the verdict, and of a violation its category."""
        yield "audited", f"{line.month}/{line.verdict}", 1
        if line.category:
            yield "audited", f"{line.month}/{line.verdict}/{line.category}", 1


class FloodAnswer(BaseCaseMessage, frozen=True, tag="flood_answer", kw_only=True):
    """A moderator's answer to the question of the flood guard: one for each rule and day.

    `opened` proposes all findings of the rule that were held that day, and lets the rule propose
    again. `left_held` leaves them as they are: counted, and not proposed.
    """

    day: Annotated[date, Meta(description="The day on which the rule was held, UTC.")]
    held_rule: RuleName
    verdict: Literal["opened", "left_held"]
    reason: Reason | None = None
    moderator: Moderator
    opened_at: Time
    decided_at: Time

    def rules(self) -> Iterator[FieldRule]:
        """Yield the rule between its times."""
        yield order_of_times(self.opened_at, self.decided_at)

    def ask(self, facts: Facts, reader: FactsReader) -> None:
        """Add the question, and an earlier answer."""
        reader.add_cases(facts, self._case(facts))
        day = self.day.isoformat()
        facts.question = reader.store.flood_question(facts.provider, day, self.held_rule)

    def judge(self, facts: Facts) -> Judging:
        """Take the answer to a question of the flood guard, once for each rule and day.

        The answer opens the question's case and closes it. No finding is moved: held findings are
        listed under their rule and day, and open if the answer says so, whenever they were stored.
        """
        question, case = facts.question, self._case(facts)
        if question is None:
            return (yield unknown("held_rule"))
        step = Step(case, facts.cases.get(case), CaseKind.RECORD, Move.CLOSE)
        yield from refusals_of([step], "held_rule")
        asked = datetime.fromisoformat(question.at)
        yield from self.before(facts, asked, "the rule was held", "opened_at")
        return self.taken(self.entry(facts), [step])

    def _case(self, facts: Facts) -> str:
        return flood_question_id(facts.provider, self.day.isoformat(), self.held_rule)

    @staticmethod
    def line(entry: JournalEntry) -> dict[str, Any]:
        """Return the rule that was held, and when."""
        return {"held": f"{entry.day}/{entry.held_rule}"}

    @staticmethod
    def count(line: CaseLine) -> Iterator[Addend]:
        """Yield the answer by day and rule."""
        yield "floods_answered", f"{line.held}/{line.verdict}", 1
