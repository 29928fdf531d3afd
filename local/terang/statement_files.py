"""Statements of reasons as they lie in files: JSON Lines, batches of the API, CSV of the database.

Each is read as a stream, in memory of one statement, whatever the file's size.
"""

import csv
import gzip
import io
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec

from dsa.problem import Problem
from dsa.statement_rules import BATCH
from formats.document import Document
from formats.lines import lines
from formats.refused import FileRefusedError
from ledger.refusal import Code

_HEAD_BYTES = 2 * 1024 * 1024
_ZIP = b"PK\x03\x04"
_ARRAYS = {
    *("decision_visibility", "category_addition", "category_specification"),
    *("content_type", "territorial_scope"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """A statement of a file, or a fault of the file at its place.

    `number` counts from 1. `columns` are those of a table: a field without one is not known, which
    is another thing than empty.
    """

    number: int
    statement: dict[str, Any]
    fault: Problem | None = None
    columns: frozenset[str] | None = None


type Told = Callable[[int], None]
"""Is told how many bytes of the file have been read."""


def files_of(given: Iterable[Path]) -> list[Path]:
    """The files that are meant: a folder means all files below it, in order."""
    return [
        file
        for path in given
        for file in (sorted(path.rglob("*")) if path.is_dir() else [path])
        if not file.is_dir()
    ]


def statements_in(path: Path, told: Told) -> Iterator[Item]:
    """The statements of a file, or of each file of a zip or of the zips in it; gzip is opened.

    Where the file breaks off, or is not what it seems, the last item says so. Raises OSError where
    it cannot be read at all.
    """
    number = 0
    try:
        for item in _opened(path, told):
            number = item.number
            yield item
    except (UnicodeDecodeError, csv.Error, EOFError, zlib.error, zipfile.BadZipFile) as error:
        yield _none(number + 1, f"the file cannot be read from here on ({type(error).__name__})")
    except gzip.BadGzipFile:
        yield _none(number + 1, "the file begins like gzip and is none")


def _opened(path: Path, told: Told) -> Iterator[Item]:
    with path.open("rb") as file:
        head = file.read(4)
        file.seek(0)
        source = io.BufferedReader(_Counted(file, told), _HEAD_BYTES)
        if head[:2] == b"\x1f\x8b":
            with gzip.open(source) as opened:
                yield from _read(io.BufferedReader(opened, _HEAD_BYTES))
        elif head == _ZIP:
            yield from _of_zip(path, told)
        else:
            yield from _read(source)


def _of_zip(path: Path, told: Told) -> Iterator[Item]:
    number = 0
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            for item in _of_member(archive, member, nested=False):
                number += 1
                yield Item(number, item.statement, item.fault, item.columns)
            told(member.compress_size)


def _of_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, *, nested: bool
) -> Iterator[Item]:
    """The statements of a member, or of a zip that it is: the database's days hold zips of CSV.

    A zip is read from its end, so one that is inside another is first laid on disk.
    """
    if member.is_dir():
        return
    with archive.open(member) as opened:
        stream = io.BufferedReader(cast("io.RawIOBase", opened), _HEAD_BYTES)
        if stream.peek(4)[:4] != _ZIP:
            yield from _read(stream)
        elif nested:
            yield _none(1, f"{member.filename} is a zip within a zip within a zip")
        else:
            with tempfile.TemporaryFile() as laid:
                shutil.copyfileobj(stream, laid, _HEAD_BYTES)
                with zipfile.ZipFile(laid) as inner:
                    for one in inner.infolist():
                        yield from _of_member(inner, one, nested=True)


def _read(stream: "io.BufferedReader[Any]") -> Iterator[Item]:
    head = stream.peek(_HEAD_BYTES)[:_HEAD_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head[:1] not in (b"{", b"["):
        yield from _of_table(stream)
    elif _is_json(head.partition(b"\n")[0]) and head[:1] == b"{":
        yield from _of_lines(stream)
    else:
        yield from _of_document(stream)


def _is_json(data: bytes) -> bool:
    try:
        msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _of_lines(stream: BinaryIO) -> Iterator[Item]:
    number = 0
    for line in lines(stream):
        if line.data is None:
            number += 1
            yield _none(number, "a line of more than 2 MiB")
        elif line.data.strip():
            for item in _items(line.data, number):
                number = item.number
                yield item


def _of_document(stream: BinaryIO) -> Iterator[Item]:
    """An array of statements or batches, one batch, or one statement over several lines."""
    document, number = Document(stream), 0
    try:
        for value, batched in _values(document):
            if isinstance(value, Code):
                items = iter([_none(number + 1, f"refused: {value}")])
            else:
                items = _items(value, number)
            for item in items:
                number = item.number
                yield item
            if batched and number == BATCH + 1:
                yield Item(number, {}, _LARGE)
        document.end()
    except FileRefusedError as error:
        yield _none(number + 1, f"the file is no JSON from here on ({error.at})")


def _values(document: Document) -> Iterator[tuple[bytes | Code, bool]]:
    """Each value with whether it is an item of the one batch that the document is."""
    if document.peek() == b"[":
        for _ in document.elements():
            yield document.value(), False
        return
    single: list[bytes] = []
    for key in document.members():
        if key == "statements" and document.peek() == b"[":
            for _ in document.elements():
                yield document.value(), True
        else:
            value = document.value()
            if isinstance(value, Code):  # too long or too deep to be part of a statement
                yield value, False
            else:
                single.append(msgspec.json.encode(key) + b":" + value)
    if single:
        yield b"{" + b",".join(single) + b"}", False


def _items(data: bytes, before: int) -> Iterator[Item]:
    """The statement of a JSON value, or those of the batch that it is."""
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        yield _none(before + 1, "no JSON")
        return
    batch = value.get("statements") if isinstance(value, dict) else None
    for number, one in enumerate(batch if isinstance(batch, list) else [value], 1):
        if isinstance(one, dict):
            large = _LARGE if isinstance(batch, list) and number == BATCH + 1 else None
            yield Item(before + number, one, large)
        else:
            yield _none(before + number, "no object")


_LARGE = Problem("statements", "batch_too_large", f"a request holds at most {BATCH} statements")


def _none(number: int, why: str) -> Item:
    return Item(number, {}, Problem("", "not_a_statement", why))


def _of_table(stream: BinaryIO) -> Iterator[Item]:
    text = io.TextIOWrapper(stream, "utf-8-sig", newline="")
    rows = csv.DictReader(text)
    columns = frozenset(_field(name) for name in rows.fieldnames or ())
    if "category" not in columns:
        yield _none(1, "neither JSON nor a table with the columns of the database")
        return
    for number, row in enumerate(rows, 1):
        statement = {
            _field(name): _cell(_field(name), value)
            for name, value in row.items()
            if isinstance(name, str) and value
        }
        yield Item(number, statement, columns=columns)


def _field(column: str) -> str:
    """The field of a column: the database's files name two of them otherwise."""
    return {"platform_uid": "puid", "content_id_ean": "content_id"}.get(column, column)


def _cell(field: str, value: str) -> Any:
    if field in _ARRAYS and value.startswith("["):
        try:
            return msgspec.json.decode(value)
        except msgspec.DecodeError:
            return value
    if field == "content_id":
        return {"EAN-13": value}
    if field.endswith(("_date", "_restriction")):
        return value.removesuffix(" 00:00:00")
    return value


class _Counted(io.RawIOBase):
    """A file that tells how much of it has been read."""

    def __init__(self, file: BinaryIO, told: Told) -> None:
        super().__init__()
        self._file, self._told = file, told

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._told(len(data))
        return len(data)
