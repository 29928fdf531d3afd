"""`terang report lint`: anybody's harmonised report against the template, its sums, its meaning."""

import re
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

from dsa.report.template import HEADERS, INDICATORS, PARTS, category_rows, file_name
from dsa.statement.schema import parse_day
from terang.reports.blanks import zeros_for_blanks
from terang.reports.tables import Fault, Table, read_part

_COUNT = re.compile(r"[0-9]{1,18}")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SEPARATED = re.compile(r"\d{1,3}(?:[,. '’\u00a0\u202f]\d{3})+(?:[.,]\d+)?|\d+,\d+")
"""Thousands that are parted, or a comma in place of the point."""
_COUNTS = re.compile(r"Number of|restriction|Provision of the service|Account")
_SHARES = re.compile(r"Accuracy of the automated means|Percentage")


def has_report(folder: Path) -> bool:
    """Return whether the folder holds any part of a report."""
    return any(_path(folder, part) for part in PARTS)


def faults_of(folder: Path) -> Iterator[Fault]:
    """All problems of a report, part by part."""
    for part in PARTS:
        path = _path(folder, part)
        if path is None:
            yield Fault(part, 0, "", "part_missing", f"there is no {file_name(part)}")
            continue
        read = read_part(part, path)
        yield from read.faults
        if read.rows is not None:
            yield from _rows(part, read.rows)


def _path(folder: Path, part: int) -> Path | None:
    return next(iter(sorted(folder.glob(f"*Part_{part}_*.csv"))), None)


def _rows(part: int, rows: Table) -> Iterator[Fault]:
    for number, row in enumerate(rows, 1):
        if len(row) != len(HEADERS[part]):
            message = f"{len(row)} cells, the header has {len(HEADERS[part])}"
            yield Fault(part, number, "", "row_length", message)
            return
    if part in (3, 4, 5, 6):
        yield from _order_of_kinds(part, rows)
        yield from _sums(part, rows)
        yield from _others(part, rows)
    elif part in INDICATORS:
        yield from _order_of_indicators(part, rows)
    if part > 2:
        yield from _periods(part, rows)
    yield from zeros_for_blanks(part, rows)
    for number, row in enumerate(rows, 1):
        yield from _values(part, number, row)


def _column(part: int, name: str) -> int:
    return next(n for n, title in enumerate(HEADERS[part]) if title.startswith(name))


def _order_of_kinds(part: int, rows: Table) -> Iterator[Fault]:
    """Each block has the template's codes in its order; "Other" may be repeated."""
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


def _block(part: int, block: list[tuple[int, str]], wanted: list[str]) -> Iterator[Fault]:
    codes = [code for _, code in block]
    left_out = "KEYWORD_CHILD_SEXUAL_ABUSE_MATERIAL_DEEPFAKE"
    allowed = [wanted, [one for one in wanted if one != left_out]]
    if codes in (allowed if part == 3 else allowed[:1]):
        return
    for (number, code), expected in zip(block, wanted, strict=False):
        if code != expected:
            yield Fault(part, number, "", "row_order", f"{code}, the template has {expected} here")
            return
    number = block[-1][0] if block else 0
    yield Fault(part, number, "", "row_order", f"{len(codes)} rows, the template has {len(wanted)}")


def _order_of_indicators(part: int, rows: Table) -> Iterator[Fault]:
    names = [n for n, title in enumerate(HEADERS[part]) if title in {"Indicator", "Scope"}]
    kept = slice(1, None) if part in (1, 11) else slice(2, None)
    wanted = [tuple(one.strip() for one in row[kept]) for row in INDICATORS[part]]
    templated = [row for row in wanted if "[...]" not in row]
    found = [tuple(row[n].strip() for n in names) for row in rows]
    for row in dict.fromkeys(templated):
        if row not in found:
            yield Fault(part, 0, "", "row_missing", f"no row {' / '.join(row)}")
    order = [found.index(row) for row in dict.fromkeys(templated) if row in found]
    for before, after in pairwise(order):
        if after < before:
            message = f"{' / '.join(found[after])} stands before {' / '.join(found[before])}"
            yield Fault(part, after + 1, "", "row_order", message)
            return


