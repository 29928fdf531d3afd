"""Checks anybody's harmonised report against the template, its own sums, and its meaning."""

import csv
import io
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from dsa.report_entries import HEADERS, INDICATORS, PARTS, category_rows, file_name
from dsa.statement import parse_day
from ledger.codes import OperatorError
from terang.case_queue import read_file

type Table = list[list[str]]

_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}


class ReportProblem(NamedTuple):
    """A problem and its place: `row` counts from 1 below the header, 0 is the header."""

    part: int
    row: int
    column: str
    code: str
    message: str


def read_part(part: int, path: Path) -> tuple[Table | None, list[ReportProblem]]:
    """Return the rows of a part in the template's columns, and its problems.

    A file that cannot be read as a table has no rows.
    """
    problems: list[ReportProblem] = []

    def not_csv(row: int, message: str) -> tuple[None, list[ReportProblem]]:
        return None, [*problems, ReportProblem(part, row, "", "not_csv", message)]

    try:
        data = read_file(path)
        text = data.decode("utf-8-sig")
    except OperatorError as error:
        return not_csv(0, str(error))
    except UnicodeDecodeError as error:
        message = f"not UTF-8: byte {data[error.start]:#04x} at place {error.start}"
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            message = "the file is UTF-16; the template is UTF-8"
        return not_csv(data[: error.start].count(b"\n"), message)
    delimiter = _delimiter(text.partition("\n")[0], len(HEADERS[part]))
    if delimiter != ",":
        message = f"cells are separated by {_DELIMITERS[delimiter]}; RFC 4180 has commas"
        problems.append(ReportProblem(part, 0, "", "delimiter", message))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header, *rows = [row for row in reader if any(row)]
    except csv.Error as error:
        return not_csv(reader.line_num - 1, f"not CSV as in RFC 4180: {error}")
    except ValueError:
        return not_csv(0, "the file is empty")
    names = [name.strip() for name in header]
    wanted = [name.strip() for name in HEADERS[part]]
    if names == wanted:
        return rows, problems
    if sorted(names) != sorted(wanted):
        return None, [*problems, *_header(part, names, wanted)]
    moved = next(n for n, name in enumerate(names) if name != wanted[n])
    message = f"{names[moved]!r} is in the place of {wanted[moved]!r}"
    problems.append(ReportProblem(part, 0, HEADERS[part][moved], "column_order", message))
    places = [names.index(name) for name in wanted]
    in_order = [row if len(row) < len(places) else [row[n] for n in places] for row in rows]
    return in_order, problems


def _header(part: int, names: list[str], wanted: list[str]) -> Iterator[ReportProblem]:
    if len(names) == len(wanted):
        for found, name in zip(names, wanted, strict=True):
            if found != name:
                yield ReportProblem(part, 0, name, "header", f"is called {found!r}")
        return
    count = f"{len(names)} columns, the template has {len(wanted)}"
    missing = [name for name in wanted if name not in names]
    unknown = [name for name in names if name not in wanted]
    for words, some in (("there is no", missing), ("the template has no", unknown)):
        for name in some:
            yield ReportProblem(part, 0, name, "header", f"{count}: {words} {name!r}")
    if not (missing or unknown):
        yield ReportProblem(part, 0, "", "header", f"{count}: one is there twice")


def _delimiter(first: str, columns: int) -> str:
    """Return what separates the cells of the header: a comma, unless another sign fits better."""
    if first.count(",") >= columns - 1:
        return ","
    best = max(_DELIMITERS, key=first.count)
    return best if first.count(best) > first.count(",") else ","


_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SEPARATED = re.compile(r"\d{1,3}(?:[,. '’\u00a0\u202f]\d{3})+(?:[.,]\d+)?|\d+,\d+")
"""Separated thousands, or a comma instead of the point."""
_COUNTS = re.compile(r"Number of|restriction|Provision of the service|Account")
_SHARES = re.compile(r"Accuracy of the automated means|Percentage")


