"""Row F15: 20 GB are as many units as the formula says, each in the memory of a unit."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from catalogue.measuring import peak_mib
from support.faults import Calls
from support.sample_posts import line
from support.world import World

from ledger.objects import SqsUnitQueue
from ledger.units import RangeMessage, Source
from scan.unit_input import read_owned, read_records

ID = b"0000000000"


@dataclass(slots=True)
class SparseObject:
    """The port `Objects` for one object of equal lines, each a post with its number for an id.
    Whatever is asked of other objects goes on to `others`."""

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
        whole = b"".join(piece
                         for number in range(first, last + 1)
                         for piece in (self._before, b"%010d" % number, self._after))  # fmt: skip
        skipped = start - first * self.line_bytes
        return whole[skipped : skipped + end - start]

    def delete_version(self, source: Source) -> None:
        """Remember that it is gone."""
        self.deleted = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self.others, name)


SIZE = 20_000_000_000
RANGE_BYTES = 8 * 1024**2
UNITS = -(-SIZE // RANGE_BYTES)
assert UNITS == 2_385


class UnitList:
    """A queue that keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[RangeMessage] = []

    def send(self, units: Iterable[RangeMessage]) -> None:
        self.sent += units


def taken_in(world: World, line_bytes: int) -> tuple[SparseObject, list[RangeMessage]]:
    """An object of 20 GB that intake has cut, and its units."""
    world.range_bytes = RANGE_BYTES
    large = SparseObject(world.objects, world.drop, "drop/acme/large", SIZE, line_bytes)
    queue = UnitList()
    outcome = world.intake(objects=large, queue=queue).receive(
        large.bucket, large.key, "v1", lambda: 900
    )
    assert (outcome.status, outcome.size, outcome.ranges) == ("cut", SIZE, UNITS)
    return large, queue.sent


def test_f15_twenty_gigabytes_are_cut_without_being_read(world: World) -> None:
    found: list[Any] = []
    peak = peak_mib("cutting 20 GB", lambda: found.append(taken_in(world, 1_000_003)))
    large, units = found[0]
    assert peak < 64
    assert large.longest_read <= 256 * 1024  # the head, to tell the format
    assert [unit.number for unit in units] == list(range(UNITS))
    assert sum(unit.end - unit.start for unit in units) == SIZE
    assert not large.deleted


class CountingSqs:
    """A queue that takes all, and counts how often it is asked to."""

    def __init__(self) -> None:
        self.calls = 0

    def send_message_batch(self, **asked: Any) -> dict[str, Any]:
        self.calls += 1
        bodies = [entry["MessageBody"] for entry in asked["Entries"]]
        assert 1 <= len(bodies) <= 10
        assert sum(map(len, bodies)) < 256 * 1024
        return {}


def test_f15_the_largest_file_takes_1000_calls_and_one_byte_more_is_refused(world: World) -> None:
    """1,000 calls of 80 ms are 80 s of 900: no file outlasts the function by its size."""
    world.range_bytes = RANGE_BYTES
    units = world.budget.units
    largest, sqs = units * RANGE_BYTES, CountingSqs()
    for more, status in ((0, "cut"), (1, "refused")):
        key = f"drop/acme/large-{more}"
        large = SparseObject(world.objects, world.drop, key, largest + more, 200)
        intake = world.intake(objects=large, queue=SqsUnitQueue(sqs, "url"))
        outcome = intake.receive(large.bucket, large.key, "v1", lambda: 900)
        assert outcome.status == status
        assert sqs.calls == units // 10 == 1_000
    assert large.deleted
    assert f"{largest:,} bytes" in world.file_receipt(outcome.file).advice


def test_closing_reads_two_items_for_each_unit_and_few_refusals(world: World,
        monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """10,000 units are 20,000 items of 5 ms, and the refusals of a thousand of them."""
    monkeypatch.setattr("ledger.closing.UNITS_SHOWN", 3)
    lines = [b'{"a": %d}\n' % number for number in range(10, 22)]
    world.range_bytes = len(lines[0])
    units = world.take_in(b"".join(lines))
    for unit in units:
        world.scanner().scan_range(unit)
    calls = Calls()
    closing = world.closing(calls.through(world.store), calls.through(world.objects))
    assert closing.close(units[0].file)
    assert [calls.names.count(name) for name in ("marker", "receipt", "get")] == [12, 12, 3]
    assert len(calls.names) < 2 * len(units) + 3 + 10
    file_receipt = world.file_receipt(units[0].file)
    assert (sum(file_receipt.refused.values()), len(file_receipt.refusals)) == (12, 3)


LOOKED_AT = 64
"""Each so many units are read: all 2,385 take 43 s, and come to the same."""


def test_f15_a_unit_owns_the_lines_that_begin_in_it_in_flat_memory(world: World) -> None:
    """Lines of 1,000,003 bytes, which meet the cuts of 8 MiB at ever other places."""
    large, units = taken_in(world, 1_000_003)

    def scan() -> None:
        for unit in (*units[::LOOKED_AT], units[-1]):
            lines = read_owned(cast("Any", large), unit)
            reading = read_records(lines.data, begins_file=not unit.start)
            first, end = (-(-place // large.line_bytes) for place in (unit.start, unit.end))
            assert [post.id for post in reading.posts] == [f"{n:010d}" for n in range(first, end)]
            assert reading.records == len(reading.posts)
            assert lines.size == min(end * large.line_bytes, SIZE) - first * large.line_bytes

    assert peak_mib("units of 20 GB, one after another", scan) < 64


@pytest.mark.parametrize("place", [0, UNITS // 2, UNITS - 2])
def test_f15_a_unit_of_short_lines_takes_the_same_memory_anywhere(world: World, place: int) -> None:
    """41,943 posts of 200 bytes a unit: a hundred million in the object."""
    large, units = taken_in(world, 200)
    found: list[Any] = []

    def scan() -> None:
        found.append(read_records(read_owned(cast("Any", large), units[place]).data))

    assert peak_mib(f"unit {place} of short lines", scan) < 128
    assert len(found[0].posts) in (41_943, 41_944)
