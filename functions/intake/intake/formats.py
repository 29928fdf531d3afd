"""CSV, archives, and the choice of a file's format. Its content decides; its name breaks ties.

CSV has a header that names the fields of a post, in any case and order. The delimiter is a comma, a
semicolon or a tab. `links` and `media_text` hold a JSON array, or values separated by `|`. An empty
cell is an absent field. The audience must have a column of its own; without it the whole file is
refused. Where a row begins depends on every quote before it. A row that cannot be read is refused
up to the place where its quotes are closed, so that text inside quotes is never read as a row.

gzip and zip hold any plain formats. bzip2 and xz are not read: bzip2 expands up to 885,000 times,
gzip 1,029 times. All members of a gzip file are one stream. A member may be followed by another
one, by zeros (padding, which is dropped), or by the end. Anything else refuses the whole file,
because posts might be lost in it.

Members of a zip file are read one by one. Nothing is extracted; names are only labels. A member
that cannot be read (encrypted, a link, an archive, a picture) or is private as a whole is refused
alone, and the rest is read. A file without any readable member is refused as a whole, and so is one
that is damaged or exceeds a budget: a truncated file publishes nothing.
"""

import csv
import io
import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import StringIO
from typing import Any, BinaryIO

import msgspec

from intake.platforms import ACTIVITYSTREAMS, DISCORD, TELEGRAM
from intake.reader import (
    ALL_MARKS,
    HEAD_BYTES,
    JETSTREAM,
    JSON_ARRAY,
    JSONL,
    PRIVATE,
    FileContext,
    FileEffort,
    FileHead,
    FormatReader,
    PostItem,
    count_marks,
    read_counted,
)
from ledger.codes import Code, FileRefusedError, Refusal
from ledger.post_fields import published_time
from ledger.posts import FIELDS, LINE_BYTES, REQUIRED, read_lines
from ledger.streams import (
    PIECE_BYTES,
    ArchiveMeter,
    UnpackedMember,
    refusing_damaged_gzip,
    refusing_damaged_zip,
)
from ledger.texts import decode_value

DELIMITERS = (",", ";", "\t")
LISTS = ("links", "media_text")
BLANK = ("\n", "\r\n")
"""Blank rows are recognised without a CSV parser, which would take most of the time."""
NEEDED = "The first row must name the columns: id, account, text, audience, published_at."

_WHOLE_NUMBER = re.compile(r"\d{1,16}", re.ASCII)


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
    delimiter, columns = _header(next(row_texts, ""))
    number = 1
    for row_text in row_texts:
        for row in _rows(row_text, delimiter):
            number += 1
            at = f"row {number}"
            if isinstance(row, Code):
                yield Refusal(row, at=at)
            elif row:
                yield _csv_post(row, columns, at)


def _header(row_text: str | Code) -> tuple[str, list[str]]:
    text = "" if isinstance(row_text, Code) else row_text
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


def _row_texts(stream: BinaryIO) -> Iterator[str | Code]:
    """Yield the text up to each place where all quotes are closed, or why it cannot be read.

    Bytes that are not UTF-8 become lone surrogates, which refuse their row later.
    """
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
            yield Code.LINE_LONG if too_long else held.decode("utf-8", "surrogateescape")
            held.clear()
            quotes, too_long, begun = 0, False, False
    if begun:
        yield Code.LINE_LONG if too_long else Code.CSV_ROW


def _read_rows(text: str, delimiter: str) -> list[list[str]]:
    """Parse rows. Only a line feed ends a line, no other break of Unicode. Raises csv.Error."""
    return list(csv.reader(StringIO(text, newline="\n"), delimiter=delimiter, strict=True))


def _rows(row_text: str | Code, delimiter: str) -> Sequence[list[str] | Code]:
    if isinstance(row_text, Code):
        return [row_text]
    if row_text in BLANK:
        return [[]]
    try:
        return _read_rows(row_text, delimiter)
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
    if not cell.startswith("["):
        return [value for value in cell.split("|") if value]
    values = decode_value(cell.encode())
    return values if isinstance(values, list) else cell


CSV = FormatReader("csv", b"\n", _is_csv, _csv_items)


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


def _gzip_items(stream: BinaryIO, context: FileContext) -> Iterator[PostItem | Refusal]:
    """Yield the items of the file inside, with their places there.

    Raises FileRefusedError: `gzip_truncated`, `gzip_broken`, `bomb`, `zip_nested`, and the refusals
    of the format inside.
    """
    meter = ArchiveMeter(stream, context.effort.unpack, context.effort.budget.ratio)
    members = _Members(meter, context.effort)
    name_inside = context.name.removesuffix(".gz")
    yield from read_member(
        UnpackedMember(members, meter, refusing_damaged_gzip), name_inside, context
    )


