"""An import holds neither its feed nor its checks, however many they are."""

import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from random import Random
from typing import TYPE_CHECKING

import pytest
from support.endless import Endless
from support.sample_checks import PUBLISHER

from claims.admission import Spool, Trust, admit, build_index
from claims.fact_check import read_feed
from claims.index import lay_out

if TYPE_CHECKING:
    from claims.fact_check import FeedCheck

FEW, MANY = 600, 2_400
MARGIN_BYTES = 150_000
"""Nine hundred bytes a check are far more than this, were they held."""


def lines(count: int, publisher: str) -> Iterator[bytes]:
    """A table of checks of drawn words, each of them twice."""
    random, words = Random(7), [f"word{number}" for number in range(300)]
    yield b"url,claim,rating,date,language,title,summary\n"
    for number in range(count):
        claim = " ".join(random.choices(words, k=10))
        row = f"https://{publisher}/{number},{claim},False,2026-10-01,fr,,{'x' * 900}\n".encode()
        yield row + row


def imported(count: int, publisher: str) -> Spool:
    stream = Endless(lines(count, publisher))
    return admit(read_feed(stream), Trust([PUBLISHER])).checks


def peak_bytes(work: Callable[[], object]) -> int:
    """The most that Python held for this work at one time."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("publisher", [PUBLISHER, "bread.example"], ids=["trusted", "strangers"])
def test_a_feed_four_times_as_long_takes_no_more_memory(publisher: str) -> None:
    imported(FEW, publisher)  # what is read or made once for all feeds
    few, many = (peak_bytes(partial(imported, count, publisher)) for count in (FEW, MANY))
    assert many < few + MARGIN_BYTES


def test_checks_are_laid_out_in_little_more_than_their_arrays_take() -> None:
    checks = imported(MANY, PUBLISHER)
    arrays = lay_out(checks.of("fr"), "fr", MANY)
    size = sum(memoryview(one).nbytes for one in arrays.values())
    assert peak_bytes(lambda: lay_out(checks.of("fr"), "fr", MANY)) < 3 * size


def test_an_index_of_checks_on_disk_is_that_of_checks_in_memory() -> None:
    checks = imported(FEW, PUBLISHER)
    in_memory: list[FeedCheck] = list(checks)
    Random(7).shuffle(in_memory)
    assert build_index(checks) == build_index(in_memory)


def test_an_import_tells_how_far_the_index_is() -> None:
    told: list[tuple[str, int, int]] = []
    build_index(imported(FEW, PUBLISHER), lambda *one: told.append(one))
    assert [what for what, _ in groupby(what for what, _, _ in told)] == [
        "laying out fr",
        "measuring fr",
    ]
    assert ("laying out fr", 500, FEW) in told
