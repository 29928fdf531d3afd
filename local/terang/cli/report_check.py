"""`terang report check`: proves each number of a report, and shows the entries behind one."""

import argparse
import re
from pathlib import Path

from report_proof.proof import NotAReportError, WrittenReport, prove
from terang import USAGE
from terang.console import print_result

_CELL = re.compile(r"(?P<part>[3-8]):(?P<row>\d+)(?::(?P<column>[A-Z]{1,2}))?")


def check(options: argparse.Namespace) -> int:
    """Print what does not follow; 0 if all does, 1 if not, 2 if this is no report."""
    folder = Path(options.folder)
    try:
        files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        report = WrittenReport.read(files)
        if options.cell:
            return _show(options.cell, report)
        proved = prove(report)
    except (OSError, NotAReportError) as error:
        print_result(f"{folder}: not a report that can be proved: {error}")
        return USAGE
    for difference in proved.differences:
        print_result(difference)
    print_result(
        f"{proved.numbers:,} numbers proved from {proved.entries:,} entries,"
        f" {len(proved.differences)} differ"
    )
    return 1 if proved.differences else 0


def _show(cell: str, report: WrittenReport) -> int:
    """Print the entries behind a cell: `5:2:F`, or `7:1` for the value of a row."""
    found = _CELL.fullmatch(cell)
    rows = report.parts[int(found["part"])] if found else []
    if not found or not 1 <= int(found["row"]) <= len(rows):
        print_result(
            f"--cell {cell}: PART:ROW:COLUMN, such as 5:2:F; row 1 is the first below the header"
        )
        return USAGE
    part, row = int(found["part"]), int(found["row"])
    columns = [name for name in rows[row - 1] if not name.startswith("_")]
    place = _place(found["column"] or "")
    column = columns[place - 1] if 1 <= place <= len(columns) else "Value"
    claim = report.claims.get((part, row, column))
    if claim is None:
        print_result(f"--cell {cell}: {column!r} holds no number that was counted")
        return USAGE
    ids = claim.get("ids", ())
    print_result(f"{column.strip()}: {claim['value'] or 'blank'} = {claim['how']} of {len(ids)}")
    for one in ids:
        print_result(one)
    for one in claim.get("of", ()):
        print_result(f"of {one}")
    return 0


def _place(letters: str) -> int:
    """The number of a column, from 1, by its letters.

    >>> _place("A"), _place("F"), _place("AA")
    (1, 6, 27)
    """
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place
