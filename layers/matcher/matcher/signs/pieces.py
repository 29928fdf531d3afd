"""The sign of names in pieces: adverts take a name apart so that no list of words finds it.

Its letters are in groups of one or two or in frames, the number stands apart, emoji take the place
of letters, or the letters are what a faulty conversion left of dressed ones.
"""

import re
from collections.abc import Iterator

from matcher.signs.shapes import (
    CAPITALS,
    DIGITS,
    DRESSED,
    EMOJI,
    FLAG_LETTER,
    HAN,
    LETTERS,
    LINE_END,
    MARKS,
    OTHER,
    SKIN_TONE,
    SPACE,
    SPACELESS,
    Found,
    plain_letters,
)

PIECES_ALONE, PIECES_BEFORE_NUMBER = 4, 3
LETTERS_IN_FRAMES, KINDS_OF_EMOJI = 3, 4
BROKEN, BROKEN_IN_ROW, KINDS_OF_BROKEN = ("\ud400-\ud7a3", "\uf130-\uf189"), 4, 3
"""The lowest 16 bits of mathematical and of enclosed letters."""

BEFORE_NUMBERS = f"{EMOJI}{FLAG_LETTER}{OTHER}`*^|"
_SYMBOLS = f"{EMOJI}{FLAG_LETTER}{SKIN_TONE}{OTHER}!"
_UNIT, _DIGIT, _MARKS = f"[{LETTERS}{DIGITS}]", f"[{DIGITS}]", f"[{MARKS}]*+"
_BEGINS = f"(?<![{LETTERS}{DIGITS}{MARKS}/@.#])"
_ENDS = rf"(?![{LETTERS}{DIGITS}{MARKS}%])(?![.,:/-]{_DIGIT})"
_NAME = f"{_BEGINS}[{LETTERS}][{LETTERS}{MARKS}]{{2,}}+"
_NUMBER_APART = re.compile(
    rf"{_NAME}(?:[{BEFORE_NUMBERS}]{_MARKS}){{1,3}}+"
    rf"(?:(?:{_DIGIT}{_MARKS}){{2,3}}+|{_DIGIT}\.{_DIGIT}){_ENDS}"
)
_SAME_DIGITS = re.compile(
    rf"{_NAME}(?:[ -]?{_DIGIT}(?:[./ -]{_DIGIT}){{2}}|{_DIGIT} {_DIGIT}|-{_DIGIT}-{_DIGIT}){_ENDS}"
)
_EMOJI_WITH_NUMBER = re.compile(
    rf"(?<![{_SYMBOLS}{MARKS}])(?:[{_SYMBOLS}]{_MARKS}|{_DIGIT}[{MARKS}]++){{4,}}+"
    rf"{_DIGIT}{{2,3}}+{_ENDS}"
)
_SYMBOL_AND_DIGIT = re.compile(f"[{_SYMBOLS}{BEFORE_NUMBERS}{MARKS}]{_DIGIT}")
_DIGITS_APART = re.compile(f"{_DIGIT}[./ -]{_DIGIT}")
_PIECE = f"(?:[{CAPITALS}{DRESSED}]{_MARKS}){{1,2}}+(?![{LETTERS}])"
_PIECES = re.compile(
    rf"{_BEGINS}(?P<pieces>{_PIECE}(?:[ -]{_PIECE}){{2,}}+)"
    rf"(?P<number> ?{_DIGIT}(?: ?{_DIGIT}){{1,2}}+(?!{_UNIT}))?+"
)
_FRAME = f"[^{LETTERS}{DIGITS}{SPACE}{LINE_END}{HAN}{SPACELESS}@#.*_-]"
_FRAMED = re.compile(
    rf"(?<!{_UNIT}){_UNIT}{_MARKS}(?:{_FRAME}{{1,4}}+ ?{_FRAME}{{0,3}}+{_UNIT}{_MARKS}(?!{_UNIT}))"
    r"{3,}+"
)
_IN_FRAME = re.compile(f"{_FRAME}{_UNIT}{_MARKS}{_FRAME}")
_BROKEN = re.compile("|".join(f"[{codes}]{{{BROKEN_IN_ROW},}}+" for codes in BROKEN))


def names_in_pieces(text: str, shape: str) -> Iterator[Found]:
    """Yield where a name is in pieces. A quick look for what is rare comes before each slow one.

    >>> list(names_in_pieces("main di HO KI BE T 88", "aaaa aa AA AA AA A 11"))
    [('name-in-pieces', 8, 21)]
    """
    spans: list[tuple[int, int]] = []
    if _SYMBOL_AND_DIGIT.search(shape):
        spans += [found.span() for found in _NUMBER_APART.finditer(shape)]
        spans += _emoji_with_number(text, shape)
    if _DIGITS_APART.search(shape):
        spans += _same_digits(text, shape)
    spans += _pieces(shape)
    if _IN_FRAME.search(shape):
        spans += _framed(shape)
    spans += _broken(text)
    yield from (("name-in-pieces", *span) for span in spans)


def _emoji_with_number(text: str, shape: str) -> Iterator[tuple[int, int]]:
    for found in _EMOJI_WITH_NUMBER.finditer(shape):
        others = [at for at in range(*found.span()) if shape[at] not in DIGITS + MARKS]
        if len({text[at] for at in others}) >= KINDS_OF_EMOJI:
            yield found.span()


def _same_digits(text: str, shape: str) -> Iterator[tuple[int, int]]:
    for found in _SAME_DIGITS.finditer(shape):
        if len(set(filter(str.isdigit, plain_letters(text[slice(*found.span())])))) == 1:
            yield found.span()


def _pieces(shape: str) -> Iterator[tuple[int, int]]:
    for found in _PIECES.finditer(shape):
        fewest = PIECES_BEFORE_NUMBER if found["number"] else PIECES_ALONE
        if len(re.split("[ -]", found["pieces"])) >= fewest:
            yield found.span()


def _framed(shape: str) -> Iterator[tuple[int, int]]:
    for found in _FRAMED.finditer(shape):
        if sum(map(found[0].count, LETTERS)) >= LETTERS_IN_FRAMES:
            yield found.span()


def _broken(text: str) -> Iterator[tuple[int, int]]:
    for found in _BROKEN.finditer(text):
        if len(set(found[0])) >= KINDS_OF_BROKEN:
            yield found.span()
