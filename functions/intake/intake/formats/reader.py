"""What every format has in common: a reader, what it gets, and what it yields."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol

from intake.formats.effort import CountedStream, FileEffort
from intake.formats.file_head import FileHead
from ledger.records.refusal import Code, Refusal

PRIVATE = frozenset({Code.NOT_PUBLIC, Code.CHANNEL_NOT_OPEN})
"""The codes of an item, or a file, that is not addressed to everyone."""


@dataclass(frozen=True, slots=True)
class FileContext:
    """What a reader knows about its file besides the content.

    `open_channels` are those that the provider registered as open to anybody
    (`telegram:ID`, `discord:GUILD`).
    """

    provider: str
    name: str = ""
    open_channels: frozenset[str] = frozenset()
    effort: FileEffort = field(default_factory=FileEffort)


@dataclass(frozen=True, slots=True)
class PostItem:
    """One post of a file: `fields` by the field names of a post, and its place in the file.

    `audience` is set only where the format proves it. `assumed_utc` means that the time of
    publication had no offset and was read as UTC.
    """

    at: str
    fields: dict[str, Any]
    assumed_utc: bool = False


class FormatReader(Protocol):
    """One format; each format module satisfies this protocol.

    Raise `version` when the same file would yield other items. `marks` are the bytes at which the
    reader does some work, such as the end of a line or an element: their number bounds its work
    (see `effort`). An archive has none, since its members count their own.
    """

    name: str
    version: int
    marks: bytes

    def recognises(self, head: FileHead) -> bool:
        """Return whether the file begins like this format."""

    def items(self, stream: BinaryIO, context: FileContext) -> Iterator[PostItem | Refusal]:
        """Yield all items in order, in bounded memory.

        Raises FileRefusedError if the whole file is refused.
        """


def read_counted(
    reader: FormatReader, stream: BinaryIO, context: FileContext
) -> Iterator[PostItem | Refusal]:
    """Yield the items of a file, and count its marks while it is read."""
    counted: Any = CountedStream(stream, reader.marks, context.effort) if reader.marks else stream
    yield from reader.items(counted, context)
