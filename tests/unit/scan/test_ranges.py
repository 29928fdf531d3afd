"""A line belongs to the range that holds its first byte, however long it is."""

import pytest
from support.memory_objects import RangesOf

from ledger.codes import Code
from ledger.units import cut_ranges
from scan import unit_input
from scan.unit_input import OwnedLines, read_owned, read_records


def split(data: bytes, size: int) -> list[OwnedLines]:
    """What each range of the data owns."""
    objects = RangesOf(data)
    made = cut_ranges(objects.source, size)
    return [read_owned(objects, objects.unit(start, end)) for start, end in made]


@pytest.mark.parametrize(
    ("data", "size", "expected"),
    [
        (b"ab\ncd\n", 3, [b"ab\n", b"cd\n"]),
        (b"ab\ncd\n", 2, [b"ab\n", b"cd\n", b""]),
        (b"ab\ncd", 3, [b"ab\n", b"cd"]),
        (b"abcdef\ng", 2, [b"abcdef\n", b"", b"", b"g"]),
        (b"\n\n\n", 1, [b"\n", b"\n", b"\n"]),
        (b"a\r\nb\r\n", 2, [b"a\r\n", b"b\r\n", b""]),
        (b"a\rb\n", 2, [b"a\rb\n", b""]),
    ],
    ids=["a line begins on a boundary", "a line crosses one", "no newline at the end",
         "a line crosses two", "empty lines", "CRLF across a boundary", "a lone CR ends no line"],
)  # fmt: skip
def test_ranges_own_lines(data: bytes, size: int, expected: list[bytes]) -> None:
    assert [one.data for one in split(data, size)] == expected


def test_the_rest_of_a_line_beyond_all_bounds_is_passed_over_and_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unit_input, "LINE_BYTES", 20)
    monkeypatch.setattr(unit_input, "READ_ON_BYTES", 4)
    data = b"a\n" + b"b" * 1000 + b"\nc\n"
    found = split(data, 8)
    assert sum(one.size for one in found) == len(data)
    assert found[0].data.startswith(b"a\nbbbb")
    assert len(found[0].data) <= 2 + 20 + 4
    assert found[0].passed_over == 1003 - len(found[0].data)
    assert [one.data for one in found if one.data][1:] == [b"c\n"]


def test_a_line_as_long_as_it_may_be_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_input, "LINE_BYTES", 20)
    monkeypatch.setattr(unit_input, "READ_ON_BYTES", 4)
    for length in range(15, 21):
        for size in 6, length:
            found = split(b"b" * length + b"\nc\n", size)
            assert found[0] == OwnedLines(b"b" * length + b"\n")


def test_memory_stays_flat_whatever_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_input, "LINE_BYTES", 1_000)
    monkeypatch.setattr(unit_input, "READ_ON_BYTES", 100)
    monkeypatch.setattr(unit_input, "PASS_OVER_BYTES", 200)
    objects = RangesOf(b"x" * 100_000)
    found = read_owned(objects, objects.unit(0, 50))
    assert max(objects.asked) == 200
    assert len(found.data) <= 1_100
    assert found.size == 100_000


def test_a_line_passed_over_is_one_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    found = split(b'{"a":"' + b"x" * 3_000_000 + b'"}\n', 1_000_000)[0]
    assert found.passed_over > 0
    records = read_records(found.data)
    assert (records.records, records.refused) == (1, {Code.LINE_LONG: 1})


def test_lines_that_differ_only_in_what_was_passed_over_are_other_units() -> None:
    unit = RangesOf(b"a").unit(0, 1)
    assert len({OwnedLines(b"a", passed).id_in(unit) for passed in (0, 1, 2)}) == 3


MIB = 1024**2


@pytest.mark.parametrize(
    ("before", "kept"), [(2 * MIB, 2 * MIB + 256 * 1024), (2 * MIB + 1, 2 * MIB + 1)]
)
def test_what_is_kept_of_a_line_that_is_too_long_is_always_the_same(before: int, kept: int) -> None:
    """How much is passed over is part of the unit's id: a repeat of the file must find it again."""
    objects = RangesOf(b"x" * (kept + 9 * MIB) + b"\nnext")
    owned = read_owned(objects, objects.unit(0, before))
    assert (len(owned.data), owned.passed_over) == (kept, 9 * MIB + 1)
