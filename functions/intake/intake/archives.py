"""gzip of any plain format; all members of a file are one stream. bzip2 and xz are not read.

bzip2 expands up to 885,000 times, gzip 1,029 times.

A member may be followed by another one, by zeros (padding, which is dropped), or by the end.
Anything else refuses the whole file, because posts might be lost in it.

zip of any plain formats, read member by member. Nothing is extracted; names are only labels.

A member that cannot be read (encrypted, a link, an archive, a picture) or is private as a whole is
refused alone, and the rest is read. A file without any readable member is refused as a whole, and
so is one that is damaged or exceeds a budget: a truncated file publishes nothing.
"""

import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

import msgspec

from intake.formats import GZIP_MAGIC, ZIP_MAGIC, read_member
from intake.reader import PRIVATE, FileContext, FileEffort, FileHead, FormatReader, PostItem
from ledger.refusals import Code, FileRefusedError, Refusal
from ledger.streams import (
    PIECE_BYTES,
    ArchiveMeter,
    UnpackedMember,
    refusing_damaged_gzip,
    refusing_damaged_zip,
)


def _is_gzip(head: FileHead) -> bool:
    """Return whether the file begins as gzip does."""
    return head.head.startswith(GZIP_MAGIC)


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


GZIP = FormatReader("gzip", b"", _is_gzip, _gzip_items)


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


def _is_zip(head: FileHead) -> bool:
    """Return whether the file begins as zip does."""
    return head.head.startswith(ZIP_MAGIC)


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


ZIP = FormatReader("zip", b"", _is_zip, _zip_items)
