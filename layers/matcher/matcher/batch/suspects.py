"""Finds out of many texts those that may have a word in disguise.

The simple way is to call `suspicion.is_suspect` for each text. Here its questions are asked of all
texts in a line at once, as arrays, and patterns search only at the few places that are left. It
never misses a text with a disguise.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from matcher.batch.symbols import (
    ALONE,
    LETTER,
    SIGN,
    SPACE,
    TEXT_END,
    JoinedTexts,
    Places,
    SymbolLine,
    Symbols,
)
from matcher.evasion.suspicion import HAN_ENDINGS, SIGNS_WITH_USES, has_han_apart
from matcher.evasion.vocabulary import Vocabulary

_HAN_ENDINGS = np.array([ord(char) for char in HAN_ENDINGS], np.uint32)
_BETWEEN = 7  # places from one Han letter to the next, of letters apart

type _Mask = npt.NDArray[np.bool_]


class Suspects:
    """Tells which texts of a line may have a word in disguise.

    >>> from matcher.batch.key_finders import ALPHABET
    >>> texts = ["24 h", "b0mb", "h0me", "booomb", "b.o.m.b", "验-证-码", "$hoot", "so!", "p!ain"]
    >>> sorted(Suspects(Vocabulary([" bomb "])).among(ALPHABET.line(texts), texts))
    [1, 3, 4, 5, 6, 8]
    """

    def __init__(self, vocabulary: Vocabulary):
        """Take the words that may be in disguise."""
        self._vocabulary = vocabulary

    def among(self, line: SymbolLine, texts: Sequence[str]) -> set[int]:
        """Return the numbers of those texts of a line."""
        signs = np.array(self.sign_places(line.joined), np.intp)
        suspects = set(np.searchsorted(line.joined.ends, signs).tolist())
        words = _odd_words(line)
        single, alone = _apart(line)
        suspects.update(_texts_of(line, line.starts[single]))
        texts_of_words = np.searchsorted(line.ends, line.starts[words]).tolist()
        for text, word in zip(texts_of_words, words.tolist(), strict=True):
            if text not in suspects and self._vocabulary.may_have(line.letters_of(word)):
                suspects.add(text)
        han = _texts_of(line, _without_ending(line, line.starts[alone]))
        suspects.update(text for text in han if has_han_apart(texts[text]))
        return suspects

    def sign_places(self, joined: JoinedTexts) -> list[int]:
        """Return the places of signs that may be part of a disguise, sign by sign.

        >>> from matcher.batch.key_finders import ALPHABET
        >>> texts = ["a $ign!", "#topic #BigWord @you", "so!", "p!ain"]
        >>> Suspects(Vocabulary([" anaconda "])).sign_places(ALPHABET.line(texts).joined)
        [34, 15, 2]
        """
        signs = np.flatnonzero(joined.symbols == SIGN)
        codes = joined.codes[signs]
        found: list[int] = []
        without_uses = np.ones(signs.size, bool)
        for sign, pattern in SIGNS_WITH_USES.items():
            here = codes == ord(sign)
            without_uses &= ~here
            if sign == "!":  # most of them end a sentence
                here &= ~_ends_word(joined, signs)
            places: list[int] = signs[here].tolist()
            if sign == "@":
                found += self._vocabulary.mentions.among(joined.text, places)
            found += (place for place in places if pattern.match(joined.text, place))
        return [*found, *signs[without_uses].tolist()]


def _ends_word(joined: JoinedTexts, signs: Places) -> _Mask:
    """Return whether each sign has an ASCII space or sign after it."""
    code = joined.codes[signs + 1]
    is_space: _Mask = joined.symbols[signs + 1] == SPACE
    is_space &= (code < 128) & (code != ord("_"))
    return is_space


def _without_ending(line: SymbolLine, places: Places) -> Places:
    """Drop the places of letters that are directly followed by the end of a sentence or clause."""
    following = line.joined.codes[line.code_points(places) + 1]
    return places[~np.isin(following, _HAN_ENDINGS)]


def _texts_of(line: SymbolLine, places: Places) -> list[int]:
    texts: list[int] = np.unique(np.searchsorted(line.ends, places)).tolist()
    return texts


def _odd_words(line: SymbolLine) -> Places:
    """Return the words with a digit next to a letter, a run of a letter, or Latin and Arabic."""
    symbols = line.symbols
    digit = _within(symbols, "0", "9")
    letter = (symbols - LETTER < ALONE - LETTER) & ~digit  # lower symbols wrap around
    same = symbols[1:] == symbols[:-1]
    odd = (letter[:-1] & digit[1:]) | (digit[:-1] & letter[1:])
    odd[1:] |= same[1:] & same[:-1] & letter[2:]
    arabic, latin = _within(symbols, "\u0621", "\u064a"), _within(symbols, "a", "z")
    odd |= (latin[:-1] & arabic[1:]) | (arabic[:-1] & latin[1:])
    return np.unique(line.words_at(np.flatnonzero(odd)))


def _apart(line: SymbolLine) -> tuple[_Mask, _Mask]:
    """Return the words that begin three letters apart, of scripts with spaces and without."""
    first = line.symbols[line.starts]
    single = (line.sizes == 1) & (first >= LETTER) & (first < ALONE)
    alone = (first >= ALONE) & (first < TEXT_END)
    gaps = np.diff(line.starts)
    alone[:-1] &= (gaps > 1) & (gaps <= _BETWEEN)
    single[:-2] &= single[1:-1] & single[2:]
    single[-2:] = False
    alone[:-2] &= alone[1:-1] & (gaps[:-1] == gaps[1:])
    alone[-2:] = False
    return single, alone


def _within(symbols: Symbols, first: str, last: str) -> _Mask:
    return symbols - (LETTER + ord(first)) <= ord(last) - ord(first)
