"""`terang report check`: proves each number of a report from the entries that lie beside it.

It shares no code with what wrote the report: only the standard library, so that anybody can read
it in one sitting. Every number of parts 3 to 8 must be the count of a set of entries, or a named
function of such sets (items, a median, a share), and the set must be the one that is claimed.
"""

import argparse
import csv
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from terang.report_definitions import (
    LIMITED_TO_TERMS,
    Book,
    Proof,
    Record,
    measure_cell,
    notice_cell,
    order_cell,
)
from terang.report_indicators import automated_cell, contest_cell

NEAR = 0.0001
"""Shares and medians are written with four digits."""

_CELL = re.compile(r"(?P<part>[3-8]):(?P<row>\d+)(?::(?P<column>[A-Z]{1,2}))?")

type Claims = dict[tuple[int, int, str], Record]


def check(options: argparse.Namespace) -> int:
    """Print what does not follow; 0 if all does, 1 if not, 2 if this is no report."""
    folder: Path = options.folder
    try:
        book, claims = _book(folder), _claims(folder)
        parts = {part: _rows(folder, part) for part in range(3, 9)}
    except (OSError, ValueError, KeyError, StopIteration) as error:
        print(f"{folder}: no report that can be proved: {type(error).__name__}: {error}")
        return 2
    if options.cell:
        return _show(options.cell, parts, claims)
    differing = cells = 0
    for part, rows in parts.items():
        for number, row in enumerate(rows, 1):
            for column, proof in _proofs(part, row, rows, book):
                cells += 1
                for difference in _differences(
                    row[column], claims.get((part, number, column)), proof
                ):
                    differing += 1
                    print(f"{_name(folder, part).name}: row {number}, {column!r}: {difference}")
    extra = len(claims) - cells
    if extra:
        print(f"cells.jsonl: claims {extra} numbers more than the parts have")
    print(f"{cells:,} numbers proved from {len(book.entries):,} entries, {differing} differ")
    return 1 if differing or extra else 0


def _differences(written: str, claim: Record | None, proof: Proof) -> Iterator[str]:
    if claim is None:
        yield "no entries are claimed for it"
        return
    if set(claim.get("ids", ())) != proof.ids:
        yield "the entries claimed are not those that it means"
    if claim["value"] != written:
        yield f"the CSV says {written or 'nothing'}, cells.jsonl {claim['value'] or 'nothing'}"
    if proof.value is None or not written:
        if written or proof.value is not None:
            yield f"written {written or 'blank'}, proved {proof.value}"
        if proof.value is None and not claim.get("why"):
            yield "blank without a reason"
        return
    try:
        near = abs(float(written) - proof.value) <= NEAR
    except ValueError:
        near = False
    if not near:
        yield f"written {written}, proved {proof.value:g}"


def _proofs(part: int, row: Record, rows: list[Record], book: Book) -> Iterator[tuple[str, Proof]]:
    """Each number of a row by its column, and what it must be."""
    if part in (7, 8):
        if _applies(row["Applicability"], rows):
            indicator, scope = row["Indicator"].strip(), row["Scope"].strip()
            cell = contest_cell if part == 7 else automated_cell
            yield "Value", cell(indicator, scope, book)
        return
    here = _in_row(part, row)
    for column in row:
        if column.startswith(("Number", "Median", "Visib", "Monet", "Provision", "Account")):
            name = column.strip()
            match part:
                case 3:
                    yield column, order_cell(name, book, here)
                case 4:
                    yield column, notice_cell(name, book, here)
                case _:
                    yield column, measure_cell(name, part, book, here)


