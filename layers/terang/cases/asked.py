"""What others ask a provider to act on or to judge, and suspensions of those who offend again.

Somebody reports a post (DSA Art. 16), an authority orders, a draw or the flood guard asks for a
verdict. A suspension (Art. 23) stands next to the notices that can cause it.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from cases.case_message import (
    CONFLICT,
    COUNT,
    MISSING,
    RANGE,
    Addend,
    BaseCaseMessage,
    CaseLine,
    CaseStep,
    Category,
    Country,
    FieldRule,
    FindingId,
    Id,
    Items,
    Judging,
    Keyword,
    Link,
    Moderator,
    Month,
    Reason,
    RuleName,
    Time,
    category_rules,
    ground_of,
    order_of_times,
    refusals_of,
    seconds_between,
    unknown,
)
from cases.case_store import Facts, FactsReader
from ledger.cases import CaseKind, JournalEntry, Move
from ledger.codes import NOT_SPECIFIED_NOTICE, NOT_SPECIFIED_ORDER, CaseCode, CaseRefusal, Words
from ledger.findings import flood_question_id
from ledger.removals import Removal


class Notice(BaseCaseMessage, frozen=True, tag="notice", kw_only=True):
    """Somebody reports that a post is illegal (DSA Art. 16), or against the terms.

    With a `moderator` it is the provider's own: a moderator reports the post of a drawn finding on
    a trial. Another person decides on it, on the ground of the finding's pack, and it says nothing
    about the rule.
    """

    post: Id
    url: Link | None = None
    finding: FindingId | None = None
    category: Category
    keyword: Keyword | None = None
    other: Words | None = None
    trusted_flagger: bool
    article_16: bool = True
    items: Items = 1
    moderator: Moderator | None = None
    received_at: Time

    def rules(self) -> Iterator[FieldRule]:
        """Yield the rules between the fields, in order."""
        yield from category_rules(self.category, self.keyword, self.other)
        yield self.category == NOT_SPECIFIED_ORDER, RANGE, "category"
        yield self.trusted_flagger and not self.article_16, CONFLICT, "article_16"
        yield self.moderator is not None and self.finding is None, MISSING, "finding"
        yield self.moderator is not None and self.article_16, CONFLICT, "article_16"

    def ask(self, facts: Facts, reader: FactsReader) -> None:
        """Add the finding of the same post, and the pack that made it."""
        reader.add_cases(facts, self.finding or "")
        if self.moderator is not None:
            reader.add_packs(facts)
            for case in facts.cases.values():
                if case.finding and case.finding.provider == facts.provider:
                    reader.add_trial(facts, f"{case.finding.pack}/{case.finding.rule}")

    def judge(self, facts: Facts) -> Judging:
        """Take a notice. It is open until it is decided, even if a finding of it already was."""
        yield from self.too_old(facts, "received_at")
        entry = self.entry(facts)
        steps = [CaseStep(entry.entry, None, CaseKind.FINDING_OR_NOTICE, Move.OPEN)]
        if self.finding is not None:
            case = facts.cases.get(self.finding)
            if case is None or case.finding is None:
                return (yield unknown("finding"))
            if case.finding.provider != facts.provider:
                yield CaseRefusal(CaseCode.OTHER_PROVIDER, "finding")
            if case.finding.post != self.post and not case.finding.is_erased:
                yield CaseRefusal(CaseCode.MIXED_POSTS, "finding")
            if self.moderator is None:
                steps.append(CaseStep(case.case, case, CaseKind.FINDING_OR_NOTICE, Move.NOTE))
            else:
                if case.case not in {one.finding for one in facts.drawn}:
                    yield CaseRefusal(CaseCode.NOT_IN_SAMPLE, "finding")
                entry = self.entry(facts, **ground_of(facts.packs[case.case]))
        return self.taken(entry, steps)

    @staticmethod
    def count(line: CaseLine) -> Iterator[Addend]:
        """Yield the notice and its items."""
        yield "notices", COUNT, 1
        yield "notice_items", COUNT, line.items
        yield "trusted_notices", COUNT, line.trusted_flagger
        yield "notices_by_category", line.category, 1


class Deleted(BaseCaseMessage, frozen=True, tag="deleted", kw_only=True):
    """A post was deleted at the provider: its excerpts end, and its findings stay.

    It is no act about a case, so it makes no entry: nobody reads in the journal who deleted what.
    """

    post: Id


class Suspension(BaseCaseMessage, frozen=True, tag="suspension", kw_only=True):
    """Somebody's service, notices or complaints were suspended (DSA Art. 23); nobody is named."""

    why: Literal["illegal_content", "unfounded_notices", "unfounded_complaints"]
    from_at: Time
    until: date
    moderator: Moderator

    def rules(self) -> Iterator[FieldRule]:
        """Yield the rule between its days."""
        yield self.until < self.from_at.date(), RANGE, "until"

    def judge(self, facts: Facts) -> Judging:
        """Take a suspension. It is counted, and nothing can follow it."""
        yield from self.too_old(facts, "from_at")
        entry = self.entry(facts)
        return self.taken(entry, [CaseStep(entry.entry, None, CaseKind.RECORD, Move.CLOSE)])

    @staticmethod
    def count(line: CaseLine) -> Iterator[Addend]:
        """Yield the suspension under its reason."""
        yield "suspended", line.why, 1


