"""Finds out of many texts those that may have a word in disguise.

It asks the same as `suspicion.is_suspect` asks of one text, of all texts in a line at once, and
never misses a text with a disguise. Signs are first compared as arrays, roughly, since most signs
belong to sentences, mentions and topics in small letters; patterns then search at the few left.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from matcher.batch.symbols import (
    ALONE,
    LETTER,
    MANY,
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
_LONGEST_WORD = 64  # code points, see `matcher.evasion.candidates`
_AFTER_HASH = np.arange(2, 18)  # code points from a hash on
_HEAD = np.arange(1, 4)  # code points from an @ on, as in `MentionedWords.heads`
_ASCII = 128
_NO_HEAD = _ASCII**_HEAD.size
_CAPITALS = [("A", "Z"), ("\u00c0", "\u00de"), ("\u0391", "\u042f")]  # at least those of hashtags

type _Mask = npt.NDArray[np.bool_]
type _Codes = npt.NDArray[np.uint32]


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
        before = joined.symbols[np.maximum(signs - 1, 0)]
        follows_letter = (before >= LETTER) & (before < TEXT_END)
        ends_word = _ends_word(joined, signs)
        near_next = np.diff(signs, append=joined.symbols.size) <= _LONGEST_WORD
        near_next[:-1] &= ~ends_word[1:] & (codes[1:] != ord("#"))
        found: list[int] = []
        without_uses = np.ones(signs.size, bool)
        for sign, pattern in SIGNS_WITH_USES.items():
            here = codes == ord(sign)
            without_uses &= ~here
            if sign == "!":
                here &= ~ends_word
            elif sign == "@":
                found += self._mentions(joined, signs[here])
                here &= follows_letter | near_next
            elif sign == "#":
                here[here] = follows_letter[here] | _may_have_capitals(joined, signs[here])
            places: list[int] = signs[here].tolist()
            found += (place for place in places if pattern.match(joined.text, place))
        return [*found, *signs[without_uses].tolist()]

    @cached_property
    def _heads(self) -> tuple[_Codes, bool]:
        """The ASCII heads of mentions as sorted numbers, and whether all letters are ASCII.

        Made when a mention is met.
        """
        heads = self._vocabulary.mentions.heads
        plain = [[ord(char) for char in head] for head in heads if head.isascii()]
        numbers = np.unique(_as_numbers(np.array(plain, np.uint32).reshape(-1, _HEAD.size)))
        letters = filter(str.isalpha, "".join(heads))
        return np.append(numbers, _NO_HEAD), all(map(str.isascii, letters))

    def _mentions(self, joined: JoinedTexts, places: Places) -> Iterator[int]:
        """Return those places of an @ at which a mention is a word in disguise."""
        if not places.size:
            return iter(())
        known, all_ascii = self._heads
        after = np.minimum(places[:, None] + _HEAD, joined.codes.size - 1)
        symbols, codes = joined.symbols[after], joined.codes[after]
        heads = np.where(symbols >= LETTER, symbols - np.uint16(LETTER), codes)
        odd = (symbols < SPACE) | (symbols == MANY) | ((symbols == SIGN) & (codes >= _ASCII))
        if not all_ascii:
            odd |= (symbols >= LETTER) & (heads >= _ASCII)
        numbers = _as_numbers(heads)
        possible = (known[np.searchsorted(known[:-1], numbers)] == numbers) | odd.any(axis=1)
        return self._vocabulary.mentions.among(joined.text, places[possible].tolist())


def _as_numbers(heads: _Codes) -> _Codes:
    """Return one number for the ASCII characters of each head."""
    return heads[:, 0] * _ASCII**2 + heads[:, 1] * _ASCII + heads[:, 2]


def _ends_word(joined: JoinedTexts, signs: Places) -> _Mask:
    """Return whether each sign has an ASCII space or sign after it."""
    code = joined.codes[signs + 1]
    is_space: _Mask = joined.symbols[signs + 1] == SPACE
    is_space &= (code < _ASCII) & (code != ord("_"))
    return is_space


def _may_have_capitals(joined: JoinedTexts, hashes: Places) -> _Mask:
    """Return whether the word after each hash has a capital after its first letter, or is long."""
    after = np.minimum(hashes[:, None] + _AFTER_HASH, joined.codes.size - 1)
    codes, ends = joined.codes[after], joined.symbols[after] < LETTER
    capital = np.zeros(codes.shape, bool)
    for first, last in _CAPITALS:
        capital |= (codes >= ord(first)) & (codes <= ord(last))
    capital[:, -1] = True  # a capital may follow
    ended: _Mask = ends.cumsum(axis=1, dtype=bool)
    within: _Mask = ~ended[np.arange(hashes.size), capital.argmax(axis=1)]
    return within


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
