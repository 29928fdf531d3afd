"""The entries of a period as the report counts them: sorted by what they are, each once."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from dsa.report.template import TERMS_ONLY, TOTAL, Kind
from ledger.cases.case import JournalEntry
from ledger.cases.dsa_codes import CATEGORIES, NOT_SPECIFIED_NOTICE, NOT_SPECIFIED_ORDER, SourceType

OTHER = "OTHER"
NOT_DESCRIBED = "Not specified further."
"""What a row of sub-category "Other" says where nobody said more."""


@dataclass(frozen=True)
class Entries:
    """All entries of a provider and period, by type.

    An entry counts in the period of its commit, as it does in the published summaries.
    """

    all: tuple[JournalEntry, ...]

    @classmethod
    def of(cls, entries: Iterable[JournalEntry]) -> "Entries":
        """Each entry once, by id."""
        found = {entry.entry: entry for entry in entries}
        return cls(tuple(found[one] for one in sorted(found)))

    def typed(self, *types: str) -> list[JournalEntry]:
        """The entries of these types."""
        return [entry for entry in self.all if entry.type in types]

    @cached_property
    def measures(self) -> list[JournalEntry]:
        """Decisions by which something was done."""
        return [entry for entry in self.typed("decision") if entry.measures and entry.measures.any]

    @cached_property
    def notices(self) -> list[JournalEntry]:
        """Notices of Article 16."""
        return [entry for entry in self.typed("notice") if entry.article_16]

    @cached_property
    def on_notices(self) -> list[JournalEntry]:
        """Decisions on notices of Article 16, whatever their verdict; a skipped one is none."""
        return [
            entry
            for entry in self.typed("decision")
            if entry.about and entry.about.article_16 and entry.verdict != "skipped"
        ]

    @cached_property
    def orders(self) -> list["OrderAsItStands"]:
        """Orders that came in the period, with what later messages of it said."""
        later: dict[str, list[JournalEntry]] = {}
        for entry in self.typed("order"):
            if entry.follows:
                later.setdefault(entry.follows, []).append(entry)
        return [
            OrderAsItStands(entry, *_clock(entry, later.get(entry.entry, [])))
            for entry in self.typed("order")
            if not entry.follows
        ]


@dataclass(frozen=True, slots=True)
class OrderAsItStands:
    """An order and its clock; a moment that has not come is empty."""

    entry: JournalEntry
    acknowledged_at: str
    effected_at: str


def _clock(first: JournalEntry, later: list[JournalEntry]) -> tuple[str, str]:
    """The first word on each moment."""
    said = sorted([first, *later], key=lambda entry: (entry.at, entry.entry))
    acknowledged = (entry.acknowledged_at for entry in said if entry.acknowledged_at)
    effected = (entry.effected_at for entry in said if entry.effected_at)
    return min(acknowledged, default=""), min(effected, default="")


def kind_of(entry: JournalEntry, part: int) -> Kind:
    """The one row of categories under which an entry counts in a part.

    Sub-categories sum to their category, so what names none, or one of another category, counts
    under its "Other". Category 15 stands in part 6 alone, so elsewhere it was not specified.
    """
    category = entry.category or _unspecified(part)
    if category not in CATEGORIES or (category == TERMS_ONLY and part != 6):
        category = _unspecified(part)
    if category in (NOT_SPECIFIED_ORDER, NOT_SPECIFIED_NOTICE):
        return Kind(_unspecified(part))
    keywords = [one for one in entry.keywords if one in CATEGORIES[category]]
    specific = [one for one in keywords if one != OTHER]
    return Kind(category, specific[0] if specific else OTHER)


def _unspecified(part: int) -> str:
    return NOT_SPECIFIED_ORDER if part == 3 else NOT_SPECIFIED_NOTICE


def described(entry: JournalEntry) -> str:
    """What an entry under "Other" is about."""
    return entry.other or NOT_DESCRIBED


def in_kind(kind: Kind, part: int, description: str = "") -> Callable[[JournalEntry], bool]:
    """Whether an entry counts in a row; `description` tells rows of "Other" apart."""

    def counts(entry: JournalEntry) -> bool:
        found = kind_of(entry, part)
        if kind.category == TOTAL:
            return True
        if not kind.keyword:
            return found.category == kind.category
        return found == kind and (kind.keyword != OTHER or described(entry) == description)

    return counts


def descriptions(kind: Kind, part: int, entries: Iterable[JournalEntry]) -> list[str]:
    """The rows that a kind needs: one, or for "Other" one for each description.

    >>> descriptions(Kind("VIOLENCE"), 5, [])
    ['']
    """
    if kind.keyword != OTHER:
        return [""]
    return sorted({described(one) for one in entries if kind_of(one, part) == kind}) or [""]


def own_initiative(entries: Entries, part: int) -> Iterator[JournalEntry]:
    """Measures that nobody asked for, on the ground of part 5 (the law) or 6 (the terms).

    What only the terms know is against the terms, whatever a decision says.
    """
    for entry in entries.measures:
        terms = entry.ground != "illegal" or entry.category == TERMS_ONLY
        if entry.source_type == SourceType.VOLUNTARY and terms == (part == 6):
            yield entry
