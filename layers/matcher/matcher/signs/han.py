"""The signs of Chinese texts: numbers next to Han letters, letters apart, and rare letters."""

import re
from collections.abc import Iterator

from matcher.signs.shapes import (
    DIGITS,
    EMOJI,
    FLAG_LETTER,
    HAN,
    LISTS,
    MARKS,
    OTHER,
    RARE_HAN,
    SKIN_TONE,
    Found,
)

FEWEST_DIGITS, MOST_DIGITS = 4, 11
_ANY_HAN = f"[{HAN}{RARE_HAN}]"
_SOME_DIGITS = f"[{DIGITS}]{{{FEWEST_DIGITS},{MOST_DIGITS}}}+"
_NUMBER = re.compile(
    rf"(?<![{DIGITS}.,%$-])(?:(?<={_ANY_HAN}){_SOME_DIGITS}|{_SOME_DIGITS}(?={_ANY_HAN}))"
    rf"(?![{DIGITS}.,%$-])"
)
GAP_KINDS = f" ._*|+{OTHER}{EMOJI}{FLAG_LETTER}{SKIN_TONE}{MARKS}-"
"""Kinds of code points that may be between Han letters of one word, apart from ends of clauses."""

_GAP = f"[{GAP_KINDS}]{{1,4}}+"
_APART = re.compile(rf"{_ANY_HAN}(?:{_GAP}{_ANY_HAN}){{2,}}+")
_RARE = re.compile(f"{RARE_HAN}+")


def han_in(text: str, shape: str) -> Iterator[Found]:
    """Yield the signs of Han letters in a chunk, in whose shape addresses are spaces."""
    for found in _NUMBER.finditer(shape):
        if text[found.end() : found.end() + 1] not in LISTS.counters or found.end() == len(text):
            yield "han-number", *found.span()
    yield from (("rare-han", *found.span()) for found in _RARE.finditer(shape))


def han_apart(shape: str) -> Iterator[Found]:
    """Yield where three Han letters or more are apart, and no clause ends between them."""
    yield from (("han-apart", *found.span()) for found in _APART.finditer(shape))
