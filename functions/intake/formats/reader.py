"""What every format has in common: a reader, what it is told, and what it gives."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol

from formats.sample import Sample
from ledger.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Budget:
    """How far an archive may unfold; counted while it does, whatever its headers say.

    Text packs about 3 to 20 times smaller, DEFLATE at most 1,032 times. The first MiB is free of
    the ratio, so that a small file of one repeated line is no bomb. The total is what a reader
    does in 300 s, a third of the longest time that a function may run: 300 x 5 MB.
    """

    ratio: int = 200
    total_bytes: int = 1_500_000_000
    members: int = 10_000


@dataclass(frozen=True, slots=True)
class Context:
    """What a reader may know about the file it reads.

    `open_channels` are those that the provider registered as open to anybody
    (`telegram:ID`, `discord:GUILD`).
    """

    provider: str
    name: str = ""
    open_channels: frozenset[str] = frozenset()
    budget: Budget = field(default_factory=Budget)


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
    """One format. A module of this package is a reader; `formats.plain` lists them.

    `version` rises when the same file would give other items. `bytes_per_second` is what it
    surely does in a second: a quarter of what was measured on one core (16 to 27 MB of posts of
    200 bytes); of an archive, in packed bytes of which each holds ten.
    """

    name: str
    version: int
    bytes_per_second: int

    def recognises(self, sample: Sample) -> bool:
        """Whether the beginning of a file is of this format."""

    def items(self, stream: BinaryIO, context: Context) -> Iterator[Item | Refusal]:
        """All items in order, in flat memory. Raises FileRefusedError for a fault of the file."""
