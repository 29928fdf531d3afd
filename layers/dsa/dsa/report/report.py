"""The harmonised report of a provider and period, from its entries: eleven parts of cells.

Source: Implementing Regulation (EU) 2024/2835, Annexes I and II.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import msgspec

from dsa.report.about import TEXTS, About, ServiceKind
from dsa.report.automated import automated
from dsa.report.cell import Counted
from dsa.report.contests import contests
from dsa.report.counting import Row, measures, notices, orders
from dsa.report.entries import Entries
from dsa.report.template import HOSTING, INDICATORS, NAMES, PLATFORMS

type Cell = str | Counted
type Rows = list[list[Cell]]

ALL = "All"


@dataclass(frozen=True, slots=True)
class Period:
    """A reporting period; both days are part of it."""

    first: date
    last: date

    @classmethod
    def year(cls, year: int) -> "Period":
        """The period of all but very large platforms.

        >>> str(Period.year(2026))
        '2026-01-01/2026-12-31'
        """
        return cls(date(year, 1, 1), date(year, 12, 31))

    def __str__(self) -> str:
        """As the column "Reporting period" has it."""
        return f"{self.first}/{self.last}"


@dataclass(frozen=True, slots=True)
class Reporting:
    """All that a report is made of; `inspected` counts the posts inspected, by month."""

    period: Period
    entries: Entries
    inspected: Mapping[str, int]
    about: About

    def parts(self) -> dict[int, Rows]:
        """The rows of each part below its header, by the part's number."""
        return {
            1: list(self._summary()),
            2: [[*row, ""] for row in NAMES],
            3: [self._of_categories(row, ALL, scope=[row.scope]) for row in orders(self.entries)],
            4: [self._of_categories(row, HOSTING) for row in notices(self.entries)],
            5: [self._of_categories(row, ALL) for row in measures(self.entries, 5)],
            6: [self._of_categories(row, ALL) for row in measures(self.entries, 6)],
            7: list(self._contests()),
            8: list(self._automated()),
            9: [[*self._opening(row[0]), *row[1:], "", ""] for row in INDICATORS[9]],
            10: [[*self._opening(row[0]), *row[1:], ""] for row in INDICATORS[10]],
            11: list(self._qualitative()),
        }

    def _opening(self, applicability: str) -> list[Cell]:
        return [applicability, self.about.service, str(self.period)]

    def _summary(self) -> Iterator[list[Cell]]:
        about = self.about
        days = (about.published, about.previous, self.period.first, self.period.last)
        values = [about.name, *(day.isoformat() if day else "" for day in days)]
        for row, value in zip(INDICATORS[1], values, strict=True):
            yield [row[0], about.service, row[1], value]

    def _of_categories(self, row: Row, who: str, scope: list[Cell] | None = None) -> list[Cell]:
        context = [number.why if number.why and _is_measured(row) else "" for number in row.numbers]
        return [
            *self._opening(who),
            row.kind.code,
            row.description,
            *(scope or []),
            *row.numbers,
            *context,
        ]

    def _contests(self) -> Iterator[list[Cell]]:
        for row in INDICATORS[7]:
            who, _, indicator, scope = row
            value: Cell = contests(self.entries, indicator, scope) if self._applies(who) else ""
            yield [*self._opening(who), *row[1:], value, ""]

    def _automated(self) -> Iterator[list[Cell]]:
        for row in INDICATORS[8]:
            who, _, indicator, scope = row
            if not self._applies(who):
                yield [*self._opening(who), *row[1:], "", ""]
                continue
            value, context = automated(self.entries, indicator, scope, self.inspected)
            yield [*self._opening(who), *row[1:], value, context]

    def _qualitative(self) -> Iterator[list[Cell]]:
        said = msgspec.structs.asdict(self.about.qualitative)
        texts = [said[name] or TEXTS[name] for name in TEXTS]
        for number, row in enumerate(INDICATORS[11]):
            yield [*self._opening(row[0]), row[1], texts[number] if number < len(texts) else ""]

    def _applies(self, who: str) -> bool:
        """Whether a row is this provider's; a blank means that it is not, which 0 does not."""
        if who == PLATFORMS:
            return self.about.kind is ServiceKind.PLATFORM
        return who in {ALL, HOSTING}


def _is_measured(row: Row) -> bool:
    """Whether anything of the row was counted: blanks of empty rows need no reason."""
    return any(number.value for number in row.numbers)
