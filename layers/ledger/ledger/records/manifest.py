"""A dropped file and its units: how it was cut, and the result of each range."""

from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple

import msgspec

from ledger.records.finding import EXCERPT_LENGTH


class Source(msgspec.Struct, frozen=True):
    """One object that units are cut from: the sender's own, or one part of its translation."""

    bucket: str
    key: str
    version: str
    etag: str
    size: int


class Manifest(msgspec.Struct, frozen=True, omit_defaults=True):
    """The facts that are pinned when a file comes in. It is sealed before the first unit is sent.

    `dropped` is the sender's object. `format` and `reader_version` say how it was read: `jsonl` is
    cut as it is, anything else was translated into parts. `ranges` counts the units; `day` (UTC)
    decides which packs are in force; `at` is when it was sealed. `content` identifies a translated
    file by its content, under whatever name it was dropped.
    """

    file: str
    provider: str
    dropped: Source
    format: str
    reader_version: int
    range_bytes: int
    ranges: int
    set: str
    pseudonym_key: str
    day: str
    at: str
    translated: bool = False
    content: str = ""


class RangeMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """The message for one range of a file: bytes `start` to `end` (excluded) of the source.

    `number` counts over the whole file from 0; `at` is when the manifest was sealed.
    """

    file: str
    provider: str
    number: int
    source: Source
    start: int
    end: int
    set: str
    pseudonym_key: str
    at: str
    translated: bool = False
    content: str = ""


class RangeRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """The result of one range: its unit (empty if it owns no line), and its size.

    `known` says that the unit was committed before, by another file or range.
    """

    number: int
    unit: str
    bytes: int
    lines: int
    known: bool = False

    @property
    def is_lost(self) -> bool:
        """The range was gone or changed before it was read: its unit is one refused record."""
        return bool(self.unit) and not self.bytes


class Marker(msgspec.Struct, frozen=True, omit_defaults=True):
    """The record that a unit was committed, and where its receipt is.

    `batch` is the id of the batch that a message was committed in. The receipt of a batch counts
    all of its messages.
    """

    unit: str
    provider: str
    day: str
    batch: str = ""

    @property
    def receipt_id(self) -> str:
        """The receipt is of this unit, or of the batch that it is part of."""
        return self.batch or self.unit

    @property
    def form(self) -> int:
        """A reader that does not know batches must refuse the record."""
        return 2 if self.batch else 1


class CopyMatch(NamedTuple):
    """The posts of a unit, by number, that copy a decided one; `rule` is the rule of copies."""

    rule: str
    decision: str
    posts: tuple[int, ...]


class FoundCopies(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which posts of a unit are copies of confirmed ones, by the digest of the snapshot used.

    `not_compared` posts were not looked up: the snapshot was erased, or the unit had too many.
    """

    snapshot: str
    found: tuple[CopyMatch, ...] = ()
    not_compared: int = 0


class Attempt(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one attempt at a unit goes by: its set and moment, and the copies that it found.

    They decide which rules apply. The first attempt that may store findings is recorded, and later
    ones go by it: if it stored findings and died, the next must find the same. `excerpt_length` is
    how many code points of a post it kept. `copies` is None if no rule of copies ran.
    """

    set: str
    at: str
    excerpt_length: int = EXCERPT_LENGTH
    copies: FoundCopies | None = None

    @property
    def form(self) -> int:
        """A reader that does not know a record's fields must refuse it."""
        return 4 if self.copies and self.copies.found else 2

    @property
    def name(self) -> str:
        """A name that two attempts share only if they find the same."""
        found = self.copies.found if self.copies else ()
        copies = [sha256(msgspec.json.encode(found)).hexdigest()] if found else []
        return " ".join((self.set, self.at, *copies))


class UnitState(msgspec.Struct, frozen=True):
    """How far a unit has come.

    `marker` is set once it is committed. Until then `attempt` is the recorded one, which may have
    stored findings. `is_suspect` says that a worker began to work on it alone, and did not
    live to commit it or to give it back.
    """

    marker: Marker | None = None
    attempt: Attempt | None = None
    is_suspect: bool = False


def cut_ranges(source: Source, range_bytes: int) -> list[tuple[int, int]]:
    """Cut a source into ranges of equal size. A line belongs to the range of its first byte.

    >>> cut_ranges(Source("b", "k", "v", "e", 10), 4)
    [(0, 4), (4, 8), (8, 10)]
    """
    size = source.size
    return [(start, min(size, start + range_bytes)) for start in range(0, size, range_bytes)]


def units_of(manifest: Manifest, sources: list[Source]) -> Iterator[RangeMessage]:
    """Yield the units of a file, in order: the same each time they are sent."""
    number = 0
    for source in sources:
        for start, end in cut_ranges(source, manifest.range_bytes):
            yield RangeMessage(
                file=manifest.file,
                provider=manifest.provider,
                number=number,
                source=source,
                start=start,
                end=end,
                set=manifest.set,
                pseudonym_key=manifest.pseudonym_key,
                at=manifest.at,
                translated=manifest.translated,
                content=manifest.content,
            )
            number += 1


class OpenFile(msgspec.Struct, frozen=True):
    """A file: `day` is when its units were sent, `closed` when its last one was done, or empty."""

    file: str
    day: str
    ranges: int
    closed: str = ""
