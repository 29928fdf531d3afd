"""The entries of a period as the harmonised report counts them, and its parts 3 to 6.

First the eleven parts: names, headers, and fixed rows, whose words are in `report_template.json`.
Then the entries and the numbers made of them. Last the rows of orders, notices and measures,
counted by category.

Source: Implementing Regulation (EU) 2024/2835, Annex I.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import NamedTuple

import msgspec

from dsa.statement import CATEGORY_PREFIX, KEYWORD_PREFIX, OTHER
from ledger import codes
from ledger.cases import JournalEntry

TOTAL = "TOTAL"
HOSTING = "Only for providers of hosting services, including online platforms"
PLATFORMS = "Only for providers of online platforms"

TERMS_ONLY = "OTHER_VIOLATION_TC"
"""The category that only the provider's terms forbid; only part 6 has it."""


class _Template(msgspec.Struct, frozen=True):
    source: str
    parts: dict[int, str]
    headers: dict[int, tuple[str, ...]]
    indicators: dict[int, tuple[tuple[str, ...], ...]]
    names: tuple[tuple[str, str, str], ...]


_TEMPLATE = msgspec.json.decode(
    Path(__file__).with_name("report_template.json").read_bytes(), type=_Template
)

PARTS = _TEMPLATE.parts
HEADERS = _TEMPLATE.headers
INDICATORS = _TEMPLATE.indicators
"""The fixed cells of parts that have one indicator a row: applicability, then the row's names."""

NAMES = _TEMPLATE.names
"""The rows of part 2: label, description and code of each category and sub-category."""


class CategoryRow(NamedTuple):
    """A row of parts 3 to 6: the total, a category, or one of its sub-categories."""

    category: str
    keyword: str = ""

    @property
    def code(self) -> str:
        """The row's code as the template writes it."""
        if self.keyword:
            return KEYWORD_PREFIX + self.keyword
        return self.category if self.category == TOTAL else CATEGORY_PREFIX + self.category


LEFT_OUT = CategoryRow("PROTECTION_OF_MINORS", "CHILD_SEXUAL_ABUSE_MATERIAL_DEEPFAKE")
"""A row that the template leaves out of the blocks of part 3 for each Member State."""


def category_rows(part: int) -> Iterator[CategoryRow]:
    """Yield the rows of categories of part 3, 4, 5 or 6, in the template's order.

    >>> [sum(1 for _ in category_rows(part)) for part in (3, 4, 5, 6)]
    [91, 91, 90, 98]
    """
    only_in_part = {3: codes.NOT_SPECIFIED_ORDER, 4: codes.NOT_SPECIFIED_NOTICE, 6: TERMS_ONLY}
    yield CategoryRow(TOTAL)
    for category, keywords in codes.CATEGORIES.items():
        if category not in only_in_part.values() or category == only_in_part.get(part):
            yield CategoryRow(category)
            yield from (CategoryRow(category, keyword) for keyword in keywords)


def file_name(part: int) -> str:
    """Return the name of a part's file.

    >>> file_name(10)
    'Part_10_AMAR.csv'
    """
    return f"Part_{part}_{PARTS[part]}.csv"


ORDER_TIMES = ("acknowledged_at", "effected_at")
NOT_DESCRIBED = "Not specified further."
"""The description of a row of sub-category "Other" where its entries have none."""


@dataclass(frozen=True)
class Entries:
    """All entries of a provider and period.

    An entry counts in the period of its commit, as it does in the published summaries.
    """

    all: tuple[JournalEntry, ...]

    @classmethod
    def of(cls, entries: Iterable[JournalEntry]) -> "Entries":
        """Sort entries by id, and drop repeated ones. A report says nothing of single terms."""
        by_id = {entry.entry: _without_terms(entry) for entry in entries}
        return cls(tuple(by_id[entry_id] for entry_id in sorted(by_id)))

    def typed(self, *types: str) -> list[JournalEntry]:
        """Return the entries of these types."""
        return [entry for entry in self.all if entry.type in types]

    @cached_property
    def measures(self) -> list[JournalEntry]:
        """Decisions that took a measure."""
        return [entry for entry in self.typed("decision") if entry.done]

    @cached_property
    def notices(self) -> list[JournalEntry]:
        """Notices of Article 16."""
        return [entry for entry in self.typed("notice") if entry.article_16]

    @cached_property
    def on_notices(self) -> list[JournalEntry]:
        """Decisions on notices of Article 16, whatever their verdict, but not skipped ones."""
        return [
            entry
            for entry in self.typed("decision")
            if entry.about and entry.about.article_16 and entry.verdict != "skipped"
        ]

    @cached_property
    def orders(self) -> list[JournalEntry]:
        """Orders that came in the period, with the earliest times that messages about them gave."""
        times = defaultdict[tuple[str, str], list[str]](list)
        for order in self.typed("order"):
            for name in ORDER_TIMES:
                if time := getattr(order, name):
                    times[order.follows or order.entry, name].append(time)
        return [
            msgspec.structs.replace(
                order, **{name: min(times[order.entry, name], default="") for name in ORDER_TIMES}
            )
            for order in self.typed("order")
            if not order.follows
        ]


