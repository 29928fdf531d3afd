"""Excerpts: at most so many code points, around the span; and where they begin."""

import pytest

from ledger.findings import EXCERPT_LENGTH, excerpt_of

TEXT = "".join(chr(0x4E00 + place) for place in range(1000))


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, 3), (1, 140), (500, 503), (997, 1000), (0, 280), (720, 1000), (360, 640)],
    ids=["first", "early", "middle", "last", "as long, first", "as long, last", "as long, middle"],
)
def test_an_excerpt_contains_the_span_and_has_full_length(start: int, end: int) -> None:
    first, excerpt = excerpt_of(TEXT, start, end)
    assert len(excerpt) == EXCERPT_LENGTH
    assert TEXT[start:end] in excerpt
    assert TEXT[first : first + EXCERPT_LENGTH] == excerpt


def test_a_span_is_in_the_middle_of_its_excerpt() -> None:
    before, after = excerpt_of(TEXT, 500, 502)[1].split(TEXT[500:502])
    assert abs(len(before) - len(after)) <= 1


def test_a_span_longer_than_the_excerpt_gives_its_beginning() -> None:
    assert excerpt_of(TEXT, 100, 900) == (100, TEXT[100 : 100 + EXCERPT_LENGTH])


def test_a_short_text_is_its_own_excerpt() -> None:
    assert excerpt_of(TEXT[:280], 3, 4) == (0, TEXT[:280])
    assert excerpt_of("", 0, 0) == (0, "")
