"""Orders of authorities, to act against items or to inform, and later messages about them."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Literal

from cases.case_facts import Facts, FactsReader
from cases.case_message import (
    CONFLICT,
    MISSING,
    RANGE,
    Addend,
    BaseCaseMessage,
    CaseLine,
    Category,
    Country,
    FieldRule,
    Id,
    Items,
    Judging,
    Keyword,
    Step,
    Time,
    category_rules,
    refusals_of,
    seconds_between,
    unknown,
)
from ledger.cases import CaseKind, JournalEntry, Move
from ledger.dsa_codes import (
    NOT_SPECIFIED_NOTICE,
    NOT_SPECIFIED_ORDER,
    CaseCode,
    CaseRefusal,
    Words,
)
from ledger.texts import utc

INFORM_FIELDS = frozenset(
    {
        *("type", "id", "kind", "authority", "country", "received_at", "acknowledged_at"),
        *("effected_at", "due_at", "outcome", "regulation", "follows"),
    }
)
"""The fields of an order to inform. Any other field could be about a person."""


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
    person. `due_at` is the deadline that the authority set, if it set one.
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

    def ask(self, facts: Facts, reader: FactsReader) -> None:
        """Add the order that it follows."""
        reader.add_cases(facts, facts.id_of("order", self.follows))

    def judge(self, facts: Facts) -> Judging:
        """Take an order, or a later message about it."""
        yield from self.too_old(facts, "received_at")
        ends = Move.CLOSE if self.outcome is not None else None
        if self.follows is None:
            entry = self.entry(facts)
            return self.taken(entry, [Step(entry.entry, None, CaseKind.ORDER, ends or Move.OPEN)])
        followed = facts.id_of("order", self.follows)
        case, first = facts.cases.get(followed), facts.first(followed)
        if case is None or first is None:
            return (yield unknown("follows", followed))
        step = Step(followed, case, CaseKind.ORDER, ends or Move.REPORT)
        yield from self._contradictions(first)
        yield from refusals_of([step], "follows")
        # The next message may repeat times. A count uses this entry to tell which of them are new.
        return self.taken(self.entry(facts, about=case.order_so_far()), [step])

    def _contradictions(self, first: JournalEntry) -> Iterator[CaseRefusal]:
        """Refuse a message that contradicts the order's first one: it is about another order."""
        for field in ("kind", "country", "authority", "regulation"):
            if getattr(self, field) != getattr(first, field):
                yield CaseRefusal(CaseCode.FIELD_CONFLICT, field)
        # The order's waiting times start with the first, and its clock ends with the second.
        for field in ("received_at", "due_at"):
            stated, known = getattr(self, field), getattr(first, field)
            if stated is not None and utc(stated) != known:
                said = f"the order's first message says {known or 'none'}"
                advice = f"{field} is {utc(stated)}; {said}"
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
