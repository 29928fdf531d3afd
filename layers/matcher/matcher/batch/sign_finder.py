"""Finds the signs of many texts at once.

The simple way is to call `find_signs` for each text. Here only what may have a sign is looked at in
Python: chunks with something odd, such as a digit or a dressed letter, and texts that may have a
sign of a whole part. The same functions decide there, so a text has the same signs as alone.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain

import numpy as np

from matcher.batch.key_finders import ALPHABET
from matcher.batch.sign_view import Bytes, SignView
from matcher.batch.symbols import SymbolLine, in_lines
from matcher.signs import han, parts, proportions, shapes
from matcher.signs.catalogue import signs_of_chunk
from matcher.signs.chunks import Chunk, Found
from matcher.signs.numbers import AROUND

KNOWN_CHUNKS, LONG_CHUNK = 2**14, 64
"""Chunks whose signs are remembered, and the code points of one at most."""

_SPACES = (shapes.SPACE, shapes.LINE_END)
_CAPITALS_AT_LEAST = parts.CAPITALS_SHARE * parts.CASED_AT_LEAST
_NUMBER_ENDS = frozenset(shapes.DIGITS + shapes.MARKS)


def signs_of(texts: Sequence[str], wanted: Collection[str]) -> list[frozenset[str]]:
    """Return the wanted signs of each text. Their places are those of `find_signs`.

    >>> [sorted(signs) for signs in signs_of(["HOKI88 🔥", "plain"], ["name-number", "emoji-1"])]
    [['emoji-1', 'name-number'], []]
    """
    return SignFinder(wanted).find(texts)


class SignFinder:
    """Finds some signs in lines of texts, and remembers the signs of short chunks."""

    def __init__(self, wanted: Collection[str]):
        """Take the ids of signs."""
        self._wanted = frozenset(wanted)
        self._kinds = np.zeros(0x110000, np.uint8)
        self._known = lru_cache(KNOWN_CHUNKS)(self._of_chunk)

    def find(self, texts: Sequence[str]) -> list[frozenset[str]]:
        """Return the wanted signs of each text."""
        signs: list[frozenset[str]] = []
        nothing = frozenset[str]()
        for some in in_lines(texts):
            found = self.among(ALPHABET.line(some), some)
            signs += (found.get(text, nothing) for text in range(len(some)))
        return signs

    def among(self, line: SymbolLine, texts: Sequence[str]) -> dict[int, frozenset[str]]:
        """Return the wanted signs of those texts of a line that have some."""
        view = SignView.of(line, self._kinds_of(line))
        found: defaultdict[int, set[str]] = defaultdict(set)
        for text, signs in self._of_chunks(view):
            found[text] |= signs
        for text, sign in chain(_of_parts(view, texts), _of_proportions(view)):
            found[text].add(sign)
        kept = ((text, self._wanted & signs) for text, signs in found.items())
        return {text: signs for text, signs in kept if signs}

    def _kinds_of(self, line: SymbolLine) -> Bytes:
        codes = line.joined.codes
        kinds = self._kinds.take(codes)
        if not kinds.all():
            unknown = np.unique(codes[kinds == 0])
            self._kinds[unknown] = [ord(shapes.SHAPES[code]) for code in unknown.tolist()]
            kinds = self._kinds.take(codes)
        return kinds

    def _of_chunks(self, view: SignView) -> Iterator[tuple[int, frozenset[str]]]:
        """Yield the signs of the chunks that may have some, each with its text."""
        joined, shape = view.line.joined.text, view.shape
        for text, start, end in view.odd_chunks():
            before = after = ""
            if shape[start] in _NUMBER_ENDS and shape[start - 1] == shapes.SPACE:
                first = max(0, start - 1 - AROUND)
                before = joined[_chunk_start(shape, first, start - 1) : start - 1]
            if shape[end - 1] in _NUMBER_ENDS and shape[end] == shapes.SPACE:
                after = joined[end + 1 : _chunk_end(shape, end + 1)]
            if end - start <= LONG_CHUNK:
                yield text, self._known(joined[start:end], before, after)
            else:
                yield text, self._of_chunk(joined[start:end], before, after)

    @staticmethod
    def _of_chunk(text: str, before: str, after: str) -> frozenset[str]:
        chunk = Chunk(text, shapes.shape_of(text), 0, before, after)
        return frozenset(sign for sign, _, _ in signs_of_chunk(chunk))


def _chunk_start(shape: str, first: int, end: int) -> int:
    """Return where the chunk begins that ends at a place, or `first` if it begins before."""
    return max(shape.rfind(space, first, end) + 1 or first for space in _SPACES)


def _chunk_end(shape: str, start: int) -> int:
    """Return where the chunk ends that begins at a place, looking as far as numbers do."""
    ends = (shape.find(space, start, start + AROUND) for space in _SPACES)
    return min((end for end in ends if end >= 0), default=start + AROUND)


def _of_parts(view: SignView, texts: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the texts with a sign of a whole part, each with the sign."""
    for text, number in view.counts(view.emoji()):
        yield text, parts.emoji_sign(number)
        if number > 1:
            yield from _read(text, parts.wrapped_words(view.shape_of(text)))
    for text, number in view.counts(view.capitals()):
        if number >= _CAPITALS_AT_LEAST and parts.has_capitals(view.shape_of(text)):
            yield text, "capitals"
    yield from ((text, "repeated-marks") for text in view.texts_at(view.bangs()))
    for text in view.texts_at(view.digits()):
        yield from _read(text, parts.phones(texts[text], view.shape_of(text)))
    for text in view.texts_at(view.letters_apart()):
        yield from _read(text, parts.letters_apart(texts[text], view.shape_of(text)))
    for text in view.texts_at(view.han_apart()):
        yield from _read(text, han.han_apart(view.shape_of(text)))
    for text in view.repeated_phrases():
        yield from _read(text, parts.repeated_phrases(texts[text], view.shape_of(text)))


def _of_proportions(view: SignView) -> Iterator[tuple[int, str]]:
    """Yield the texts with a sign of their length or dress, each with the sign."""
    yield from ((text, proportions.length_sign(words)) for text, words in view.lengths())
    for text in view.texts_at(view.dressed()):
        if sign := proportions.dress_sign(view.shape_of(text)):
            yield text, sign


def _read(text: int, found: Iterable[Found]) -> Iterator[tuple[int, str]]:
    yield from ((text, sign) for sign, _, _ in found)
