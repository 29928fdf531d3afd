"""Reads statements of reasons from files, and finds their problems: of file, schema, and meaning.

Files are JSON Lines, batches of the API, or CSV of the database. They are streamed: memory holds
one statement, whatever the file's size. Every problem of a file is an item of its own; no reader
here raises for bad input.

Archives are opened member by member; each is bounded before it is expanded. Daily files of the
database are zips of zips of CSV. A zip is read from its end, so a zip inside another is first
copied to disk. Since a zip hardly packs, its declared size must be near its packed size. All other
files are streamed, and metered by `ledger.streams`.
"""

import csv
import gzip
import io
import lzma
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from zipfile import ZipFile, ZipInfo

import msgspec

from dsa.statement import BATCH
from dsa.statement_checks import (
    FIELDS,
    Distribution,
    PackCodes,
    StatementProblem,
    meaning_problems,
    schema_problems,
)
from ledger.codes import Code, FileRefusedError
from ledger.posts import LINE_BYTES, read_lines
from ledger.streams import (
    EXPANSION_RATIO,
    FREE_BYTES,
    ArchiveMeter,
    JsonDocument,
    UnpackedMember,
    refusing_damaged_gzip,
    refusing_damaged_zip,
)
from ledger.texts import nests_too_deep
from matcher import Pack, PackError

HEAD_BYTES = 2 * 1024 * 1024
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
_WHY = {
    Code.BOMB: f"expands to more than {EXPANSION_RATIO} times its size, and is not read further",
    Code.GZIP_BROKEN: "begins like gzip and is damaged",
    Code.GZIP_TRUNCATED: "is gzip that breaks off",
    Code.ZIP_BROKEN: "is a damaged zip",
    Code.ZIP_ENCRYPTED: "is encrypted",
    Code.ZIP_METHOD: "is packed by a method or version that is not read here",
    Code.ZIP_NESTED: "is a zip within a zip within a zip",
    Code.ZIP_OVERLAP: "is a zip with members that overlap",
}

type Read[T] = Callable[["io.BufferedReader[Any]"], Iterator[T]]
"""Reads the items of one file."""


class UnreadableError(Exception):
    """An archive, or a member of one, that cannot be read; the message names the reason."""


def opened[T](source: "io.BufferedReader[Any]", read: Read[T]) -> Iterator[T | UnreadableError]:
    """Yield the items of a file, or of each member of an archive and of the zips in it.

    A member that cannot be read is one error, and reading goes on with the next. Raises
    UnreadableError when the rest of the file cannot be read.
    """
    head = source.peek(4)[:4]
    with _unreadable("the file"):
        if head[:2] == GZIP:
            meter = ArchiveMeter(source)
            unpacker = gzip.GzipFile(fileobj=meter, mode="rb")
            yield from read(_expanding(unpacker, meter, refusing_damaged_gzip))
        elif head == ZIP:
            yield from _of_zip(ArchiveMeter(source), source, read, nested=False)
        else:
            yield from read(source)


def _of_zip[T](
    meter: ArchiveMeter, file: Any, read: Read[T], *, nested: bool
) -> Iterator[T | UnreadableError]:
    with _refusing_damaged_zip():
        archive = ZipFile(file if nested else meter)
    with archive:
        members = archive.infolist()
        if sum(member.compress_size for member in members) > archive.start_dir:
            raise FileRefusedError(Code.ZIP_OVERLAP)
        for member in members:
            try:
                with _unreadable(member.filename):
                    yield from _of_member(archive, member, meter, read, nested=nested)
            except UnreadableError as error:
                yield error


def _of_member[T](
    archive: ZipFile, member: ZipInfo, meter: ArchiveMeter, read: Read[T], *, nested: bool
) -> Iterator[T | UnreadableError]:
    if member.is_dir():
        return
    if member.flag_bits & (0x1 | 0x40):  # encrypted, in the weak or the strong way
        raise FileRefusedError(Code.ZIP_ENCRYPTED)
    with _refusing_damaged_zip():
        unpacker = archive.open(member)
    with unpacker:
        stream = _expanding(unpacker, meter, _refusing_damaged_zip)
        if stream.peek(4)[:4] != ZIP:
            yield from read(stream)
            return
        if nested:
            raise FileRefusedError(Code.ZIP_NESTED)
        if member.file_size > FREE_BYTES + 10 * member.compress_size:  # a zip hardly packs
            raise FileRefusedError(Code.BOMB)
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(stream, copy, HEAD_BYTES)
            yield from _of_zip(meter, copy, read, nested=True)


def _expanding(
    unpacker: Any, meter: ArchiveMeter, refusing_damage: Callable[[], AbstractContextManager[None]]
) -> "io.BufferedReader[Any]":
    return io.BufferedReader(UnpackedMember(unpacker, meter, refusing_damage), HEAD_BYTES)


@contextmanager
def _unreadable(name: str) -> Iterator[None]:
    try:
        yield
    except FileRefusedError as error:
        raise UnreadableError(
            f"{name} {_WHY.get(error.code, f'is refused: {error.code}')}"
        ) from None


