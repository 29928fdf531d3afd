"""Reads statements of reasons from files: JSON Lines, batches of the API, CSV of the database.

Files are streamed: memory holds one statement, whatever the file's size. Every problem of a file is
an item of its own; no reader here raises for bad input.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from dsa.statement.schema import BATCH, StatementProblem
from ledger.records.json_text import nests_too_deep
from ledger.records.post import LINE_BYTES
from ledger.records.refusal import Code, FileRefusedError
from ledger.streams.json_document import JsonDocument
from ledger.streams.lines import read_lines
from terang.reports.statement_archives import HEAD_BYTES, UnreadableError, opened

_ARRAYS = {
    *("decision_visibility", "category_addition", "category_specification"),
    *("content_type", "territorial_scope"),
}


@dataclass(frozen=True, slots=True)
class FiledStatement:
    """A statement of a file, or a problem of the file in its place.

    `number` counts from 1. `columns` are those of a table: a field without a column is unknown, not
    empty.
    """

    number: int
    statement: dict[str, Any]
    problem: StatementProblem | None = None
    columns: frozenset[str] | None = None


type BytesRead = Callable[[int], None]
"""Takes the number of bytes that were read since the last call."""


def files_of(given: Iterable[Path]) -> list[Path]:
    """Return the files; a folder means all files below it, in order."""
    return [
        file
        for path in given
        for file in (sorted(path.rglob("*")) if path.is_dir() else [path])
        if not file.is_dir()
    ]


def statements_in(path: Path, progress: BytesRead) -> Iterator[FiledStatement]:
    """Yield the statements of a file, of each member of a zip, or of the zips in it.

    Gzip is opened. If the file breaks off or is damaged, the last item says so. A member of a zip
    that cannot be read is one item, and the members after it are read.
    """
    number = 0
    try:
        with path.open("rb") as file:
            for item in opened(_CountingReader(file, progress), _read):
                number += 1
                if isinstance(item, FiledStatement):
                    yield FiledStatement(number, item.statement, item.problem, item.columns)
                else:
                    yield _problem_at(number, str(item))
    except UnreadableError as error:
        yield _problem_at(number + 1, str(error))
    except OSError as error:
        yield _problem_at(number + 1, f"the file cannot be read: {error.strerror or error}")


def _read(stream: "io.BufferedReader[Any]") -> Iterator[FiledStatement]:
    head = stream.peek(HEAD_BYTES)[:HEAD_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head[:1] not in (b"{", b"["):
        yield from _of_table(stream)
    elif head[:1] == b"{" and not isinstance(_decoded(head.partition(b"\n")[0]), StatementProblem):
        yield from _of_lines(stream)
    else:
        yield from _of_document(stream)


def _of_lines(stream: BinaryIO) -> Iterator[FiledStatement]:
    number = 0
    for line in read_lines(stream):
        if line.data is None:
            number += 1
            yield _problem_at(number, "a line of more than 2 MiB")
        elif line.data.strip():
            for item in _items(line.data, number):
                number = item.number
                yield item


def _of_document(stream: BinaryIO) -> Iterator[FiledStatement]:
    """An array of statements or batches, one batch, or one statement over several lines."""
    document, number = JsonDocument(stream), 0
    try:
        for value, batched in _values(document):
            if isinstance(value, Code):
                items = iter([_problem_at(number + 1, f"refused: {value}")])
            else:
                items = _items(value, number)
            for item in items:
                number = item.number
                yield item
            if batched and number == BATCH + 1:
                yield FiledStatement(number, {}, _LARGE)
        document.end()
    except FileRefusedError as error:
        yield _problem_at(number + 1, f"the file is not JSON from here on ({error.at})")


def _values(document: JsonDocument) -> Iterator[tuple[bytes | Code, bool]]:
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


def _decoded(data: bytes) -> Any:
    """Return the JSON value, or a problem that says why it cannot be read."""
    if nests_too_deep(data):
        return StatementProblem("", "not_a_statement", "nested too deep for a statement")
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return StatementProblem("", "not_a_statement", "not JSON")


def _items(data: bytes, before: int) -> Iterator[FiledStatement]:
    """Yield the statement of a JSON value, or those of the batch that it is."""
    value = _decoded(data)
    if isinstance(value, StatementProblem):
        yield FiledStatement(before + 1, {}, value)
        return
    batch = value.get("statements") if isinstance(value, dict) else None
    for number, one in enumerate(batch if isinstance(batch, list) else [value], 1):
        if isinstance(one, dict):
            large = _LARGE if isinstance(batch, list) and number == BATCH + 1 else None
            yield FiledStatement(before + number, one, large)
        else:
            yield _problem_at(before + number, "not an object")


_LARGE = StatementProblem(
    "statements", "batch_too_large", f"a request holds at most {BATCH} statements"
)


def _problem_at(number: int, why: str) -> FiledStatement:
    return FiledStatement(number, {}, StatementProblem("", "not_a_statement", why))


def _of_table(stream: BinaryIO) -> Iterator[FiledStatement]:
    """Yield a statement for each row. A row is bounded, like a line, by 2 MiB."""
    fed = _RowLines(stream)
    rows = csv.DictReader(fed)
    number = 0
    try:
        columns = frozenset(_field(name) for name in rows.fieldnames or ())
        if "category" not in columns:
            yield _problem_at(1, "neither JSON nor a table with the columns of the database")
            return
        for number, row in enumerate(rows, 1):
            fed.begin_row()
            statement = {
                _field(name): _cell(_field(name), value)
                for name, value in row.items()
                if isinstance(name, str) and value
            }
            yield FiledStatement(number, statement, columns=columns)
    except (UnicodeDecodeError, csv.Error) as error:
        yield _problem_at(number + 1, f"the table cannot be read from here on: {_why(error)}")


def _why(error: Exception) -> str:
    return "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)


class _RowLines:
    """Gives a table's lines to the CSV reader, and limits how many it joins to one row."""

    def __init__(self, stream: BinaryIO) -> None:
        self._lines, self._size = read_lines(stream), 0

    def begin_row(self) -> None:
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._size += len(line.data or b"")
            if line.data is None or self._size > LINE_BYTES:
                raise csv.Error("a row of more than 2 MiB")
            yield line.data.decode() + "\n"


def _field(column: str) -> str:
    """Return the field of a column: the database's files name two of them differently."""
    return {"platform_uid": "puid", "content_id_ean": "content_id"}.get(column, column)


def _cell(field: str, value: str) -> Any:
    if field in _ARRAYS and value.startswith("["):
        try:
            return msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return value
    if field == "content_id":
        return {"EAN-13": value}
    if field.endswith(("_date", "_restriction")):
        return value.removesuffix(" 00:00:00")
    return value


class _CountingReader(io.RawIOBase):
    """A file that reports how much of it has been read."""

    def __init__(self, file: BinaryIO, progress: BytesRead) -> None:
        super().__init__()
        self._file, self._progress = file, progress

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._progress(len(data))
        return len(data)