def _in_row(part: int, row: Record) -> Callable[[Record], bool]:
    """Whether an entry counts in a row of categories, by the row's own cells."""
    code, scope = row[_category_column(row)], row.get("Scope", "TOTAL")
    other = row['Description of the sub-category "Other"']
    category = row["_category"]

    def counts(entry: Record) -> bool:
        country = entry.get("country", "")
        if scope not in ("TOTAL", "EL" if country == "GR" else country):
            return False
        if code == "TOTAL":
            return True
        mine, keyword = _filed(part, entry, row["_keywords"])
        if code.startswith("STATEMENT_CATEGORY_"):
            return bool(mine == code.removeprefix("STATEMENT_CATEGORY_"))
        said = entry.get("other") or "Not specified further."
        named = keyword == code.removeprefix("KEYWORD_")
        return bool(mine == category and named and (keyword != "OTHER" or said == other))

    return counts


def _filed(part: int, entry: Record, keywords_of: dict[str, list[str]]) -> tuple[str, str]:
    """The category and sub-category under which an entry is filed in a part."""
    unspecified = "NOT_SPECIFIED_ORDER" if part == 3 else "NOT_SPECIFIED_NOTICE"
    category = entry.get("category") or unspecified
    if category.startswith("NOT_SPECIFIED") or (category == LIMITED_TO_TERMS and part != 6):
        return unspecified, ""
    known = [one for one in entry.get("keywords", ()) if one in keywords_of.get(category, ())]
    specific = [one for one in known if one != "OTHER"]
    return category, specific[0] if specific else "OTHER"


def _rows(folder: Path, part: int) -> list[Record]:
    """The rows of a part; of categories, each with the category that it stands under."""
    with _name(folder, part).open(newline="", encoding="utf-8-sig") as file:
        rows: list[Record] = list(csv.DictReader(file))
    if part in (7, 8):
        return rows
    keywords: dict[str, list[str]] = {}
    category = ""
    for row in rows:
        code = row[_category_column(row)]
        if code.startswith("KEYWORD_"):
            keywords[category].append(code.removeprefix("KEYWORD_"))
        else:
            category = code.removeprefix("STATEMENT_CATEGORY_")
            keywords.setdefault(category, [])
        row["_category"] = category
    for row in rows:
        row["_keywords"] = keywords
    return rows


def _category_column(row: Record) -> str:
    return next(name for name in row if name.startswith("Category of"))


def _applies(who: str, rows: list[Record]) -> bool:
    """Whether rows for those providers are filled in: a hosting service leaves some blank."""
    if who.startswith("Only for VLOP"):
        return False
    return who == "All" or any(row["Value"] for row in rows if row["Applicability"] == who)


def _name(folder: Path, part: int) -> Path:
    return next(folder.glob(f"Part_{part}_*.csv"))


def _book(folder: Path) -> Book:
    head, *entries = map(json.loads, (folder / "ledger.jsonl").read_bytes().splitlines())
    return Book(tuple(entries), head["inspected"])


def _claims(folder: Path) -> Claims:
    lines = map(json.loads, (folder / "cells.jsonl").read_bytes().splitlines())
    return {(one["part"], one["row"], one["column"]): one for one in lines}


def _show(cell: str, parts: dict[int, list[Record]], claims: Claims) -> int:
    """Print the entries behind a cell: `5:2:F`, or `7:1` for the value of a row."""
    found = _CELL.fullmatch(cell)
    rows = parts[int(found["part"])] if found else []
    if not found or not 1 <= int(found["row"]) <= len(rows):
        print(f"--cell {cell}: PART:ROW:COLUMN, such as 5:2:F; row 1 is the first below the header")
        return 2
    part, row = int(found["part"]), int(found["row"])
    columns = [name for name in rows[row - 1] if not name.startswith("_")]
    letters = found["column"] or ""
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    column = columns[place - 1] if 1 <= place <= len(columns) else "Value"
    claim = claims.get((part, row, column))
    if claim is None:
        print(f"--cell {cell}: {column!r} holds no number that was counted")
        return 2
    print(f"{column}: {claim['value'] or 'blank'} = {claim['how']} of {len(claim.get('ids', ()))}")
    for one in claim.get("ids", ()):
        print(one)
    for one in claim.get("of", ()):
        print(f"of {one}")
    return 0
