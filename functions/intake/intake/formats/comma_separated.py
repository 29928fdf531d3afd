"""CSV with a header that names the fields of a post, in any case and order.

The delimiter is a comma, a semicolon or a tab. `links` and `media_text` hold a JSON array, or
values separated by `|`. A cell that is empty is a field that is absent. There is no audience but in
a column of its own: without one the whole file is refused.

Where a row begins depends on every quote before it. A row that cannot be read is refused up to the
place where its quotes are closed, so that text inside of one is never taken for a row of its own.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any, BinaryIO, NamedTuple

from intake.formats.reader import Context, Item
from intake.formats.sample import Sample
from intake.formats.shaping import moment
from ledger.records.post import FIELDS, LINE_BYTES, REQUIRED
from ledger.records.refusal import Code, FileRefusedError, Refusal
from ledger.streams.json_document import decode_value
from ledger.streams.lines import read_lines

name = "csv"
version = 1
marks = b"\n"

DELIMITERS = (",", ";", "\t")
LISTS = ("links", "media_text")
BLANK = ("\n", "\r\n")
"""Records that are blank rows: a parser for each of them would take most of the time."""
ADVICE = "The first row names the columns: id, account, text, audience, published_at."

_WHOLE_NUMBER = re.compile(r"\d{1,16}", re.ASCII)


class Record(NamedTuple):
    """The lines of a row, or of rows that cannot be told apart; none where they are too long."""

    text: str | None
    quotes_closed: bool


def recognises(sample: Sample) -> bool:
    """The first line names two fields of a post, or the file is called so and is no JSON."""
    first = sample.text.split(b"\n", 1)[0]
    if not first or first.startswith((b"{", b"[")) or b"\0" in first:
        return False
    header = first.decode("utf-8", "replace")
    known = FIELDS.keys() & set(_names(header, _delimiter(header)))
    return len(known) >= 2 or sample.name.lower().endswith((".csv", ".tsv"))


def items(stream: BinaryIO, context: Context) -> Iterator[Item | Refusal]:  # noqa: ARG001
    """A post of each row that is not blank, at `row 2`: the header is row 1.

    Raises FileRefusedError `csv_header` where a column has no name, the name of another, or is
    missing, and `csv_no_audience`.
    """
    records = _records(stream)
    delimiter, columns = _header(next(records, Record("", True)))
    number = 1
    for record in records:
        for row in _rows(record, delimiter):
            number += 1
            at = f"row {number}"
            if isinstance(row, Code):
                yield Refusal(row, at=at)
            elif row:
                yield _post(row, columns, at)


def _header(record: Record) -> tuple[str, list[str]]:
    text = record.text or ""
    delimiter = _delimiter(text)
    columns = _names(text, delimiter)
    twice = any(times > 1 for times in Counter(columns).values())
    if not columns or "" in columns or twice or not set(columns) >= set(REQUIRED) - {"audience"}:
        raise FileRefusedError(Code.CSV_HEADER, at="row 1", advice=ADVICE)
    if "audience" not in columns:
        raise FileRefusedError(Code.CSV_NO_AUDIENCE, at="row 1", advice=ADVICE)
    return delimiter, columns


def _delimiter(header: str) -> str:
    """The one that finds most fields of a post in the header."""
    return max(DELIMITERS, key=lambda one: len(FIELDS.keys() & set(_names(header, one))))


def _names(header: str, delimiter: str) -> list[str]:
    try:
        rows = _read_rows(header, delimiter)
    except csv.Error:
        return []
    return [cell.strip().lower() for cell in rows[0]] if len(rows) == 1 else []


def _records(stream: BinaryIO) -> Iterator[Record]:
    """Lines up to the next place where all quotes are closed."""
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
            yield Record(None if too_long else _text(held), quotes_closed=True)
            held.clear()
            quotes, too_long, begun = 0, False, False
    if begun:
        yield Record(None if too_long else _text(held), quotes_closed=False)


def _text(raw: bytearray) -> str:
    """Bytes that are no UTF-8 stay visible as lone surrogates, to be refused with their row."""
    return raw.decode("utf-8", "surrogateescape")


def _read_rows(text: str, delimiter: str) -> list[list[str]]:
    """Raises csv.Error. A line ends at a line feed only, not at what else Unicode calls a break."""
    return list(csv.reader(StringIO(text, newline="\n"), delimiter=delimiter, strict=True))


def _rows(record: Record, delimiter: str) -> Sequence[list[str] | Code]:
    if record.text in BLANK:
        return [[]]
    if record.text is None:
        return [Code.LINE_LONG]
    if not record.quotes_closed:
        return [Code.CSV_ROW]
    try:
        return _read_rows(record.text, delimiter)
    except csv.Error:
        return [Code.CSV_ROW]


def _post(row: list[str], columns: list[str], at: str) -> Item | Refusal:
    if len(row) != len(columns) or any("\0" in cell for cell in row):
        return Refusal(Code.CSV_ROW, at=at)
    try:
        "".join(row).encode()
    except UnicodeEncodeError:
        return Refusal(Code.ENCODING, at=at)
    fields: dict[str, Any] = {
        column: cell for column, cell in zip(columns, row, strict=True) if cell or column == "text"
    }
    fields["published_at"], assumed_utc = moment(fields.get("published_at"))
    if _WHOLE_NUMBER.fullmatch(fields.get("reach", "")):
        fields["reach"] = int(fields["reach"])
    for column in LISTS:
        if column in fields:
            fields[column] = _several(fields[column])
    return Item(at, fields, assumed_utc)


def _several(cell: str) -> Any:
    if cell.startswith("["):
        values = decode_value(cell.encode())
        return values if isinstance(values, list) else cell
    return [value for value in cell.split("|") if value]
