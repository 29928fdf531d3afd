"""The signs of how long a text is, and of how much of it is dressed.

One dressed name in a plain sentence is how adverts hide a name. A text that is dressed throughout
is how people decorate what they say. A word here is a chunk: the text between white spaces.
"""

import re
from collections.abc import Iterator

from matcher.signs.shapes import CAPITALS, DRESSED, LINE_END, SMALLS, SPACE, STROKE, Found

SOME_WORDS, MANY_WORDS = 13, 26
DRESSED_IN_WORD, PLAIN_FOR_DRESSED, DRESSED_WORDS = 2, 2, 3

_WORD = re.compile(f"[^{SPACE}{LINE_END}]+")
_DRESSED_LETTER = re.compile(f"[{DRESSED}{STROKE}]")
_PLAIN_LETTER = re.compile(f"[{SMALLS}{CAPITALS}]")


def signs_of_proportions(text: str, shape: str) -> Iterator[Found]:
    """Yield the signs of a part's length, and of its share of dressed words."""
    signs = [length_sign(len(_WORD.findall(shape))), dress_sign(shape)]
    yield from ((sign, 0, len(text)) for sign in signs if sign)


def length_sign(words: int) -> str:
    """Return the sign of a text with so many words, or ""."""
    if words < SOME_WORDS:
        return ""
    return "words-13-25" if words < MANY_WORDS else "words-26"


def dress_sign(shape: str) -> str:
    """Return the sign of a text by its dressed and its plain words, or ""."""
    if not _DRESSED_LETTER.search(shape):
        return ""
    dressed = plain = 0
    for word in _WORD.findall(shape):
        if len(_DRESSED_LETTER.findall(word)) >= DRESSED_IN_WORD:
            dressed += 1
        elif _PLAIN_LETTER.search(word):
            plain += 1
    if dressed and plain >= PLAIN_FOR_DRESSED * dressed:
        return "dressed-in-plain"
    return "dressed-text" if dressed >= DRESSED_WORDS and plain < dressed else ""
