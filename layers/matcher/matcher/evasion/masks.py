"""Words with stars for letters, or with a letter of a foreign script in the place of a star.

A star stands for a letter or, alone, for two. Half of the letters must be left. At an edge, where
footnotes and lists have stars, a star stands for one letter. At the start, what is left must be no
ordinary word, since "*error" corrects or explains; in words written without vowels or with digits
for letters, only where two letters are left. A foreign letter or digit must sound or look like the
letter it stands for.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby, product

from matcher.evasion.plausible import is_ordinary
from matcher.evasion.signs import SIGNS, STAR

STARS_IN_WORD = 4
SOUNDS = {
    "ا": "a e i o u 1 2", "ب": "b p", "ت": "t", "ث": "th s t", "ج": "j g dj", "ح": "h 7",
    "خ": "kh 5 7 x", "د": "d", "ذ": "dh d th z", "ر": "r", "ز": "z", "س": "s", "ش": "sh ch 4",
    "ص": "s 9", "ض": "d dh 9", "ط": "t 6", "ظ": "z dh th 6", "ع": "3 a e", "غ": "gh g 3",
    "ف": "f v", "ق": "q g k 2 8 9", "ك": "k c", "ل": "l", "م": "m", "ن": "n", "ه": "h 0 5",
    "و": "w ou u o v 9", "ي": "y i e 2", "ى": "a i y", "ة": "a h t 0 5", "ء": "2 a", "گ": "g",
    "پ": "p", "چ": "ch",
}  # fmt: skip
"""Arabic letters, folded, and how people write their sound, or their look, in Latin letters and
digits. Hamza on its seats folds to them, so 2 stands for alif and ya too. 0, 1, 5 and 9 look like
letters, 5 and 9 as the Arabic digits ٥ and ٩, which fold to the same."""
_CONSONANTAL = re.compile(r"[\u05d0-\u05ea\u0621-\u064a]+")  # Hebrew and Arabic: short words
HAS_LOOKALIKES = re.compile(r"[\u0370-\u058f]")  # Greek, Cyrillic, Armenian: some fold to Latin
_FACTOR = re.compile(r"^\d+\*|\*\d+$")
_FOREIGN = (
    (re.compile(r"[\u0621-\u064a]"), re.compile(r"[a-z0-9]+")),
    (re.compile(r"[a-z]"), re.compile(r"[\u0621-\u064a]+")),
)
_COUNTS = frozenset("01248")
_PARTICLES = "وفبكل"  # Arabic writes them together with the next word, a Latin one too


def foreign_as_stars(units: str) -> str | None:
    """Return units with stars for the one or two letters that are of a foreign script.

    One script is Arabic, the other Latin letters and digits. None for all other units.
    """
    if units.isascii():  # most are, and this is asked of each
        return None
    for own, foreign in _FOREIGN:
        runs = list(foreign.finditer(units))
        if len(runs) == 1 and len(runs[0][0]) < 3 and len(own.findall(units)) > 1:
            start, end = runs[0].span()
            if start == 0 and units[0] in _PARTICLES:
                return None
            return units[:start] + STAR * (end - start) + units[end:]
    return None


class MaskedWords:
    """Words, found by the letters that stars leave of them.

    Each letter at each place of words of one length is a number with a bit for each of those words.
    What fits is the `and` of a few such numbers, so that a long list costs hardly more than a short
    one. A search of the words for the letters before the first star would compare hundreds.

    >>> words = MaskedWords(["bomb", "bumb", "bomber"])
    >>> list(words.like("b*mb", 1)), list(words.like("b*m*er", 1))
    ([(0, [0, 1, 2, 3]), (1, [0, 1, 2, 3])], [(2, [0, 1, 2, 3, 4, 5])])
    """

    def __init__(self, words: Iterable[str]):
        """Take words; results name them by their place."""
        self._by_length: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
        for number, word in enumerate(words):
            self._by_length[len(word)].append((number, word))
        self._letters: dict[int, dict[tuple[int, str], int]] = {}

    def like(self, units: str, free: int) -> Iterator[tuple[int, list[int]]]:
        """Yield the words that units with stars fit, each with the unit for each of its letters.

        Up to `free` stars in a row stand for one letter or two, more stars for as many letters as
        they are. Short words come first, then words in their order.
        """
        runs = [(is_star, len(list(run))) for is_star, run in groupby(units, STAR.__eq__)]
        ways = product(*(_lengths(*run, free) for run in runs))
        for lengths in sorted(ways, key=sum) if len(runs) > 1 else ways:
            if found := self._with_letters(units, runs, lengths):
                words, fit = self._by_length[sum(lengths)], _fit_of(runs, lengths)
                while found:
                    first = found & -found
                    yield words[first.bit_length() - 1][0], fit
                    found ^= first

    def _with_letters(
        self, units: str, runs: list[tuple[bool, int]], lengths: tuple[int, ...]
    ) -> int:
        """Return the words of this length that have the seen units, or their letters, as bits."""
        words = self._by_length.get(sum(lengths))
        if not words:
            return 0
        letters, found = self._letters_of(sum(lengths)), (1 << len(words)) - 1
        at = place = 0
        for (is_star, size), length in zip(runs, lengths, strict=True):
            for number, unit in enumerate("" if is_star else units[at : at + size], place):
                same = letters.get((number, unit), 0)
                for letter in SIGNS.get(unit, ""):
                    same |= letters.get((number, letter), 0)
                found &= same
                if not found:
                    return 0
            at, place = at + size, place + length
        return found

    def _letters_of(self, length: int) -> dict[tuple[int, str], int]:
        """Return the words of a length that have each letter at each place, as bits."""
        if length not in self._letters:
            words = self._by_length[length]
            bits: defaultdict[tuple[int, str], bytearray] = defaultdict(
                lambda: bytearray(len(words) // 8 + 1)
            )
            for at, (_, word) in enumerate(words):
                for place_and_letter in enumerate(word):
                    bits[place_and_letter][at >> 3] |= 1 << (at & 7)
            self._letters[length] = {key: int.from_bytes(of, "little") for key, of in bits.items()}
        return self._letters[length]


def _fit_of(runs: list[tuple[bool, int]], lengths: tuple[int, ...]) -> list[int]:
    """Return the unit for each letter; where letters are more than stars, the last star again."""
    fit: list[int] = []
    at = 0
    for (_, size), length in zip(runs, lengths, strict=True):
        fit += (at + min(place, size - 1) for place in range(length))
        at += size
    return fit


def _lengths(is_star: bool, size: int, free: int) -> range:
    """Return how many letters a run of units may stand for, the most first."""
    return range(max(2, size), 0, -1) if is_star and size <= free else range(size, size - 1, -1)


def sounds(word: str, units: str, masked: str, fit: list[int]) -> bool:
    """Return whether the letters of a word sound like the foreign letters in their place.

    A digit that counts more often than it is read (as in صفحة1) stands for a letter only inside.
    """
    if STAR in (masked[0], masked[-1]) and not _COUNTS.isdisjoint((units[0], units[-1])):
        return False
    own = "".join(letter for letter, at in zip(word, fit, strict=True) if masked[at] == STAR)
    seen = "".join(unit for unit, star in zip(units, masked, strict=True) if star == STAR)
    if own in SOUNDS:
        own, seen = seen, own
    plain = "".join(letter for letter, _ in groupby(own))
    return seen in SOUNDS and plain in SOUNDS[seen].split()


def is_enough(word: str, units: str, *, alone: bool) -> bool:
    """Return whether what is left of a masked word identifies it.

    Args:
        word: The word that the units may stand for.
        units: The letters, digits, signs and stars of the text.
        alone: Whether the word is a term by itself. In a phrase the other words tell more.
    """
    seen = sum(unit.isalnum() for unit in units)
    telling = sum(unit.isalpha() or unit in word for unit in units)
    if telling < 2 or 2 * seen < len(word) or len(word) < 3:
        return False
    factor = _FACTOR.search(units)
    if factor and factor[0].strip(STAR) not in word:
        return False
    arabizi = any(unit.isdigit() and unit in word for unit in units)
    short = arabizi or bool(_CONSONANTAL.fullmatch(word))
    if units[0] == STAR:
        if len(word) != len(units) or seen < 3 - short:
            return False
        return (short and seen > 2) or not (alone and is_ordinary(units[1:]))
    return units[-1] != STAR or (len(word) == len(units) and seen >= 3 - short)
