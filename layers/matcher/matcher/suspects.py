"""Many folded texts at once: which of them may have a word in disguise, for `matcher.batch`.

What `matcher.suspicion.is_suspect` asks of one text is asked here of a line, and never one too few
of those in which a disguise is found.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from matcher.suspicion import OF_MANY_USES, has_han_apart
from matcher.symbols import ALONE, LETTER, SIGN, SPACE, TEXT_END, Joined, Line, Places, Symbols
from matcher.vocabulary import Vocabulary

_BETWEEN = 7  # places from one Han letter to the next, of letters apart

type _Chosen = npt.NDArray[np.bool_]


def suspects(line: Line, texts: Sequence[str], vocabulary: Vocabulary) -> set[int]:
    """The numbers of the texts of a line in which a word in disguise may be.

    >>> from matcher.finders import ALPHABET
    >>> texts = ["24 h", "b0mb", "h0me", "booomb", "b.o.m.b", "验-证-码", "$hoot", "so!", "p!ain"]
    >>> sorted(suspects(ALPHABET.line(texts), texts, Vocabulary([" bomb "])))
    [1, 3, 4, 5, 6, 8]
    """
    found = _with_signs(line.joined, vocabulary)
    words, mixed = _odd_words(line)
    single, alone = _apart(line)
    for places in (line.starts[mixed], line.starts[single]):
        found.update(_texts_of(line, places))
    texts_of_words = np.searchsorted(line.ends, line.starts[words]).tolist()
    for text, word in zip(texts_of_words, words.tolist(), strict=True):
        if text not in found and vocabulary.may_be(line.letters_of(word)):
            found.add(text)
    han = _texts_of(line, line.starts[alone])
    found.update(text for text in han if has_han_apart(texts[text]))
    return found


def _with_signs(joined: Joined, vocabulary: Vocabulary) -> set[int]:
    """The texts that have what their fold does not show of a disguise."""
    signs = np.flatnonzero(joined.symbols == SIGN)
    after, code_after = joined.symbols[signs + 1], joined.codes[signs + 1]
    ends_word = (after == SPACE) & (code_after < 128) & (code_after != ord("_"))
    signs = signs[(joined.codes[signs] != ord("!")) | ~ends_word]  # most are those of sentences
    codes = joined.codes[signs]
    places: list[int] = []
    for sign, pattern in OF_MANY_USES.items():
        own = codes == ord(sign)
        here = signs[own].tolist()
        places += (place for place in here if pattern.match(joined.text, place))
        if sign == "@" and here:
            places += vocabulary.mentions.among(joined.text, here)
        signs, codes = signs[~own], codes[~own]
    places += signs.tolist()
    return set(np.searchsorted(joined.ends, np.array(places, np.intp)).tolist())


def _texts_of(line: Line, places: Places) -> list[int]:
    texts: list[int] = np.unique(np.searchsorted(line.ends, places)).tolist()
    return texts


def _odd_words(line: Line) -> tuple[Places, Places]:
    """The words with digits beside letters or a run of a letter; those of Latin and Arabic."""
    symbols = line.symbols
    digit = _within(symbols, "0", "9")
    letter = (symbols >= LETTER) & (symbols < ALONE) & ~digit
    same = symbols[1:] == symbols[:-1]
    odd = (letter[:-1] & digit[1:]) | (digit[:-1] & letter[1:])
    odd[1:] |= same[1:] & same[:-1] & letter[2:]
    mixed = np.zeros(0, np.intp)
    arabic = _within(symbols, "\u0621", "\u064a")
    if arabic.any():
        latin = _within(symbols, "a", "z")
        mixed = np.flatnonzero((latin[:-1] & arabic[1:]) | (arabic[:-1] & latin[1:]))
    return _words_at(line, np.flatnonzero(odd)), _words_at(line, mixed)


def _words_at(line: Line, places: Places) -> Places:
    return np.unique(np.searchsorted(line.starts, places, "right") - 1)


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
    return (symbols >= LETTER + ord(first)) & (symbols <= LETTER + ord(last))
