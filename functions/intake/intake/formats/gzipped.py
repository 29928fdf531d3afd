"""gzip of any plain format; all members of a file are one stream. bzip2 and xz are not read.

bzip2 expands up to 885,000 times, gzip 1,029 times.

A member may be followed by another one, by zeros (padding, which is dropped), or by the end.
Anything else refuses the whole file, because posts might be lost in it.
"""

import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from intake.formats.choosing import GZIP, read_member
from intake.formats.reader import FileContext, FileEffort, FileHead, PostItem
from ledger.refusals import Code, FileRefusedError, Refusal
from ledger.streams import PIECE_BYTES, ArchiveMeter, UnpackedMember, refusing_damaged_gzip

name = "gzip"
version = 1
marks = b""


def recognises(head: FileHead) -> bool:
    """Return whether the file begins as gzip does."""
    return head.head.startswith(GZIP)


def items(stream: BinaryIO, context: FileContext) -> Iterator[PostItem | Refusal]:
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
        if not GZIP.startswith(self._packed[: len(GZIP)]):
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
