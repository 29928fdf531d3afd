"""Many texts at once: the signs that may be part of a word in disguise, for `suspects`.

What `evasion.suspicion` asks by patterns at each sign is first asked of all by arrays, roughly;
most signs are those of sentences, mentions and topics in small letters.
"""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import numpy.typing as npt

from matcher.batch.symbols import LETTER, MANY, SIGN, SPACE, TEXT_END, Joined, Places
from matcher.evasion.suspicion import OF_MANY_USES
from matcher.evasion.vocabulary import Vocabulary

_APART = 64  # code points: a longer word is not looked at, see `matcher.evasion.disguise`
_BEHIND_FIRST = np.arange(2, 18)  # code points from a hash on
_HEAD = np.arange(1, 4)  # code points from an @ on, as in `Mentions.heads`
_PLAIN = 128
_NONE = _PLAIN**_HEAD.size
_CAPITALS = [("A", "Z"), ("\u00c0", "\u00de"), ("\u0391", "\u042f")]  # at least those of hashtags

type _Chosen = npt.NDArray[np.bool_]
type _Codes = npt.NDArray[np.uint32]


class SignPlaces:
    """Finds signs that have what the fold does not show of a disguise.

    >>> from matcher.batch.finders import ALPHABET
    >>> joined = ALPHABET.line(["a $ign!", "#topic #BigWord @you", "so!", "p!ain"]).joined
    >>> SignPlaces(Vocabulary([" anaconda "])).among(joined)
    [34, 15, 2]
    """

    def __init__(self, vocabulary: Vocabulary):
        """Takes the words that may be in disguise."""
        self._vocabulary = vocabulary

    @cached_property
    def _heads(self) -> tuple[_Codes, bool]:
        """The plain heads of mentions as numbers, in order, and whether letters of all are plain.

        Made when a mention is met.
        """
        heads = self._vocabulary.mentions.heads
        plain = [[ord(char) for char in head] for head in heads if head.isascii()]
        numbers = np.unique(_as_one(np.array(plain, np.uint32).reshape(-1, _HEAD.size)))
        letters = filter(str.isalpha, "".join(heads))
        return np.append(numbers, _NONE), all(map(str.isascii, letters))

    def among(self, joined: Joined) -> list[int]:
        """Places of such signs in the texts that are joined, sign by sign."""
        signs = np.flatnonzero(joined.symbols == SIGN)
        codes = joined.codes[signs]
        before = joined.symbols[np.maximum(signs - 1, 0)]
        behind_letter = (before >= LETTER) & (before < TEXT_END)
        ends_word = _ends_word(joined, signs)
        near_next = np.diff(signs, append=joined.symbols.size) <= _APART
        near_next[:-1] &= ~ends_word[1:] & (codes[1:] != ord("#"))
        found: list[int] = []
        of_one_use = np.ones(signs.size, bool)
        for sign, pattern in OF_MANY_USES.items():
            here = codes == ord(sign)
            of_one_use &= ~here
            if sign == "!":
                here &= ~ends_word
            elif sign == "@":
                found += self._mentions(joined, signs[here])
                here &= behind_letter | near_next
            elif sign == "#":
                here[here] = behind_letter[here] | _may_have_capitals(joined, signs[here])
            places: list[int] = signs[here].tolist()
            found += (at for at in places if pattern.match(joined.text, at))
        return [*found, *signs[of_one_use].tolist()]

    def _mentions(self, joined: Joined, places: Places) -> Iterator[int]:
        """Those of some places, each of an @, at which a mention is a word in disguise."""
        if not places.size:
            return iter(())
        known, letters_are_plain = self._heads
        behind = np.minimum(places[:, None] + _HEAD, joined.codes.size - 1)
        symbols, codes = joined.symbols[behind], joined.codes[behind]
        heads = np.where(symbols >= LETTER, symbols - np.uint16(LETTER), codes)
        odd = (symbols < SPACE) | (symbols == MANY) | ((symbols == SIGN) & (codes >= _PLAIN))
        if not letters_are_plain:
            odd |= (symbols >= LETTER) & (heads >= _PLAIN)
        numbers = _as_one(heads)
        told = (known[np.searchsorted(known[:-1], numbers)] == numbers) | odd.any(axis=1)
        return self._vocabulary.mentions.among(joined.text, places[told].tolist())


def _as_one(heads: _Codes) -> _Codes:
    """One number for the plain characters of each head."""
    return heads[:, 0] * _PLAIN**2 + heads[:, 1] * _PLAIN + heads[:, 2]


def _ends_word(joined: Joined, signs: Places) -> _Chosen:
    """Whether each of some signs has a plain space or sign behind it."""
    code = joined.codes[signs + 1]
    is_space: _Chosen = joined.symbols[signs + 1] == SPACE
    is_space &= (code < _PLAIN) & (code != ord("_"))
    return is_space


def _may_have_capitals(joined: Joined, hashes: Places) -> _Chosen:
    """Whether the word behind each hash has a capital after its first letter, or is long."""
    behind = np.minimum(hashes[:, None] + _BEHIND_FIRST, joined.codes.size - 1)
    codes, ends = joined.codes[behind], joined.symbols[behind] < LETTER
    capital = np.zeros(codes.shape, bool)
    for first, last in _CAPITALS:
        capital |= (codes >= ord(first)) & (codes <= ord(last))
    capital[:, -1] = True  # there may be one further on
    ended: _Chosen = ends.cumsum(axis=1, dtype=bool)
    within: _Chosen = ~ended[np.arange(hashes.size), capital.argmax(axis=1)]
    return within
