"""What an archive unfolds to, counted while it does; and the reader of what is inside."""

import io
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Protocol

from intake.formats.effort import ALL_MARKS, Effort, count_marks
from intake.formats.plain import choose_plain
from intake.formats.reader import Context, Item, read_counted
from intake.formats.refused import FileRefusedError
from intake.formats.sample import HEAD_BYTES, Sample
from ledger.records.refusal import Code, Refusal

FREE_BYTES = 1024**2
PIECE_BYTES = 64 * 1024
READ_BYTES = 4 * 1024**2
"""The most that an archive's own parts may be read at once: the directory of 40,000 members."""


class Meter:
    """The archive's stream: counts what was read of it, and what that unfolded to."""

    def __init__(self, stream: BinaryIO, effort: Effort) -> None:
        self._stream, self._effort = stream, effort
        self._packed = self._inflated = 0
        self.seek, self.tell, self.seekable = stream.seek, stream.tell, stream.seekable

    def read(self, size: int = -1) -> bytes:
        """Read packed bytes. Raises FileRefusedError `bomb` for more than READ_BYTES at once."""
        data = self._stream.read(READ_BYTES + 1 if size < 0 else min(size, READ_BYTES + 1))
        if len(data) > READ_BYTES:
            raise FileRefusedError(Code.BOMB)
        self._packed += len(data)
        return data

    def count(self, inflated: int) -> None:
        """Count bytes that came out. Raises FileRefusedError where a budget is passed."""
        self._inflated += inflated
        if self._inflated > FREE_BYTES + self._effort.budget.ratio * self._packed:
            raise FileRefusedError(Code.BOMB)
        self._effort.unfold(inflated)


class Unpacker(Protocol):
    """An open archive member."""

    def read(self, size: int, /) -> bytes:
        """Unpack at most so many bytes; none at the end."""


class Inflated(io.RawIOBase):
    """An archive member as a stream, metered; `faults` maps the unpacker's errors to refusals."""

    def __init__(self, unpacker: Unpacker, meter: Meter, faults: Callable[[], Any]) -> None:
        super().__init__()
        self._unpacker, self._meter, self._faults = unpacker, meter, faults

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill the whole buffer unless the member ends, so that a peek sees all it asked for."""
        view = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(view):
            with self._faults():
                piece = self._unpacker.read(min(PIECE_BYTES, len(view) - filled))
            if not piece:
                break
            self._meter.count(len(piece))
            view[filled : filled + len(piece)] = piece
            filled += len(piece)
        return filled


def read_inside(inflated: Inflated, name: str, context: Context) -> Iterator[Item | Refusal]:
    """The items of what was packed, by the reader of its own format. Raises FileRefusedError."""
    stream = io.BufferedReader(inflated, HEAD_BYTES)
    head = stream.peek(HEAD_BYTES)
    context.effort.mark(1 + count_marks(head, ALL_MARKS))  # choosing a format looks at each of them
    reader = choose_plain(Sample(head, name, whole=len(head) < HEAD_BYTES))
    yield from read_counted(reader, stream, context)
