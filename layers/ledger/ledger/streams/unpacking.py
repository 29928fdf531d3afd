"""Members of archives as streams. The bytes that they expand to are bounded during reading."""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, BinaryIO, Protocol

from ledger.records.refusal import Code, FileRefusedError

FREE_BYTES = 1024**2
"""A small file of one repeated line is not a bomb: the ratio does not bound the first MiB."""

EXPANSION_RATIO = 200
"""Text packs about 3 to 20 times smaller, DEFLATE at most 1,032 times."""

PIECE_BYTES = 64 * 1024

READ_BYTES = 4 * 1024**2
"""The most bytes of an archive that may be read at once: the directory of 40,000 members."""


class ArchiveMeter:
    """The stream of an archive. Counts the bytes read from it and the bytes they expand to.

    `on_expanded` gets the number of expanded bytes each time, and may raise FileRefusedError.
    """

    def __init__(
        self,
        stream: BinaryIO,
        on_expanded: Callable[[int], None] | None = None,
        ratio: int = EXPANSION_RATIO,
    ) -> None:
        self._stream, self._on_expanded, self._ratio = stream, on_expanded, ratio
        self._packed = self._expanded = 0
        self.seek, self.tell, self.seekable = stream.seek, stream.tell, stream.seekable

    def read(self, size: int = -1) -> bytes:
        """Read packed bytes. Raises FileRefusedError `bomb` for more than READ_BYTES at once."""
        data = self._stream.read(READ_BYTES + 1 if size < 0 else min(size, READ_BYTES + 1))
        if len(data) > READ_BYTES:
            raise FileRefusedError(Code.BOMB)
        self._packed += len(data)
        return data

    def count(self, expanded: int) -> None:
        """Count expanded bytes. Raises FileRefusedError `bomb` beyond the ratio."""
        self._expanded += expanded
        if self._expanded > FREE_BYTES + self._ratio * self._packed:
            raise FileRefusedError(Code.BOMB)
        if self._on_expanded:
            self._on_expanded(expanded)


class Unpacker(Protocol):
    """An open member of an archive."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` unpacked bytes, and no bytes at the end."""


class UnpackedMember(io.RawIOBase):
    """A member of an archive as a metered stream.

    `refusing_damage` turns the errors of the unpacker into FileRefusedError.
    """

    def __init__(
        self,
        unpacker: Unpacker,
        meter: ArchiveMeter,
        refusing_damage: Callable[[], AbstractContextManager[None]],
    ) -> None:
        super().__init__()
        self._unpacker, self._meter, self._refusing_damage = unpacker, meter, refusing_damage

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill the whole buffer unless the member ends, so that a peek sees all it asked for."""
        view = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(view):
            with self._refusing_damage():
                piece = self._unpacker.read(min(PIECE_BYTES, len(view) - filled))
            if not piece:
                break
            self._meter.count(len(piece))
            view[filled : filled + len(piece)] = piece
            filled += len(piece)
        return filled


@contextmanager
def refusing_damaged_gzip() -> Iterator[None]:
    """Turn the errors of a gzip unpacker into FileRefusedError."""
    try:
        yield
    except EOFError:
        raise FileRefusedError(Code.GZIP_TRUNCATED) from None
    except (gzip.BadGzipFile, zlib.error):
        raise FileRefusedError(Code.GZIP_BROKEN) from None


@contextmanager
def refusing_damaged_zip(*more: type[Exception]) -> Iterator[None]:
    """Turn the errors of `zipfile`, and `more` that mean damage, into FileRefusedError."""
    damage: tuple[type[Exception], ...] = (
        *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError),
        *more,
    )
    try:
        yield
    except NotImplementedError:
        raise FileRefusedError(Code.ZIP_METHOD) from None
    except damage:
        raise FileRefusedError(Code.ZIP_BROKEN) from None
