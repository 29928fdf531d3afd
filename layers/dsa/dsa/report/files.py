"""The files of a report: eleven CSVs, a workbook, and what proves every number of them.

Beside the parts lie `ledger.jsonl`, the entries from which all was counted, and `cells.jsonl`, for
each number of parts 3 to 8 the entries that it is made of. Same facts, same bytes.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import msgspec

from dsa.report.about import About
from dsa.report.cell import Counted
from dsa.report.entries import Entries
from dsa.report.report import Cell, Period, Reporting, Rows
from dsa.report.template import HEADERS, file_name
from dsa.report.terrorist_content import HEADER as TCO_HEADER
from dsa.report.terrorist_content import tco_rows
from dsa.report.workbook import workbook
from ledger.cases.case import JournalEntry
from ledger.foreign_text import escape_csv_formula, replace_controls

LEDGER, CELLS, WORKBOOK, TCO = "ledger.jsonl", "cells.jsonl", "report.xlsx", "TCO_Art_7_3.csv"
PROVED = range(3, 9)
"""The parts whose numbers are counted."""


class LedgerHead(msgspec.Struct, frozen=True):
    """The first line of `ledger.jsonl`: whose entries follow, of which days, and beside them.

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


def report_files(reporting: Reporting, provider: str) -> dict[str, bytes]:
    """The bytes of each file by its name."""
    parts = reporting.parts()
    period = reporting.period
    head = LedgerHead(provider, str(period.first), str(period.last), dict(reporting.inspected))
    tco = [
        [row.letter, row.indicator, row.number or "", row.text]
        for row in tco_rows(reporting.entries)
    ]
    return {
        **{file_name(part): _csv(HEADERS[part], rows) for part, rows in parts.items()},
        TCO: _csv(TCO_HEADER, tco),
        LEDGER: _lines([head, *reporting.entries.all]),
        CELLS: _lines(cell_lines(parts)),
        WORKBOOK: workbook(
            {
                f"{part}_{name}"[:31]: [list(HEADERS[part]), *rows]
                for part, name, rows in _named(parts)
            }
        ),
    }


def cell_lines(parts: dict[int, Rows]) -> Iterator[CellLine]:
    """The numbers of parts 3 to 8, with what they are made of."""
    for part in PROVED:
        for number, row in enumerate(parts[part], 1):
            for column, cell in zip(HEADERS[part], row, strict=True):
                if isinstance(cell, Counted):
                    made = (cell.how, cell.ids, cell.of, cell.why)
                    yield CellLine(part, number, column, cell.text, *made)


_NOT_AS_DOCUMENTED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What counting raises where an entry lacks what entries of its type have."""

_TIMES = tuple(name for name in JournalEntry.__struct_fields__ if name.endswith("_at"))


class LedgerError(ValueError):
    """A file that is not the ledger of a report; the message says in which line, and why."""


def entries_of(data: bytes) -> tuple[LedgerHead, Entries]:
    """Return what a `ledger.jsonl` holds. Raises LedgerError with the line that cannot be read."""
    head: LedgerHead | None = None
    entries = []
    for number, line in enumerate(data.splitlines(), 1):
        try:
            if head is None:
                head = msgspec.json.decode(line, type=LedgerHead)
            else:
                entry = msgspec.json.decode(line, type=JournalEntry)
                if fault := _time_fault(entry):
                    raise LedgerError(f"line {number}: {fault}")
                entries.append(entry)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise LedgerError(f"line {number}: {error}") from error
    if head is None:
        raise LedgerError("line 1: there is no head that names provider and days")
    return head, Entries.of(entries)


def report_of_ledger(
    data: bytes, period: Period, about: About
) -> tuple[str, Entries, dict[str, bytes]]:
    """Return the provider, the entries and the files of the report that a ledger gives.

    Raises LedgerError, also where an entry can be read and lacks what its type needs.
    """
    head, entries = entries_of(data)
    try:
        reporting = Reporting(period, entries, head.inspected, about)
        return head.provider, entries, report_files(reporting, head.provider)
    except _NOT_AS_DOCUMENTED as error:
        raise LedgerError(f"an entry is not as documented ({type(error).__name__})") from error


def _time_fault(entry: JournalEntry) -> str:
    """Return which time of an entry, or of one that it carries, is not RFC 3339 with its offset."""
    for name in _TIMES:
        value = getattr(entry, name)
        if value and not _is_moment(value):
            return f"`{name}` is no time as RFC 3339 with its offset"
    carried = (one for one in (entry.about, entry.answers) if one is not None)
    return next(filter(None, map(_time_fault, carried)), "")


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _named(parts: dict[int, Rows]) -> Iterator[tuple[int, str, Rows]]:
    for part, rows in parts.items():
        yield part, file_name(part).removesuffix(".csv").split("_", 2)[2], rows


def _csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """As RFC 4180 has it, in UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([_told(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _told(cell: Cell) -> str:
    """A number as text; a text of whoever wrote it so that no spreadsheet obeys it."""
    return (
        shown(cell)
        if isinstance(cell, Counted)
        else escape_csv_formula(replace_controls(cell, keep="\n"))
    )


def shown(cell: Cell) -> str:
    """A cell as text."""
    return cell.text if isinstance(cell, Counted) else cell


def _lines(records: Iterable[msgspec.Struct]) -> bytes:
    return b"".join(msgspec.json.encode(one, order="sorted") + b"\n" for one in records)
