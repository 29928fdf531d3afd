"""The harmonised report of a provider and period: eleven parts of rows, and their files.

The files are eleven CSVs, the report on terrorist content, a workbook, and two that prove every
number: `ledger.jsonl` has the entries from which all was counted, `cells.jsonl` names the entries
behind each number of parts 3 to 8. The same facts give the same bytes.

Source: Implementing Regulation (EU) 2024/2835, Annexes I and II.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import msgspec
import xlsxwriter

from dsa.indicators import HEADER as TCO_HEADER
from dsa.indicators import TEXTS, About, ServiceKind, automated_number, contest_number, tco_rows
from dsa.report_entries import (
    HEADERS,
    HOSTING,
    INDICATORS,
    NAMES,
    NOT_DESCRIBED,
    PARTS,
    PLATFORMS,
    Counted,
    CountedRow,
    Entries,
    file_name,
    measure_rows,
    notice_rows,
    order_rows,
)
from ledger.cases import JournalEntry
from ledger.texts import escape_csv_formula, replace_controls

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
            3: [self._category_cells(row, ALL) for row in order_rows(entries)],
            4: [self._category_cells(row, HOSTING) for row in notice_rows(entries)],
            5: [self._category_cells(row, ALL) for row in measure_rows(entries, 5)],
            6: [self._category_cells(row, ALL) for row in measure_rows(entries, 6)],
            7: list(self._measured(7)),
            8: list(self._measured(8)),
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

    def _category_cells(self, row: CountedRow, applicability: str) -> list[Cell]:
        numbers = [cell for cell in row if isinstance(cell, Counted)]
        # The blanks of a row in which nothing was counted need no reason.
        is_empty = not any(number.value for number in numbers)
        context = ["" if is_empty else number.why for number in numbers]
        if row[1] == NOT_DESCRIBED:
            context[0] = self.about.other
        return [*self._first_cells(applicability), *row, *context]

    def _measured(self, part: int) -> Iterator[list[Cell]]:
        """Yield the rows of part 7 or 8. One for other providers is blank, which 0 is not."""
        kinds = {ALL, HOSTING} | ({PLATFORMS} if self.about.kind is ServiceKind.PLATFORM else set())
        for applicability, label, indicator, scope in INDICATORS[part]:
            value: Cell = ""
            context = ""
            if applicability in kinds:
                if part == 7:
                    value = contest_number(self.entries, indicator, scope)
                else:
                    value, context = automated_number(
                        self.entries, indicator, scope, self.inspected
                    )
            yield [*self._first_cells(applicability), label, indicator, scope, value, context]

    def _qualitative(self) -> Iterator[list[Cell]]:
        written = msgspec.structs.asdict(self.about.qualitative)
        texts = [written[name] or TEXTS[name] for name in TEXTS]
        for number, row in enumerate(INDICATORS[11]):
            text = texts[number] if number < len(texts) else ""
            yield [*self._first_cells(row[0]), row[1], text]


LEDGER, CELLS, WORKBOOK, TCO = "ledger.jsonl", "cells.jsonl", "report.xlsx", "TCO_Art_7_3.csv"


class LedgerHead(msgspec.Struct, frozen=True):
    """The first line of `ledger.jsonl`: the provider and days of the entries that follow.

    `inspected` counts the posts that were inspected, by month.
    """

    provider: str
    first: str
    last: str
    inspected: dict[str, int]


class CellLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One number: part, row of the CSV (1 is below the header), column, value, and its entries."""

    part: int
    row: int
    column: str
    value: str
    how: str
    ids: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    why: str = ""


def report_files(report: Report, provider: str) -> dict[str, bytes]:
    """Return the bytes of each file by its name."""
    parts = report.parts()
    period = report.period
    head = LedgerHead(provider, str(period.first), str(period.last), dict(report.inspected))
    sheets: dict[str, Cells] = {
        f"{part}_{PARTS[part]}"[:31]: [[*HEADERS[part]], *rows] for part, rows in parts.items()
    }
    return {
        **{file_name(part): _csv(HEADERS[part], rows) for part, rows in parts.items()},
        TCO: _csv(TCO_HEADER, tco_rows(report.entries)),
        LEDGER: _lines([head, *report.entries.all]),
        CELLS: _lines(_cell_lines(parts)),
        WORKBOOK: _workbook(sheets),
    }


def _cell_lines(parts: Mapping[int, Cells]) -> Iterator[CellLine]:
    for part in range(3, 9):
        for number, row in enumerate(parts[part], 1):
            for column, cell in zip(HEADERS[part], row, strict=True):
                if isinstance(cell, Counted):
                    origin = (cell.how, cell.ids, cell.of, cell.why)
                    yield CellLine(part, number, column, cell.text, *origin)


