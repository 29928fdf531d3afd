"""The signs of words: names with numbers, names of games, letters in dress, capitals.

A word is a run of letters and digits of scripts with spaces between words, with the marks and
invisible characters in it. Digits between letters are read as letters: `gac0r` is a word, and
`aero88` a name with a number.
"""

import re
import unicodedata
from collections.abc import Iterator

from matcher.signs.models import is_model
from matcher.signs.shapes import (
    CAPITAL,
    CAPITALS,
    CYRILLIC,
    CYRILLIC_CAPITAL,
    DIGITS,
    DRESSED,
    DRESSED_DIGIT,
    ENCLOSED,
    GREEK,
    GREEK_CAPITAL,
    LETTERS,
    LISTS,
    MARKS,
    PLAIN_LETTERS,
    SMALL,
    SMALL_CAPITAL,
    STROKE,
    STYLED,
    WIDE,
    Found,
    plain_letters,
)

WORD = re.compile(rf"[{LETTERS}{DIGITS}][{LETTERS}{DIGITS}{MARKS}]*+")
_ODD = re.compile(rf"[{DIGITS}{DRESSED}{STROKE}]|[{CAPITALS}]{{4}}")
_CAPITALS = re.compile(rf"[{CAPITALS}]{{4,}}")
_DRESSES = {
    "styled-letters": STYLED,
    "enclosed-letters": ENCLOSED,
    "wide-letters": WIDE,
    "small-capitals": SMALL_CAPITAL,
    "struck-letters": STROKE,
}
_NAME = re.compile(r"(?P<name>[a-z][a-z0-9]{2,14}(?<=[a-z]))(?:\d{2,3}|[45]d)")
_GAME = re.compile(rf"[a-z]{{2,15}}[a-z](?:{'|'.join(LISTS.game_endings)})")
_SCRIPTS = (SMALL + CAPITAL + DRESSED, CYRILLIC + CYRILLIC_CAPITAL, GREEK + GREEK_CAPITAL)


def words_in(text: str, shape: str) -> Iterator[Found]:
    """Yield the signs of the words of a text, in whose shape addresses are spaces."""
    for found in WORD.finditer(shape):
        start, end = found.span()
        yield from ((sign, start, end) for sign in signs_of_word(text[start:end], found[0]))


def signs_of_word(word: str, shape: str) -> Iterator[str]:
    """Yield the signs of one word, also of one whose letters are apart in the text."""
    is_mixed = _is_mixed(word, shape)
    is_odd = is_mixed or _ODD.search(shape) is not None
    if is_mixed:
        yield "mixed-scripts"
    if not is_odd and not (word.isascii() and word.isalnum()):
        return  # letters of one script, with accents or hidden characters
    plain = plain_letters(word)
    if _GAME.fullmatch(plain) and plain not in LISTS.ordinary_game_names:
        yield "game-name"
    if not is_odd:
        return
    if _CAPITALS.fullmatch(shape):
        yield "capital-word"
    if _has_any(shape, LETTERS):
        yield from _dresses_of(shape)
        if _has_any(shape, DIGITS):
            yield "letters-digits"
            if is_name_with_number(plain):
                yield from _names_of(plain, word, shape, is_mixed=is_mixed)


def is_name_with_number(plain: str) -> bool:
    """Return whether plain letters are a name of three letters or more with a number after it.

    >>> [is_name_with_number(word) for word in ("aero88", "gac0r88", "toko4d", "ga0c0r88")]
    [True, True, True, True]
    >>> [is_name_with_number(word) for word in ("gac0r", "a2b3c44")]
    [False, False]
    """
    found = _NAME.fullmatch(plain)
    return found is not None and sum(map(str.isdigit, found["name"])) * 3 <= len(found["name"])


def is_ordinary_name(plain: str) -> bool:
    """Return whether a name with a number is one that ordinary posts have, such as `utf16`."""
    return plain in LISTS.ordinary_words or plain.rstrip("0123456789") in LISTS.ordinary_stems


def _names_of(plain: str, word: str, shape: str, *, is_mixed: bool) -> Iterator[str]:
    yield "name-number"
    if not is_ordinary_name(plain):
        yield "unknown-name-number"
        if word.isascii() and is_model(plain):
            yield "model-number"
    if _has_any(shape, DRESSED + DRESSED_DIGIT + STROKE) or is_mixed:
        yield "dressed-name-number"
    if unicodedata.normalize("NFKC", word).isupper():
        yield "capital-name-number"


def _dresses_of(shape: str) -> Iterator[str]:
    counts = {sign: shape.count(kind) for sign, kind in _DRESSES.items()}
    yield from (sign for sign, count in counts.items() if count > 1)
    if sum(counts.values()) > 1:
        yield "dressed-letters"
    plain = sum(map(shape.count, PLAIN_LETTERS))
    dressed = sum(map(shape.count, DRESSED))
    if plain and dressed and plain + dressed > 2:
        yield "half-dressed"


def _is_mixed(word: str, shape: str) -> bool:
    """Return whether a word of three letters or more is written in several scripts."""
    if word.isascii() or sum(map(shape.count, LETTERS)) < 3:
        return False
    return sum(_has_any(shape, kinds) for kinds in _SCRIPTS) > 1


def _has_any(shape: str, kinds: str) -> bool:
    return any(kind in shape for kind in kinds)
