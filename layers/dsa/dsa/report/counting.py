"""Parts 3 to 6: orders, notices and measures by category, each number with what it is made of."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from dsa.report.cell import Counted, count, items, median_hours
from dsa.report.entries import (
    Entries,
    OrderAsItStands,
    descriptions,
    in_kind,
    kind_of,
    own_initiative,
)
from dsa.report.template import LEFT_OUT, TOTAL, Kind, kinds_of
from ledger.cases.case import JournalEntry
from ledger.cases.dsa_codes import EEA, AccountMeasure, Monetary, Provision, Visibility
from ledger.cases.messages import Measures

NOT_IN_THE_UNION = frozenset({"IS", "LI", "NO"})
EUROSTAT = {"GR": "EL"}
"""Countries that the report's instructions call otherwise than the database does."""

MEMBER_STATES = tuple(sorted(EUROSTAT.get(one, one) for one in EEA - NOT_IN_THE_UNION))


@dataclass(frozen=True, slots=True)
class Row:
    """A row of categories: its kind, what "Other" means, the scope of part 3, and its numbers."""

    kind: Kind
    description: str
    numbers: tuple[Counted, ...]
    scope: str = ""


def orders(entries: Entries) -> Iterator[Row]:
    """Part 3: all orders, then each Member State's; a country beside them only if it sent one."""
    others = {one.entry.country for one in entries.orders} & NOT_IN_THE_UNION
    for scope in (TOTAL, *MEMBER_STATES, *sorted(others)):
        mine = [one for one in entries.orders if scope in (TOTAL, _scope_of(one.entry))]
        for kind in kinds_of(3):
            if scope != TOTAL and tuple(kind) == LEFT_OUT and not _any(kind, mine):
                continue
            for description in descriptions(kind, 3, (one.entry for one in mine)):
                counts = in_kind(kind, 3, description)
                row = [one for one in mine if counts(one.entry)]
                yield Row(kind, description, tuple(_of_orders(row)), scope)


def _any(kind: Kind, orders_of: Iterable[OrderAsItStands]) -> bool:
    return any(kind_of(one.entry, 3) == kind for one in orders_of)


def _scope_of(entry: JournalEntry) -> str:
    return EUROSTAT.get(entry.country, entry.country)


def _of_orders(given: Sequence[OrderAsItStands]) -> Iterator[Counted]:
    act = [one for one in given if one.entry.kind == "act"]
    inform = [one for one in given if one.entry.kind == "inform"]
    yield count(one.entry for one in act)
    yield items(one.entry for one in act)
    yield from _clocks(act)
    yield count(one.entry for one in inform)
    yield from _clocks(inform)


def _clocks(given: Sequence[OrderAsItStands]) -> Iterator[Counted]:
    for moment in ("acknowledged_at", "effected_at"):
        yield median_hours(
            (one.entry, one.entry.received_at, reached)
            for one in given
            if (reached := getattr(one, moment))
        )


def notices(entries: Entries) -> Iterator[Row]:
    """Part 4: notices of Article 16 and what was done on them, trusted flaggers' beside all."""
    for kind in kinds_of(4):
        everything = [*entries.notices, *(one.about for one in entries.on_notices if one.about)]
        for description in descriptions(kind, 4, everything):
            counts = in_kind(kind, 4, description)
            received = [one for one in entries.notices if counts(one)]
            decided = [one for one in entries.on_notices if one.about and counts(one.about)]
            yield Row(kind, description, tuple(_of_notices(received, decided)))


def _of_notices(
    received: Sequence[JournalEntry], decided: Sequence[JournalEntry]
) -> Iterator[Counted]:
    trusted = [one for one in received if one.trusted_flagger]
    decided_trusted = [one for one in decided if one.about and one.about.trusted_flagger]
    acted, acted_trusted = (
        [one for one in some if one.measures and one.measures.any]
        for some in (decided, decided_trusted)
    )
    both = ((received, trusted, count), (received, trusted, items))
    for everyone, flaggers, function in both:
        yield function(everyone)
        yield function(flaggers)
    for some in (decided, decided_trusted):
        yield median_hours(
            (one, one.about.received_at, one.decided_at) for one in some if one.about
        )
    for ground in ("illegal", "terms"):
        for some in (acted, acted_trusted):
            yield count(one for one in some if (one.ground == "illegal") == (ground == "illegal"))


def measures(entries: Entries, part: int) -> Iterator[Row]:
    """Part 5 (against the law) or 6 (against the terms): measures of the provider's own accord."""
    mine = list(own_initiative(entries, part))
    for kind in kinds_of(part):
        for description in descriptions(kind, part, mine):
            counts = in_kind(kind, part, description)
            row = [one for one in mine if counts(one)]
            yield Row(kind, description, tuple(_of_measures(row)))


def _of_measures(given: Sequence[JournalEntry]) -> Iterator[Counted]:
    yield count(given)
    yield count(one for one in given if one.rules)
    for took in RESTRICTIONS:
        yield count(one for one in given if one.measures and took(one.measures))


def _visible(code: Visibility) -> Callable[[Measures], bool]:
    return lambda taken: code in taken.visibility


def _paid(code: Monetary) -> Callable[[Measures], bool]:
    return lambda taken: taken.monetary == code


def _served(*codes: Provision) -> Callable[[Measures], bool]:
    return lambda taken: taken.provision in codes


def _account(code: AccountMeasure) -> Callable[[Measures], bool]:
    return lambda taken: taken.account == code


RESTRICTIONS = (
    *(_visible(code) for code in Visibility),
    *(_paid(code) for code in Monetary),
    _served(Provision.PARTIAL_SUSPENSION, Provision.TOTAL_SUSPENSION),
    _served(Provision.PARTIAL_TERMINATION, Provision.TOTAL_TERMINATION),
    *(_account(code) for code in AccountMeasure),
)
"""The restrictions of parts 5 and 6 in the template's order: whether some measures take each."""
