"""A number of the report, with the entries of the ledger that it is made of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from ledger.cases.case import JournalEntry


@dataclass(frozen=True, slots=True)
class Counted:
    """A cell: its value, by which function of which entries, or why it is blank.

    `how` is `count`, `items` (their sum), `median_hours`, `ratio` or `none`; of a ratio `ids` are
    those above the line and `of` all of them.
    """

    value: int | float | None
    how: str
    ids: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    why: str = ""

    @property
    def text(self) -> str:
        """As the CSV has it: no thousands separators, nothing for a blank.

        >>> Counted(0.5, "ratio").text, Counted(12000, "count").text, Counted(None, "none").text
        ('0.5', '12000', '')
        """
        if self.value is None:
            return ""
        if isinstance(self.value, int):
            return str(self.value)
        return f"{self.value:.4f}".rstrip("0").rstrip(".")


def count(entries: Iterable[JournalEntry]) -> Counted:
    """How many there are."""
    ids = _ids(entries)
    return Counted(len(ids), "count", ids)


def items(entries: Iterable[JournalEntry]) -> Counted:
    """The items of information that they name, added up."""
    found = list(entries)
    return Counted(sum(one.items for one in found), "items", _ids(found))


def median_hours(spans: Iterable[tuple[JournalEntry, str, str]]) -> Counted:
    """The median of times between two moments, in hours; blank for none.

    Each span is an entry and its two moments in RFC 3339; an even number has the mean of the middle
    two.
    """
    found = list(spans)
    hours = [_hours(first, last) for _, first, last in found]
    ids = _ids(entry for entry, _, _ in found)
    if not hours:
        return Counted(None, "median_hours", why="nothing to take a median of")
    return Counted(round(float(median(hours)), 4), "median_hours", ids)


def ratio(part: Iterable[JournalEntry], whole: Iterable[JournalEntry]) -> Counted:
    """The share of some entries among others; blank for none."""
    above, below = _ids(part), _ids(whole)
    if not below:
        return Counted(None, "ratio", why="nothing to take a share of")
    return Counted(round(len(above) / len(below), 4), "ratio", above, below)


def blank(why: str = "") -> Counted:
    """A cell that says nothing, and why."""
    return Counted(None, "none", why=why)


def _ids(entries: Iterable[JournalEntry]) -> tuple[str, ...]:
    return tuple(sorted(entry.entry for entry in entries))


def _hours(first: str, last: str) -> float:
    span = datetime.fromisoformat(last) - datetime.fromisoformat(first)
    return span.total_seconds() / 3600
