"""What all formats share: readers, the files that they get, the items they yield, and their work.

The cost of a file depends less on its size than on its content: a file of blank rows or of one-byte
items takes 40 times as long as one of posts with the same size. So marks, records and written bytes
are counted too, on the content, so that repeats end the same way. A file with too many of them is
refused before the function runs out of time.

The formats of plain JSON are here too: JSON Lines (a plain file is cut and not read here; in an
archive a line is read as scan reads it), one array of posts, and the events of Jetstream.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from math import inf
from types import SimpleNamespace
from typing import Any, BinaryIO

from ledger.codes import Code, FileRefusedError, Refusal
from ledger.post_fields import jetstream_post
from ledger.posts import BOM
from ledger.streams import EXPANSION_RATIO, JsonDocument, read_object_lines
from ledger.texts import decode_object, decode_value, nests_too_deep

LAST_SECONDS = 60
"""The time that is kept for the end: to delete 360 parts and write the receipt."""

ALL_MARKS = b"\n,[{<"
"""The marks of all formats. The choice of a format looks at all of them in the head."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The limits of one file.

    `ratio` is explained in `ledger.streams`. The others are derived from the slowest file
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


@dataclass(frozen=True, slots=True)
class FormatReader:
    """One format: whether a file begins like it, and all items in order, in bounded memory.

    Raise `version` when the same file would yield other items. `marks` are the bytes that make the
    reader work, such as the end of a line or an element: their number bounds its work (see
    `FileEffort`). An archive has none, since its members count their own. `items` raises
    FileRefusedError if the whole file is refused.
    """

    name: str
    marks: bytes
    recognises: Callable[[FileHead], bool]
    items: Callable[[BinaryIO, FileContext], Iterator[PostItem | Refusal]]
    version: int = 1


type ItemMaker = Callable[[dict[str, Any], str], PostItem | Refusal]
"""Makes an item of a record and its place."""


def read_elements(
    document: JsonDocument, place: str, make: ItemMaker
) -> Iterator[PostItem | Refusal]:
    """Make an item of each object of the next array, at `place[3]`; refuse what is no object."""
    for number in document.elements():
        yield make_item(decode_object(document.value()), f"{place}[{number}]", make)


def make_item(record: dict[str, Any] | Code, at: str, make: ItemMaker) -> PostItem | Refusal:
    """Make an item of a record, or refuse one that could not be decoded."""
    return Refusal(record, at=at) if isinstance(record, Code) else make(record, at)


def read_counted(
    reader: FormatReader, stream: BinaryIO, context: FileContext
) -> Iterator[PostItem | Refusal]:
    """Yield the items of a file, and count its marks while it is read.

    Raises FileRefusedError beyond the budget.
    """

    def read(size: int) -> bytes:
        data = stream.read(size)
        context.effort.mark(count_marks(data, reader.marks))
        return data

    counted: Any = SimpleNamespace(read=read) if reader.marks else stream
    yield from reader.items(counted, context)


def _is_jsonl(head: FileHead) -> bool:
    """Return whether one of the first lines is in braces, or all lines are blank.

    A line in braces that cannot be decoded (Latin-1, nested too deep) is refused alone.
    """
    stripped = (line.strip() for line in head.lines)
    in_braces = any(line.startswith(b"{") and line.endswith(b"}") for line in stripped)
    cut_short = head.text.startswith(b"{") and not head.whole and not head.lines
    return in_braces or cut_short or not head.text


def _jsonl_items(stream: BinaryIO, context: FileContext) -> Iterator[PostItem | Refusal]:  # noqa: ARG001
    """Yield a post for each line that is not blank, at `line 12`."""
    return (make_item(record, at, _plain_post) for at, record in read_object_lines(stream))


def _plain_post(record: dict[str, Any], at: str) -> PostItem:
    return PostItem(at, record)


JSONL = FormatReader("jsonl", b"\n,[{", _is_jsonl, _jsonl_items)


def _json_array_items(stream: BinaryIO, context: FileContext) -> Iterator[PostItem | Refusal]:  # noqa: ARG001
    """Yield a post for each element, at `[3]` or `posts[3]`."""
    document = JsonDocument(stream)
    if document.peek() == b"[":
        yield from read_elements(document, "", _plain_post)
    else:
        for key in document.members():
            if key == "posts":
                yield from read_elements(document, key, _plain_post)
            else:
                document.skip()
    document.end()


JSON_ARRAY = FormatReader(
    "json-array", b",[{", lambda head: head.is_array or "posts" in head.outline, _json_array_items
)


def _is_jetstream(head: FileHead) -> bool:
    """Return whether the first object is an event of a repository."""
    return bool(head.objects) and head.objects[0].keys() >= {"did", "kind", "time_us"}


def _jetstream_items(stream: BinaryIO, context: FileContext) -> Iterator[PostItem | Refusal]:  # noqa: ARG001
    """Yield a post for each line that creates one, at `line 12`. All of its posts are public.

    Updates, deletions, other collections and events about accounts are refused `not_a_post`.
    """
    return (make_item(event, at, _jetstream_post) for at, event in read_object_lines(stream))


def _jetstream_post(event: dict[str, Any], at: str) -> PostItem | Refusal:
    created = jetstream_post(event)
    return PostItem(at, *created) if created else Refusal(Code.NOT_A_POST, at=at)


JETSTREAM = FormatReader("jetstream", b"\n,[{", _is_jetstream, _jetstream_items)
