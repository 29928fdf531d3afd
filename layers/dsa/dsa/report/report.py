"""The harmonised report of a provider and period: eleven parts of rows, made from its entries.

Source: Implementing Regulation (EU) 2024/2835, Annexes I and II.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import msgspec

from dsa.report.about import TEXTS, About, ServiceKind
from dsa.report.categories import CountedRow, measure_rows, notice_rows, order_rows
from dsa.report.entries import Counted, Entries
from dsa.report.indicators import automated_number, contest_number
from dsa.report.template import HOSTING, INDICATORS, NAMES, PLATFORMS

type Cell = str | Counted
type Cells = list[list[Cell]]

ALL = "All"


@dataclass(frozen=True, slots=True)
class Period:
    """A reporting period; both days are part of it."""

    first: date
    last: date

    @classmethod
    def year(cls, year: int) -> "Period":
        """Return the period of every service except very large platforms.

        >>> str(Period.year(2026))
        '2026-01-01/2026-12-31'
        """
        return cls(date(year, 1, 1), date(year, 12, 31))

    def __str__(self) -> str:
        """As the column "Reporting period" has it."""
        return f"{self.first}/{self.last}"


@dataclass(frozen=True, slots=True)
class Report:
    """All that a report is made of; `inspected` counts the posts inspected, by month."""

    period: Period
    entries: Entries
    inspected: Mapping[str, int]
    about: About

    def parts(self) -> dict[int, Cells]:
        """Return the rows of each part below its header, by the part's number."""
        entries = self.entries
        return {
            1: list(self._summary()),
            2: [[*row, ""] for row in NAMES],
            3: [self._category_cells(row, ALL, scope=[row.scope]) for row in order_rows(entries)],
            4: [self._category_cells(row, HOSTING) for row in notice_rows(entries)],
            5: [self._category_cells(row, ALL) for row in measure_rows(entries, 5)],
            6: [self._category_cells(row, ALL) for row in measure_rows(entries, 6)],
            7: list(self._contests()),
            8: list(self._automated()),
            9: [[*self._first_cells(row[0]), *row[1:], "", ""] for row in INDICATORS[9]],
            10: [[*self._first_cells(row[0]), *row[1:], ""] for row in INDICATORS[10]],
            11: list(self._qualitative()),
        }

    def _first_cells(self, applicability: str) -> list[Cell]:
        return [applicability, self.about.service, str(self.period)]

    def _summary(self) -> Iterator[list[Cell]]:
        about = self.about
        days = (about.published, about.previous, self.period.first, self.period.last)
        values = [about.name, *(day.isoformat() if day else "" for day in days)]
        for row, value in zip(INDICATORS[1], values, strict=True):
            yield [row[0], about.service, row[1], value]

    def _category_cells(
        self, counted: CountedRow, applicability: str, scope: list[Cell] | None = None
    ) -> list[Cell]:
        # The blanks of a row in which nothing was counted need no reason.
        is_empty = not any(number.value for number in counted.numbers)
        context = ["" if is_empty else number.why for number in counted.numbers]
        return [
            *self._first_cells(applicability),
            counted.row.code,
            counted.description,
            *(scope or []),
            *counted.numbers,
            *context,
        ]

    def _contests(self) -> Iterator[list[Cell]]:
        for row in INDICATORS[7]:
            applicability, _, indicator, scope = row
            value: Cell = ""
            if self._applies(applicability):
                value = contest_number(self.entries, indicator, scope)
            yield [*self._first_cells(applicability), *row[1:], value, ""]

    def _automated(self) -> Iterator[list[Cell]]:
        for row in INDICATORS[8]:
            applicability, _, indicator, scope = row
            value: Cell = ""
            context = ""
            if self._applies(applicability):
                value, context = automated_number(self.entries, indicator, scope, self.inspected)
            yield [*self._first_cells(applicability), *row[1:], value, context]

    def _qualitative(self) -> Iterator[list[Cell]]:
        written = msgspec.structs.asdict(self.about.qualitative)
        texts = [written[name] or TEXTS[name] for name in TEXTS]
        for number, row in enumerate(INDICATORS[11]):
            text = texts[number] if number < len(texts) else ""
            yield [*self._first_cells(row[0]), row[1], text]

    def _applies(self, applicability: str) -> bool:
        """Return whether a row is for this kind of provider; if not it is blank, which 0 is not."""
        if applicability == PLATFORMS:
            return self.about.kind is ServiceKind.PLATFORM
        return applicability in {ALL, HOSTING}
