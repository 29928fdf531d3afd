"""What each number of parts 3 to 8 means, said once more for whoever checks a report.

It shares no code with what wrote the report: only the standard library.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from statistics import median
from typing import Any

type Record = dict[str, Any]

PROVIDERS_OWN = "VOLUNTARY"
LIMITED_TO_TERMS = "OTHER_VIOLATION_TC"
AUDITED_AT_LEAST = 100


@dataclass(frozen=True)
class Proof:
    """What a number must be, and the entries behind it; None where it must be blank.

    Of a share `ids` are those above the line and `of` all of them.
    """

    value: float | None
    ids: frozenset[str]
    of: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Book:
    """The entries of a report, and how many posts were inspected by month."""

    entries: tuple[Record, ...]
    inspected: dict[str, int]

    def of(self, kind: str) -> list[Record]:
        """The entries of a type."""
        return self._by_type.get(kind, [])

    @cached_property
    def _by_type(self) -> dict[str, list[Record]]:
        found: dict[str, list[Record]] = {}
        for one in self.entries:
            found.setdefault(one["type"], []).append(one)
        return found

    @cached_property
    def fallen(self) -> set[str]:
        """Decisions that an entry overturned."""
        return {one["about"]["entry"] for one in self.entries if one.get("overturns")}

    @cached_property
    def orders(self) -> dict[str, list[Record]]:
        """The first messages of orders, by kind."""
        first = [one for one in self.of("order") if not one.get("follows")]
        return {kind: [one for one in first if one["kind"] == kind] for kind in ("act", "inform")}

    @cached_property
    def clocks(self) -> dict[tuple[str, str], str]:
        """The earliest moment that any message of an order told, by the order and the clock."""
        found: dict[tuple[str, str], str] = {}
        for one in self.of("order"):
            for clock in ("acknowledged_at", "effected_at"):
                place = one.get("follows") or one["entry"], clock
                if told := one.get(clock):
                    found[place] = min(told, found.get(place, told))
        return found

    @cached_property
    def notices(self) -> list[Record]:
        """Notices of Article 16."""
        return [one for one in self.of("notice") if one.get("article_16")]

    @cached_property
    def on_notices(self) -> list[Record]:
        """What was decided on them."""
        decided = [one for one in self.of("decision") if one["verdict"] != "skipped"]
        return [one for one in decided if (one.get("about") or {}).get("article_16")]

    @cached_property
    def own(self) -> dict[int, list[Record]]:
        """Measures that nobody had asked for: against the law (5), or the terms alone (6)."""
        acted = [one for one in self.of("decision") if did_something(one)]
        mine = [one for one in acted if one["source_type"] == PROVIDERS_OWN]
        law = [one for one in mine if _by_law(one)]
        return {5: law, 6: [one for one in mine if not _by_law(one)]}


def did_something(decision: Record) -> bool:
    """Whether a decision took any measure."""
    taken = decision.get("measures") or {}
    return any(taken.get(name) for name in ("visibility", "monetary", "provision", "account"))


def number_of(entries: list[Record]) -> Proof:
    """A count."""
    return Proof(len(entries), _ids(entries))


def items_of(entries: list[Record]) -> Proof:
    """Items of information, added."""
    return Proof(sum(one.get("items", 0) for one in entries), _ids(entries))


def hours_of(spans: list[tuple[Record, str, str]]) -> Proof:
    """The median of spans between two moments, in hours."""
    hours = [
        (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() / 3600
        for _, start, end in spans
    ]
    ids = _ids([one for one, _, _ in spans])
    return Proof(median(hours) if hours else None, ids)


def _ids(entries: list[Record]) -> frozenset[str]:
    return frozenset(one["entry"] for one in entries)


# Parts 3 to 6: by the title of a column, without the blanks at its ends.


type Here = Callable[[list[Record], str], list[Record]]
"""The entries of a list of the book that count in a row, by what they are, or are about."""


def order_cell(column: str, book: Book, here: Here) -> Proof:
    """A number on orders that came in the period."""
    mine = here(book.orders["inform" if "provide information" in column else "act"], "")
    if column.startswith("Median time"):
        clock = "acknowledged_at" if "inform the authority" in column else "effected_at"
        ends = ((one, book.clocks.get((one["entry"], clock), "")) for one in mine)
        return hours_of([(one, one["received_at"], end) for one, end in ends if end])
    return items_of(mine) if column.startswith("Number of specific items") else number_of(mine)


def notice_cell(column: str, book: Book, here: Here) -> Proof:
    """A number on notices of Article 16, or on what was decided about them."""
    trusted = "rusted" in column
    if column.startswith("Number of ") and "actions" not in column:
        mine = here(book.notices, "")
        mine = [one for one in mine if one.get("trusted_flagger") or not trusted]
        return items_of(mine) if "specific items" in column else number_of(mine)
    decided = here(book.on_notices, "about")
    decided = [one for one in decided if one["about"].get("trusted_flagger") or not trusted]
    if column.startswith("Median time"):
        return hours_of([(one, one["about"]["received_at"], one["decided_at"]) for one in decided])
    law = "basis of the law" in column
    acted = [one for one in decided if did_something(one)]
    return number_of([one for one in acted if (one.get("ground") == "illegal") == law])


MEASURE_COLUMNS: dict[str, tuple[str, tuple[str, ...]]] = {
    "Visibility restriction Removal": ("visibility", ("CONTENT_REMOVED",)),
    "Visibility restriction Disable": ("visibility", ("CONTENT_DISABLED",)),
    "Visibility restriction Demoted": ("visibility", ("CONTENT_DEMOTED",)),
    "Visibility restriction Age restricted": ("visibility", ("CONTENT_AGE_RESTRICTED",)),
    "Visibility restriction Interaction restricted": (
        *("visibility", ("CONTENT_INTERACTION_RESTRICTED",)),
    ),
    "Visibility restriction Labelled": ("visibility", ("CONTENT_LABELLED",)),
    "Visibility restriction Other": ("visibility", ("OTHER",)),
    "Monetary restriction Suspension": ("monetary", ("SUSPENSION",)),
    "Monetary restriction Termination": ("monetary", ("TERMINATION",)),
    "Monetary restriction Other": ("monetary", ("OTHER",)),
    "Provision of the service Suspension": (
        *("provision", ("PARTIAL_SUSPENSION", "TOTAL_SUSPENSION")),
    ),
    "Provision of the service Termination": (
        *("provision", ("PARTIAL_TERMINATION", "TOTAL_TERMINATION")),
    ),
    "Account restriction Suspension": ("account", ("SUSPENDED",)),
    "Account restriction Termination": ("account", ("TERMINATED",)),
}
"""The measure of each column of parts 5 and 6, and its codes without their prefix."""


def measure_cell(column: str, part: int, book: Book, here: Here) -> Proof:
    """A number on measures that nobody had asked for."""
    mine = here(book.own[part], "")
    if column.startswith("Number of measures taken after detection"):
        mine = [one for one in mine if one.get("rules")]
    elif column in MEASURE_COLUMNS:
        name, codes = MEASURE_COLUMNS[column]
        wanted = {f"DECISION_{name.upper()}_{code}" for code in codes}
        mine = [one for one in mine if wanted & _codes(one["measures"].get(name))]
    return number_of(mine)


def _by_law(decision: Record) -> bool:
    return decision.get("ground") == "illegal" and decision.get("category") != LIMITED_TO_TERMS


def _codes(value: str | list[str] | None) -> set[str]:
    return {value} if isinstance(value, str) else set(value or ())
