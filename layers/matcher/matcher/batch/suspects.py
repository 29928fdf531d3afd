"""Finds out of many texts those that may have a word in disguise.

The simple way is to call `suspicion.is_suspect` for each text. Here its questions are asked of all
texts in a line at once, as arrays, and patterns search only at the few places that are left. The
texts that remain are judged by their chunks, like a text alone (`evasion.chunks`). It never misses
a text with a disguise.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

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
from matcher.evasion.chunks import Chunks
from matcher.evasion.suspicion import HAN_ENDINGS, SIGNS_WITH_USES, has_han_apart
from matcher.evasion.vocabulary import Vocabulary
from matcher.text.fold import fold

_HAN_ENDINGS = np.array([ord(char) for char in HAN_ENDINGS], np.uint32)
_IS_SPACE = np.array([chr(code).isspace() for code in range(0x3002)])  # U+3000 is the last one
_AROUND = 8  # code points around letters apart in which a sign may be one of them
_BETWEEN = 7  # places from one Han letter to the next, of letters apart

type _Mask = npt.NDArray[np.bool_]


class Suspects:
    """Tells which texts of a line may have a word in disguise.

    >>> from matcher.batch.key_finders import ALPHABET
    >>> texts = ["24 h", "b0mb", "h0me", "booomb", "b.o.m.b", "验-证-码", "$hoot", "so!", "p!ain"]
    >>> sorted(Suspects(Vocabulary([" bomb "])).among(ALPHABET.line(texts), texts))
    [1, 3, 4, 5]
    """

    def __init__(self, vocabulary: Vocabulary):
        """Take the words that may be in disguise."""
        self._vocabulary, self._chunks = vocabulary, Chunks(vocabulary)

    def among(self, line: SymbolLine, texts: Sequence[str]) -> set[int]:
        """Return the numbers of those texts of a line."""
        mentions, in_words = self.sign_places(line.joined)
        single, alone = _apart(line)
        suspects = set(_texts_at(line.joined.ends, mentions))
        suspects.update(self._with_letters_apart(line, single))
        han = _texts_of(line, _without_ending(line, line.starts[alone]))
        suspects.update(text for text in han if has_han_apart(texts[text]))
        words = line.code_points(line.starts[_odd_words(line)])
        odd = np.append(words, np.array(in_words, np.intp))
        suspects.update(
            text
            for text, chunks in _chunks_at(line.joined, odd)
            if text not in suspects and self._chunks.may_hide_in(chunks)
        )
        return suspects

    def _with_letters_apart(self, line: SymbolLine, single: _Mask) -> Iterator[int]:
        """Yield the texts in which letters apart may be a word, given where three of them begin."""
        words = np.flatnonzero(single)
        if not words.size:
            return
        breaks = np.flatnonzero(np.diff(words) > 1)
        firsts, lasts = words[np.append(0, breaks + 1)], words[np.append(breaks, -1)] + 2
        starts = line.code_points(line.starts[firsts]).tolist()
        ends = line.code_points(line.starts[lasts]).tolist()
        texts = np.searchsorted(line.ends, line.starts[firsts]).tolist()
        for text, start, end in zip(texts, starts, ends, strict=True):
            stretch = line.joined.text[max(0, start - _AROUND) : end + 1 + _AROUND]
            folded = fold(line.joined.text[start : end + 1])
            if self._chunks.may_hide_apart(stretch, folded):
                yield text

    def sign_places(self, joined: JoinedTexts) -> tuple[list[int], list[int]]:
        """Return the places of signs that may be part of a disguise, sign by sign.

        >>> from matcher.batch.key_finders import ALPHABET
        >>> texts = ["a $ign!", "#topic #BigWord @you", "so!", "p!ain"]
        >>> Suspects(Vocabulary([" anaconda "])).sign_places(ALPHABET.line(texts).joined)
        ([], [34, 15, 2])

        Returns:
            First mentions that may be a word, then other signs.
        """
        signs = np.flatnonzero(joined.symbols == SIGN)
        codes = joined.codes[signs]
        mentions: list[int] = []
        in_words: list[int] = []
        without_uses = np.ones(signs.size, bool)
        for sign, pattern in SIGNS_WITH_USES.items():
            here = codes == ord(sign)
            without_uses &= ~here
            if sign == "!":  # most of them end a sentence
                here &= ~_ends_word(joined, signs)
            places: list[int] = signs[here].tolist()
            if sign == "@":
                mentions += self._vocabulary.mentions.among(joined.text, places)
            in_words += (place for place in places if pattern.match(joined.text, place))
        return mentions, [*in_words, *signs[without_uses].tolist()]


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
    return _texts_at(line.ends, places)


def _texts_at(ends: Places, places: Places | Sequence[int]) -> list[int]:
    texts: list[int] = np.unique(np.searchsorted(ends, places)).tolist()
    return texts


def _odd_words(line: SymbolLine) -> Places:
    """Return words with a digit next to a letter, a letter three times, or Latin and Arabic."""
    symbols = line.symbols
    digit = _within(symbols, "0", "9")
    letter = (symbols - LETTER < ALONE - LETTER) & ~digit  # lower symbols wrap around
    same = symbols[1:] == symbols[:-1]
    odd = (letter[:-1] & digit[1:]) | (digit[:-1] & letter[1:])
    arabic, latin = _within(symbols, "\u0621", "\u064a"), _within(symbols, "a", "z")
    odd |= (latin[:-1] & arabic[1:]) | (arabic[:-1] & latin[1:])
    odd[1:] |= same[1:] & same[:-1] & letter[2:]
    return line.words_at(np.flatnonzero(odd))


def _chunks_at(joined: JoinedTexts, places: Places) -> Iterator[tuple[int, set[str]]]:
    """Yield the texts at some places, each with its chunks there, as `str.split` cuts them."""
    spaces = np.flatnonzero(_IS_SPACE.take(joined.codes, mode="clip"))
    chunks = np.unique(np.searchsorted(spaces, places))
    starts, ends = np.append(-1, spaces)[chunks] + 1, spaces[chunks]
    texts = np.searchsorted(joined.ends, starts)
    rows = zip(texts.tolist(), starts.tolist(), ends.tolist(), strict=True)
    for text, of_text in groupby(rows, itemgetter(0)):
        yield text, {joined.text[start:end] for _, start, end in of_text}


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