def _without_terms(entry: JournalEntry) -> JournalEntry:
    about = entry.about
    return msgspec.structs.replace(
        entry, scores=(), about=msgspec.structs.replace(about, scores=()) if about else None
    )


def own_initiative(entries: Entries, part: int) -> Iterator[JournalEntry]:
    """Yield measures that nobody asked for, on the ground of part 5 (the law) or 6 (the terms).

    What only the terms forbid counts in part 6, whatever ground a decision names.
    """
    for entry in entries.measures:
        terms = entry.ground != "illegal" or entry.category == TERMS_ONLY
        if entry.source_type == codes.SourceType.VOLUNTARY and terms == (part == 6):
            yield entry


def category_row_of(entry: JournalEntry, part: int) -> CategoryRow:
    """Return the one row of categories in which an entry counts in a part.

    Sub-categories add up to their category, so an entry that names none, or one of another
    category, counts as "Other". Only part 6 has TERMS_ONLY; elsewhere it is not specified.
    """
    unspecified = codes.NOT_SPECIFIED_ORDER if part == 3 else codes.NOT_SPECIFIED_NOTICE
    category = entry.category or unspecified
    if category not in codes.CATEGORIES or (category == TERMS_ONLY and part != 6):
        category = unspecified
    if category in (codes.NOT_SPECIFIED_ORDER, codes.NOT_SPECIFIED_NOTICE):
        return CategoryRow(unspecified)
    keywords = [
        name for name in entry.keywords if name in codes.CATEGORIES[category] and name != OTHER
    ]
    return CategoryRow(category, keywords[0] if keywords else OTHER)


def counts_in(row: CategoryRow, part: int, description: str) -> Callable[[JournalEntry], bool]:
    """Return the test whether an entry counts in a row.

    `description` tells several rows of "Other" apart.
    """

    def counts(entry: JournalEntry) -> bool:
        if row.category == TOTAL:
            return True
        own_row = category_row_of(entry, part)
        if not row.keyword:
            return own_row.category == row.category
        return own_row == row and (
            row.keyword != OTHER or (entry.other or NOT_DESCRIBED) == description
        )

    return counts


def descriptions(row: CategoryRow, part: int, entries: Iterable[JournalEntry]) -> list[str]:
    """Return the descriptions of a row: one for each kind of "Other", else a single empty one.

    >>> descriptions(CategoryRow("VIOLENCE"), 5, [])
    ['']
    """
    if row.keyword != OTHER:
        return [""]
    texts = {
        entry.other or NOT_DESCRIBED for entry in entries if category_row_of(entry, part) == row
    }
    return sorted(texts) or [""]


@dataclass(frozen=True, slots=True)
class Counted:
    """A number of the report, and the entries that it is made of, or why it is blank.

    `how` is `count`, `items` (their sum), `median_hours`, `ratio`, `precision`, `recall` or `none`.
    For a share, `ids` are the entries above the line and `of` all of them.
    """

    value: int | float | None
    how: str
    ids: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    why: str = ""

    @property
    def text(self) -> str:
        """The number as the CSV has it: no thousands separators, empty where blank.

        >>> Counted(0.5, "ratio").text, Counted(12000, "count").text, Counted(None, "none").text
        ('0.5', '12000', '')
        """
        if self.value is None:
            return ""
        if isinstance(self.value, int):
            return str(self.value)
        return f"{self.value:.4f}".rstrip("0").rstrip(".")


def count(entries: Iterable[JournalEntry]) -> Counted:
    """Count entries."""
    ids = ids_of(entries)
    return Counted(len(ids), "count", ids)


def count_items(entries: Iterable[JournalEntry]) -> Counted:
    """Add up the items of information that entries name."""
    listed = list(entries)
    return Counted(sum(entry.items for entry in listed), "items", ids_of(listed))


def median_hours(spans: Iterable[tuple[JournalEntry, str, str]]) -> Counted:
    """Return the median of times between two moments, in hours; blank without entries.

    Each span is an entry and its two moments in RFC 3339. The median of an even number of spans is
    the mean of the middle two.
    """
    listed = list(spans)
    if not listed:
        return Counted(None, "median_hours", why="nothing to take a median of")
    moments = datetime.fromisoformat
    hours = [(moments(end) - moments(start)).total_seconds() / 3600 for _, start, end in listed]
    ids = ids_of(entry for entry, _, _ in listed)
    return Counted(round(float(median(hours)), 4), "median_hours", ids)


