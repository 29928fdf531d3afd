"""The work that a file may make: what it costs is counted, and too much of it is refused."""

import gzip
import io
import zipfile
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from support.format_files import Generated, context, dumps, json_lines, post, read, zipped
from support.slow_files import HEADER, MIB, SLOW_FILES, pieces

from intake.arrival import choose_reader, translate
from intake.reader import HEAD_BYTES, LAST_SECONDS, Budget, FileContext, FileEffort
from ledger.codes import Code, FileRefusedError
from ledger.findings import Pseudonyms

PSEUDONYMS = Pseudonyms.derive(b"secret", "acme", "k2026-11")


def packed(pieces: Iterator[bytes]) -> bytes:
    return gzip.compress(b"".join(pieces), mtime=0)


def zip_of(item: bytes, members: int) -> bytes:
    return zipped(*((f"{number}.json", item) for number in range(members)))


def taken(stream: Any, head: bytes, about_file: FileContext) -> int:
    """How many lines a file gives before it is refused as too large."""
    reader = choose_reader(head[:HEAD_BYTES], "posts", 1 << 30)
    lines = count()
    with pytest.raises(FileRefusedError) as refused:
        deque(zip(translate(stream, reader, about_file, PSEUDONYMS), lines, strict=False), maxlen=0)
    assert refused.value.code == Code.TOO_LARGE_FOR_FORMAT
    assert "JSON Lines" in refused.value.advice
    return next(lines)


@pytest.mark.parametrize(("head", "item"), SLOW_FILES.values(), ids=SLOW_FILES)
def test_a_file_that_is_slow_byte_for_byte_is_refused_long_before_its_end(
    head: bytes, item: bytes
) -> None:
    """Of 64 MiB that took 0.3 to 2 MB a second less than 0.7 are read, at 100,000 marks."""
    stream = Generated(pieces(head, item, 64))
    about_file = context("telegram:5", "discord:1", budget=Budget(marks=100_000))
    assert taken(stream, head + item * 4, about_file) <= 100_000
    assert stream.given < 2 * MIB // 3


@pytest.mark.parametrize(("head", "item"), SLOW_FILES.values(), ids=SLOW_FILES)
def test_packing_hides_none_of_it(head: bytes, item: bytes) -> None:
    data = packed(pieces(head, item, 2))
    about_file = context("telegram:5", "discord:1", budget=Budget(marks=300_000, ratio=2_000))
    assert taken(io.BytesIO(data), data, about_file) <= 300_000


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(zip_of(b'{"a":[' + b"[]," * 50_000 + b"1]}", 4), id="heads of brackets"),
        pytest.param(gzip.compress(json_lines(post())) * 300_001, id="tiny gzip members"),
    ],
)
def test_what_only_finding_out_costs_is_counted(data: bytes) -> None:
    """Of four members the format is looked for in 100,000 brackets each, and none is a post."""
    about_file = context(budget=Budget(marks=300_000, ratio=2_000))
    taken(io.BytesIO(data), data, about_file)


def test_records_are_bounded() -> None:
    data = dumps([post()] * 11)
    assert taken(io.BytesIO(data), data, context(budget=Budget(records=10))) == 10
    assert len(read(dumps([post()] * 10), budget=Budget(records=10))) == 10


def test_what_is_written_is_bounded_whatever_was_received() -> None:
    """A control character is one byte of CSV and six of JSON."""
    data = HEADER + (b"1,a," + b"\x01" * 60_000 + b",public,2026-11-25T10:00:00Z\n") * 20
    assert taken(io.BytesIO(data), data, context(budget=Budget(written_bytes=2_000_000))) == 5


def test_members_that_lie_backwards_count_what_is_read_for_them() -> None:
    """The directory of a zip may name its members from the last to the first."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(10):
            archive.writestr(f"{number}.json", dumps([post(id=str(number))]))
        archive.filelist.reverse()
    data = target.getvalue()
    assert len(read(data)) == 10
    in_order = zip_of(dumps([post()]), 10)
    assert len(read(in_order, budget=Budget(total_bytes=MIB))) == 10
    assert taken(io.BytesIO(data), data, context(budget=Budget(total_bytes=20 * MIB))) == 5


def test_the_same_file_ends_at_the_same_record_however_it_is_read() -> None:
    """Marks are counted by the chunks that are asked for, whatever a stream gives at once."""
    data = HEADER + b"a\n" * 800_000
    ends = {
        taken(stream, data, context(budget=Budget(marks=200_000)))
        for stream in (io.BytesIO(data), Generated(iter([data])))
    }
    assert len(ends) == 1


def test_a_machine_that_is_too_slow_refuses_and_does_not_try_for_ever() -> None:
    """The last resort: what counts is the time left, asked for with each chunk."""
    left = iter([900.0, 300.0, LAST_SECONDS - 1])
    about_file = FileContext("acme", effort=FileEffort(Budget(), lambda: next(left)))
    data = HEADER + b"a\n" * 500_000
    assert 0 < taken(io.BytesIO(data), data, about_file) < 500_000


@pytest.mark.parametrize(
    ("budget", "count"),
    [
        (Budget(total_bytes=100), FileEffort.unpack),
        (Budget(marks=100), FileEffort.mark),
        (Budget(written_bytes=100), FileEffort.record),
    ],
)
def test_a_budget_may_be_used_up_and_no_more(
    budget: Budget, count: Callable[[FileEffort, int], None]
) -> None:
    effort = FileEffort(budget, lambda: LAST_SECONDS)
    count(effort, 60)
    count(effort, 40)
    with pytest.raises(FileRefusedError):
        count(effort, 1)
