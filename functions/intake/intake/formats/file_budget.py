"""The work that one file may cause. It is counted on the content, so repeats end the same way.

The cost of a file depends less on its size than on its content: a file of blank rows or of one-byte
items takes 40 times as long as one of posts with the same size. So marks, records and written bytes
are counted too. A file with too many of them is refused before the function runs out of time.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Any

from ledger.records.refusal import Code, FileRefusedError
from ledger.streams.unpacking import EXPANSION_RATIO

LAST_SECONDS = 60
"""The time that is kept for the end: to delete 360 parts and write the receipt."""

ALL_MARKS = b"\n,[{<"
"""The marks of all formats. The choice of a format looks at all of them in the head."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The limits of one file.

    `ratio` is explained in `ledger.streams.unpacking`. The others are derived from the slowest file
    of each kind, measured by `make bench` on one core of a 2-core Xeon that others used at the same
    time:

    - a byte: at most 0.15 us (escapes of a Telegram export; plain text takes 0.02 us);
    - a mark (line, comma, bracket, tag) without a record: at most 1.5 us (an object in a list of
      Discord embeds; a bracket takes 0.8 us, a blank row 1.3 us);
    - a record: 8 us if refused, 20 us as a post of 200 bytes, its bytes and marks included;
    - a written byte: 0.02 us, at 50 MB/s into S3.

    1.5 GB x 0.15 + 75 million x 1.5 + 7.5 million x 20 + 3 GB x 0.02 us are 225 + 112 + 150 + 60 =
    547 s. No file reaches all four at once, and on a processor that takes 1.5 times as long even
    their sum ends within 900 s. 7.5 million posts of 200 bytes reach the first and the third limit.

    `units` bounds the messages sent and the rows read at closing. Intake sends ten units a call, so
    1,000 calls. Closing reads two items of the table for each unit, within scan's 300 s:
    20,000 x 5 ms = 100 s, and the refusals of 1,000 units: 30 s. At 8 MiB a unit that is a file of
    83.8 GB.
    """

    ratio: int = EXPANSION_RATIO
    members: int = 10_000
    total_bytes: int = 1_500_000_000
    marks: int = 75_000_000
    records: int = 7_500_000
    written_bytes: int = 3_000_000_000
    units: int = 10_000


@dataclass(slots=True)
class FileEffort:
    """The cost of one file so far. Each method raises FileRefusedError beyond the budget.

    `seconds_left` returns the rest of the function's time. It matters only on a machine that is
    slower than all measured ones: then the file is refused too, so that the work ends.
    """

    budget: Budget = field(default_factory=Budget)
    seconds_left: Callable[[], float] = lambda: inf
    _bytes: int = 0
    _marks: int = 0
    _records: int = 0
    _written: int = 0

    def unpack(self, size: int) -> None:
        """Count bytes that came out of an archive."""
        self._bytes += size
        if self._bytes > self.budget.total_bytes:
            raise too_large(f"{self.budget.total_bytes:,} bytes when it is unpacked")

    def mark(self, count: int) -> None:
        """Count marks, and check the time."""
        self._marks += count
        if self._marks > self.budget.marks:
            raise too_large(f"{self.budget.marks:,} lines, commas, brackets and tags")
        if self.seconds_left() < LAST_SECONDS:
            raise too_large("can be read in time")

    def record(self, written: int) -> None:
        """Count a record and the bytes of its line."""
        self._records += 1
        self._written += written
        if self._records > self.budget.records:
            raise too_large(f"{self.budget.records:,} records")
        if self._written > self.budget.written_bytes:
            raise too_large(f"{self.budget.written_bytes:,} bytes as JSON Lines")


class CountedStream:
    """A stream of text that counts the marks of its format as it is read."""

    def __init__(self, stream: Any, marks: bytes, effort: FileEffort) -> None:
        self._read, self._marks, self._effort = stream.read, marks, effort

    def read(self, size: int) -> bytes:
        """Read at most `size` bytes. Raises FileRefusedError beyond the budget."""
        data: bytes = self._read(size)
        self._effort.mark(count_marks(data, self._marks))
        return data


def count_marks(data: bytes, marks: bytes) -> int:
    r"""Return the number of bytes of the data that are marks.

    >>> count_marks(b"[1, 2]\n", b",[{")
    2
    """
    return len(data) - len(data.translate(None, marks))


def check_size(size: int, budget: Budget) -> None:
    """Raise FileRefusedError for a file that is too large to be translated."""
    if size > budget.total_bytes:
        raise too_large(f"{budget.total_bytes:,} bytes")


def too_large(limit: str) -> FileRefusedError:
    """Return the refusal of a file that holds more than the limit."""
    return FileRefusedError(
        Code.TOO_LARGE_FOR_FORMAT,
        advice=f"It holds more than {limit}. Send it as plain JSON Lines, or in smaller files.",
    )
