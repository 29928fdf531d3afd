"""What every format has in common: a reader, what it is told, and what it gives."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol

from intake.formats.effort import Effort, Marked
from intake.formats.sample import Sample
from ledger.records.refusal import Code, Refusal

PRIVATE = frozenset({Code.NOT_PUBLIC, Code.CHANNEL_NOT_OPEN})
"""The codes of an item, or a file, that is not addressed to everyone."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a reader may know about the file it reads.

    `open_channels` are those that the provider registered as open to anybody
    (`telegram:ID`, `discord:GUILD`). `effort` counts what the file costs.
    """

    provider: str
    name: str = ""
    open_channels: frozenset[str] = frozenset()
    effort: Effort = field(default_factory=Effort)


@dataclass(frozen=True, slots=True)
class Item:
    """One post as a format told it: `fields` in the words of a post, and its place in the file.

    `audience` is there only where the format proves it. `assumed_utc` says that the time of
    publication had no offset and was taken for UTC.
    """

    at: str
    fields: dict[str, Any]
    assumed_utc: bool = False


class Reader(Protocol):
    """One format. A module of this package is a reader; `intake.formats.plain` lists them.

    `version` rises when the same file would give other items. `marks` are the bytes at which the
    reader does something by itself, such as a line or an element: their number bounds its work
    (`intake.formats.effort`). Those of an archive are those of its members.
    """

    name: str
    version: int
    marks: bytes

    def recognises(self, sample: Sample) -> bool:
        """Whether the beginning of a file is of this format."""

    def items(self, stream: BinaryIO, context: Context) -> Iterator[Item | Refusal]:
        """All items in order, in flat memory. Raises FileRefusedError for a fault of the file."""


def read_counted(reader: Reader, stream: BinaryIO, context: Context) -> Iterator[Item | Refusal]:
    """The items of a file, its marks counted while it is read; an archive counts its members'."""
    counted: Any = Marked(stream, reader.marks, context.effort) if reader.marks else stream
    yield from reader.items(counted, context)
