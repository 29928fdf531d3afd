"""The entries of a period, sorted as the report counts them, and the numbers made of them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from statistics import median

import msgspec

from dsa.report.template import TERMS_ONLY, TOTAL, CategoryRow
from ledger.cases.case import JournalEntry
from ledger.cases.dsa_codes import CATEGORIES, NOT_SPECIFIED_NOTICE, NOT_SPECIFIED_ORDER, SourceType

OTHER = "OTHER"

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
        return [entry for entry in self.typed("decision") if took_measure(entry)]

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
    def orders(self) -> list["TimedOrder"]:
        """Orders that came in the period, with the times that later messages about them gave."""
        followed_by: dict[str, list[JournalEntry]] = {}
        for entry in self.typed("order"):
            if entry.follows:
                followed_by.setdefault(entry.follows, []).append(entry)
        return [
            _timed(entry, followed_by.get(entry.entry, []))
            for entry in self.typed("order")
            if not entry.follows
        ]


def _without_terms(entry: JournalEntry) -> JournalEntry:
    about = entry.about
    return msgspec.structs.replace(
        entry, scores=(), about=msgspec.structs.replace(about, scores=()) if about else None
    )


@dataclass(frozen=True, slots=True)
class TimedOrder:
    """An order, and when it was acknowledged and effected; empty where it was not yet."""

    entry: JournalEntry
    acknowledged_at: str
    effected_at: str


def _timed(order: JournalEntry, later: list[JournalEntry]) -> TimedOrder:
    messages = [order, *later]
    acknowledged = (entry.acknowledged_at for entry in messages if entry.acknowledged_at)
    effected = (entry.effected_at for entry in messages if entry.effected_at)
    return TimedOrder(order, min(acknowledged, default=""), min(effected, default=""))


def took_measure(entry: JournalEntry) -> bool:
    """Return whether an entry took any measure."""
    return bool(entry.measures and entry.measures.any)


def own_initiative(entries: Entries, part: int) -> Iterator[JournalEntry]:
    """Yield measures that nobody asked for, on the ground of part 5 (the law) or 6 (the terms).

    What only the terms forbid counts in part 6, whatever ground a decision names.
    """
    for entry in entries.measures:
        terms = entry.ground != "illegal" or entry.category == TERMS_ONLY
        if entry.source_type == SourceType.VOLUNTARY and terms == (part == 6):
            yield entry


def category_row_of(entry: JournalEntry, part: int) -> CategoryRow:
    """Return the one row of categories in which an entry counts in a part.

    Sub-categories add up to their category, so an entry that names none, or one of another
    category, counts as "Other". Only part 6 has TERMS_ONLY; elsewhere it is not specified.
    """
    unspecified = NOT_SPECIFIED_ORDER if part == 3 else NOT_SPECIFIED_NOTICE
    category = entry.category or unspecified
    if category not in CATEGORIES or (category == TERMS_ONLY and part != 6):
        category = unspecified
    if category in (NOT_SPECIFIED_ORDER, NOT_SPECIFIED_NOTICE):
        return CategoryRow(unspecified)
    keywords = [name for name in entry.keywords if name in CATEGORIES[category] and name != OTHER]
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
        return own_row == row and (row.keyword != OTHER or _description(entry) == description)

    return counts


def descriptions(row: CategoryRow, part: int, entries: Iterable[JournalEntry]) -> list[str]:
    """Return the descriptions of a row: one for each kind of "Other", else a single empty one.

    >>> descriptions(CategoryRow("VIOLENCE"), 5, [])
    ['']
    """
    if row.keyword != OTHER:
        return [""]
    texts = {_description(entry) for entry in entries if category_row_of(entry, part) == row}
    return sorted(texts) or [""]


def _description(entry: JournalEntry) -> str:
    return entry.other or NOT_DESCRIBED


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
    hours = [_hours_between(start, end) for _, start, end in listed]
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


def _hours_between(start: str, end: str) -> float:
    span = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return span.total_seconds() / 3600