def ratio(part: Iterable[JournalEntry], whole: Iterable[JournalEntry]) -> Counted:
    """Return the share of some entries among others; blank without others."""
    ids, of = ids_of(part), ids_of(whole)
    if not of:
        return Counted(None, "ratio", why="nothing to take a share of")
    return Counted(round(len(ids) / len(of), 4), "ratio", ids, of)


def ids_of(entries: Iterable[JournalEntry]) -> tuple[str, ...]:
    """Return the ids of entries, sorted."""
    return tuple(sorted(entry.entry for entry in entries))


EUROSTAT = {"GR": "EL"}
"""Countries whose code in the report differs from that in the database."""

MEMBER_STATES = tuple(sorted(EUROSTAT.get(country, country) for country in codes.EU))


type CountedRow = list[str | Counted]
"""A row of categories: its code, the description of its "Other", the scope of part 3, numbers."""


def order_rows(entries: Entries) -> Iterator[CountedRow]:
    """Yield the rows of part 3: all orders, then each Member State's.

    A country outside the Union has rows only if it sent an order.
    """
    others = {order.country for order in entries.orders} & (codes.EEA - codes.EU)
    for scope in (TOTAL, *MEMBER_STATES, *sorted(others)):
        in_scope = [
            order
            for order in entries.orders
            if scope in (TOTAL, EUROSTAT.get(order.country, order.country))
        ]
        for row in category_rows(3):
            is_left_out = scope != TOTAL and row == LEFT_OUT
            if is_left_out and row not in {category_row_of(order, 3) for order in in_scope}:
                continue
            for description in descriptions(row, 3, in_scope):
                orders = list(filter(counts_in(row, 3, description), in_scope))
                yield [row.code, description, scope, *_order_numbers(orders)]


def _order_numbers(orders: Sequence[JournalEntry]) -> Iterator[Counted]:
    act = [order for order in orders if order.kind == "act"]
    inform = [order for order in orders if order.kind == "inform"]
    yield count(act)
    yield count_items(act)
    yield from _order_medians(act)
    yield count(inform)
    yield from _order_medians(inform)


def _order_medians(orders: Sequence[JournalEntry]) -> Iterator[Counted]:
    for moment in ORDER_TIMES:
        times = ((order, order.received_at, getattr(order, moment)) for order in orders)
        yield median_hours(each for each in times if each[2])


def notice_rows(entries: Entries) -> Iterator[CountedRow]:
    """Yield the rows of part 4: notices of Article 16 and the decisions on them."""
    on_notices = [(decision, decision.about) for decision in entries.on_notices if decision.about]
    everything = [*entries.notices, *(about for _, about in on_notices)]
    for row in category_rows(4):
        for description in descriptions(row, 4, everything):
            counts = counts_in(row, 4, description)
            received = list(filter(counts, entries.notices))
            decided = [each for each in on_notices if counts(each[1])]
            yield [row.code, description, *_notice_numbers(received, decided)]


def _notice_numbers(
    received: Sequence[JournalEntry], decided: Sequence[tuple[JournalEntry, JournalEntry]]
) -> Iterator[Counted]:
    """Yield each number twice: for all notices, then for those of trusted flaggers.

    Each decision comes with its notice.
    """
    trusted = [notice for notice in received if notice.trusted_flagger]
    decided_both = (decided, [each for each in decided if each[1].trusted_flagger])
    for function in (count, count_items):
        yield function(received)
        yield function(trusted)
    for decisions in decided_both:
        yield median_hours(
            (decision, notice.received_at, decision.decided_at) for decision, notice in decisions
        )
    for by_law in (True, False):
        for decisions in decided_both:
            done = (decision for decision, _ in decisions if decision.done)
            yield count(each for each in done if (each.ground == "illegal") == by_law)


def measure_rows(entries: Entries, part: int) -> Iterator[CountedRow]:
    """Yield the rows of part 5 (the law) or 6 (the terms): measures that nobody asked for."""
    measures = list(own_initiative(entries, part))
    for row in category_rows(part):
        for description in descriptions(row, part, measures):
            in_row = list(filter(counts_in(row, part, description), measures))
            yield [
                row.code,
                description,
                count(in_row),
                count(decision for decision in in_row if decision.rules),
                *(count(each for each in in_row if kinds & {*each.done}) for kinds in RESTRICTIONS),
            ]


RESTRICTIONS: tuple[set[str], ...] = (
    *({str(code)} for code in (*codes.Visibility, *codes.Monetary)),
    {codes.Provision.PARTIAL_SUSPENSION, codes.Provision.TOTAL_SUSPENSION},
    {codes.Provision.PARTIAL_TERMINATION, codes.Provision.TOTAL_TERMINATION},
    *({str(code)} for code in codes.AccountMeasure),
)
"""The columns of restrictions of parts 5 and 6, in order: the codes that each counts."""