class TurnedAway(BaseCaseMessage, frozen=True, tag="turned_away", kw_only=True):
    """Something of another tool that is no decision of a person about a public post.

    It was refused where it came in. Only its day, the tool and the code are kept.
    """

    source: Literal["coop", "mastodon", "ozone"]
    code: Literal["not_public", "about_account", "automated"]

    def judge(self, facts: Facts) -> Judging:
        """Take it. It is counted, and nothing can follow it."""
        yield from ()
        entry = self.entry(facts, why=f"{self.source}/{self.code}")
        return self.taken(entry, [CaseStep(entry.entry, None, CaseKind.RECORD, Move.CLOSE)])

    @staticmethod
    def count(line: CaseLine) -> Iterator[Addend]:
        """Yield it under its tool and code."""
        yield "turned_away", line.why, 1


INFORM_FIELDS = frozenset(
    {
        *("type", "id", "kind", "authority", "country", "received_at", "acknowledged_at"),
        *("effected_at", "due_at", "outcome", "regulation", "follows"),
    }
)
"""The fields of an order to inform. Any other field could be about a person."""


SILENT_WEEKS = 6
"""How long an authority may forbid to tell the author, and how long it may extend that (TCO, Art.
11(3)). The weeks run from its decision; we count from when the order was received."""


class Answer(StrEnum):
    """The provider's answer to an order."""

    COMPLIED = "complied"
    CONTESTED = "contested"
    REFUSED = "refused"
    IMPOSSIBLE = "impossible"


