"""Parts 3 to 6: orders, notices and measures, counted by category."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dsa.report.entries import (
    Counted,
    Entries,
    TimedOrder,
    category_row_of,
    count,
    count_items,
    counts_in,
    descriptions,
    median_hours,
    own_initiative,
    took_measure,
)
from dsa.report.template import LEFT_OUT, TOTAL, CategoryRow, category_rows
from ledger.cases.case import JournalEntry
from ledger.cases.dsa_codes import EEA, EU, AccountMeasure, Monetary, Provision, Visibility
from ledger.cases.messages import Measures

EUROSTAT = {"GR": "EL"}
"""Countries whose code in the report differs from that in the database."""

MEMBER_STATES = tuple(sorted(EUROSTAT.get(country, country) for country in EU))


@dataclass(frozen=True, slots=True)
class CountedRow:
    """A row of categories with the description of its "Other", the scope of part 3, its numbers."""

    row: CategoryRow
    description: str
    numbers: tuple[Counted, ...]
    scope: str = ""


def order_rows(entries: Entries) -> Iterator[CountedRow]:
    """Yield the rows of part 3: all orders, then each Member State's.

    A country outside the Union has rows only if it sent an order.
    """
    others = {order.entry.country for order in entries.orders} & (EEA - EU)
    for scope in (TOTAL, *MEMBER_STATES, *sorted(others)):
        in_scope = [order for order in entries.orders if scope in (TOTAL, _country_of(order.entry))]
        for row in category_rows(3):
            if scope != TOTAL and row == LEFT_OUT and not _any_in(row, in_scope):
                continue
            for description in descriptions(row, 3, (order.entry for order in in_scope)):
                counts = counts_in(row, 3, description)
                orders = [order for order in in_scope if counts(order.entry)]
                yield CountedRow(row, description, tuple(_order_numbers(orders)), scope)


def _any_in(row: CategoryRow, orders: Sequence[TimedOrder]) -> bool:
    return any(category_row_of(order.entry, 3) == row for order in orders)


def _country_of(entry: JournalEntry) -> str:
    return EUROSTAT.get(entry.country, entry.country)


def _order_numbers(orders: Sequence[TimedOrder]) -> Iterator[Counted]:
    act = [order for order in orders if order.entry.kind == "act"]
    inform = [order for order in orders if order.entry.kind == "inform"]
    yield count(order.entry for order in act)
    yield count_items(order.entry for order in act)
    yield from _order_medians(act)
    yield count(order.entry for order in inform)
    yield from _order_medians(inform)


def _order_medians(orders: Sequence[TimedOrder]) -> Iterator[Counted]:
    for moment in ("acknowledged_at", "effected_at"):
        yield median_hours(
            (order.entry, order.entry.received_at, reached)
            for order in orders
            if (reached := getattr(order, moment))
        )


def notice_rows(entries: Entries) -> Iterator[CountedRow]:
    """Yield the rows of part 4: notices of Article 16 and the decisions on them."""
    for row in category_rows(4):
        everything = [
            *entries.notices,
            *(decision.about for decision in entries.on_notices if decision.about),
        ]
        for description in descriptions(row, 4, everything):
            counts = counts_in(row, 4, description)
            received = [notice for notice in entries.notices if counts(notice)]
            decided = [
                decision
                for decision in entries.on_notices
                if decision.about and counts(decision.about)
            ]
            yield CountedRow(row, description, tuple(_notice_numbers(received, decided)))


def _notice_numbers(
    received: Sequence[JournalEntry], decided: Sequence[JournalEntry]
) -> Iterator[Counted]:
    """Yield each number twice: for all notices, then for those of trusted flaggers."""
    trusted = [notice for notice in received if notice.trusted_flagger]
    decided_both = (
        decided,
        [decision for decision in decided if decision.about and decision.about.trusted_flagger],
    )
    for function in (count, count_items):
        yield function(received)
        yield function(trusted)
    for decisions in decided_both:
        yield median_hours(
            (decision, decision.about.received_at, decision.decided_at)
            for decision in decisions
            if decision.about
        )
    for by_law in (True, False):
        for decisions in decided_both:
            yield count(
                decision
                for decision in decisions
                if took_measure(decision) and (decision.ground == "illegal") == by_law
            )


def measure_rows(entries: Entries, part: int) -> Iterator[CountedRow]:
    """Yield the rows of part 5 (the law) or 6 (the terms): measures that nobody asked for."""
    measures = list(own_initiative(entries, part))
    for row in category_rows(part):
        for description in descriptions(row, part, measures):
            counts = counts_in(row, part, description)
            in_row = [decision for decision in measures if counts(decision)]
            yield CountedRow(row, description, tuple(_measure_numbers(in_row)))


def _measure_numbers(decisions: Sequence[JournalEntry]) -> Iterator[Counted]:
    yield count(decisions)
    yield count(decision for decision in decisions if decision.rules)
    for took in RESTRICTIONS:
        yield count(
            decision for decision in decisions if decision.measures and took(decision.measures)
        )


def _visibility(code: Visibility) -> Callable[[Measures], bool]:
    return lambda measures: code in measures.visibility


def _monetary(code: Monetary) -> Callable[[Measures], bool]:
    return lambda measures: measures.monetary == code


def _provision(*codes: Provision) -> Callable[[Measures], bool]:
    return lambda measures: measures.provision in codes


def _account(code: AccountMeasure) -> Callable[[Measures], bool]:
    return lambda measures: measures.account == code


RESTRICTIONS = (
    *(_visibility(code) for code in Visibility),
    *(_monetary(code) for code in Monetary),
    _provision(Provision.PARTIAL_SUSPENSION, Provision.TOTAL_SUSPENSION),
    _provision(Provision.PARTIAL_TERMINATION, Provision.TOTAL_TERMINATION),
    *(_account(code) for code in AccountMeasure),
)
"""The columns of restrictions of parts 5 and 6, in order: whether some measures include each."""
