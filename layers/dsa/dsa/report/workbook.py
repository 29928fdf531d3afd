"""A report as one workbook: a sheet for each part, numbers as numbers."""

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from dsa.report.cell import Counted
from dsa.report.report import Cell

_WIDEST, _NARROWEST = 72, 12
_A3 = 8
_NO_MOMENT = datetime(1980, 1, 1, tzinfo=UTC)
"""The same facts give the same bytes, so a workbook does not say when it was made."""


def workbook(sheets: Mapping[str, Sequence[Sequence[Cell]]]) -> bytes:
    """The bytes of an XLSX with these sheets, the first row of each its header.

    A text that begins like a formula stays a text.
    """
    data = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(data, options) as book:
        book.set_properties({"created": _NO_MOMENT})
        # An indicator differs from the next one by its last words: they wrap, and are never cut.
        body = book.add_format({"text_wrap": True, "valign": "top", "align": "left", "indent": 1})
        header = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "align": "left", "indent": 1}
        )
        counted = book.add_format({"valign": "top"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            _for_paper(sheet)
            for column, width in enumerate(_widths(rows)):
                sheet.set_column(column, column, width)
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, Counted) and cell.value is not None:
                        sheet.write_number(number, column, cell.value, counted)
                    elif isinstance(cell, str) and cell:
                        sheet.write_string(number, column, cell, body if number else header)
    return data.getvalue()


def _for_paper(sheet: Worksheet) -> None:
    """A row of a part stays on one page, under its header."""
    sheet.set_landscape()
    sheet.set_paper(_A3)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _widths(rows: Sequence[Sequence[Cell]]) -> list[int]:
    """Wide enough for the first rows, and never so wide that a text hides the numbers."""
    longest = [0] * len(rows[0])
    for row in rows[1:200]:
        for column, cell in enumerate(row):
            length = len(cell.text if isinstance(cell, Counted) else cell)
            longest[column] = max(longest[column], length)
    return [min(max(length + 3, _NARROWEST), _WIDEST) for length in longest]