def has_report(folder: Path) -> bool:
    """Return whether the folder holds any part of a report."""
    return any(_path(folder, part) for part in PARTS)


def report_tables(folder: Path) -> dict[int, Table]:
    """Return the rows of each part that can be read and has the template's columns."""
    return {
        part: [row for row in read_part(part, path)[0] or () if len(row) == len(HEADERS[part])]
        for part in PARTS
        if (path := _path(folder, part))
    }


def report_problems(folder: Path) -> Iterator[ReportProblem]:
    """Yield all problems of a report, part by part."""
    for part in PARTS:
        path = _path(folder, part)
        if path is None:
            yield ReportProblem(part, 0, "", "part_missing", f"there is no {file_name(part)}")
            continue
        rows, problems = read_part(part, path)
        yield from problems
        if rows is not None:
            yield from _rows(part, rows)


def _path(folder: Path, part: int) -> Path | None:
    return next(iter(sorted(folder.glob(f"*Part_{part}_*.csv"))), None)


def _rows(part: int, rows: Table) -> Iterator[ReportProblem]:
    for number, row in enumerate(rows, 1):
        if len(row) != len(HEADERS[part]):
            message = f"{len(row)} cells, the header has {len(HEADERS[part])}"
            yield ReportProblem(part, number, "", "row_length", message)
            return
    if part in (3, 4, 5, 6):
        yield from _order_of_kinds(part, rows)
        yield from _sums(part, rows)
        yield from _others(part, rows)
    elif part in INDICATORS:
        yield from _order_of_indicators(part, rows)
    if part > 2:
        yield from _periods(part, rows)
    yield from _zeros_for_blanks(part, rows)
    for number, row in enumerate(rows, 1):
        yield from _values(part, number, row)


def _column(part: int, name: str) -> int:
    return next(n for n, title in enumerate(HEADERS[part]) if title.startswith(name))


def _order_of_kinds(part: int, rows: Table) -> Iterator[ReportProblem]:
    """Each block must have the template's codes in order; "Other" may be repeated."""
    code, scope = _column(part, "Category of"), _column(3, "Scope")
    wanted = [kind.code for kind in category_rows(part)]
    block: list[tuple[int, str]] = []
    last = None
    for number, row in enumerate(rows, 1):
        here = row[scope] if part == 3 else ""
        if block and here != last:
            yield from _block(part, block, wanted)
            block = []
        last = here
        if not (block and block[-1][1] == row[code].strip() == "KEYWORD_OTHER"):
            block.append((number, row[code].strip()))
    yield from _block(part, block, wanted)


def _block(part: int, block: list[tuple[int, str]], wanted: list[str]) -> Iterator[ReportProblem]:
    codes = [code for _, code in block]
    left_out = "KEYWORD_CHILD_SEXUAL_ABUSE_MATERIAL_DEEPFAKE"
    allowed = [wanted, [code for code in wanted if code != left_out]]
    if codes in (allowed if part == 3 else allowed[:1]):
        return
    for (number, code), expected in zip(block, wanted, strict=False):
        if code != expected:
            message = f"{code}, the template has {expected} here"
            yield ReportProblem(part, number, "", "row_order", message)
            return
    number = block[-1][0] if block else 0
    message = f"{len(codes)} rows, the template has {len(wanted)}"
    yield ReportProblem(part, number, "", "row_order", message)


def _order_of_indicators(part: int, rows: Table) -> Iterator[ReportProblem]:
    names = [n for n, title in enumerate(HEADERS[part]) if title in {"Indicator", "Scope"}]
    kept = slice(1, None) if part in (1, 11) else slice(2, None)
    wanted = [tuple(cell.strip() for cell in row[kept]) for row in INDICATORS[part]]
    templated = [row for row in wanted if "[...]" not in row]
    present = [tuple(row[n].strip() for n in names) for row in rows]
    for row in dict.fromkeys(templated):
        if row not in present:
            yield ReportProblem(part, 0, "", "row_missing", f"no row {' / '.join(row)}")
    order = [present.index(row) for row in dict.fromkeys(templated) if row in present]
    for before, after in pairwise(order):
        if after < before:
            message = f"{' / '.join(present[after])} comes before {' / '.join(present[before])}"
            yield ReportProblem(part, after + 1, "", "row_order", message)
            return