def _refusing_damaged_zip() -> AbstractContextManager[None]:
    """Refuse damage of any method that Python unpacks: bzip2 raises OSError for it."""
    return refusing_damaged_zip(RuntimeError, OverflowError, lzma.LZMAError, OSError)


_RENAMED = {"platform_uid": "puid", "content_id_ean": "content_id"}
"""The columns of the database's files that have another name than their field."""

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


def files_of(given: Iterable[Path]) -> list[Path]:
    """Return the files; a folder means all files below it, in order."""
    return [
        file
        for path in given
        for file in (sorted(path.rglob("*")) if path.is_dir() else [path])
        if not file.is_dir()
    ]


def statements_in(path: Path, progress: Callable[[int], None]) -> Iterator[FiledStatement]:
    """Yield the statements of a file, of each member of a zip, or of the zips in it.

    `progress` takes the number of bytes that were read since the last call. Gzip is opened. If the
    file breaks off or is damaged, the last item says so. A member of a zip that cannot be read is
    one item, and the members after it are read.
    """
    for number, item in enumerate(items_of(path, progress, _read), 1):
        if isinstance(item, FiledStatement):
            yield FiledStatement(number, item.statement, item.problem, item.columns)
        else:
            yield _problem_at(number, str(item))


def items_of[T](
    path: Path, progress: Callable[[int], None], read: Read[T]
) -> Iterator[T | UnreadableError]:
    """Yield what `read` yields of a file, or of each table in an archive; errors in their place."""
    try:
        with path.open("rb") as file:
            counted = _CountedFile(file.fileno(), progress)
            yield from opened(io.BufferedReader(counted, HEAD_BYTES), read)
    except UnreadableError as error:
        yield error
    except OSError as error:
        yield UnreadableError(f"the file cannot be read: {error.strerror or error}")


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
        columns = frozenset(_RENAMED.get(name, name) for name in rows.fieldnames or ())
        if "category" not in columns:
            yield _problem_at(1, "neither JSON nor a table with the columns of the database")
            return
        for number, row in enumerate(rows, 1):
            fed.begin_row()
            statement = {
                (field := _RENAMED.get(name, name)): _cell(field, value)
                for name, value in row.items()
                if isinstance(name, str) and value
            }
            yield FiledStatement(number, statement, columns=columns)
    except (UnicodeDecodeError, csv.Error) as error:
        why = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        yield _problem_at(number + 1, f"the table cannot be read from here on: {why}")


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


class _CountedFile(io.FileIO):
    """Reads an open file, and reports how much of it has been read."""

    def __init__(self, descriptor: int, progress: Callable[[int], None]) -> None:
        super().__init__(descriptor, closefd=False)
        self._progress = progress

    def readinto(self, buffer: Any, /) -> int:
        size = super().readinto(buffer) or 0
        self._progress(size)
        return size


class StatementPlace(NamedTuple):
    """Where a statement is; `item` counts from 1."""

    file: str
    item: int
    puid: object


@dataclass(slots=True)
class StatementLint:
    """Reads statements and yields their problems. `statements` counts those that were read."""

    packs: PackCodes
    today: date
    distribution: Distribution[StatementPlace] = field(default_factory=Distribution[StatementPlace])
    statements: int = 0

    def learn_last_month(self, paths: Sequence[Path]) -> None:
        """Learn the distribution of last month's statements; their problems are dropped."""
        for path in paths:
            for item in statements_in(path, lambda _: None):
                list(self.distribution.add(_place(path, item), item.statement))
        self.distribution.flags.clear()

    def problems(
        self, paths: Sequence[Path], progress: Callable[[int], None]
    ) -> Iterator[tuple[StatementPlace, StatementProblem]]:
        """Yield the problems of each statement, then those of all statements together."""
        for path in paths:
            for item in statements_in(path, progress):
                self.statements += bool(item.statement)
                place = _place(path, item)
                for problem in problems_of(item, place, self.packs, self.today, self.distribution):
                    yield place, problem
        yield from self.distribution.problems()


def problems_of(
    item: FiledStatement,
    place: StatementPlace,
    packs: PackCodes,
    today: date,
    distribution: Distribution[StatementPlace],
) -> Iterator[StatementProblem]:
    """Yield the problems of one statement: of the file, the schema, its meaning, its puid."""
    if item.problem:
        yield item.problem
    if not item.statement.keys() & FIELDS.keys():
        if not item.problem:
            yield StatementProblem("", "not_a_statement", "it has none of a statement's fields")
        return
    for problem in schema_problems(item.statement):
        is_unknown = item.columns is not None and problem.field not in item.columns
        if not (is_unknown and problem.code in {"required", "no_restriction"}):
            yield problem
    yield from meaning_problems(item.statement, packs, today)
    yield from distribution.add(place, item.statement)


def pack_codes(folder: Path) -> PackCodes:
    """Return the categories and the ground of each pack of a folder. Other files are skipped."""
    codes = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            pack = Pack.parse(path.read_text(encoding="utf-8"), path.name)
        except PackError:
            continue
        codes[pack.id] = (frozenset(pack.categories), pack.legal_ground.text[:500])
    return codes


def _place(path: Path, item: FiledStatement) -> StatementPlace:
    return StatementPlace(str(path), item.number, item.statement.get("puid"))
