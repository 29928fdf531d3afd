"""An object of any size that is nowhere: its bytes are made when they are asked for."""

from dataclasses import dataclass, field
from typing import Any

from support.sample_posts import line

from ledger.units import Source

ID = b"0000000000"


@dataclass(slots=True)
class SparseObject:
    """The port `Objects` for one object of equal lines, each a post with its number for an id.

    Whatever is asked of other objects goes on to `others`.
    """

    others: Any
    bucket: str
    key: str
    size: int
    line_bytes: int
    longest_read: int = 0
    deleted: bool = False
    _before: bytes = b""
    _after: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        """Make the two pieces of a line that stand around its number."""
        before, after = line(id=ID.decode()).split(ID)
        self._before = before
        padding = self.line_bytes - len(before + ID + after) - 1
        self._after = after + b" " * padding + b"\n"

    @property
    def lines(self) -> int:
        """How many lines it has; the last one may be cut."""
        return -(-self.size // self.line_bytes)

    @property
    def source(self) -> Source:
        return Source(self.bucket, self.key, "v1", "etag", self.size)

    def head(self, bucket: str, key: str, version: str | None = None) -> Source:
        """The pinned description of the object."""
        return self.source

    def read_range(self, source: Source, start: int, end: int) -> bytes:
        assert source == self.source
        assert 0 <= start < end <= self.size
        self.longest_read = max(self.longest_read, end - start)
        first, last = start // self.line_bytes, (end - 1) // self.line_bytes
        whole = b"".join(
            piece
            for number in range(first, last + 1)
            for piece in (self._before, b"%010d" % number, self._after)
        )
        skipped = start - first * self.line_bytes
        return whole[skipped : skipped + end - start]

    def delete_version(self, source: Source) -> None:
        """Remember that it is gone."""
        self.deleted = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self.others, name)