def _sums(part: int, rows: Table) -> Iterator[ReportProblem]:
    """In each column of counts, sub-categories must add up to their category, all to the total."""
    code, scope = _column(part, "Category of"), _column(3, "Scope")
    for column, name in enumerate(HEADERS[part]):
        if not _COUNTS.match(name) and not name.startswith(("Visibility", "Monetary")):
            continue
        sums: dict[tuple[str, str], tuple[int, int, int]] = {}
        above: tuple[str, str] | None = None
        for number, row in enumerate(rows, 1):
            value = _count(row[column])
            row_scope, row_code = row[scope] if part == 3 else "", row[code].strip()
            if row_code.startswith("KEYWORD_"):
                if above in sums:
                    row_of, whole, summed = sums[above]
                    sums[above] = (row_of, whole, summed + value)
                continue
            above = (row_scope, row_code)
            sums[above] = (number, value, 0)
        yield from _unequal(part, name, sums)


def _count(cell: str) -> int:
    """Return the number in a cell, or 0; `²` is a digit and not a number.

    >>> _count(" 12 "), _count("²"), _count("9" * 5_000)
    (12, 0, 0)
    """
    digits = cell.strip()
    return int(digits) if re.fullmatch("[0-9]{1,18}", digits) else 0


def _unequal(
    part: int, name: str, sums: dict[tuple[str, str], tuple[int, int, int]]
) -> Iterator[ReportProblem]:
    bare = {kind.code for kind in category_rows(part) if kind.category.startswith("NOT_SPECIFIED")}
    for (scope, code), (number, whole, summed) in sums.items():
        if code == "TOTAL":
            every = sum(w for (s, c), (_, w, _) in sums.items() if s == scope and c != "TOTAL")
            if every != whole:
                message = f"TOTAL is {whole}, its categories sum to {every}"
                yield ReportProblem(part, number, name, "sum", message)
        elif code not in bare and whole != summed:
            message = f"{code} is {whole}, its sub-categories sum to {summed}"
            yield ReportProblem(part, number, name, "sum", message)


def _others(part: int, rows: Table) -> Iterator[ReportProblem]:
    """A counted "Other" must have a description, and no two of a category the same one."""
    code, described = _column(part, "Category of"), _column(part, "Description of")
    first = described + (2 if part == 3 else 1)
    seen: set[tuple[str, str, str]] = set()
    category = ""
    for number, row in enumerate(rows, 1):
        row_code = row[code].strip()
        if row_code != "KEYWORD_OTHER":
            category = row_code if row_code.startswith("STATEMENT") else category
            continue
        scope = row[described + 1] if part == 3 else ""
        text = row[described].strip()
        counted = any(cell.strip() not in ("", "0") for cell in row[first:])
        column = HEADERS[part][described]
        if counted and text in ("", 'Text to detail the "Other" keyword.'):
            yield ReportProblem(part, number, column, "other_undescribed", "say which")
        if text and (scope, category, text) in seen:
            message = f"{text!r} is there twice under {category}"
            yield ReportProblem(part, number, column, "other_repeated", message)
        seen.add((scope, category, text))


def _periods(part: int, rows: Table) -> Iterator[ReportProblem]:
    column = HEADERS[part].index("Reporting period")
    for number, row in enumerate(rows, 1):
        if row[column] != rows[0][column]:
            message = f"{row[column]!r}, the first row says {rows[0][column]!r}"
            yield ReportProblem(part, number, "Reporting period", "period", message)
            return
    period = rows[0][column] if rows else ""
    first, last = (parse_day(day) for day in (*period.split("/"), "", "")[:2])
    ends = ((1, 1), (12, 31)), ((1, 1), (6, 30)), ((7, 1), (12, 31))
    if not (
        first
        and last
        and first.year == last.year
        and ((first.month, first.day), (last.month, last.day)) in ends
    ):
        message = f"{period!r}: a year or half a year as YYYY-MM-DD/YYYY-MM-DD"
        yield ReportProblem(part, 1, "Reporting period", "period", message)