class _Members:
    """The members of a gzip file, unpacked one after another.

    The standard library's reader looks at padding and names byte by byte, and copies its read-ahead
    for each member: a file of empty members would take a minute for 30 MB.
    """

    def __init__(self, stream: ArchiveMeter, effort: FileEffort) -> None:
        self._stream, self._effort = stream, effort
        self._packed = b""  # read but not unpacked yet
        self._position = 0  # of the end of the bytes read
        self._member: Any = None

    def read(self, size: int, /) -> bytes:
        """Return at most `size` unpacked bytes, or none at the end.

        Raises EOFError if a member breaks off, and zlib.error if it is damaged.
        """
        while self._member or self._begin():
            data: bytes = self._member.decompress(self._packed, size)
            self._packed = self._member.unconsumed_tail
            if self._member.eof:
                self._packed, self._member = self._member.unused_data, None
            if data:
                return data
            if self._member and not self._packed and not self._read_on():
                raise EOFError
        return b""

    def _begin(self) -> bool:
        """Begin the next member after any padding. Return False at the end of the file."""
        self._packed = self._packed.lstrip(b"\0")
        while not self._packed and self._read_on():
            self._packed = self._packed.lstrip(b"\0")
        if not self._packed:
            return False
        if not GZIP_MAGIC.startswith(self._packed[: len(GZIP_MAGIC)]):
            place = self._position - len(self._packed)
            advice = "The last gzip member ends there. Send the file without the bytes after it."
            raise FileRefusedError(Code.GZIP_BROKEN, f"byte {place}", advice)
        self._effort.mark(1)
        self._member = zlib.decompressobj(wbits=31)  # 31: with the header and checksum of gzip
        return True

    def _read_on(self) -> bool:
        self._packed = self._stream.read(PIECE_BYTES)
        self._position += len(self._packed)
        return bool(self._packed)


GZIP = FormatReader("gzip", b"", lambda head: head.head.startswith(GZIP_MAGIC), _gzip_items)


MEMBER_CODES = (
    Code.NOT_PUBLIC,
    Code.CHANNEL_NOT_OPEN,
    Code.ZIP_ENCRYPTED,
    Code.ZIP_METHOD,
    Code.ZIP_NESTED,
    Code.ZIP_LINK,
    Code.CSV_NO_AUDIENCE,
    Code.CSV_HEADER,
    Code.ENCODING,
    Code.FORMAT_UNKNOWN,
)
"""Codes that refuse a member alone. If all are refused, the file gets the first of these."""

LOCAL_HEADER_BYTES = 30
ENCRYPTED, PATCHED = 0x1 | 0x40, 0x20
LABEL_LENGTH = 64
JUMP_BYTES = 4 * 1024 * 1024
"""The bytes that a step back in the file counts: S3 reads so much ahead, and must read it again."""

_ODD = re.compile(r"[^A-Za-z0-9._-]+")


def _zip_items(stream: BinaryIO, context: FileContext) -> Iterator[PostItem | Refusal]:
    """Yield the items of all members in the order of the directory, at `posts.jsonl line 4`.

    Raises FileRefusedError `zip_broken`, `zip_overlap`, `bomb`, a code of MEMBER_CODES if no member
    can be read, and the refusals of the formats inside.
    """
    meter = ArchiveMeter(stream, context.effort.unpack, context.effort.budget.ratio)
    with refusing_damaged_zip():
        archive = zipfile.ZipFile(meter)
    members = _members(archive, context.effort.budget.members)
    refused: list[Code] = []
    labels: Counter[str] = Counter()
    latest_offset = 0
    for number, member in enumerate(members, 1):
        if member.header_offset < latest_offset:
            context.effort.unpack(JUMP_BYTES)
        latest_offset = member.header_offset
        label = _label(member.filename, labels)
        try:
            for item in _member(archive, member, meter, context):
                yield _with_place(item, label, number)
        except FileRefusedError as error:
            if error.code not in MEMBER_CODES:
                raise FileRefusedError(error.code, f"member {number}", error.advice) from None
            refused.append(error.code)
            yield Refusal(error.code, at=f"member {number}")
    if refused and len(refused) == len(members):
        raise FileRefusedError(min(refused, key=MEMBER_CODES.index))


def _members(archive: zipfile.ZipFile, limit: int) -> list[zipfile.ZipInfo]:
    """Return the members that are not folders. Raise FileRefusedError if any two overlap."""
    infos = archive.infolist()
    if len(infos) > limit:
        raise FileRefusedError(Code.BOMB)
    free_from = 0
    for member in sorted(infos, key=lambda info: info.header_offset):
        if member.header_offset < free_from:
            raise FileRefusedError(Code.ZIP_OVERLAP)
        free_from = member.header_offset + LOCAL_HEADER_BYTES + member.compress_size
    if free_from > archive.start_dir:
        raise FileRefusedError(Code.ZIP_OVERLAP)
    return [member for member in infos if not member.is_dir()]


def _member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, meter: ArchiveMeter, context: FileContext
) -> Iterator[PostItem | Refusal]:
    if member.flag_bits & ENCRYPTED:
        raise FileRefusedError(Code.ZIP_ENCRYPTED)
    plain = member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    if member.flag_bits & PATCHED or not plain:
        raise FileRefusedError(Code.ZIP_METHOD)
    if stat.S_ISLNK(member.external_attr >> 16):  # the upper half is the mode of Unix
        raise FileRefusedError(Code.ZIP_LINK)
    with refusing_damaged_zip():
        unpacker = archive.open(member)
    with unpacker:
        yield from read_member(
            UnpackedMember(unpacker, meter, refusing_damaged_zip), member.filename, context
        )


def _label(filename: str, labels: Counter[str]) -> str:
    """Return the last part of a member's name in plain letters; a repeated name gets `~2`."""
    label = _ODD.sub("_", filename.rsplit("/", 1)[-1])[-LABEL_LENGTH:]
    labels[label] += 1
    return label if labels[label] == 1 else f"{label}~{labels[label]}"


def _with_place(item: PostItem | Refusal, label: str, number: int) -> PostItem | Refusal:
    """Add the place in the archive. A refusal of private content does not show the name."""
    if isinstance(item, PostItem):
        return replace(item, at=f"{label} {item.at}")
    place = f"member {number}" if item.code in PRIVATE else label
    return msgspec.structs.replace(item, at=f"{place} {item.at}")


ZIP = FormatReader("zip", b"", lambda head: head.head.startswith(ZIP_MAGIC), _zip_items)
