"""Opens archives of statements, member by member; each is bounded before it is expanded.

Daily files of the database are zips of zips of CSV. A zip is read from its end, so a zip inside
another is first copied to disk. Since a zip hardly packs, its declared size must be near its packed
size. All other files are streamed, and metered by `ledger.streams.unpacking`.
"""

import gzip
import io
import lzma
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from ledger.records.refusal import Code, FileRefusedError
from ledger.streams.unpacking import (
    EXPANSION_RATIO,
    FREE_BYTES,
    ArchiveMeter,
    UnpackedMember,
    refusing_damaged_gzip,
    refusing_damaged_zip,
)

HEAD_BYTES = 2 * 1024 * 1024
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
COPIED_RATIO = 10
"""How much larger than its packed form a zip inside a zip may be."""

_ENCRYPTED = 0x1 | 0x40

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


def opened[T](file: io.RawIOBase, read: Read[T]) -> Iterator[T | UnreadableError]:
    """Yield the items of a file, or of each member of an archive and of the zips in it.

    A member that cannot be read is one error, and reading goes on with the next. Raises
    UnreadableError when the rest of the file cannot be read.
    """
    source = io.BufferedReader(file, HEAD_BYTES)
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
        archive = zipfile.ZipFile(file if nested else meter)
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
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    meter: ArchiveMeter,
    read: Read[T],
    *,
    nested: bool,
) -> Iterator[T | UnreadableError]:
    if member.is_dir():
        return
    if member.flag_bits & _ENCRYPTED:
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
        if member.file_size > FREE_BYTES + COPIED_RATIO * member.compress_size:
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