def _values(part: int, number: int, row: list[str]) -> Iterator[ReportProblem]:
    for name, cell in zip(HEADERS[part], row, strict=True):
        value = cell.strip()
        if not value or name.startswith(("Contextual", "Applicability", "Category", "Service")):
            continue
        kind = _kind_of_number(part, name, row)
        if kind and not _NUMBER.fullmatch(value):
            code, message = "not_a_number", f"{value!r}"
            if _SEPARATED.fullmatch(value):
                code, message = "separator", f"{value!r}: digits and one point"
            yield ReportProblem(part, number, name, code, message)
        elif kind == "share" and not 0 <= float(value) <= 1:
            message = f"{value}: from 0 to 1, not per cent"
            yield ReportProblem(part, number, name, "share_range", message)
        elif kind == "count" and "." in value:
            yield ReportProblem(part, number, name, "not_whole", f"{value}: a count is whole")


def _kind_of_number(part: int, name: str, row: list[str]) -> str:
    """Return the kind of number in a cell: `count`, `share` or `hours`; empty for other cells."""
    if part in (7, 8) and name == "Value":
        indicator, scope = row[4].strip(), row[5].strip()
        if _SHARES.search(indicator) or _SHARES.search(scope):
            return "share"
        return "hours" if scope == "Median time" else "count"
    if part in (3, 4, 5, 6):
        if name.startswith("Median time"):
            return "hours"
        return "count" if name in HEADERS[part][5:] and name != "Scope" else ""
    return "count" if part in (9, 10) and name == "Value" else ""


_MEDIANS = {3: {8: 6, 9: 6, 11: 10, 12: 10}, 4: {9: 5, 10: 6}}
"""By part: the column of each median, and that of the count that it is made from."""

_INDICATOR, _SCOPE, _VALUE = 4, 5, 6


def _zeros_for_blanks(part: int, rows: Table) -> Iterator[ReportProblem]:
    """Yield zeros where the template wants a blank: a time or a share of nothing.

    Source: Implementing Regulation (EU) 2024/2835, Annex II: `0` is what could have happened and
    did not, blank what does not exist. A published report gave an accuracy of 0 for no notices.
    """
    for number, row in enumerate(rows, 1):
        for column, count in _MEDIANS.get(part, {}).items():
            if _is_zero(row[column]) and not _counted(row[count]):
                yield _zero_problem(part, number, HEADERS[part][column])
    if part not in (7, 8):
        return
    named = _INDICATOR if part == 7 else _SCOPE
    counted = {
        row[named].strip(): _counted(row[_VALUE])
        for row in rows
        if (part == 8 and "solely" in row[_INDICATOR])
        or (part == 7 and row[_SCOPE].strip().startswith("Total number"))
    }
    for number, row in enumerate(rows, 1):
        of_nothing = counted.get(row[named].strip()) is False
        if of_nothing and _is_zero(row[_VALUE]) and _is_time_or_share(part, row):
            yield _zero_problem(part, number, "Value")


def _zero_problem(part: int, number: int, column: str) -> ReportProblem:
    message = "there is nothing that it could be 0 of: leave it blank"
    return ReportProblem(part, number, column, "zero_for_blank", message)


def _is_time_or_share(part: int, row: list[str]) -> bool:
    if part == 8:
        return row[_INDICATOR].startswith("Accuracy")
    return row[_SCOPE].strip().startswith(("Median", "Percentage"))


def _counted(cell: str) -> bool:
    return cell.strip() not in ("", "0")


def _is_zero(cell: str) -> bool:
    try:
        return float(cell) == 0
    except ValueError:
        return False
