"""Finds the signs of many texts at once.

The simple way is to call `find_signs` for each text. Here only what may have a sign is looked at in
Python: chunks with an address, words and numbers with something odd, and texts that may have a sign
of a whole part. The same functions decide there, so a text has the same signs as alone.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache

import numpy as np

from matcher.batch import sign_tables as tables
from matcher.batch.key_finders import ALPHABET
from matcher.batch.sign_view import SignView
from matcher.batch.symbols import Places, SymbolLine, in_lines
from matcher.signs import han, numbers, parts, pieces, proportions, shapes, words
from matcher.signs.catalogue import (
    LONG,
    REMEMBERED,
    ROOMS_OF_WORDS,
    SIGNS,
    read_signs,
    remembered_signs,
)
from matcher.signs.chunks import NUMBER_ENDS, Found

_SPACES = (shapes.SPACE, shapes.LINE_END)

type _Signs = frozenset[str]
type _Found = defaultdict[int, set[str]]


def signs_of(texts: Sequence[str], wanted: Collection[str]) -> list[frozenset[str]]:
    """Return the wanted signs of each text. Their places are those of `find_signs`.

    >>> [sorted(signs) for signs in signs_of(["HOKI88 🔥", "plain"], ["name-number", "emoji-1"])]
    [['emoji-1', 'name-number'], []]
    """
    return SignFinder(wanted).find(texts)


class SignFinder:
    """Finds some signs in lines of texts, and remembers the signs of short words."""

    def __init__(self, wanted: Collection[str]):
        """Take the ids of signs."""
        self._wanted = frozenset(wanted)
        self._rooms = {SIGNS[sign].module for sign in self._wanted}
        self._kinds = np.zeros(0x110000, np.uint8)
        self._of_word = lru_cache(REMEMBERED)(_of_word)

    def find(self, texts: Sequence[str]) -> list[frozenset[str]]:
        """Return the wanted signs of each text."""
        signs: list[frozenset[str]] = []
        nothing = frozenset[str]()
        for some in in_lines(texts):
            found = self.among(self.view(ALPHABET.line(some)), some)
            signs += (found.get(text, nothing) for text in range(len(some)))
        return signs

    def among(self, view: SignView, texts: Sequence[str]) -> dict[int, frozenset[str]]:
        """Return the wanted signs of those wanted texts of a line that have some."""
        found: _Found = defaultdict(set)
        self._add_chunks(view, view.addresses, found)
        if self._rooms & ROOMS_OF_WORDS:
            self._add_words(view, found)
        if self._rooms & {"numbers", "han"}:
            self._add_numbers(view, found)
        for finds, read in _OF_PARTS:
            if not finds.isdisjoint(self._wanted):
                for text, sign in read(view, texts):
                    found[text].add(sign)
        if "proportions" in self._rooms:
            for text, sign in _of_proportions(view):
                found[text].add(sign)
        kept = ((text, self._wanted & signs) for text, signs in found.items())
        return {text: signs for text, signs in kept if signs}

    def view(self, line: SymbolLine) -> SignView:
        """Return the kinds of the code points of a line."""
        codes = line.joined.codes
        kinds = self._kinds.take(codes)
        if not kinds.all():
            unknown = np.unique(codes[kinds == 0])
            self._kinds[unknown] = [ord(shapes.SHAPES[code]) for code in unknown.tolist()]
            kinds = self._kinds.take(codes)
        return SignView(line, kinds)

    def _add_chunks(self, view: SignView, places: Places, found: _Found) -> None:
        """Add all signs of the chunks at some places."""
        joined, shape = view.line.joined.text, view.shape
        starts, ends = view.chunks_at(view.within(places))
        rows = zip(view.texts(starts).tolist(), starts.tolist(), ends.tolist(), strict=True)
        for text, start, end in rows:
            before = after = ""
            if shape[start] in shapes.DIGITS and shape[start - 1] == shapes.SPACE:
                before = joined[_chunk_start(shape, start - 1) : start - 1]
            if shape[end - 1] in NUMBER_ENDS and shape[end] == shapes.SPACE:
                after = joined[end + 1 : _chunk_end(shape, end + 1)]
            read = remembered_signs if end - start <= LONG else read_signs
            found[text].update(sign for sign, _, _ in read(joined[start:end], before, after))

    def _add_words(self, view: SignView, found: _Found) -> None:
        joined, shape = view.line.joined.text, view.shape
        starts, ends = view.words_at(view.within(view.odd_words()))
        rows = zip(view.texts(starts).tolist(), starts.tolist(), ends.tolist(), strict=True)
        for text, start, end in rows:
            read = self._of_word if end - start <= LONG else _of_word
            if signs := read(joined[start:end], shape[start:end]):
                found[text] |= signs
        for text in view.texts_at(view.capital_words()):
            found[text].add("capital-word")

    def _add_numbers(self, view: SignView, found: _Found) -> None:
        starts, sizes = view.numbers_alone()
        sizes = np.minimum(sizes, numbers.MOST_DIGITS)
        of_text, wanted = view.texts(starts), view.wanted[view.texts(starts)]
        pairs = np.unique((of_text * (numbers.MOST_DIGITS + 1) + sizes)[wanted]).tolist()
        for pair in pairs:
            text, size = divmod(pair, numbers.MOST_DIGITS + 1)
            found[text].add(numbers.SIGN_OF_SIZE[size])
        self._add_chunks(view, view.odd_numbers, found)
        for text in view.texts_at(view.rare_han()):
            found[text].add("rare-han")


def _of_word(word: str, shape: str) -> _Signs:
    """Return the signs of a word that may have marks before its first letter."""
    letters = shape.lstrip(shapes.MARKS)
    return frozenset(words.signs_of_word(word[len(shape) - len(letters) :], letters))


def _chunk_start(shape: str, end: int) -> int:
    """Return where the chunk begins that ends at a place, looking as far as numbers do."""
    first = max(0, end - numbers.AROUND)
    return max(shape.rfind(space, first, end) + 1 or first for space in _SPACES)


def _chunk_end(shape: str, start: int) -> int:
    """Return where the chunk ends that begins at a place, looking as far as numbers do."""
    ends = (shape.find(space, start, start + numbers.AROUND) for space in _SPACES)
    return min((end for end in ends if end >= 0), default=start + numbers.AROUND)


def _emoji(view: SignView, _: Sequence[str]) -> Iterator[tuple[int, str]]:
    with_emoji, counts = view.counts(view.emoji)
    for text, number in zip(with_emoji.tolist(), counts.tolist(), strict=True):
        yield text, parts.emoji_sign(number)
        if number > 1:
            yield from _read(text, parts.wrapped_words(view.shape_of(text)))


def _capitals(view: SignView, _: Sequence[str]) -> Iterator[tuple[int, str]]:
    yield from (
        (text, "capitals") for text in np.flatnonzero(view.in_capitals() & view.wanted).tolist()
    )


def _marks(view: SignView, _: Sequence[str]) -> Iterator[tuple[int, str]]:
    yield from ((text, "repeated-marks") for text in view.texts_at(view.bangs))


def _phones(view: SignView, texts: Sequence[str]) -> Iterator[tuple[int, str]]:
    for text in view.texts_at(view.phones):
        yield from _read(text, parts.phones(texts[text], view.shape_of(text)))


def _letters_apart(view: SignView, texts: Sequence[str]) -> Iterator[tuple[int, str]]:
    for text in view.texts_at(view.letters_apart):
        yield from _read(text, parts.letters_apart(texts[text], view.shape_of(text)))


def _in_pieces(view: SignView, texts: Sequence[str]) -> Iterator[tuple[int, str]]:
    for text in view.texts_at(view.names_in_pieces):
        yield from _read(text, pieces.names_in_pieces(texts[text], view.shape_of(text)))


def _han_apart(view: SignView, _: Sequence[str]) -> Iterator[tuple[int, str]]:
    for text in view.texts_at(view.han_apart):
        yield from _read(text, han.han_apart(view.shape_of(text)))


def _phrases(view: SignView, texts: Sequence[str]) -> Iterator[tuple[int, str]]:
    for text in tables.repeated_phrases(view.line):
        if not view.wanted[text]:
            continue
        yield from _read(text, parts.repeated_phrases(texts[text], view.shape_of(text)))


_OF_WORDS = {sign for sign in SIGNS if SIGNS[sign].module in ROOMS_OF_WORDS}
_OF_PARTS = (
    ({"emoji-1", "emoji-2-3", "many-emoji", "emoji-wrapped"}, _emoji),
    ({"capitals"}, _capitals),
    ({"repeated-marks"}, _marks),
    ({"phone"}, _phones),
    ({"spaced-letters", *_OF_WORDS}, _letters_apart),
    ({"name-in-pieces"}, _in_pieces),
    ({"han-apart"}, _han_apart),
    ({"repeated-phrase"}, _phrases),
)
"""Signs of a whole part, and what yields the texts that have one of them, each with the sign."""


def _of_proportions(view: SignView) -> Iterator[tuple[int, str]]:
    """Yield the texts with a sign of their length or dress, each with the sign."""
    texts, words = view.lengths
    wanted = view.wanted[texts]
    for text, number in zip(texts[wanted].tolist(), words[wanted].tolist(), strict=True):
        yield text, proportions.length_sign(number)
    for text in view.texts_at(view.dressed):
        if sign := proportions.dress_sign(view.shape_of(text)):
            yield text, sign


def _read(text: int, found: Iterable[Found]) -> Iterator[tuple[int, str]]:
    yield from ((text, sign) for sign, _, _ in found)
