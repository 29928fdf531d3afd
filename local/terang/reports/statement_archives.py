"""Opens archives of statements, member by member; each is bounded before it is expanded.

Daily files of the database are zips of zips of CSV. A zip is read from its end, so one inside
another is first laid on disk: for that its declared size must be near its packed one, since a zip
hardly packs. All else is streamed, and metered as `ledger.streams` does it.
"""

import gzip
import io
import lzma
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ledger.records.refusal import Code, FileRefusedError
from ledger.streams.unpacking import EXPANSION_RATIO, FREE_BYTES, ArchiveMeter, UnpackedMember

HEAD_BYTES = 2 * 1024 * 1024
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
LAID_RATIO = 10
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
    Code.ZIP_OVERLAP: "is a zip whose members lie over each other",
}

type Read[T] = Callable[["io.BufferedReader[Any]"], Iterator[T]]
"""Reads what an archive holds, as it holds it."""


class UnreadableError(Exception):
    """An archive, or a member of one, that cannot be read; the message says what it is."""


def opened[T](file: io.RawIOBase, read: Read[T]) -> Iterator[T | UnreadableError]:
    """Yield what `read` finds in a file, in each of its members, and in those of the zips in it.

    A member that cannot be read is one error, and those after it go on. Raises UnreadableError
    where the whole file cannot be read any further.
    """
    source = io.BufferedReader(file, HEAD_BYTES)
    head = source.peek(4)[:4]
    with _unreadable("the file"):
        if head[:2] == GZIP:
            meter = ArchiveMeter(source)
            unpacker = gzip.GzipFile(fileobj=meter, mode="rb")
            yield from read(_expanding(unpacker, meter, _gzip_faults))
        elif head == ZIP:
            yield from _of_zip(ArchiveMeter(source), source, read, nested=False)
        else:
            yield from read(source)


def _of_zip[T](
    meter: ArchiveMeter, file: Any, read: Read[T], *, nested: bool
) -> Iterator[T | UnreadableError]:
    with _zip_faults():
        archive = zipfile.ZipFile(file if nested else meter)
    with archive:
        members = archive.infolist()
        if sum(one.compress_size for one in members) > archive.start_dir:
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
    with _zip_faults():
        unpacker = archive.open(member)
    with unpacker:
        stream = _expanding(unpacker, meter, _zip_faults)
        if stream.peek(4)[:4] != ZIP:
            yield from read(stream)
            return
        if nested:
            raise FileRefusedError(Code.ZIP_NESTED)
        if member.file_size > FREE_BYTES + LAID_RATIO * member.compress_size:
            raise FileRefusedError(Code.BOMB)
        with tempfile.TemporaryFile() as laid:
            shutil.copyfileobj(stream, laid, HEAD_BYTES)
            yield from _of_zip(meter, laid, read, nested=True)


def _expanding(
    unpacker: Any, meter: ArchiveMeter, faults: Callable[[], Any]
) -> "io.BufferedReader[Any]":
    return io.BufferedReader(UnpackedMember(unpacker, meter, faults), HEAD_BYTES)


@contextmanager
def _unreadable(name: str) -> Iterator[None]:
    try:
        yield
    except FileRefusedError as error:
        raise UnreadableError(
            f"{name} {_WHY.get(error.code, f'is refused: {error.code}')}"
        ) from None


@contextmanager
def _gzip_faults() -> Iterator[None]:
    try:
        yield
    except EOFError:
        raise FileRefusedError(Code.GZIP_TRUNCATED) from None
    except (gzip.BadGzipFile, zlib.error):
        raise FileRefusedError(Code.GZIP_BROKEN) from None


@contextmanager
def _zip_faults() -> Iterator[None]:
    """Turn what Python's unpackers raise on damaged bytes into a refusal with its code."""
    try:
        yield
    except (NotImplementedError, RuntimeError):
        raise FileRefusedError(Code.ZIP_METHOD) from None
    # bz2 raises OSError for damage, and zipfile ValueError for a place that cannot be.
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, ValueError,
            OverflowError, OSError):  # fmt: skip
        raise FileRefusedError(Code.ZIP_BROKEN) from None
