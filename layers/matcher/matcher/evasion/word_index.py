"""Finds words that cannot be looked up by their skeleton: masked words, and mentions.

The simple way is to compare a masked word with every word of the terms. A long list has thousands
of words with the same first letter, so `MaskedWords` combines sets of words as bits instead.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby, product

from matcher.evasion.lookalikes import LOOKALIKES, SAME_LOOKALIKE, STAR
from matcher.evasion.plausible import MENTION_LETTERS
from matcher.text.fold import fold

_FOREIGN = (
    (re.compile(r"[\u0621-\u064a]"), re.compile(r"[a-z0-9]+")),
    (re.compile(r"[a-z]"), re.compile(r"[\u0621-\u064a]+")),
)
"""The scripts in which a word may be written, and the foreign letters in each."""

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

    Each letter at each place of words of one length has a number with a bit for each of those
    words. The words that fit are the `and` of a few such numbers, so a long list of words costs
    hardly more than a short one.

    >>> words = MaskedWords(["bomb", "bumb", "bomber"])
    >>> list(words.like("b*mb", 1)), list(words.like("b*m*er", 1))
    ([(0, [0, 1, 2, 3]), (1, [0, 1, 2, 3])], [(2, [0, 1, 2, 3, 4, 5])])
    """

    def __init__(self, words: Iterable[str]):
        """Take words. Results name them by their order."""
        self._by_length: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
        for number, word in enumerate(words):
            self._by_length[len(word)].append((number, word))
        self._bits: dict[int, dict[tuple[int, str], int]] = {}  # by length, place and letter

    def like(self, units: str, free: int) -> Iterator[tuple[int, list[int]]]:
        """Yield the words that units with stars fit, each with the unit for each of its letters.

        Up to `free` stars in a row hide one letter or two; more stars hide one letter each. Short
        words come first, then words in their order.
        """
        runs = [(is_star, len(list(run))) for is_star, run in groupby(units, STAR.__eq__)]
        ways = product(*(_lengths(*run, free) for run in runs))
        for lengths in sorted(ways, key=sum) if len(runs) > 1 else ways:
            if bits := self._with_letters(units, runs, lengths):
                words, fit = self._by_length[sum(lengths)], _fit_of(runs, lengths)
                while bits:
                    lowest = bits & -bits
                    yield words[lowest.bit_length() - 1][0], fit
                    bits ^= lowest

    def _with_letters(
        self, units: str, runs: list[tuple[bool, int]], lengths: tuple[int, ...]
    ) -> int:
        """Return, as bits, the words of this length that have the seen units or their letters."""
        words = self._by_length.get(sum(lengths))
        if not words:
            return 0
        bits_of, fitting = self._bits_of(sum(lengths)), (1 << len(words)) - 1
        at = place = 0
        for (is_star, size), length in zip(runs, lengths, strict=True):
            for number, unit in enumerate("" if is_star else units[at : at + size], place):
                same = bits_of.get((number, unit), 0)
                for letter in LOOKALIKES.get(unit, ""):
                    same |= bits_of.get((number, letter), 0)
                fitting &= same
                if not fitting:
                    return 0
            at, place = at + size, place + length
        return fitting

    def _bits_of(self, length: int) -> dict[tuple[int, str], int]:
        """Return the words of a length that have each letter at each place, as bits."""
        if length not in self._bits:
            words = self._by_length[length]
            bits: defaultdict[tuple[int, str], bytearray] = defaultdict(
                lambda: bytearray(len(words) // 8 + 1)
            )
            for at, (_, word) in enumerate(words):
                for place_and_letter in enumerate(word):
                    bits[place_and_letter][at >> 3] |= 1 << (at & 7)
            self._bits[length] = {key: int.from_bytes(of, "little") for key, of in bits.items()}
        return self._bits[length]


def _fit_of(runs: list[tuple[bool, int]], lengths: tuple[int, ...]) -> list[int]:
    """Return the unit for each letter. If letters are more than stars, the last star repeats."""
    fit: list[int] = []
    at = 0
    for (_, size), length in zip(runs, lengths, strict=True):
        fit += (at + min(place, size - 1) for place in range(length))
        at += size
    return fit


def _lengths(is_star: bool, size: int, free: int) -> range:
    """Return how many letters a run of units may be, the most first."""
    return range(max(2, size), 0, -1) if is_star and size <= free else range(size, size - 1, -1)


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
