"""Proves each number of a report from the entries next to it.

It shares no code with the writer of reports, so that anybody can read it in one sitting. Every
number of parts 3 to 8 must be the count of a set of entries, or a named function of such sets
(items, a median, a share), and the report must claim that very set.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from report_proof.definitions import (
    TERMS_ONLY,
    EntryBook,
    Expected,
    InRow,
    Record,
    automated_cell,
    contest_cell,
    measure_cell,
    notice_cell,
    order_cell,
)

TOLERANCE = 0.0001
"""Shares and medians are written with four digits."""

NOT_DESCRIBED = "Not specified further."

type Sorted = dict[tuple[int, str], dict[tuple[str, str, str, str], list[Record]]]
"""Lists of a book, sorted once for all rows: by country, category, sub-category, description."""

_NAME = re.compile(r"Part_([3-8])_\w+\.csv")


@dataclass(frozen=True)
class ProofResult:
    """How many numbers were proved from how many entries, and what does not follow."""

    numbers: int
    entries: int
    differences: tuple[str, ...]


class NotAReportError(ValueError):
    """These files are not a report that can be proved; the message says why."""


_SHAPE_ERRORS = (
    *(ValueError, TypeError, AttributeError, LookupError, RuntimeError, ArithmeticError),
    csv.Error,
)
"""What files in another shape raise; an unknown indicator raises RuntimeError."""


@dataclass(frozen=True)
class WrittenReport:
    """The files of a report as they were written: rows of parts, entries, and claims by place."""

    names: Mapping[int, str]
    parts: Mapping[int, list[Record]]
    book: EntryBook
    claims: Mapping[tuple[int, int, str], Record]

    @classmethod
    def read(cls, files: Mapping[str, bytes]) -> "WrittenReport":
        """Read a report from its files by name. Raises NotAReportError."""
        for name in ("ledger.jsonl", "cells.jsonl"):
            if name not in files:
                raise NotAReportError(f"there is no {name}")
        names = {int(match[1]): name for name in files if (match := _NAME.fullmatch(name))}
        for part in range(3, 9):
            if part not in names:
                raise NotAReportError(f"there is no Part_{part}_….csv")
        try:
            head, *entries = map(json.loads, files["ledger.jsonl"].splitlines())
            claims = map(json.loads, files["cells.jsonl"].splitlines())
            return cls(
                names,
                {part: _rows(part, names[part], files[names[part]]) for part in range(3, 9)},
                EntryBook(tuple(entries), head["inspected"]),
                {(claim["part"], claim["row"], claim["column"]): claim for claim in claims},
            )
        except NotAReportError:
            raise
        except _SHAPE_ERRORS as error:
            raise NotAReportError(f"{type(error).__name__}: {error}") from error


def prove(report: WrittenReport) -> ProofResult:
    """Count every number again, and report what does not follow.

    Raises NotAReportError where an entry or a claim is not as it is documented.
    """
    try:
        return _prove(report)
    except _SHAPE_ERRORS as error:
        message = f"an entry or a claim is not as documented: {type(error).__name__}: {error}"
        raise NotAReportError(message) from error


def _prove(report: WrittenReport) -> ProofResult:
    differences = []
    places = set()
    for part, rows in report.parts.items():
        lists: Sorted = {}
        for number, row in enumerate(rows, 1):
            for column, expected in _expected_cells(part, row, rows, report.book, lists):
                places.add((part, number, column))
                claim = report.claims.get((part, number, column))
                differences += [
                    f"{report.names[part]}: row {number}, {column.strip()!r}: {difference}"
                    for difference in _differences(row[column], claim, expected)
                ]
    extra = sorted(report.claims.keys() - places)
    differences += [f"cells.jsonl claims a cell that holds no number: {place}" for place in extra]
    return ProofResult(len(places), len(report.book.entries), tuple(differences))


def _differences(written: str, claim: Record | None, expected: Expected) -> Iterator[str]:
    if claim is None:
        yield "cells.jsonl names no entries for it"
        return
    if set(claim.get("ids", ())) != expected.ids or set(claim.get("of", ())) != expected.of:
        yield "cells.jsonl names other entries than those that count"
    if claim["value"] != written:
        yield f"the CSV says {written or 'nothing'}, cells.jsonl {claim['value'] or 'nothing'}"
    if expected.value is None or not written:
        if written or expected.value is not None:
            yield f"written {written or 'blank'}, proved {expected.value}"
        if expected.value is None and not claim.get("why"):
            yield "blank without a reason"
    elif not _is_near(written, expected.value):
        yield f"written {written}, proved {expected.value:g}"


def _is_near(written: str, value: float) -> bool:
    """Return whether a written number is that value, but for the rounding.

    >>> _is_near("0.0001", 0), _is_near("0.0002", 0), _is_near("none", 0)
    (True, False, False)
    """
    try:
        return abs(float(written) - value) <= TOLERANCE
    except ValueError:
        return False


def _expected_cells(
    part: int, row: Record, rows: list[Record], book: EntryBook, lists: Sorted
) -> Iterator[tuple[str, Expected]]:
    """Yield each column of a row that holds a number, and what it must be."""
    if part in (7, 8):
        if _applies(row["Applicability"], rows):
            indicator, scope = row["Indicator"].strip(), row["Scope"].strip()
            cell = contest_cell if part == 7 else automated_cell
            yield "Value", cell(indicator, scope, book)
        return
    in_row = _in_row(part, row, lists)
    for column in row:
        if column.startswith(("Number", "Median", "Visib", "Monet", "Provision", "Account")):
            name = column.strip()
            match part:
                case 3:
                    yield column, order_cell(name, book, in_row)
                case 4:
                    yield column, notice_cell(name, book, in_row)
                case _:
                    yield column, measure_cell(name, part, book, in_row)


def _in_row(part: int, row: Record, lists: Sorted) -> InRow:
    """Return the function that picks the entries of a row of categories, by the row's own cells."""
    code, scope = row[_category_column(row)], row.get("Scope", "TOTAL")
    row_description = row['Description of the sub-category "Other"']

    def counts(country: str, category: str, keyword: str, description: str) -> bool:
        if scope not in ("TOTAL", country):
            return False
        if code == "TOTAL":
            return True
        if code.startswith("STATEMENT_CATEGORY_"):
            return bool(category == code.removeprefix("STATEMENT_CATEGORY_"))
        is_row = category == row["_category"] and keyword == code.removeprefix("KEYWORD_")
        return bool(is_row and (keyword != "OTHER" or description == row_description))

    def in_row(entries: list[Record], field: str) -> list[Record]:
        key = id(entries), field
        if key not in lists:
            lists[key] = _sort(part, entries, field, row["_keywords"])
        return [entry for place, some in lists[key].items() if counts(*place) for entry in some]

    return in_row


