"""Many folded texts at once: which of them may have a word in disguise, for `prefilter`.

What `suspicion.is_suspect` asks of one text is asked here of a line, and never one too few
of those in which a disguise is found.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from matcher.batch.sign_places import SignPlaces
from matcher.batch.symbols import ALONE, LETTER, TEXT_END, Line, Places, Symbols
from matcher.evasion.suspicion import ENDINGS, has_han_apart
from matcher.evasion.vocabulary import Vocabulary

_ENDINGS = np.array([ord(char) for char in ENDINGS], np.uint32)
_BETWEEN = 7  # places from one Han letter to the next, of letters apart

type _Chosen = npt.NDArray[np.bool_]


class Suspects:
    """Tells the texts of a line in which a word in disguise may be.

    >>> from matcher.batch.finders import ALPHABET
    >>> texts = ["24 h", "b0mb", "h0me", "booomb", "b.o.m.b", "验-证-码", "$hoot", "so!", "p!ain"]
    >>> sorted(Suspects(Vocabulary([" bomb "])).among(ALPHABET.line(texts), texts))
    [1, 3, 4, 5, 6, 8]
    """

    def __init__(self, vocabulary: Vocabulary):
        """Takes the words that may be in disguise."""
        self._vocabulary = vocabulary
        self._signs = SignPlaces(vocabulary)

    def among(self, line: Line, texts: Sequence[str]) -> set[int]:
        """The numbers of those texts of a line."""
        signs = np.array(self._signs.among(line.joined), np.intp)
        found = set(np.searchsorted(line.joined.ends, signs).tolist())
        words = _odd_words(line)
        single, alone = _apart(line)
        found.update(_texts_of(line, line.starts[single]))
        texts_of_words = np.searchsorted(line.ends, line.starts[words]).tolist()
        for text, word in zip(texts_of_words, words.tolist(), strict=True):
            if text not in found and self._vocabulary.may_be(line.letters_of(word)):
                found.add(text)
        han = _texts_of(line, _before_signs(line, line.starts[alone]))
        found.update(text for text in han if has_han_apart(texts[text]))
        return found


def _before_signs(line: Line, places: Places) -> Places:
    """Of the places of some letters, those behind which no sentence or clause ends at once."""
    behind = line.joined.codes[line.code_points(places) + 1]
    return places[~np.isin(behind, _ENDINGS)]


def _texts_of(line: Line, places: Places) -> list[int]:
    texts: list[int] = np.unique(np.searchsorted(line.ends, places)).tolist()
    return texts


def _odd_words(line: Line) -> Places:
    """Return the words with a digit next to a letter, a run of a letter, or Latin and Arabic."""
    symbols = line.symbols
    digit = _within(symbols, "0", "9")
    letter = (symbols - LETTER < ALONE - LETTER) & ~digit  # what is below wraps around
    same = symbols[1:] == symbols[:-1]
    odd = (letter[:-1] & digit[1:]) | (digit[:-1] & letter[1:])
    odd[1:] |= same[1:] & same[:-1] & letter[2:]
    arabic, latin = _within(symbols, "\u0621", "\u064a"), _within(symbols, "a", "z")
    odd |= (latin[:-1] & arabic[1:]) | (arabic[:-1] & latin[1:])
    return np.unique(line.words_at(np.flatnonzero(odd)))


def _apart(line: Line) -> tuple[_Chosen, _Chosen]:
    """The words from which on three letters stand apart, of those with spaces and without."""
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


def _within(symbols: Symbols, first: str, last: str) -> _Chosen:
    return symbols - (LETTER + ord(first)) <= ord(last) - ord(first)
