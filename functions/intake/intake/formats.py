"""JSON Lines in an archive: one post a line. A plain file is cut and not read here.

A line is read as scan reads it in a plain file, with the same codes.

One JSON array of posts, alone or under the key `posts`; each post is as in JSON Lines.

CSV with a header that names the fields of a post, in any case and order.

The delimiter is a comma, a semicolon or a tab. `links` and `media_text` hold a JSON array, or
values separated by `|`. An empty cell is an absent field. The audience must have a column of its
own; without it the whole file is refused.

Where a row begins depends on every quote before it. A row that cannot be read is refused up to the
place where its quotes are closed, so that text inside quotes is never read as a row of its own.

Jetstream: the AT Protocol's repository events as JSON Lines. All of its posts are public.

Only created posts count: updates, deletions, other collections and events about accounts are
refused `not_a_post`.
Source: docs.bsky.app, "Jetstream"; lexicons app.bsky.feed.post and app.bsky.embed.*.

Choose the format of a file. Its content decides; its name only breaks ties.

`read_member` does the same for a file in an archive. The archive formats are in
`gzipped` and `zipped`, which import this module; `intake.arrival` lists them.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any, BinaryIO, NamedTuple

from intake.platforms import ACTIVITYSTREAMS, DISCORD, TELEGRAM
from intake.reader import (
    ALL_MARKS,
    HEAD_BYTES,
    FileContext,
    FileHead,
    FormatReader,
    PostItem,
    as_list,
    as_object,
    bound_links,
    bound_texts,
    count_marks,
    language_tag,
    published_time,
    read_counted,
    read_elements,
)
from ledger.posts import FIELDS, LINE_BYTES, REQUIRED, read_lines
from ledger.refusals import Code, FileRefusedError, Refusal
from ledger.streams import JsonDocument, UnpackedMember, decode_value, read_object_lines


def _is_jsonl(head: FileHead) -> bool:
    """Return whether one of the first lines is in braces, or all lines are blank.

    A line in braces that cannot be decoded (Latin-1, nested too deep) is refused alone.
    """
    cut_short = head.text.startswith(b"{") and not head.whole and not head.lines
    return any(map(_in_braces, head.lines)) or cut_short or not head.text


def _in_braces(line: bytes) -> bool:
    stripped = line.strip()
    return stripped.startswith(b"{") and stripped.endswith(b"}")


def _jsonl_items(stream: BinaryIO, context: FileContext) -> Iterator[PostItem | Refusal]:  # noqa: ARG001
    """Yield a post for each line that is not blank, at `line 12`."""
    for at, record in read_object_lines(stream):
        yield Refusal(record, at=at) if isinstance(record, Code) else PostItem(at, record)


JSONL = FormatReader("jsonl", b"\n,[{", _is_jsonl, _jsonl_items)


def _is_json_array(head: FileHead) -> bool:
    """Return whether the file is an array of objects, or an object with the key `posts`."""
    return head.is_array or "posts" in head.outline


def _json_array_items(stream: BinaryIO, context: FileContext) -> Iterator[PostItem | Refusal]:  # noqa: ARG001
    """Yield a post for each element, at `[3]` or `posts[3]`."""
    document = JsonDocument(stream)
    if document.peek() == b"[":
        yield from _posts(document, "")
    else:
        for key in document.members():
            if key == "posts":
                yield from _posts(document, key)
            else:
                document.skip()
    document.end()


def _posts(document: JsonDocument, place: str) -> Iterator[PostItem | Refusal]:
    return read_elements(document, place, lambda record, at: PostItem(at, record))


JSON_ARRAY = FormatReader("json-array", b",[{", _is_json_array, _json_array_items)


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


def _is_csv(head: FileHead) -> bool:
    """Return whether the first line names two fields of a post, or the file name ends like CSV."""
    first = head.text.split(b"\n", 1)[0]
    if not first or first.startswith((b"{", b"[")) or b"\0" in first:
        return False
    header = first.decode("utf-8", "replace")
    known = FIELDS.keys() & set(_names(header, _delimiter(header)))
    return len(known) >= 2 or head.name.lower().endswith((".csv", ".tsv"))


def _csv_items(stream: BinaryIO, context: FileContext) -> Iterator[PostItem | Refusal]:  # noqa: ARG001
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
                yield _csv_post(row, columns, at)


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


def _csv_post(row: list[str], columns: list[str], at: str) -> PostItem | Refusal:
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


CSV = FormatReader("csv", b"\n", _is_csv, _csv_items)


POSTS = "app.bsky.feed.post"


def _is_jetstream(head: FileHead) -> bool:
    """Return whether the first object is an event of a repository."""
    return bool(head.objects) and head.objects[0].keys() >= {"did", "kind", "time_us"}


def _jetstream_items(stream: BinaryIO, context: FileContext) -> Iterator[PostItem | Refusal]:  # noqa: ARG001
    """Yield a post for each line that creates one, at `line 12`."""
    for at, event in read_object_lines(stream):
        yield Refusal(event, at=at) if isinstance(event, Code) else _jetstream_post(event, at)


def _jetstream_post(event: dict[str, Any], at: str) -> PostItem | Refusal:
    commit = as_object(event.get("commit"))
    created = event.get("kind") == "commit" and commit.get("operation") == "create"
    if not created or commit.get("collection") != POSTS:
        return Refusal(Code.NOT_A_POST, at=at)
    record = as_object(commit.get("record"))
    embed = as_object(record.get("embed"))
    shown = (embed, as_object(embed.get("media")))  # a quotation holds its media one level down
    pages = (as_object(part.get("external")).get("uri") for part in shown)
    account, key = event.get("did"), commit.get("rkey")
    published_at, assumed_utc = published_time(record.get("createdAt"))
    fields = {
        "id": f"at://{account}/{POSTS}/{key}" if account and key else None,
        "account": account,
        "text": record.get("text"),
        "audience": "public",
        "published_at": published_at,
        "language": language_tag(next(iter(as_list(record.get("langs"))), None)),
        "links": bound_links((*_facets(record), *pages)),
        "media_text": bound_texts(text for part in shown for text in _media(part)),
    }
    return PostItem(at, fields, assumed_utc)


def _facets(record: dict[str, Any]) -> Iterator[Any]:
    for facet in as_list(record.get("facets")):
        for feature in as_list(as_object(facet).get("features")):
            yield as_object(feature).get("uri")


def _media(embed: dict[str, Any]) -> Iterator[Any]:
    yield embed.get("alt")
    for image in as_list(embed.get("images")):
        yield as_object(image).get("alt")
    external = as_object(embed.get("external"))
    yield external.get("title")
    yield external.get("description")


JETSTREAM = FormatReader("jetstream", b"\n,[{", _is_jetstream, _jetstream_items)

READERS: tuple[FormatReader, ...] = (
    DISCORD,
    TELEGRAM,
    ACTIVITYSTREAMS,
    JSON_ARRAY,
    JETSTREAM,
    CSV,
    JSONL,  # the last: one object on one line may be any of the others
)
"""The formats that are not archives, in the order in which they are tried."""

GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
WIDE = (b"\xff\xfe", b"\xfe\xff", b"{\0", b"\0{", b"[\0", b"\0[")
"""How text in UTF-16 or UTF-32 begins."""

ADVICE = (
    "Send JSON Lines, a JSON array, CSV, or an export of a known platform, either as it is or "
    "packed with gzip or zip."
)


def choose_plain(head: FileHead) -> FormatReader:
    """Return the reader that recognises the head of a file.

    Raises FileRefusedError `zip_nested` for an archive, `encoding` for text that is not UTF-8, and
    `format_unknown` if no reader recognises it.

    >>> choose_plain(FileHead(b'{"id": "1", "text": "hello"}', "posts", whole=True)).name
    'jsonl'
    """
    if head.head.startswith((GZIP_MAGIC, *ZIP_MAGIC)):
        raise FileRefusedError(Code.ZIP_NESTED)
    if head.head.startswith(WIDE):
        raise FileRefusedError(Code.ENCODING)
    for reader in READERS:
        if reader.recognises(head):
            return reader
    raise FileRefusedError(Code.FORMAT_UNKNOWN, advice=ADVICE)


def read_member(
    member: UnpackedMember, name: str, context: FileContext
) -> Iterator[PostItem | Refusal]:
    """Yield the items of a file in an archive. Raises FileRefusedError."""
    stream = io.BufferedReader(member, HEAD_BYTES)
    head = stream.peek(HEAD_BYTES)
    context.effort.mark(1 + count_marks(head, ALL_MARKS))  # the choice looks at each of them
    reader = choose_plain(FileHead(head, name, whole=len(head) < HEAD_BYTES))
    yield from read_counted(reader, stream, context)
