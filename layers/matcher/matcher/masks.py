"""Words with stars for letters, or with a letter of a foreign script in the place of a star.

A star stands for a letter or, alone, for two. Half of the letters must be left. At an edge, where
footnotes and lists have stars, a star stands for one letter. At the start, what is left must be no
ordinary word, since "*error" corrects or explains; in words written without vowels or with digits
for letters, only where two letters are left. A foreign letter or digit must sound or look like the
letter it stands for.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby, product

from matcher.innocence import is_ordinary
from matcher.signs import SIGNS, STAR, skeleton_of

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
_HAS_LOOKALIKES = re.compile(r"[\u0370-\u058f]")  # Greek, Cyrillic, Armenian
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


def queries(units: str, written: str) -> Iterator[str]:
    """What to ask the trie: each skeleton with as many bytes masked as the stars may stand for."""
    pieces = re.split(r"(\*+)", units)
    skeletons = [skeleton_of(piece)[0] for piece in pieces[::2]]
    native = bool(_HAS_LOOKALIKES.search(written))  # whose letters fold to Latin ones, or do not
    widths = {len(unit.encode()) for unit in units if unit.isalnum()} | (
        {1, 2} if native else set()
    )
    least, most = min(widths, default=1), max(widths, default=1)
    masks = [len(stars) for stars in pieces[1::2]]
    few = len(masks) < 3
    bytes_masked = []
    for mask in masks:
        letters = range(0 if few else mask, mask + 1 + (few and mask == 1))  # runs are one
        bytes_masked.append(range(least * letters[0], most * letters[-1] + 1, least))
    for lengths in product(*bytes_masked):
        query = skeletons[0]
        for length, piece in zip(lengths, skeletons[1:], strict=True):
            joins = not length and query[-1:] == piece[:1]
            query += f"{STAR * length}{piece[joins:]}"
        yield f" {query} "


def fit_masked(word: str, units: str, free: int) -> list[int] | None:
    """The unit that stands for each letter of a word."""
    found = _pattern_of_units(units, free).fullmatch(word)
    if not found:
        return None
    fit: list[int] = []
    at = 0
    for number, (_, run) in enumerate(groupby(units, STAR.__eq__), 1):
        start, end = found.span(number)
        length = len(list(run))
        fit += (at + min(place, length - 1) for place in range(end - start))
        at += length
    return fit


@lru_cache(10_000)
def _pattern_of_units(units: str, free: int) -> re.Pattern[str]:
    groups = []
    for is_star, run in groupby(units, STAR.__eq__):
        kept = list(run)
        if is_star:
            fewest = 1 if len(kept) <= free else len(kept)
            groups.append(f"(.{{{fewest},{max(2, len(kept)) if fewest == 1 else len(kept)}}})")
        else:
            groups.append("(" + "".join(f"[{re.escape(u + SIGNS.get(u, ''))}]" for u in kept) + ")")
    return re.compile("".join(groups))


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
