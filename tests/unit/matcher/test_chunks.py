"""Ordinary writing with digits and signs is not cut up, and no disguise is missed."""

import pytest

from matcher.readings import CHUNKS_READ, REMEMBERED_LENGTH, Chunks
from matcher.vocabulary import Vocabulary

WORDS = [" bomb ", " pussi ", " hello world ", " سلاح "]

ORDINARY = {
    "a number with its unit": "24h, 10k and 100x",
    "a word with its number": "covid19",
    "emphasis": "**bold** and **two words**",
    "a telephone number": "+7 999 111-22-33",
    "a price": "$70 or 50€",
    "a hashtag of other words": "#BigDay",
    "letters apart that are no word": "x y z",
    "a long run of a letter": "yaaaa",
}

DISGUISED = {
    "a digit": "b0mb",
    "a digit, and a call after it": "pu5s!",
    "a star": "b*mb",
    "a star among emphasis": "**b*mb**",
    "a hash as a star": "b#mb",
    "a run of a letter": "booomb",
    "a letter of another script": "سلاh",
    "words after a hash": "#HelloWorld",
    "between brackets": "(b0mb)",
    "after Han letters": "买b0mb",
    "in a chunk too long to remember": f"{'-' * REMEMBERED_LENGTH}b0mb",
    "after more chunks than are read": " ".join(f"a{n}b" for n in range(CHUNKS_READ + 1)),
}


@pytest.fixture(scope="module")
def chunks() -> Chunks:
    return Chunks(Vocabulary(WORDS))


@pytest.mark.parametrize("text", ORDINARY.values(), ids=ORDINARY)
def test_ordinary_writing_hides_nothing(chunks: Chunks, text: str) -> None:
    assert not chunks.may_hide(text)
    assert not chunks.may_hide(text), "the same when it is remembered"


@pytest.mark.parametrize("text", DISGUISED.values(), ids=DISGUISED)
def test_a_disguise_is_never_ordinary(chunks: Chunks, text: str) -> None:
    assert chunks.may_hide(text)
    assert chunks.may_hide(text), "the same when it is remembered"


def test_letters_apart_are_read_together(chunks: Chunks) -> None:
    assert chunks.may_hide_apart("b.o.m.b", " b o m b ")
    assert not chunks.may_hide_apart("x y z", " x y z ")
