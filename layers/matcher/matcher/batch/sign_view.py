"""The kinds of all code points of a line of texts, and the places that may have a sign.

Each function answers for all texts of a line at once and never misses a place that matters.
"""

from collections.abc import Iterator
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from matcher.batch.symbols import ALONE, Places, SymbolLine
from matcher.signs import han, parts, proportions, shapes
from matcher.signs.lists import LISTS

type Bytes = npt.NDArray[np.uint8]
type _Mask = npt.NDArray[np.bool_]

_IN_CHUNK, _IN_WORD, _UNIT, _ODD, _CAPITAL, _BANG, _HAN, _GAP = (1 << bit for bit in range(8))
"""Properties of kinds, as bits. A unit is a letter or digit. An odd kind is always looked at."""

_WORD_KINDS = shapes.LETTERS + shapes.DIGITS + shapes.MARKS
_ODDS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)


def _property_table() -> bytes:
    table = bytearray(
        0 if chr(code) in (shapes.SPACE, shapes.LINE_END) else _IN_CHUNK for code in range(256)
    )
    for bit, kinds in (
        (_IN_WORD, _WORD_KINDS),
        (_UNIT, shapes.LETTERS + shapes.DIGITS),
        (_ODD, f"@#{shapes.DIGITS}{shapes.DRESSED}{shapes.STROKE}{shapes.RARE_HAN}"),
        (_CAPITAL, shapes.CAPITALS),
        (_BANG, "!?"),
        (_HAN, shapes.HAN + shapes.RARE_HAN),
        (_GAP, han.GAP_KINDS),
    ):
        for kind in kinds:
            table[ord(kind)] |= bit
    return bytes(table)


def _script_table() -> bytes:
    """Return a number for each script that words mix, 1 for all else in words, 0 outside."""
    table = bytearray(256)
    for number, kinds in (
        (1, _WORD_KINDS),
        (2, shapes.CYRILLIC + shapes.CYRILLIC_CAPITAL),
        (3, shapes.GREEK + shapes.GREEK_CAPITAL),
    ):
        for kind in kinds:
            table[ord(kind)] = number
    return bytes(table)


def _ending_table() -> _Mask:
    """Return which three letters end a name of a game, by five bits of each letter."""
    table = np.zeros(1 << 15, bool)
    for ending in LISTS.game_endings:
        if ending.isalpha():
            first, second, third = (ord(letter) & 31 for letter in ending[-3:])
            table[first << 10 | second << 5 | third] = True
    return table


_DRESSED = np.isin(np.arange(256), [ord(kind) for kind in shapes.DRESSED + shapes.STROKE])
_PROPERTIES, _SCRIPTS, _ENDINGS = _property_table(), _script_table(), _ending_table()


