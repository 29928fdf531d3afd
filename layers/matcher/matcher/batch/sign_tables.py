"""Tables and small functions on arrays for `SignView`.

The tables hold the properties of kinds, and the letters with which units, currencies and endings of
hosts begin or end.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from matcher.batch.symbols import ALONE, Places, SymbolLine
from matcher.signs import han, parts, pieces, shapes
from matcher.signs.lists import LISTS

type Mask = npt.NDArray[np.bool_]

IN_CHUNK, IN_WORD, UNIT, CAPITAL, HAN, GAP = (1 << bit for bit in range(6))
"""Properties of kinds, as bits. A unit is a letter or digit."""

_WORD_KINDS = shapes.LETTERS + shapes.DIGITS + shapes.MARKS
_ODDS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
_CYRILLIC = (0x400, 0x460)  # letters whose five lowest bits tell them apart, whatever their case


def _property_table() -> bytes:
    table = bytearray(
        0 if chr(code) in (shapes.SPACE, shapes.LINE_END) else IN_CHUNK for code in range(256)
    )
    for bit, kinds in (
        (IN_WORD, _WORD_KINDS),
        (UNIT, shapes.LETTERS + shapes.DIGITS),
        (CAPITAL, shapes.CAPITALS),
        (HAN, shapes.HAN + shapes.RARE_HAN),
        (GAP, han.GAP_KINDS),
    ):
        for kind in kinds:
            table[ord(kind)] |= bit
    return bytes(table)


def _script_table() -> bytes:
    """Return a number for each script that words mix, 1 for all else in words, 0 outside."""
    table = bytearray(256)
    for number, kinds in (
        (1, _WORD_KINDS),
        (2, shapes.CYRILLIC + shapes.CYRILLIC_CAPITAL),
        (3, shapes.GREEK + shapes.GREEK_CAPITAL),
    ):
        for kind in kinds:
            table[ord(kind)] = number
    return bytes(table)


def _pair_table(words: Iterable[str]) -> Mask:
    """Return which two letters begin words, by the five lowest bits of each.

    A word of one letter counts with anything after it.
    """
    table = np.zeros((32, 32), bool)
    for word in words:
        first = ord(word[0]) & 31
        table[first, ord(word[1]) & 31 if len(word) > 1 else slice(None)] = True
    return table


def _kind_table(kinds: str) -> Mask:
    """Return for each kind whether it is one of these."""
    table = np.zeros(256, bool)
    table[[ord(kind) for kind in kinds]] = True
    return table


PROPERTIES, SCRIPTS = _property_table(), _script_table()
TWO_SCRIPTS = bytes(code in (1 * 2, 1 * 3, 2 * 3) for code in range(256))  # products of numbers
_COMMON = shapes.SMALLS + shapes.CAPITALS + shapes.HAN + shapes.SPACE + shapes.LINE_END
RARE = bytes(chr(code) not in _COMMON for code in range(256))
DRESSED = _kind_table(shapes.DRESSED + shapes.STROKE)
GAME_ENDINGS = np.zeros((32, 32, 32), bool)
for _ending in LISTS.game_endings:
    if _ending.isalpha():
        GAME_ENDINGS[tuple(ord(letter) & 31 for letter in _ending[-3:])] = True
HOST_ENDINGS = _pair_table(LISTS.bare_endings)
AFTER_NUMBERS = _pair_table({*LISTS.units, *LISTS.currencies_after})
BEFORE_NUMBERS = _pair_table(word[::-1] for word in LISTS.currencies_before)
WORD_BUT_DIGITS = _kind_table(shapes.LETTERS + shapes.MARKS)
MARKS = _kind_table(shapes.MARKS)
BEFORE_NUMBERS_APART = _kind_table(pieces.BEFORE_NUMBERS + "!" + shapes.SKIN_TONE + shapes.MARKS)
IN_NUMBERS_APART = _kind_table("./ -")
BEGINS_PIECE = _kind_table(shapes.CAPITALS + shapes.DRESSED + shapes.MARKS)
BETWEEN_PIECES = _kind_table(" -")
NEXT_TO_ODD_NUMBERS = MARKS.copy()
NEXT_TO_ODD_NUMBERS[[ord(shapes.CURRENCY), ord("%")]] = True
CURRENCY_LETTERS = np.array(
    [
        ord(letter[0])
        for letter in (*LISTS.currency_letters, *LISTS.unit_letters, *"\uff05\ufe6a\u066a")
    ],
    np.uint32,
)


def is_strange(codes: npt.NDArray[np.uint32]) -> Mask:
    """Return whether codes are of letters whose lowest bits say nothing. Han letters are not."""
    low, high = _CYRILLIC
    return (codes > 127) & ((codes < low) | (codes >= high)) & ((codes < 0x2E80) | (codes > 0xD7FF))


def runs_of(inside: Mask) -> tuple[Places, Places]:
    """Return the starts and ends of runs. The last place is not inside one."""
    edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    if inside[0]:
        edges = np.append(0, edges)
    return edges[::2], edges[1::2]


def runs_at(runs: tuple[Places, Places], places: Places) -> tuple[Places, Places]:
    """Return the starts and ends of those runs that hold some places, each once."""
    starts, ends = runs
    chosen = np.zeros(starts.size + 1, bool)
    chosen[np.searchsorted(starts, places, "right")] = True
    return starts[chosen[1:]], ends[chosen[1:]]


def close_together(places: Places, number: int, most: int) -> Places:
    """Return those places from which on a number of places is close together."""
    firsts, lasts = places[: 1 - number], places[number - 1 :]
    close: Places = firsts[lasts - firsts <= most]
    return close


def repeated_phrases(line: SymbolLine) -> list[int]:
    """Return the texts in which three words in a row may occur three times.

    Overlaps count, and so do words that are equal except in the middle of 13 letters or more.
    """
    spaced = line.symbols[line.starts] < ALONE
    starts, sizes, words = line.starts[spaced], line.sizes[spaced], line.hashes()[spaced]
    texts = np.searchsorted(line.ends, starts)
    together = texts[2:] == texts[:-2]
    together &= sizes[:-2] + sizes[1:-1] + sizes[2:] >= parts.LETTERS_IN_PHRASE
    keys = words[:-2] + words[1:-1] * _ODDS[0] + words[2:] * _ODDS[1]
    keys += texts[:-2].view(np.uint64) * _ODDS[2]
    texts, keys = texts[:-2][together], keys[together]
    ordered = np.sort(keys)
    thrice = ordered[2:][ordered[2:] == ordered[:-2]]
    return np.unique(texts[np.isin(keys, thrice)]).tolist() if thrice.size else []
