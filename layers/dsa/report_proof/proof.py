"""Proves each number of a report from the entries that lie beside it.

It shares no code with what wrote the report: only the standard library, so that anybody can read
it in one sitting. Every number of parts 3 to 8 must be the count of a set of entries, or a named
function of such sets (items, a median, a share), and the set must be the one that is claimed.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from report_proof.definitions import (
    LIMITED_TO_TERMS,
    Book,
    Here,
    Proof,
    Record,
    measure_cell,
    notice_cell,
    order_cell,
)
from report_proof.indicators import automated_cell, contest_cell

NEAR = 0.0001
"""Shares and medians are written with four digits."""

type Filed = dict[tuple[int, str], dict[tuple[str, str, str, str], list[Record]]]
"""The lists of a book sorted once for all rows: by country, category, sub-category and words."""

_NAME = re.compile(r"Part_([3-8])_\w+\.csv")


@dataclass(frozen=True)
class Proved:
    """What a proof came to: how many numbers, from how many entries, and what does not follow."""

    numbers: int
    entries: int
    differences: tuple[str, ...]


class NoReportError(ValueError):
    """These files are no report that can be proved; the message says why."""


_NOT_AS_DOCUMENTED = (
    *(ValueError, TypeError, AttributeError, LookupError, RuntimeError, ArithmeticError),
    csv.Error,
)
"""What comes of entries, claims and rows in another shape; RuntimeError of an unknown indicator."""


@dataclass(frozen=True)
class WrittenReport:
    """The files of a report as they were written: rows of parts, entries, and claims by place."""

    names: Mapping[int, str]
    parts: Mapping[int, list[Record]]
    book: Book
    claims: Mapping[tuple[int, int, str], Record]

    @classmethod
    def read(cls, files: Mapping[str, bytes]) -> "WrittenReport":
        """Read a report from its files by name. Raises NoReportError."""
        missing = [one for one in ("ledger.jsonl", "cells.jsonl") if one not in files]
        if missing:
            raise NoReportError(f"there is no {missing[0]}")
        names = {int(found[1]): name for name in files if (found := _NAME.fullmatch(name))}
        absent = [part for part in range(3, 9) if part not in names]
        if absent:
            raise NoReportError(f"there is no Part_{absent[0]}_….csv")
        try:
            head, *entries = map(json.loads, files["ledger.jsonl"].splitlines())
            lines = map(json.loads, files["cells.jsonl"].splitlines())
            return cls(
                names,
                {part: _rows(part, names[part], files[names[part]]) for part in range(3, 9)},
                Book(tuple(entries), head["inspected"]),
                {(one["part"], one["row"], one["column"]): one for one in lines},
            )
        except NoReportError:
            raise
        except _NOT_AS_DOCUMENTED as error:
            raise NoReportError(f"{type(error).__name__}: {error}") from error


def prove(report: WrittenReport) -> Proved:
    """Count every number again, and say what does not follow.

    Raises NoReportError where an entry or a claim is not as it is documented.
    """
    try:
        return _prove(report)
    except _NOT_AS_DOCUMENTED as error:
        told = f"an entry or a claim is not as documented: {type(error).__name__}: {error}"
        raise NoReportError(told) from error


def _prove(report: WrittenReport) -> Proved:
    differences = []
    places = set()
    for part, rows in report.parts.items():
        filed: Filed = {}
        for number, row in enumerate(rows, 1):
            for column, proof in _proofs(part, row, rows, report.book, filed):
                places.add((part, number, column))
                claim = report.claims.get((part, number, column))
                differences += [
                    f"{report.names[part]}: row {number}, {column.strip()!r}: {said}"
                    for said in _differences(row[column], claim, proof)
                ]
    extra = sorted(report.claims.keys() - places)
    differences += [f"cells.jsonl claims a number that is none: {place}" for place in extra]
    return Proved(len(places), len(report.book.entries), tuple(differences))


def _differences(written: str, claim: Record | None, proof: Proof) -> Iterator[str]:
    if claim is None:
        yield "no entries are claimed for it"
        return
    if set(claim.get("ids", ())) != proof.ids or set(claim.get("of", ())) != proof.of:
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


def _proofs(
    part: int, row: Record, rows: list[Record], book: Book, filed: Filed
) -> Iterator[tuple[str, Proof]]:
    """Each number of a row by its column, and what it must be."""
    if part in (7, 8):
        if _applies(row["Applicability"], rows):
            indicator, scope = row["Indicator"].strip(), row["Scope"].strip()
            cell = contest_cell if part == 7 else automated_cell
            yield "Value", cell(indicator, scope, book)
        return
    here = _in_row(part, row, filed)
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


def _in_row(part: int, row: Record, filed: Filed) -> Here:
    """What counts in a row of categories, by the row's own cells."""
    code, scope = row[_category_column(row)], row.get("Scope", "TOTAL")
    other = row['Description of the sub-category "Other"']

    def counts(country: str, category: str, keyword: str, said: str) -> bool:
        if scope not in ("TOTAL", country):
            return False
        if code == "TOTAL":
            return True
        if code.startswith("STATEMENT_CATEGORY_"):
            return bool(category == code.removeprefix("STATEMENT_CATEGORY_"))
        named = category == row["_category"] and keyword == code.removeprefix("KEYWORD_")
        return bool(named and (keyword != "OTHER" or said == other))

    def here(entries: list[Record], by: str) -> list[Record]:
        place = id(entries), by
        if place not in filed:
            filed[place] = _sorted(part, entries, by, row["_keywords"])
        return [one for kind, some in filed[place].items() if counts(*kind) for one in some]

    return here


def _sorted(
    part: int, entries: list[Record], by: str, keywords: dict[str, list[str]]
) -> dict[tuple[str, str, str, str], list[Record]]:
    found: dict[tuple[str, str, str, str], list[Record]] = {}
    for one in entries:
        about = one[by] if by else one
        country = about.get("country", "")
        said = about.get("other") or "Not specified further."
        kind = "EL" if country == "GR" else country, *_filed(part, about, keywords), said
        found.setdefault(kind, []).append(one)
    return found


def _filed(part: int, entry: Record, keywords_of: dict[str, list[str]]) -> tuple[str, str]:
    """The category and sub-category under which an entry is filed in a part."""
    unspecified = "NOT_SPECIFIED_ORDER" if part == 3 else "NOT_SPECIFIED_NOTICE"
    category = entry.get("category") or unspecified
    if category.startswith("NOT_SPECIFIED") or (category == LIMITED_TO_TERMS and part != 6):
        return unspecified, ""
    known = [one for one in entry.get("keywords", ()) if one in keywords_of.get(category, ())]
    specific = [one for one in known if one != "OTHER"]
    return category, specific[0] if specific else "OTHER"


def _rows(part: int, name: str, data: bytes) -> list[Record]:
    """The rows of a part; of categories, each with the category that it stands under."""
    text = io.StringIO(data.decode("utf-8-sig"), newline="")
    rows: list[Record] = list(csv.DictReader(text))
    for number, row in enumerate(rows, 1):
        if None in row or None in row.values():
            raise NoReportError(f"{name}: row {number} has not as many cells as the header")
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
    found = [name for name in row if name.startswith("Category of")]
    if not found:
        raise NoReportError("there is no column of categories")
    return found[0]


def _applies(who: str, rows: list[Record]) -> bool:
    """Whether rows for those providers are filled in: a hosting service leaves some blank."""
    if who.startswith("Only for VLOP"):
        return False
    return who == "All" or any(row["Value"] for row in rows if row["Applicability"] == who)
