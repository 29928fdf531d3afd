"""Which letter, digit or sign of a word in disguise stands for each letter of a word."""

import re

from matcher.evasion.signs import SIGNS

_RUN_OF_THREE = re.compile(r"([^\W\d])\1\1|(?<=[^\W\d])(\d)\2\2(?=[^\W\d])")


def fit_of(word: str, units: str) -> list[int] | None:
    """Return the unit that stands for each letter of a word, of those for its last one the last.

    None if some unit stands for no letter. A run of a letter is as long as in the word, or longer
    where a unit stands three times in a row somewhere.

    >>> fit_of("bomb", "b0mb"), fit_of("bomb", "boooomb"), fit_of("bomb", "boomb")
    ([0, 1, 2, 3], [0, 1, 5, 6], None)
    """
    if not _RUN_OF_THREE.search(units):
        same = len(word) == len(units) and all(map(_stands_for, units, word))
        return list(range(len(units))) if same else None
    return _stretched_fit(word, units)


def _stands_for(unit: str, letter: str) -> bool:
    return unit == letter or letter in SIGNS.get(unit, "")


def _stretched_fit(word: str, units: str) -> list[int] | None:
    """Return the fit of a word whose runs of letters may be longer in the units.

    Works like a search by `i+l+i+` would, without trying each way to part a run of signs that
    stand for both letters: bit `n` of `ends[at]` says that the units from `at` on may follow the
    first `n` letters.
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
