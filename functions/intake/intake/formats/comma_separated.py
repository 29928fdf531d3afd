"""CSV with a header that names the fields of a post, in any case and order.

The delimiter is a comma, a semicolon or a tab. `links` and `media_text` hold a JSON array, or
values separated by `|`. An empty cell is an absent field. The audience must have a column of its
own; without it the whole file is refused.

Where a row begins depends on every quote before it. A row that cannot be read is refused up to the
place where its quotes are closed, so that text inside quotes is never read as a row of its own.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any, BinaryIO, NamedTuple

from intake.formats.reader import FileContext, FileHead, PostItem, published_time
from ledger.posts import FIELDS, LINE_BYTES, REQUIRED, read_lines
from ledger.refusals import Code, FileRefusedError, Refusal
from ledger.streams import decode_value

name = "csv"
version = 1
marks = b"\n"

DELIMITERS = (",", ";", "\t")
LISTS = ("links", "media_text")
BLANK = ("\n", "\r\n")
"""Blank rows are recognised without a CSV parser, which would take most of the time."""
NEEDED = "The first row must name the columns: id, account, text, audience, published_at."

_WHOLE_NUMBER = re.compile(r"\d{1,16}", re.ASCII)


class RowText(NamedTuple):
    """The text up to a place where all quotes are closed; None if it is too long."""

    text: str | None
    quotes_closed: bool


def recognises(head: FileHead) -> bool:
    """Return whether the first line names two fields of a post, or the file name ends like CSV."""
    first = head.text.split(b"\n", 1)[0]
    if not first or first.startswith((b"{", b"[")) or b"\0" in first:
        return False
    header = first.decode("utf-8", "replace")
    known = FIELDS.keys() & set(_names(header, _delimiter(header)))
    return len(known) >= 2 or head.name.lower().endswith((".csv", ".tsv"))


def items(stream: BinaryIO, context: FileContext) -> Iterator[PostItem | Refusal]:  # noqa: ARG001
    """Yield a post for each row that is not blank, at `row 2`; the header is row 1.

    Raises FileRefusedError `csv_header` if a column is missing, unnamed or named twice, and
    `csv_no_audience`.
    """
    row_texts = _row_texts(stream)
    delimiter, columns = _header(next(row_texts, RowText("", True)))
    number = 1
    for row_text in row_texts:
        for row in _rows(row_text, delimiter):
            number += 1
            at = f"row {number}"
            if isinstance(row, Code):
                yield Refusal(row, at=at)
            elif row:
                yield _post(row, columns, at)


def _header(row_text: RowText) -> tuple[str, list[str]]:
    text = row_text.text or ""
    delimiter = _delimiter(text)
    columns = _names(text, delimiter)
    fault = _fault(columns)
    if fault:
        raise FileRefusedError(Code.CSV_HEADER, at="row 1", advice=f"{fault} {NEEDED}")
    if "audience" not in columns:
        raise FileRefusedError(Code.CSV_NO_AUDIENCE, at="row 1", advice=NEEDED)
    return delimiter, columns


def _fault(columns: Sequence[str]) -> str:
    """Return what is wrong with the header, or "". A cell is not quoted: it may hold a post."""
    if not columns:
        return "The first row cannot be read."
    if "" in columns:
        return f"Column {columns.index('') + 1} has no name."
    for number, name in enumerate(columns):
        if name in columns[:number]:
            first = columns.index(name) + 1
            return f"Columns {first} and {number + 1} have the same name: rename one."
    missing = [name for name in REQUIRED if name not in columns and name != "audience"]
    return f"No column is named {', '.join(missing)}: rename those that hold it." if missing else ""


def _delimiter(header: str) -> str:
    """Return the delimiter that finds most fields of a post in the header."""
    return max(
        DELIMITERS, key=lambda delimiter: len(FIELDS.keys() & set(_names(header, delimiter)))
    )


def _names(header: str, delimiter: str) -> list[str]:
    try:
        rows = _read_rows(header, delimiter)
    except csv.Error:
        return []
    return [cell.strip().lower() for cell in rows[0]] if len(rows) == 1 else []


def _row_texts(stream: BinaryIO) -> Iterator[RowText]:
    """Yield the text up to each place where all quotes are closed."""
    held = bytearray()
    quotes, too_long, begun = 0, False, False
    for line in read_lines(stream):
        begun = True
        quotes += line.quotes
        too_long = too_long or line.data is None or len(held) + len(line.data) > LINE_BYTES
        if too_long:
            held.clear()
        else:
            held += line.data or b""
            held += b"\n"
        if quotes % 2 == 0:
            yield RowText(None if too_long else _text(held), quotes_closed=True)
            held.clear()
            quotes, too_long, begun = 0, False, False
    if begun:
        yield RowText(None if too_long else _text(held), quotes_closed=False)


def _text(raw: bytearray) -> str:
    """Decode; bytes that are not UTF-8 become lone surrogates, which refuse their row later."""
    return raw.decode("utf-8", "surrogateescape")


def _read_rows(text: str, delimiter: str) -> list[list[str]]:
    """Parse rows. Only a line feed ends a line, no other break of Unicode. Raises csv.Error."""
    return list(csv.reader(StringIO(text, newline="\n"), delimiter=delimiter, strict=True))


def _rows(row_text: RowText, delimiter: str) -> Sequence[list[str] | Code]:
    if row_text.text in BLANK:
        return [[]]
    if row_text.text is None:
        return [Code.LINE_LONG]
    if not row_text.quotes_closed:
        return [Code.CSV_ROW]
    try:
        return _read_rows(row_text.text, delimiter)
    except csv.Error:
        return [Code.CSV_ROW]


def _post(row: list[str], columns: list[str], at: str) -> PostItem | Refusal:
    if len(row) != len(columns) or any("\0" in cell for cell in row):
        return Refusal(Code.CSV_ROW, at=at)
    try:
        "".join(row).encode()
    except UnicodeEncodeError:
        return Refusal(Code.ENCODING, at=at)
    fields: dict[str, Any] = {
        column: cell for column, cell in zip(columns, row, strict=True) if cell or column == "text"
    }
    fields["published_at"], assumed_utc = published_time(fields.get("published_at"))
    if _WHOLE_NUMBER.fullmatch(fields.get("reach", "")):
        fields["reach"] = int(fields["reach"])
    for column in LISTS:
        if column in fields:
            fields[column] = _split_list(fields[column])
    return PostItem(at, fields, assumed_utc)


def _split_list(cell: str) -> Any:
    if cell.startswith("["):
        values = decode_value(cell.encode())
        return values if isinstance(values, list) else cell
    return [value for value in cell.split("|") if value]
