"""Reads the tables of anybody's report from files, with the problems of the files."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from dsa.report.template import HEADERS
from ledger.errors import OperatorError
from terang.case_messages import read_file

type Table = list[list[str]]

_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}


class ReportProblem(NamedTuple):
    """A problem and its place: `row` counts from 1 below the header, 0 is the header."""

    part: int
    row: int
    column: str
    code: str
    message: str


class ReadPart(NamedTuple):
    """A part as it was read: its rows in the template's columns, or None; and its problems."""

    rows: Table | None
    problems: list[ReportProblem]


def read_part(part: int, path: Path) -> ReadPart:
    """Read a file. It reads on after a problem where it can, to report the other problems too."""
    try:
        data = read_file(path)
    except OperatorError as error:
        return ReadPart(None, [ReportProblem(part, 0, "", "not_csv", str(error))])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return ReadPart(
            None, [ReportProblem(part, _row(data, error), "", "not_csv", _encoding(data, error))]
        )
    delimiter = _delimiter(text.partition("\n")[0], len(HEADERS[part]))
    problems = []
    if delimiter != ",":
        message = f"cells are separated by {_DELIMITERS[delimiter]}; RFC 4180 has commas"
        problems.append(ReportProblem(part, 0, "", "delimiter", message))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header, *rows = [row for row in reader if any(row)]
    except csv.Error as error:
        message = f"not CSV as in RFC 4180: {error}"
        return ReadPart(
            None, [*problems, ReportProblem(part, reader.line_num - 1, "", "not_csv", message)]
        )
    except ValueError:
        return ReadPart(None, [ReportProblem(part, 0, "", "not_csv", "the file is empty")])
    return _in_template(part, header, rows, problems)


def _in_template(
    part: int, header: list[str], rows: Table, problems: list[ReportProblem]
) -> ReadPart:
    """Return the rows with their cells in the template's order, if the header is the template's."""
    names = [name.strip() for name in header]
    wanted = [name.strip() for name in HEADERS[part]]
    if names == wanted:
        return ReadPart(rows, problems)
    if sorted(names) != sorted(wanted):
        return ReadPart(None, [*problems, *_header(part, names, wanted)])
    moved = next(n for n, name in enumerate(names) if name != wanted[n])
    message = f"{names[moved]!r} is in the place of {wanted[moved]!r}"
    problems.append(ReportProblem(part, 0, HEADERS[part][moved], "column_order", message))
    places = [names.index(name) for name in wanted]
    whole = [row if len(row) < len(places) else [row[n] for n in places] for row in rows]
    return ReadPart(whole, problems)


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


def _row(data: bytes, error: UnicodeDecodeError) -> int:
    return data[: error.start].count(b"\n")


def _encoding(data: bytes, error: UnicodeDecodeError) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "the file is UTF-16; the template is UTF-8"
    return f"not UTF-8: byte {data[error.start]:#04x} at place {error.start}"