def _sums(part: int, rows: Table) -> Iterator[Fault]:
    """Sub-categories sum to their category, categories to the total, in each count's column."""
    code, scope = _column(part, "Category of"), _column(3, "Scope")
    for column, name in enumerate(HEADERS[part]):
        if not _COUNTS.match(name) and not name.startswith(("Visibility", "Monetary")):
            continue
        sums: dict[tuple[str, str], tuple[int, int, int]] = {}
        above: tuple[str, str] | None = None
        for number, row in enumerate(rows, 1):
            value = _count(row[column])
            here, said = row[scope] if part == 3 else "", row[code].strip()
            if said.startswith("KEYWORD_"):
                if above in sums:
                    row_of, whole, summed = sums[above]
                    sums[above] = (row_of, whole, summed + value)
                continue
            above = (here, said)
            sums[above] = (number, value, 0)
        yield from _unequal(part, name, sums)


def _count(cell: str) -> int:
    """Return the number in a cell, 0 for what is none; `²` is a digit and no number.

    >>> _count(" 12 "), _count("²"), _count("9" * 5_000)
    (12, 0, 0)
    """
    digits = cell.strip()
    return int(digits) if _COUNT.fullmatch(digits) else 0


def _unequal(
    part: int, name: str, sums: dict[tuple[str, str], tuple[int, int, int]]
) -> Iterator[Fault]:
    bare = {kind.code for kind in category_rows(part) if kind.category.startswith("NOT_SPECIFIED")}
    for (scope, code), (number, whole, summed) in sums.items():
        if code == "TOTAL":
            every = sum(w for (s, c), (_, w, _) in sums.items() if s == scope and c != "TOTAL")
            if every != whole:
                message = f"TOTAL is {whole}, its categories sum to {every}"
                yield Fault(part, number, name, "sum", message)
        elif code not in bare and whole != summed:
            message = f"{code} is {whole}, its sub-categories sum to {summed}"
            yield Fault(part, number, name, "sum", message)


def _others(part: int, rows: Table) -> Iterator[Fault]:
    """A counted "Other" says what it is, and no two of a category say the same."""
    code, described = _column(part, "Category of"), _column(part, "Description of")
    first = described + (2 if part == 3 else 1)
    seen: set[tuple[str, str, str]] = set()
    category = ""
    for number, row in enumerate(rows, 1):
        said = row[code].strip()
        if said != "KEYWORD_OTHER":
            category = said if said.startswith("STATEMENT") else category
            continue
        scope = row[described + 1] if part == 3 else ""
        text = row[described].strip()
        counted = any(cell.strip() not in ("", "0") for cell in row[first:])
        if counted and text in ("", 'Text to detail the "Other" keyword.'):
            yield Fault(part, number, HEADERS[part][described], "other_undescribed", "say which")
        if text and (scope, category, text) in seen:
            message = f"{text!r} stands twice under {category}"
            yield Fault(part, number, HEADERS[part][described], "other_repeated", message)
        seen.add((scope, category, text))


def _periods(part: int, rows: Table) -> Iterator[Fault]:
    column = HEADERS[part].index("Reporting period")
    for number, row in enumerate(rows, 1):
        if row[column] != rows[0][column]:
            message = f"{row[column]!r}, the first row says {rows[0][column]!r}"
            yield Fault(part, number, "Reporting period", "period", message)
            return
    said = rows[0][column] if rows else ""
    first, last = (parse_day(one) for one in (*said.split("/"), "", "")[:2])
    if first is None or last is None or not _is_period(first, last):
        message = f"{said!r}: a year or half a year as YYYY-MM-DD/YYYY-MM-DD"
        yield Fault(part, 1, "Reporting period", "period", message)


def _is_period(first: date, last: date) -> bool:
    ends = ((1, 1), (12, 31)), ((1, 1), (6, 30)), ((7, 1), (12, 31))
    days = (first.month, first.day), (last.month, last.day)
    return first.year == last.year and days in ends


def _values(part: int, number: int, row: list[str]) -> Iterator[Fault]:
    for name, cell in zip(HEADERS[part], row, strict=True):
        value = cell.strip()
        if not value or name.startswith(("Contextual", "Applicability", "Category", "Service")):
            continue
        what = _measured(part, name, row)
        if what and not _NUMBER.fullmatch(value):
            if _SEPARATED.fullmatch(value):
                yield Fault(part, number, name, "separator", f"{value!r}: digits and one point")
            else:
                yield Fault(part, number, name, "not_a_number", f"{value!r}")
        elif what == "share" and not 0 <= float(value) <= 1:
            yield Fault(part, number, name, "share_range", f"{value}: from 0 to 1, no per cent")
        elif what == "count" and "." in value:
            yield Fault(part, number, name, "not_whole", f"{value}: a count is whole")


def _measured(part: int, name: str, row: list[str]) -> str:
    """What a cell holds: a count, a share, hours, or nothing that is a number."""
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