class Order(BaseCaseMessage, frozen=True, tag="order", kw_only=True):
    """An authority's order to act against items, or to inform.

    `follows` names the earlier message of the same order that this one completes.
    An order to inform takes `authority`, `country`, `received_at`, `acknowledged_at`,
    `effected_at`, `due_at`, `outcome`, `regulation` and `follows`: any other field could be about a
    person. `due_at` is the deadline that the authority set, if it set one. `removal` is for removal
    orders (TCO): while `silent_until` forbids to tell the author, no line is public (Art. 11(3)).
    A message with `told_on` then counts the whole order, in the place of its first one.
    """

    kind: Literal["act", "inform"]
    authority: Words
    country: Country
    category: Category | None = None
    keyword: Keyword | None = None
    other: Words | None = None
    items: Items | None = None
    received_at: Time
    acknowledged_at: Time | None = None
    effected_at: Time | None = None
    due_at: Time | None = None
    outcome: Answer | None = None
    ground: Words | None = None
    regulation: Literal["dsa", "tco"] = "dsa"
    follows: Id | None = None
    removal: Removal | None = None

    @classmethod
    def refused_name(cls, fields: Mapping[str, Any]) -> str | None:
        """Return the first field that an order to inform does not take."""
        if fields.get("kind") != "inform":
            return None
        return next((name for name in fields if name not in INFORM_FIELDS), None)

    def rules(self) -> Iterator[FieldRule]:
        """Yield the rules between the fields, in order."""
        if self.kind == "act":
            yield self.category is None, MISSING, "category"
            yield self.items is None, MISSING, "items"
            category = self.category or NOT_SPECIFIED_ORDER
            yield from category_rules(category, self.keyword, self.other)
            yield category == NOT_SPECIFIED_NOTICE, RANGE, "category"
            not_done = self.outcome not in {None, Answer.COMPLIED}
            yield not_done and self.ground is None, MISSING, "ground"
            yield not not_done and self.ground is not None, CONFLICT, "ground"
        for name in ("acknowledged_at", "effected_at", "due_at"):
            at = getattr(self, name)
            yield at is not None and at < self.received_at, RANGE, name
        removal, received = self.removal or Removal(), self.received_at.date()
        weeks = timedelta(weeks=SILENT_WEEKS * (2 if self.follows else 1))
        silent = (removal.silent_until or received) - received
        yield self.removal is not None and self.regulation != "tco", CONFLICT, "removal"
        yield not timedelta() <= silent <= weeks, RANGE, "removal.silent_until"
        yield removal.told_on is not None and not self.follows, CONFLICT, "removal.told_on"

    def ask(self, facts: Facts, reader: FactsReader) -> None:
        """Add the order that it follows."""
        reader.add_cases(facts, facts.id_of("order", self.follows))

    def judge(self, facts: Facts) -> Judging:
        """Take an order, or a later message about it."""
        yield from self.too_old(facts, "received_at")
        ends = Move.CLOSE if self.outcome is not None else None
        if self.follows is None:
            entry = self.entry(facts)
            return self.taken(
                entry, [CaseStep(entry.entry, None, CaseKind.ORDER, ends or Move.OPEN)]
            )
        followed = facts.id_of("order", self.follows)
        case, first = facts.cases.get(followed), facts.first(followed)
        if case is None or first is None:
            return (yield unknown("follows", followed))
        step = CaseStep(followed, case, CaseKind.ORDER, ends or Move.REPORT)
        yield from self._contradictions(facts, first)
        yield from refusals_of([step], "follows")
        # The next message may repeat times. A count uses this entry to tell which of them are new.
        so_far, removal = case.order_so_far(), self.removal or Removal()
        more: dict[str, Any] = {"about": so_far}
        if self.regulation == "tco":
            more["removal"] = removal.after(so_far.removal)
        if removal.silent_until and not so_far.is_silent:
            yield CaseRefusal(CaseCode.FIELD_CONFLICT, "removal.silent_until")
        if told := removal.told_on:
            silent = so_far.removal.silent_until if so_far.removal and so_far.outcome else None
            is_over = silent is not None and silent < told <= facts.first_sent.date()
            if not (is_over and so_far.is_silent):
                yield CaseRefusal(CaseCode.TIME_EARLY, "removal.told_on")
            names = ("acknowledged_at", "effected_at", "outcome", "ground")
            more |= {name: getattr(so_far, name) for name in names}
            more |= {"about": None, "follows": ""}  # it counts as the order's first message
        return self.taken(self.entry(facts, **more), [step])

    def _contradictions(self, facts: Facts, first: JournalEntry) -> Iterator[CaseRefusal]:
        """Refuse a message that contradicts the order's first one: it is about another order."""
        entry = self.entry(facts)
        # The order's waiting times start with `received_at`, and its clock ends with `due_at`.
        for field in ("kind", "country", "authority", "regulation", "received_at", "due_at"):
            stated, known = getattr(entry, field), getattr(first, field)
            if stated != known and (stated or field != "due_at"):
                advice = f"{field} is {stated}; the order's first message says {known or 'none'}"
                yield CaseRefusal(CaseCode.FIELD_CONFLICT, field, advice=advice)

    @staticmethod
    def line(entry: JournalEntry) -> dict[str, Any]:
        """Return its kind and its clocks, each only if no earlier message gave it."""
        before = entry.about
        clocks = {
            f"{clock}_seconds": seconds_between(entry.received_at, getattr(entry, field))
            for clock, field in (("acknowledge", "acknowledged_at"), ("effect", "effected_at"))
            if not (before and getattr(before, field))
        }
        return {"order": entry.kind, "received": before is None, **clocks}

    @staticmethod
    def count(line: CaseLine) -> Iterator[Addend]:
        """Yield the order when it is received, its outcome, and its clocks."""
        given = f"{line.order}/{line.country}"
        if line.received:
            yield "orders", f"{given}/{line.authority}", 1
            yield "order_items", f"{given}/{line.authority}", line.items
        if line.outcome:
            yield "orders_ended", f"{given}/{line.outcome}/{line.authority}", 1
        for clock in ("acknowledge_seconds", "effect_seconds"):
            seconds = getattr(line, clock)
            if seconds is not None:
                yield f"order_{clock}", f"{given}/{seconds}/{line.authority}", 1


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
        step = CaseStep(audited, facts.cases.get(audited), CaseKind.RECORD, Move.CLOSE)
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


class Bundle(BaseCaseMessage, frozen=True, tag="bundle", kw_only=True):
    """A lead made a bundle of a decision, for a certified body (DSA Art. 21) or a court."""

    decision: Id
    made_by: Moderator
    decided_at: Time = msgspec.field(name="at")

    def ask(self, facts: Facts, reader: FactsReader) -> None:
        """Add the decision."""
        reader.add_cases(facts, facts.id_of("decision", self.decision))

    def judge(self, facts: Facts) -> Judging:
        """Take the line, which has no number. The decision stays as it is."""
        decision = facts.id_of("decision", self.decision)
        if facts.first(decision) is None:
            return (yield unknown("decision", decision))
        entry = self.entry(facts)
        return self.taken(entry, [CaseStep(entry.entry, None, CaseKind.RECORD, Move.CLOSE)])


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
        step = CaseStep(case, facts.cases.get(case), CaseKind.RECORD, Move.CLOSE)
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
