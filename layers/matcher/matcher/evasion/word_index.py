"""Finds words that cannot be looked up by their skeleton: masked words, and mentions.

The simple way is to compare a masked word with every word of the terms. A long list has thousands
of words with the same first letter, so `MaskedWords` combines sets of words as bits instead.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import groupby

from matcher.evasion.lookalikes import LOOKALIKES, SAME_LOOKALIKE, STAR
from matcher.evasion.plausible import MENTION_LETTERS
from matcher.text.fold import fold

_FOREIGN = (
    (re.compile(r"[\u0621-\u064a]"), re.compile(r"[a-z0-9]+")),
    (re.compile(r"[a-z]"), re.compile(r"[\u0621-\u064a]+")),
)
"""The scripts in which a word may be written, and the foreign letters in each."""

_END, _OPEN = "\n", (0, "\n")
_PARTICLES = "وفبكل"  # Arabic writes them together with the next word, a Latin one too
_HANDLE = re.compile(rf"@(\w{{{MENTION_LETTERS - 1},60}})(?!\w)")


def foreign_as_stars(units: str) -> str | None:
    """Return units with stars for the one or two letters of a foreign script, or None.

    One script is Arabic, the other Latin letters and digits.
    """
    if units.isascii():  # most are, and this is asked of each
        return None
    for native, foreign in _FOREIGN:
        runs = list(foreign.finditer(units))
        if len(runs) == 1 and len(runs[0][0]) < 3 and len(native.findall(units)) > 1:
            start, end = runs[0].span()
            if start == 0 and units[0] in _PARTICLES:
                return None
            return units[:start] + STAR * (end - start) + units[end:]
    return None


class MaskedWords:
    """Words, found by the letters that stars leave of them.

    Each letter at each place of a word has a number with a bit for each word that has it there. The
    words that fit are the `and` of a few such numbers, so a long list of words costs hardly more
    than a short one. Long words have the low bits: the number of a late place is small.

    >>> words = MaskedWords([("bomber", True), ("bomb", True), ("bumb", False)])
    >>> list(words.like("b*m*er", 1))
    [(0, 6, [0, 1, 2, 3, 4, 5]), (2, 4, [0, 1, 2, 3])]
    >>> list(words.like("b*mbing", 1))
    [(2, 4, [0, 1, 2, 3])]
    """

    def __init__(self, words: Iterable[tuple[str, bool]]):
        """Take words, and whether each takes all units. Results name them by their order."""
        self._ordered = sorted(enumerate(words), key=lambda word: -len(word[1][0]))

    @cached_property
    def _bits(self) -> dict[tuple[int, str], int]:
        """As bits, the words with each letter at each place; `_OPEN`: which need not take all."""
        bits: defaultdict[tuple[int, str], bytearray] = defaultdict(bytearray)
        for at, (_, (word, is_whole)) in enumerate(self._ordered):
            for place_and_letter in (*enumerate(word + _END), *([] if is_whole else [_OPEN])):
                of = bits[place_and_letter]
                of.extend(bytes((at >> 3) + 1 - len(of)))
                of[at >> 3] |= 1 << (at & 7)
        return {key: int.from_bytes(of, "little") for key, of in bits.items()}

    def like(self, units: str, free: int) -> Iterator[tuple[int, int, list[int]]]:
        """Yield the words that units with stars fit, how many units each takes, and its fit.

        The fit is the unit for each letter. Up to `free` stars in a row hide one letter or two;
        more stars hide one letter each. Words that must take all units come first, then those that
        take most units, then short ones, then words in their order.
        """
        found: list[tuple[bool, int, list[int], int]] = []
        ways: list[tuple[list[int], int]] = [([], (1 << len(self._ordered)) - 1)]  # fit, words
        last, are_open = 0, self._bits.get(_OPEN, 0)
        for is_star, run in groupby(units, STAR.__eq__):
            first, before = last, ways
            for unit in run:
                last += 1
                if is_star:
                    ways = [
                        ([*fit, *(min(first + at, last - 1) for at in range(length))], words)
                        for fit, words in before
                        for length in _lengths(last - first, free)
                    ]
                else:
                    ways = [
                        ([*fit, last - 1], left)
                        for fit, words in ways
                        if (left := words & self._with(len(fit), unit))
                    ]
                for fit, words in ways:
                    if of_length := words & self._bits.get((len(fit), _END), 0):
                        found.append((True, -last, fit, of_length & are_open))
                        if last == len(units):
                            found.append((False, -last, fit, of_length & ~are_open))
            if not ways:
                break
        for _, minus, fit, words in sorted(found, key=lambda way: (*way[:2], len(way[2]))):
            while words:
                lowest = words & -words
                yield self._ordered[lowest.bit_length() - 1][0], -minus, fit
                words ^= lowest

    def _with(self, place: int, unit: str) -> int:
        """Return, as bits, the words that have a unit, or a letter that it replaces, at a place."""
        words = self._bits.get((place, unit), 0)
        for letter in LOOKALIKES.get(unit, ""):
            words |= self._bits.get((place, letter), 0)
        return words


def _lengths(stars: int, free: int) -> range:
    """Return how many letters a run of stars may be, the most first."""
    return range(max(2, stars), 0, -1) if stars <= free else range(stars, stars - 1, -1)


class MentionedWords:
    """Words of which a mention may be the whole, its @ being the first letter: @nacondas.

    >>> words = MentionedWords(["anaconda", "python"])
    >>> words.is_in("an @naconda"), words.is_in("a @ython")
    (True, False)
    """

    def __init__(self, words: Iterable[str]):
        """Take folded words. Only long ones that begin with an a can be a mention."""
        long = (word for word in words if len(word) >= MENTION_LETTERS and word[0] == "a")
        self._words = {word.translate(SAME_LOOKALIKE) for word in long}

    def is_in(self, text: str) -> bool:
        """Return whether a text has such a mention."""
        return bool(self._words) and any(map(self._is_word, _HANDLE.finditer(text)))

    def among(self, text: str, places: Iterable[int]) -> Iterator[int]:
        """Yield the places that have such a mention. At each of the given places there is an @."""
        for place in places if self._words else ():
            found = _HANDLE.match(text, place)
            if found and self._is_word(found):
                yield place

    def _is_word(self, found: re.Match[str]) -> bool:
        handle = found[1].lower() if found[1].isascii() else fold(found[1]).strip(" ")
        return f"a{handle.translate(SAME_LOOKALIKE)}" in self._words
