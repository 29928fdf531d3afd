"""The tables of anybody's report as they lie in files, and what is wrong with the files."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from dsa.report.template import HEADERS
from ledger.errors import OperatorError
from terang.casework.message_file import read_file

type Table = list[list[str]]

_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}


class Fault(NamedTuple):
    """What is wrong, and where: `row` counts from 1 below the header, 0 is the header."""

    part: int
    row: int
    column: str
    code: str
    message: str


class Part(NamedTuple):
    """A part as it was read: its rows in the template's columns, or none; and its faults."""

    rows: Table | None
    faults: list[Fault]


def read_part(part: int, path: Path) -> Part:
    """Read a file; what can be read in spite of a fault is read, so that the rest is told too."""
    try:
        data = read_file(path)
    except OperatorError as error:
        return Part(None, [Fault(part, 0, "", "not_csv", str(error))])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Part(None, [Fault(part, _row(data, error), "", "not_csv", _encoding(data, error))])
    delimiter = _delimiter(text.partition("\n")[0], len(HEADERS[part]))
    faults = []
    if delimiter != ",":
        message = f"cells are parted by {_DELIMITERS[delimiter]}; RFC 4180 has commas"
        faults.append(Fault(part, 0, "", "delimiter", message))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header, *rows = [row for row in reader if any(row)]
    except csv.Error as error:
        told = f"no CSV of RFC 4180: {error}"
        return Part(None, [*faults, Fault(part, reader.line_num - 1, "", "not_csv", told)])
    except ValueError:
        return Part(None, [Fault(part, 0, "", "not_csv", "the file is empty")])
    return _in_template(part, header, rows, faults)


def _in_template(part: int, header: list[str], rows: Table, faults: list[Fault]) -> Part:
    """The rows with their cells in the template's order, unless the header is another's."""
    names = [name.strip() for name in header]
    wanted = [name.strip() for name in HEADERS[part]]
    if names == wanted:
        return Part(rows, faults)
    if sorted(names) != sorted(wanted):
        return Part(None, [*faults, *_header(part, names, wanted)])
    moved = next(n for n, name in enumerate(names) if name != wanted[n])
    message = f"{names[moved]!r} stands in the place of {wanted[moved]!r}"
    faults.append(Fault(part, 0, HEADERS[part][moved], "column_order", message))
    places = [names.index(name) for name in wanted]
    whole = [row if len(row) < len(places) else [row[n] for n in places] for row in rows]
    return Part(whole, faults)


def _header(part: int, names: list[str], wanted: list[str]) -> Iterator[Fault]:
    if len(names) == len(wanted):
        for found, name in zip(names, wanted, strict=True):
            if found != name:
                yield Fault(part, 0, name, "header", f"is called {found!r}")
        return
    count = f"{len(names)} columns, the template has {len(wanted)}"
    missing = [name for name in wanted if name not in names]
    unknown = [name for name in names if name not in wanted]
    for told, some in (("there is no", missing), ("the template has no", unknown)):
        for name in some:
            yield Fault(part, 0, name, "header", f"{count}: {told} {name!r}")
    if not (missing or unknown):
        yield Fault(part, 0, "", "header", f"{count}: one stands twice")


def _delimiter(first: str, columns: int) -> str:
    """What parts the cells of the header: a comma, unless another sign parts it better."""
    if first.count(",") >= columns - 1:
        return ","
    best = max(_DELIMITERS, key=first.count)
    return best if first.count(best) > first.count(",") else ","


def _row(data: bytes, error: UnicodeDecodeError) -> int:
    return data[: error.start].count(b"\n")


def _encoding(data: bytes, error: UnicodeDecodeError) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "the file is UTF-16; the template is UTF-8"
    return f"no UTF-8: byte {data[error.start]:#04x} at place {error.start}"
