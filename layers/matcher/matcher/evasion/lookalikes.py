"""Digits, signs and stars that replace letters, and how they fit the letters of a word.

Two words can only fit if they have the same skeleton: runs of a letter are one letter, and letters
that share a sign (i and l) are one. So words are looked up by their skeleton, and `fit_of` then
compares letter by letter.
"""

import re
from collections import defaultdict

LOOKALIKES = {
    "0": "o", "1": "il", "!": "il", "|": "il", "3": "eз", "€": "e", "4": "aч", "@": "a", "5": "s",
    "$": "s", "§": "s", "6": "gб", "9": "g", "7": "t", "+": "t", "8": "b", "¢": "c",
}  # fmt: skip
"""Digits and signs, and the letters that each may replace."""

STAR = "*"
"""The unit that may replace any letter."""

BULLETS = "•●"
STARS = f"*＊∗⁎✱✲{BULLETS}"
HASHES = "#＃"
_CAPITALS = r"A-Z\u00c0-\u00d6\u00d8-\u00de\u0391-\u03a9\u0400-\u042f"  # Latin, Greek, Cyrillic
IN_CAPITALS = rf"(?=\w*(?:[^\W\d_{_CAPITALS}][{_CAPITALS}]|[{_CAPITALS}]{{2}}[^\W\d_{_CAPITALS}]))"
"""A pattern for words run together after a hash, of which a later one begins with a capital."""

LOOKALIKES_OF: defaultdict[str, str] = defaultdict(str)
"""Letters, and the signs that may replace each."""

for _sign, _letters in LOOKALIKES.items():
    for _letter in _letters:
        LOOKALIKES_OF[_letter] += _sign

SAME_LOOKALIKE = str.maketrans(
    {like: letters[0] for sign, letters in LOOKALIKES.items() for like in (sign, *letters[1:])}
)
"""A table that makes signs, and letters that share a sign, one letter."""

_RUN_OF_THREE = re.compile(r"([^\W\d])\1\1|(?<=[^\W\d])(\d)\2\2(?=[^\W\d])")


def skeleton_of(letters: str) -> tuple[str, list[int]]:
    """Return the skeleton of letters and signs, and where each of its letters begins.

    The length of `letters` follows as the last place.

    >>> skeleton_of("k1lll")
    ('ki', [0, 1, 5])
    """
    out: list[str] = []
    starts: list[int] = []
    for at, letter in enumerate(letters.translate(SAME_LOOKALIKE)):
        if not out or out[-1] != letter:
            out.append(letter)
            starts.append(at)
    return "".join(out), [*starts, len(letters)]


def fit_of(word: str, units: str) -> list[int] | None:
    """Return the unit for each letter of a word, or None if some unit does not fit.

    If the word's last letter is repeated, its place is that of the last repetition. A run of a
    letter is as long as in the word, or longer if some unit occurs three times in a row.

    >>> fit_of("bomb", "b0mb"), fit_of("bomb", "boooomb"), fit_of("bomb", "boomb")
    ([0, 1, 2, 3], [0, 1, 5, 6], None)
    """
    if not _RUN_OF_THREE.search(units):
        same = len(word) == len(units) and all(map(_stands_for, units, word))
        return list(range(len(units))) if same else None
    return _stretched_fit(word, units)


def _stands_for(unit: str, letter: str) -> bool:
    return unit == letter or letter in LOOKALIKES.get(unit, "")


def _stretched_fit(word: str, units: str) -> list[int] | None:
    """Return the fit of a word whose runs of letters may be longer in the units.

    The simple way is a search by `i+l+i+`, which may try every way to divide a run of signs that
    fit both letters. Here bit `n` of `ends[at]` says that the units from `at` on may follow
    the first `n` letters, and each unit is looked at once.
    """
    step, stay = dict.fromkeys(units, 0), dict.fromkeys(units, 0)
    for unit in step:
        for number, letter in enumerate(word):
            if _stands_for(unit, letter):
                step[unit] |= 1 << number
                ends_run = word[number + 1 : number + 2] != letter
                stay[unit] |= (ends_run and letter.isalpha()) << number + 1
    ends = [1 << len(word)]
    for unit in reversed(units):
        ends.append((step[unit] & ends[-1] >> 1) | (stay[unit] & ends[-1]))
    ends.reverse()
    if not ends[0] & 1:
        return None
    fit: list[int] = []
    for at, unit in enumerate(units):
        if not stay[unit] & ends[at + 1] & 1 << len(fit):  # a run is as long as it can be
            fit.append(at)
    fit[-1] = len(units) - 1
    return fit
