"""zip of any plain formats, member by member; nothing is ever extracted, names are labels only.

A member that cannot be read (encrypted, a link, an archive, a picture) or is private as a whole is
refused by itself, and the rest goes on; a file of which no member can be read is refused whole.
Damage, and a budget passed, refuse the file: a truncated file publishes nothing.
"""

import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import msgspec

from intake.formats.inflated import read_inside
from intake.formats.plain import ZIP
from intake.formats.reader import PRIVATE, Context, Item
from intake.formats.sample import Sample
from ledger.records.refusal import Code, FileRefusedError, Refusal
from ledger.streams.unpacking import ArchiveMeter, UnpackedMember

name = "zip"
version = 1
marks = b""

OF_A_MEMBER = (
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
"""Codes that refuse a member alone; of a file in which all are refused, the first of these."""

LOCAL_HEADER_BYTES = 30
ENCRYPTED, PATCHED = 0x1 | 0x40, 0x20
LABEL_LENGTH = 64
JUMP_BYTES = 4 * 1024 * 1024
"""What a step back in the file counts: S3 reads so much ahead, and must read it again."""

_ODD = re.compile(r"[^A-Za-z0-9._-]+")


def recognises(sample: Sample) -> bool:
    """The file begins as zip does."""
    return sample.head.startswith(ZIP)


def items(stream: BinaryIO, context: Context) -> Iterator[Item | Refusal]:
    """The items of all members in the order of the directory, at `posts.jsonl line 4`.

    Raises FileRefusedError: `zip_broken`, `zip_overlap`, `bomb`, a code of OF_A_MEMBER where no
    member can be read, and what the formats inside raise.
    """
    meter = ArchiveMeter(stream, context.effort.unfold, context.effort.budget.ratio)
    with _faults():
        archive = zipfile.ZipFile(meter)
    members = _members(archive, context.effort.budget.members)
    refused: list[Code] = []
    labels: Counter[str] = Counter()
    behind = 0
    for number, member in enumerate(members, 1):
        if member.header_offset < behind:
            context.effort.unfold(JUMP_BYTES)
        behind = member.header_offset
        label = _label(member.filename, labels)
        try:
            for found in _member(archive, member, meter, context):
                yield _placed(found, label, number)
        except FileRefusedError as error:
            if error.code not in OF_A_MEMBER:
                raise FileRefusedError(error.code, f"member {number}", error.advice) from None
            refused.append(error.code)
            yield Refusal(error.code, at=f"member {number}")
    if refused and len(refused) == len(members):
        raise FileRefusedError(min(refused, key=OF_A_MEMBER.index))


def _members(archive: zipfile.ZipFile, limit: int) -> list[zipfile.ZipInfo]:
    """The members that are no folders, checked to lie side by side."""
    everything = archive.infolist()
    if len(everything) > limit:
        raise FileRefusedError(Code.BOMB)
    free_from = 0
    for member in sorted(everything, key=lambda one: one.header_offset):
        if member.header_offset < free_from:
            raise FileRefusedError(Code.ZIP_OVERLAP)
        free_from = member.header_offset + LOCAL_HEADER_BYTES + member.compress_size
    if free_from > archive.start_dir:
        raise FileRefusedError(Code.ZIP_OVERLAP)
    return [member for member in everything if not member.is_dir()]


def _member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, meter: ArchiveMeter, context: Context
) -> Iterator[Item | Refusal]:
    if member.flag_bits & ENCRYPTED:
        raise FileRefusedError(Code.ZIP_ENCRYPTED)
    plain = member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    if member.flag_bits & PATCHED or not plain:
        raise FileRefusedError(Code.ZIP_METHOD)
    if stat.S_ISLNK(member.external_attr >> 16):  # the upper half is the mode of Unix
        raise FileRefusedError(Code.ZIP_LINK)
    with _faults():
        unpacker = archive.open(member)
    with unpacker:
        yield from read_inside(UnpackedMember(unpacker, meter, _faults), member.filename, context)


def _label(filename: str, labels: Counter[str]) -> str:
    """The last part of a member's name, in plain letters; the second of a name gets `~2`."""
    label = _ODD.sub("_", filename.rsplit("/", 1)[-1])[-LABEL_LENGTH:]
    labels[label] += 1
    return label if labels[label] == 1 else f"{label}~{labels[label]}"


def _placed(found: Item | Refusal, label: str, number: int) -> Item | Refusal:
    """At its place in the archive; what its format shows to be private does not tell its name."""
    if isinstance(found, Item):
        return Item(f"{label} {found.at}", found.fields, found.assumed_utc)
    place = f"member {number}" if found.code in PRIVATE else label
    return msgspec.structs.replace(found, at=f"{place} {found.at}")


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except NotImplementedError:
        raise FileRefusedError(Code.ZIP_METHOD) from None
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError):
        raise FileRefusedError(Code.ZIP_BROKEN) from None
