"""However a file is cut, each line is in exactly one range and no byte is lost."""

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.memory_objects import RangesOf
from support.whole_lines import check, owners

from ledger.units import cut_ranges
from scan import unit_input
from scan.unit_input import read_owned

BYTES = [b"a", b"\n", b"\r", b"\xc3", b"\xa9", b'"']
SIGNS = [b"a", b"\n", b"\r", "é".encode(), b'"']


def files(alphabet: list[bytes], longest: int) -> Iterator[bytes]:
    for length in range(longest + 1):
        yield from map(b"".join, product(alphabet, repeat=length))


@pytest.mark.parametrize(
    ("alphabet", "longest", "read_on"),
    [(SIGNS, 7, 3), (BYTES, 6, 2), (BYTES[:2], 10, 1), (BYTES[:2], 10, 3), (BYTES[:2], 10, 100)],
    ids=["signs", "half signs", "newlines, byte by byte", "newlines, in threes",
         "newlines, at once"],
)  # fmt: skip
def test_all_short_files_in_all_cuts(alphabet: list[bytes], longest: int, read_on: int,
                                     monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(unit_input, "READ_ON_BYTES", read_on)
    for data in files(alphabet, longest):
        for size in range(1, len(data) + 2):
            check(data, size)


@given(st.lists(st.integers(0, 40).map(lambda length: b"x" * length), max_size=12).map(b"\n".join),
       st.integers(1, 60), st.integers(1, 9), st.integers(0, 30))  # fmt: skip
def test_sizes_add_up_and_lines_begin_once_whatever_the_bounds(data: bytes, size: int, read_on: int,
        line_bytes: int) -> None:  # fmt: skip
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(unit_input, "READ_ON_BYTES", read_on)
        patched.setattr(unit_input, "LINE_BYTES", line_bytes)
        objects = RangesOf(data)
        found = [
            read_owned(objects, objects.unit(*place)) for place in cut_ranges(objects.source, size)
        ]
    for one, whole in zip(found, owners(data, size), strict=True):
        assert one.size == len(whole)
        assert whole.startswith(one.data)
        if one.passed_over:
            kept = one.data[one.data.rfind(b"\n") + 1 :]
            assert line_bytes < len(kept) <= max(line_bytes, size) + read_on