def _lines(records: Iterable[msgspec.Struct]) -> bytes:
    return b"".join(msgspec.json.encode(record, order="sorted") + b"\n" for record in records)


def _csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return a table as RFC 4180 has it, in UTF-8. Texts of strangers cannot become formulas."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    for row in rows:
        writer.writerow(
            cell.text
            if isinstance(cell, Counted)
            else escape_csv_formula(replace_controls(cell, keep="\n"))
            for cell in row
        )
    return text.getvalue().encode()


_WIDEST, _NARROWEST = 72, 12
_A3 = 8
_CREATED = datetime(1980, 1, 1, tzinfo=UTC)
"""The same facts give the same bytes, so a workbook does not say when it was made."""


def _workbook(sheets: Mapping[str, Sequence[Sequence[Cell]]]) -> bytes:
    """Return an XLSX with these sheets; the first row of each is its header.

    Numbers are numbers. A text that begins like a formula stays a text.
    """
    data = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(data, options) as book:
        book.set_properties({"created": _CREATED})
        # Neighbouring indicators differ in their last words only: they wrap, and are never cut.
        wrapped = {"text_wrap": True, "valign": "top", "align": "left", "indent": 1}
        body, header = book.add_format(wrapped), book.add_format({"bold": True} | wrapped)
        number_format = book.add_format({"valign": "top"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            sheet.set_landscape()
            sheet.set_paper(_A3)
            sheet.fit_to_pages(1, 0)  # each row on one page, under the header
            sheet.repeat_rows(0)
            for column, width in enumerate(_widths(rows)):
                sheet.set_column(column, column, width)
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, Counted) and cell.value is not None:
                        sheet.write_number(number, column, cell.value, number_format)
                    elif isinstance(cell, str) and cell:
                        sheet.write_string(number, column, cell, body if number else header)
    return data.getvalue()


def _widths(rows: Sequence[Sequence[Cell]]) -> list[int]:
    """Return widths that fit the first rows and leave the numbers on the screen."""
    longest = [0] * len(rows[0])
    for row in rows[1:200]:
        for column, cell in enumerate(row):
            length = len(cell.text if isinstance(cell, Counted) else cell)
            longest[column] = max(longest[column], length)
    return [min(max(length + 3, _NARROWEST), _WIDEST) for length in longest]


class LedgerError(ValueError):
    """A file that is not the ledger of a report; the message says in which line, and why."""


_SHAPE_ERRORS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What counting raises where an entry lacks fields that entries of its type have."""

_TIMES = tuple(name for name in JournalEntry.__struct_fields__ if name.endswith("_at"))


def report_of_ledger(
    data: bytes, period: Period, about: About
) -> tuple[str, Entries, dict[str, bytes]]:
    """Return the provider, the entries and the files of the report that a `ledger.jsonl` gives.

    Raises LedgerError, also if it is of another period, and where an entry can be read and lacks
    what its type needs.
    """
    head, entries = entries_of(data)
    if (whole := f"{head.first}/{head.last}") != str(period):
        raise LedgerError(f"line 1: its entries are of {whole}, and the report is of {period}")
    try:
        report = Report(period, entries, head.inspected, about)
        return head.provider, entries, report_files(report, head.provider)
    except _SHAPE_ERRORS as error:
        raise LedgerError(f"an entry is not as documented ({type(error).__name__})") from error


def entries_of(data: bytes) -> tuple[LedgerHead, Entries]:
    """Parse a `ledger.jsonl`. Raises LedgerError with the line that cannot be read."""
    head: LedgerHead | None = None
    entries = []
    for number, line in enumerate(data.splitlines(), 1):
        try:
            if head is None:
                head = msgspec.json.decode(line, type=LedgerHead)
                continue
            entry = msgspec.json.decode(line, type=JournalEntry)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise LedgerError(f"line {number}: {error}") from error
        if name := _wrong_time(entry):
            raise LedgerError(f"line {number}: `{name}` is not a time as RFC 3339 with its offset")
        entries.append(entry)
    if head is None:
        raise LedgerError("line 1: there is no head that names provider and days")
    return head, Entries.of(entries)


def _wrong_time(entry: JournalEntry) -> str:
    """Return the name of a wrong time of an entry, or of one inside it; else an empty text."""
    for name in _TIMES:
        value = getattr(entry, name)
        if value and not _is_moment(value):
            return name
    inner = (inside for inside in (entry.about, entry.answers) if inside is not None)
    return next(filter(None, map(_wrong_time, inner)), "")


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
