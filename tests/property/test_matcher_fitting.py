"""Disguised words are read as a regular expression for each word would read them."""

import re
from itertools import groupby
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from property.effort import share

from matcher.candidates import LOOKALIKES, STAR, fit_of
from matcher.vocabulary import MaskedWords

seeds = st.integers(0, 2**48)
LETTERS = "ilaos1"


def signs_of(letter: str) -> str:
    """Return the signs that may replace a letter."""
    return "".join(sign for sign, letters in LOOKALIKES.items() if letter in letters)


def units_of(random: Random, word: str) -> str:
    """Return a word with signs for letters, stretched and masked at some places."""
    units = ""
    for letter in word:
        kind = random.random()
        signs = signs_of(letter)
        if kind < 0.2:
            units += STAR * random.choice([1, 1, 2])
        elif kind < 0.5 and signs:
            units += random.choice(signs) * random.choice([1, 1, 3])
        else:
            units += random.choice([letter, letter, letter, random.choice(LETTERS), letter * 3])
    return units


def reference_fit(word: str, units: str) -> bool:
    """Search by a pattern with a group for each run of a letter."""
    stretched = re.search(r"([^\W\d])\1\1|(?<=[^\W\d])(\d)\2\2(?=[^\W\d])", units)
    groups = []
    for letter, run in groupby(word):
        length = len(list(run))
        more = "," if stretched and letter.isalpha() else ""
        groups.append(f"[{re.escape(letter + signs_of(letter))}]{{{length}{more}}}")
    return bool(re.fullmatch("".join(groups), units))


def reference_like(word: str, units: str, free: int) -> bool:
    """Search by a pattern with a group for each run of stars."""
    pattern = ""
    for is_star, run in groupby(units, STAR.__eq__):
        kept = list(run)
        size = len(kept)
        if is_star:
            pattern += f".{{1,{max(2, size)}}}" if size <= free else f".{{{size}}}"
        else:
            pattern += "".join(f"[{re.escape(unit + LOOKALIKES.get(unit, ''))}]" for unit in kept)
    return bool(re.fullmatch(pattern, word))


@given(seeds)
@share(5)
def test_a_fit_is_found_where_a_pattern_finds_one(seed: int) -> None:
    random = Random(seed)
    word = "".join(random.choices(LETTERS, k=random.randrange(2, 7)))
    units = units_of(random, word).replace(STAR, "i")
    fit = fit_of(word, units)
    assert (fit is not None) == reference_fit(word, units)
    if fit is not None:
        assert fit == sorted(set(fit)) or fit[-1] == len(units) - 1
        assert len(fit) == len(word)
        for letter, at in zip(word, fit, strict=True):
            assert units[at] in letter + signs_of(letter)


@given(seeds)
@share(5)
def test_masked_words_are_those_that_a_pattern_finds(seed: int) -> None:
    random = Random(seed)
    words = ["".join(random.choices(LETTERS, k=random.randrange(2, 6))) for _ in range(30)]
    units = units_of(random, random.choice(words))
    free = random.choice([1, 2])
    whole, parts = (MaskedWords((word, closes) for word in words) for closes in (True, False))
    found = {words[number] for number, _, _ in whole.like(units, free)}
    assert found == {word for word in words if reference_like(word, units, free)}
    begun = {(words[number], last) for number, last, _ in parts.like(units, free)}
    ends = range(1, len(units) + 1)
    assert begun == {
        (word, end) for end in ends for word in words if reference_like(word, units[:end], free)
    }