class SignView(NamedTuple):
    """A line of texts with its kinds, as an array and as the shape of the joined texts."""

    line: SymbolLine
    kinds: Bytes
    shape: str
    properties: Bytes

    @classmethod
    def of(cls, line: SymbolLine, kinds: Bytes) -> Self:
        """Take a line and the kind of each code point of its joined texts."""
        data = kinds.tobytes()
        properties = np.frombuffer(data.translate(_PROPERTIES), np.uint8)
        return cls(line, kinds, data.decode("latin-1"), properties)

    def shape_of(self, text: int) -> str:
        """Return the shape of one text."""
        ends = self.line.joined.ends
        return self.shape[ends[text - 1] + 1 if text else 0 : ends[text]]

    def texts_at(self, places: Places) -> list[int]:
        """Return the numbers of the texts at some places, each once."""
        return np.unique(self._texts(places)).tolist() if places.size else []

    def counts(self, places: Places) -> list[tuple[int, int]]:
        """Return the texts at some places, each with the number of its places."""
        texts, counts = np.unique(self._texts(places), return_counts=True)
        return list(zip(texts.tolist(), counts.tolist(), strict=True))

    def odd_chunks(self) -> Iterator[tuple[int, int, int]]:
        """Yield the text, start and end of each chunk that may have a sign of its own."""
        inside = self.properties & _IN_CHUNK
        edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
        starts, ends = (edges[1::2], edges[::2]) if inside[0] else (edges[::2], edges[1::2])
        if inside[0]:
            starts = np.append(0, starts)
        odd = np.zeros(starts.size, bool)
        for places in self._odd_places():
            odd[np.searchsorted(starts, places, "right") - 1] = True
        starts, ends = starts[odd], ends[odd]
        yield from zip(self._texts(starts).tolist(), starts.tolist(), ends.tolist(), strict=True)

    def _odd_places(self) -> Iterator[Places]:
        yield np.flatnonzero(self.properties & _ODD)
        dots = self._of_kind(".")
        yield dots[
            self._is_chunk(dots - 1) & self._is_chunk(dots + 1) & (self.kinds[dots + 1] != ord("."))
        ]
        slashes = self._of_kind("/")
        yield slashes[self.kinds[slashes - 1] == ord(":")]
        capitals = np.flatnonzero(self.properties & _CAPITAL)
        yield capitals[:-3][capitals[3:] - capitals[:-3] == 3]
        yield self._game_endings()
        scripts = self.kinds.tobytes().translate(_SCRIPTS)
        if b"\2" in scripts or b"\3" in scripts:
            numbers = np.frombuffer(scripts, np.uint8)
            left, right = numbers[:-1], numbers[1:]
            yield np.flatnonzero(
                (left != right) & (np.maximum(left, right) > 1) & (left > 0) & (right > 0)
            )

    def _game_endings(self) -> Places:
        in_word = self.properties & _IN_WORD
        lasts = np.flatnonzero(in_word[:-1] > in_word[1:])
        codes = self.line.joined.codes
        third = codes[lasts]
        lasts, third = lasts[(third > 64) & (third < 128)], third[(third > 64) & (third < 128)]
        key = (codes[lasts - 2] & 31) << 10 | (codes[lasts - 1] & 31) << 5 | third & 31
        endings: Places = lasts[_ENDINGS[key]]
        return endings

    def lengths(self) -> Iterator[tuple[int, int]]:
        """Yield the texts that are long enough for a sign, each with the number of its chunks."""
        inside = self.properties & _IN_CHUNK
        starts = np.flatnonzero(inside[1:] > inside[:-1]) + 1
        before = np.searchsorted(starts, self.line.joined.ends)
        counts = np.diff(before, prepend=-int(inside[0] > 0))
        long = np.flatnonzero(counts >= proportions.SOME_WORDS)
        yield from zip(long.tolist(), counts[long].tolist(), strict=True)

    def dressed(self) -> Places:
        """Return the places of dressed letters."""
        odd = np.flatnonzero(self.properties & _ODD)
        dressed: Places = odd[_DRESSED[self.kinds[odd]]]
        return dressed

    def emoji(self) -> Places:
        """Return the place of each emoji, as `parts.emoji_sign` counts them."""
        emoji, flags = self._of_kind(shapes.EMOJI), self._of_kind(shapes.FLAG_LETTER)
        return np.concatenate(
            (
                emoji[self.kinds[emoji - 1] != ord(shapes.JOINER)],
                flags[self.kinds[flags - 1] != ord(shapes.FLAG_LETTER)],
            )
        )

    def capitals(self) -> Places:
        """Return the place of each capital."""
        return np.flatnonzero(self.properties & _CAPITAL)

    def bangs(self) -> Places:
        """Return where three exclamation or question marks in a row begin."""
        return _close(np.flatnonzero(self.properties & _BANG), 3, 2)

    def digits(self) -> Places:
        """Return where eight digits begin that may be a phone number."""
        return _close(np.flatnonzero((self.kinds == ord("1")) | (self.kinds == ord("2"))), 8, 21)

    def letters_apart(self) -> Places:
        """Return where four letters or digits begin that may be apart."""
        unit = (self.properties & _UNIT) > 0
        starts = np.flatnonzero(unit[1:] > unit[:-1]) + 1
        if unit[0]:
            starts = np.append(0, starts)
        alone = ~unit[starts + 1]
        alone[:-3] &= alone[1:-2] & alone[2:-1] & alone[3:]
        places = starts[:-3][alone[:-3]]
        texts = self._texts(places)
        last = starts[3:][alone[:-3]]
        apart: Places = places[texts == self._texts(last)]
        return apart

    def han_apart(self) -> Places:
        """Return the Han letters that have a gap on both sides."""
        han_letter, gap = self.properties & _HAN, self.properties & _GAP
        return np.flatnonzero((han_letter[1:-1] > 0) & (gap[:-2] > 0) & (gap[2:] > 0)) + 1

    def repeated_phrases(self) -> list[int]:
        """Return the texts in which three words in a row occur three times, overlaps included."""
        line = self.line
        spaced = line.symbols[line.starts] < ALONE
        starts, sizes, words = line.starts[spaced], line.sizes[spaced], line.hashes()[spaced]
        texts = np.searchsorted(line.ends, starts)
        together = texts[2:] == texts[:-2]
        together &= sizes[:-2] + sizes[1:-1] + sizes[2:] >= parts.LETTERS_IN_PHRASE
        keys = words[:-2] + words[1:-1] * _ODDS[0] + words[2:] * _ODDS[1]
        keys += texts[:-2].view(np.uint64) * _ODDS[2]
        texts, keys = texts[:-2][together], keys[together]
        ordered = np.sort(keys)
        thrice = ordered[2:][ordered[2:] == ordered[:-2]]
        return np.unique(texts[np.isin(keys, thrice)]).tolist() if thrice.size else []

    def _of_kind(self, kind: str) -> Places:
        return np.flatnonzero(self.kinds == ord(kind))

    def _is_chunk(self, places: Places) -> _Mask:
        return (self.properties[places] & _IN_CHUNK) > 0

    def _texts(self, places: Places) -> Places:
        texts: Places = np.searchsorted(self.line.joined.ends, places)
        return texts


def _close(places: Places, number: int, most: int) -> Places:
    """Return those places from which on a number of places is close together."""
    firsts, lasts = places[: 1 - number], places[number - 1 :]
    close: Places = firsts[lasts - firsts <= most]
    return close