def _sort(
    part: int, entries: list[Record], field: str, keywords: dict[str, list[str]]
) -> dict[tuple[str, str, str, str], list[Record]]:
    by_place: dict[tuple[str, str, str, str], list[Record]] = {}
    for entry in entries:
        deciding = entry[field] if field else entry
        country = deciding.get("country", "")
        category, keyword = _category_of(part, deciding, keywords)
        description = deciding.get("other") or NOT_DESCRIBED
        place = ("EL" if country == "GR" else country, category, keyword, description)
        by_place.setdefault(place, []).append(entry)
    return by_place


def _category_of(part: int, entry: Record, keywords_of: dict[str, list[str]]) -> tuple[str, str]:
    """Return the category and sub-category in which an entry counts in a part."""
    unspecified = "NOT_SPECIFIED_ORDER" if part == 3 else "NOT_SPECIFIED_NOTICE"
    category = entry.get("category") or unspecified
    if category.startswith("NOT_SPECIFIED") or (category == TERMS_ONLY and part != 6):
        return unspecified, ""
    known = [name for name in entry.get("keywords", ()) if name in keywords_of.get(category, ())]
    specific = [name for name in known if name != "OTHER"]
    return category, specific[0] if specific else "OTHER"


def _rows(part: int, name: str, data: bytes) -> list[Record]:
    """Return the rows of a part; those of parts 3 to 6 with the category that they are under."""
    text = io.StringIO(data.decode("utf-8-sig"), newline="")
    rows: list[Record] = list(csv.DictReader(text))
    for number, row in enumerate(rows, 1):
        if None in row or None in row.values():
            raise NotAReportError(f"{name}: row {number} has not as many cells as the header")
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
        row["_keywords"] = keywords
    return rows


def _category_column(row: Record) -> str:
    column = next((name for name in row if name.startswith("Category of")), "")
    if not column:
        raise NotAReportError("there is no column of categories")
    return column


def _applies(applicability: str, rows: list[Record]) -> bool:
    """Return whether rows for those providers are filled in: hosting services leave some blank."""
    if applicability.startswith("Only for VLOP"):
        return False
    return applicability == "All" or any(
        row["Value"] for row in rows if row["Applicability"] == applicability
    )
