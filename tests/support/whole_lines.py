"""What the ranges of a file own, told from the whole file: where each line begins decides."""

from support.memory_objects import RangesOf

from ledger.units import cut_ranges
from scan.unit_input import read_owned


def owners(data: bytes, size: int) -> list[bytes]:
    """What each range should own: by whole lines and where they begin."""
    expected = [b""] * len(range(0, len(data), size))
    begin = 0
    while begin < len(data):
        end = data.find(b"\n", begin) + 1 or len(data)
        expected[begin // size] += data[begin:end]
        begin = end
    return expected


def check(data: bytes, size: int) -> None:
    objects = RangesOf(data)
    found = [
        read_owned(objects, objects.unit(*place)) for place in cut_ranges(objects.source, size)
    ]
    assert [one.data for one in found] == owners(data, size)
    assert sum(one.size for one in found) == len(data)
