"""One object in memory, for what only reads ranges."""

from dataclasses import dataclass, field

from ledger.units import RangeMessage, Source


@dataclass(slots=True)
class RangesOf:
    """The object's ranges as `Objects.read_range` promises them; `asked` keeps their sizes."""

    data: bytes
    asked: list[int] = field(default_factory=list)

    @property
    def source(self) -> Source:
        return Source("drop", "drop/acme/a", "v1", "etag", len(self.data))

    def read_range(self, source: Source, start: int, end: int) -> bytes:
        assert 0 <= start < end <= len(self.data)
        self.asked.append(end - start)
        return self.data[start:end]

    def unit(self, start: int, end: int) -> RangeMessage:
        """The unit of those bytes."""
        return RangeMessage(
            "file", "acme", 0, self.source, start, end, "set", "k1", "2026-11-25T12:00:00Z"
        )
