"""The eleven parts of the harmonised report: their names, headers, and the rows that are fixed.

Source: Implementing Regulation (EU) 2024/2835, Annex I; its words are in template.json.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from dsa.statement.codes import CATEGORY_PREFIX, KEYWORD_PREFIX
from ledger.cases.dsa_codes import CATEGORIES, NOT_SPECIFIED_NOTICE, NOT_SPECIFIED_ORDER

TOTAL = "TOTAL"
HOSTING = "Only for providers of hosting services, including online platforms"
PLATFORMS = "Only for providers of online platforms"

PARTS = {
    1: "summary",
    2: "categories_names",
    3: "member_states_orders",
    4: "notices",
    5: "own_initiative_illegal",
    6: "own_initiative_TC",
    7: "appeals_and_recidivism",
    8: "automated_means",
    9: "human_resources",
    10: "AMAR",
    11: "qualitative",
}

TERMS_ONLY = "OTHER_VIOLATION_TC"
"""The category that only the provider's terms forbid; only part 6 has it."""


class _Template(msgspec.Struct, frozen=True):
    source: str
    headers: dict[str, tuple[str, ...]]
    indicators: dict[str, tuple[tuple[str, ...], ...]]
    names: tuple[tuple[str, str, str], ...]


_TEMPLATE = msgspec.json.decode(
    Path(__file__).with_name("template.json").read_bytes(), type=_Template
)

HEADERS = {int(number): header for number, header in _TEMPLATE.headers.items()}

INDICATORS = {int(number): rows for number, rows in _TEMPLATE.indicators.items()}
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
    only_in_part = {3: NOT_SPECIFIED_ORDER, 4: NOT_SPECIFIED_NOTICE, 6: TERMS_ONLY}
    yield CategoryRow(TOTAL)
    for category, keywords in CATEGORIES.items():
        if category not in only_in_part.values() or category == only_in_part.get(part):
            yield CategoryRow(category)
            yield from (CategoryRow(category, keyword) for keyword in keywords)


def file_name(part: int) -> str:
    """Return the name of a part's file.

    >>> file_name(10)
    'Part_10_AMAR.csv'
    """
    return f"Part_{part}_{PARTS[part]}.csv"
