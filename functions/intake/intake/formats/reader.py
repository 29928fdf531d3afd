"""The parts that all formats share: readers, the files that they get, the items they yield."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from typing import Any, BinaryIO, Protocol

from intake.formats.file_budget import CountedStream, FileEffort
from ledger.records.json_text import nests_too_deep
from ledger.records.refusal import Code, FileRefusedError, Refusal
from ledger.streams.json_document import JsonDocument, decode_object, decode_value
from ledger.streams.lines import BOM

PRIVATE = frozenset({Code.NOT_PUBLIC, Code.CHANNEL_NOT_OPEN})
"""The codes of items and files that are not addressed to everyone."""

HEAD_BYTES = 256 * 1024

LINES = 20
"""The most lines of the head that are tried as JSON objects. Blank lines do not count."""

POST_KEYS = frozenset({"account", "text"})
"""An object with these keys is itself a post, whatever other keys it has."""


@dataclass(frozen=True)
class FileHead:
    """The first HEAD_BYTES of a file and its name; `whole` if they are the entire file."""

    head: bytes
    name: str = ""
    whole: bool = False

    @cached_property
    def text(self) -> bytes:
        """The head without a leading byte order mark and white space."""
        return self.head.removeprefix(BOM).lstrip()

    @cached_property
    def lines(self) -> list[bytes]:
        """The first complete lines that are not blank."""
        lines = self.text.split(b"\n")
        if not self.whole:
            lines.pop()
        return [line for line in lines if line.strip()][:LINES]

    @cached_property
    def objects(self) -> list[dict[str, Any]]:
        """The lines that are JSON objects, decoded."""
        values = (decode_object(line) for line in self.lines if not nests_too_deep(line))
        return [value for value in values if isinstance(value, dict)]

    @cached_property
    def outline(self) -> dict[str, Any]:
        """The keys of the first object, in order; a value is None where the head cuts it off.

        Empty if the file does not begin with an object, or if that object is a post.
        """
        document = JsonDocument(BytesIO(self.text))
        outline: dict[str, Any] = {}
        try:
            for key in document.members():
                outline[key] = None
                value = decode_value(document.value())
                outline[key] = None if isinstance(value, Code) else value
        except FileRefusedError:
            pass  # the head ends within the object
        return {} if outline.keys() >= POST_KEYS else outline

    @cached_property
    def is_array(self) -> bool:
        """Whether the head is one array of objects, or the beginning of one."""
        document = JsonDocument(BytesIO(self.text))
        if document.peek() != b"[":
            return False
        objects = 0
        try:
            for _ in document.elements():
                objects += document.peek() == b"{"
                document.skip()
        except FileRefusedError:
            return objects > 0
        return not document.peek()


@dataclass(frozen=True, slots=True)
class FileContext:
    """The facts about a file that are not in its content.

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

    Raise `version` when the same file would yield other items. `marks` are the bytes that make the
    reader work, such as the end of a line or an element: their number bounds its work (see
    `file_budget`). An archive has none, since its members count their own.
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


def read_elements(
    document: JsonDocument,
    place: str,
    make: Callable[[dict[str, Any], str], PostItem | Refusal],
) -> Iterator[PostItem | Refusal]:
    """Make an item of each object of the next array, at `place[3]`; refuse what is no object."""
    for number in document.elements():
        at = f"{place}[{number}]"
        element = decode_object(document.value())
        yield Refusal(element, at=at) if isinstance(element, Code) else make(element, at)


def read_counted(
    reader: FormatReader, stream: BinaryIO, context: FileContext
) -> Iterator[PostItem | Refusal]:
    """Yield the items of a file, and count its marks while it is read."""
    counted: Any = CountedStream(stream, reader.marks, context.effort) if reader.marks else stream
    yield from reader.items(counted, context)
