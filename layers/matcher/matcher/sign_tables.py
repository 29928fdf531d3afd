"""Many folded texts as one array of symbols, and tables and functions on arrays for `SignView`.

The simple way is to fold each text as a string. Here the texts of a line become one array of code
points, and one lookup turns it into 16-bit symbols of folded letters. Code points may share a
symbol, so equal symbols prove nothing. But texts that the fold makes equal have equal symbols, in
the same words, so nothing is missed.

The tables hold the properties of kinds, and the letters with which units, currencies and endings of
hosts begin or end.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

import matcher.part_signs as of_parts
import matcher.sign_shapes as shapes
from matcher.sign_shapes import LISTS

type Symbols = npt.NDArray[np.uint16]
type Hashes = npt.NDArray[np.uint64]
type Places = npt.NDArray[np.intp]
type Mask = npt.NDArray[np.bool_]

_UNKNOWN, _DROPPED, SPACE, MANY, SIGN = range(5)
LETTER = 8  # the first symbol of a letter
ALONE = 0x8000  # the first symbol of a letter that is a word by itself
TEXT_END = 0xFFFF

LINE_LENGTH, LINE_TEXTS, LONGEST_LINE = 128 * 1024, 1_000, 256 * 1024
"""A line is full when it has so many code points and so many texts, or LONGEST_LINE code points.

A line costs some milliseconds beside what each of its texts costs. But the arrays of much longer
lines leave the processor's cache.
"""

_PAD = 8  # symbols after the last word that may be read
_PADDING = np.full(_PAD, SPACE, np.uint16)
_MASKS = np.array([(1 << 16 * size) - 1 for size in range(5)], np.uint64)
_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2⁶⁴ by the golden ratio, as in Fibonacci hashing
_HALF = np.uint64(32)


def mixed(values: Hashes) -> Hashes:
    """Spread the bits of values, best in the upper half. Different values stay different."""
    values = values * _ODD
    values ^= values >> _HALF
    values *= _ODD
    return values


class JoinedTexts(NamedTuple):
    """Texts joined by line ends, with the code and the symbol of each code point.

    Here `SIGN` is the symbol of the signs that an `Alphabet` was made with. `ends` are the places
    of the line ends.
    """

    text: str
    codes: npt.NDArray[np.uint32]
    symbols: Symbols
    ends: Places

    @property
    def starts(self) -> Places:
        """The place of the first code point of each text."""
        return np.append(0, self.ends[:-1] + 1)


class Widths:
    """The number of symbols that each code point gave, if it is not one for each."""

    def __init__(self, widths: npt.NDArray[np.uint8] | npt.NDArray[np.bool_]):
        self._widths = widths

    @cached_property
    def _odd(self) -> tuple[Places, Places]:
        """The code points that gave none or several, and how far each shifts what follows."""
        widths = self._widths
        odd = np.flatnonzero(~widths if widths.dtype == bool else widths != 1)
        shifts = np.cumsum(widths[odd].astype(np.intp) - 1)
        return np.append(odd, widths.size), np.append(0, shifts)

    def code_points(self, places: Places) -> Places:
        """Return the code points that gave the symbols at some places."""
        odd, shifts = self._odd
        odd_before = np.searchsorted(odd[:-1] + 1 + shifts[1:], places, "right")
        code_points: Places = np.minimum(places - shifts[odd_before], odd[odd_before])
        return code_points


class SymbolLine(NamedTuple):
    """Texts in a row, each with a word of its own that marks its end.

    `starts` and `sizes` give the place and the number of symbols of each word, `ends` the place of
    each text's end. Padding follows the last one. `widths` is None if each code point gave one
    symbol.
    """

    symbols: Symbols
    starts: Places
    sizes: Places
    ends: Places
    widths: Widths | None
    joined: JoinedTexts

    @classmethod
    def together(cls, lines: Iterable["SymbolLine"]) -> "SymbolLine":
        """Join several lines, without the texts that they were made from."""
        parts: list[tuple[Symbols, Places, Places, Places]] = []
        at = 0
        for symbols, starts, sizes, ends, _, _ in lines:
            parts.append((symbols[:-_PAD], starts + at, sizes, ends + at))
            at += symbols.size - _PAD
        symbols, starts, sizes, ends = map(np.concatenate, zip(*parts, strict=True))
        nothing = JoinedTexts("", np.zeros(0, np.uint32), symbols[:0].copy(), ends)
        return cls(np.append(symbols, _PADDING), starts, sizes, ends, None, nothing)

    def windows(self) -> Hashes:
        """Return, for each place, the four symbols from there on as one value."""
        return np.ndarray((self.symbols.size - 3,), "<u8", self.symbols, 0, (2,))

    def hashes(self) -> Hashes:
        """Return a value for each word, the same for the same word."""
        windows = self.windows()
        hashes = windows[self.starts]  # `take` would copy them all, since they overlap
        hashes &= _MASKS.take(self.sizes, mode="clip")
        long = np.flatnonzero(self.sizes > 4)
        starts, sizes = self.starts[long], self.sizes[long]
        rest = windows[starts + sizes - 4] * _ODD
        rest += sizes.view(np.uint64)
        longer = np.flatnonzero(
            sizes > 8
        )  # of words of more than 12 letters, the middle does not count
        rest[longer] += mixed(windows[starts[longer] + 4])
        hashes[long] += mixed(rest)
        return mixed(hashes)

    def heads(self, places: Places, size: int) -> Hashes:
        """Return a value for the `size` symbols from each place on, at most 8."""
        windows = self.windows()
        hashes = mixed(windows[places] & _MASKS[min(size, 4)])
        if size > 4:
            hashes = mixed(hashes + (windows[places + 4] & _MASKS[size - 4]))
        return hashes

    def words_at(self, places: Places) -> Places:
        """Return the words at some places, or the last words before them."""
        return np.searchsorted(self.starts, places, "right") - 1

    def code_points(self, places: Places) -> Places:
        """Return the code points of the joined texts that gave the symbols at some places."""
        return places if self.widths is None else self.widths.code_points(places)

    def letters(self) -> Places:
        """Return the places of all letters that form words together with others."""
        return np.flatnonzero((self.symbols >= LETTER) & (self.symbols < ALONE))

    def alone(self, words: Places) -> npt.NDArray[np.bool_]:
        """Return whether each word is a letter of a spaceless script, or a text's end."""
        return self.symbols[self.starts[words]] >= ALONE


class Alphabet:
    """The symbols of a fold table, assigned when a code point first occurs."""

    def __init__(self, table: Mapping[int, str], signs: str = ""):
        """Take a table, and the signs to tell apart from other characters that fold to a space."""
        self._table = table
        self._signs = {ord(sign) for sign in signs}
        self._symbols = np.zeros(0x110000, np.uint16)
        self._many: dict[int, Symbols] = {}

    def line(self, texts: Sequence[str]) -> SymbolLine:
        """Fold texts. There is at least one."""
        text = "\n".join((*texts, ""))
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        ends = np.cumsum(np.fromiter(map(len, texts), np.intp, len(texts)) + 1) - 1
        symbols = self._symbols.take(codes)
        if not symbols.all():
            self._learn(np.unique(codes[symbols == _UNKNOWN]).tolist())
            symbols = self._symbols.take(codes)
        symbols[ends] = TEXT_END
        joined = JoinedTexts(text, codes, symbols, ends)
        kept = symbols != _DROPPED
        many = np.flatnonzero(symbols == MANY)
        widths: Widths | None = None
        if many.size:
            symbols, each = self._spread(symbols, kept, many, codes)
            widths = Widths(each)
        elif not kept.all():
            symbols, widths = symbols[kept], Widths(kept)
        return _line(symbols, widths, joined)

    def _learn(self, codes: Sequence[int]) -> None:
        for code in codes:
            folded = self._table[code]
            if len(folded) == 3 and folded == self._table[ord(folded[1])]:
                self._symbols[code] = alone_symbol(ord(folded[1]))
            elif len(folded) == 1:
                self._symbols[code] = SIGN if code in self._signs else _letter(folded)
            elif folded:
                self._symbols[code] = MANY
                self._many[code] = self._spelled(folded)
            else:
                self._symbols[code] = _DROPPED

    def _spelled(self, folded: str) -> Symbols:
        codes = [ord(char) for char in folded]
        self._learn(codes)
        return self._symbols[codes]

    def _spread(
        self,
        symbols: Symbols,
        kept: npt.NDArray[np.bool_],
        many: Places,
        codes: npt.NDArray[np.uint32],
    ) -> tuple[Symbols, npt.NDArray[np.uint8]]:
        """Insert the symbols of code points that fold to several letters, and drop others.

        Returns:
            The symbols, and the number of symbols that each code point gave.
        """
        distinct, which = np.unique(codes[many], return_inverse=True)
        spelled = [self._many[code] for code in distinct.tolist()]
        sizes = np.array([symbols_of.size for symbols_of in spelled])
        firsts = (np.cumsum(sizes) - sizes)[which]
        sizes = sizes[which]
        widths = kept.astype(np.uint8)
        widths[many] = sizes
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        letters = np.concatenate(spelled)[np.repeat(firsts, sizes) + within]
        single = kept.copy()
        single[many] = False
        singles = symbols[single]
        singles_before = np.searchsorted(np.flatnonzero(single), many)
        symbols = np.empty(singles.size + letters.size, np.uint16)
        is_letter = np.zeros(symbols.size, bool)
        is_letter[np.repeat(singles_before, sizes) + np.arange(letters.size)] = True
        symbols[is_letter], symbols[~is_letter] = letters, singles
        return symbols, widths


def alone_symbol(code: int) -> int:
    """Return the symbol of a letter that is a word by itself, given its code point in the fold."""
    return ALONE | code % (TEXT_END - ALONE)


def _letter(folded: str) -> int:
    return SPACE if folded == " " else LETTER + ord(folded) % (ALONE - LETTER)


def _line(kept: Symbols, widths: Widths | None, joined: JoinedTexts) -> SymbolLine:
    """Find the words. One symbol ends each text, so that no word runs into the next text."""
    symbols = np.concatenate((kept, _PADDING))
    alone = symbols >= ALONE
    letter = (symbols >= LETTER) & ~alone
    first, last = alone.copy(), alone.copy()
    first[1:] |= letter[1:] > letter[:-1]
    first[0] |= letter[0]
    last[:-1] |= letter[:-1] > letter[1:]
    starts = np.flatnonzero(first)
    sizes = np.flatnonzero(last) - starts + 1
    ends = np.flatnonzero(symbols == TEXT_END)
    if ends.size != joined.ends.size:
        raise AssertionError(f"{ends.size} ends of {joined.ends.size} texts")
    return SymbolLine(symbols, starts, sizes, ends, widths, joined)


def in_lines(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield texts in order, as many at a time as make a line."""
    ends = list(accumulate(map(len, texts), initial=0))
    first = 0
    while first < len(texts):
        short, long = (
            bisect_left(ends, ends[first] + length, first + 1)
            for length in (LINE_LENGTH, LONGEST_LINE)
        )
        last = min(max(short, first + LINE_TEXTS), long, len(texts))
        yield texts[first:last]
        first = last


IN_CHUNK, IN_WORD, UNIT, CAPITAL, HAN, GAP = (1 << bit for bit in range(6))
"""Properties of kinds, as bits. A unit is a letter or digit."""

_WORD_KINDS = shapes.LETTERS + shapes.DIGITS + shapes.MARKS
_ODDS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
_CYRILLIC = (0x400, 0x460)  # letters whose five lowest bits tell them apart, whatever their case


def _property_table() -> bytes:
    table = bytearray(
        0 if chr(code) in (shapes.SPACE, shapes.LINE_END) else IN_CHUNK for code in range(256)
    )
    for bit, kinds in (
        (IN_WORD, _WORD_KINDS),
        (UNIT, shapes.LETTERS + shapes.DIGITS),
        (CAPITAL, shapes.CAPITALS),
        (HAN, shapes.HAN + shapes.RARE_HAN),
        (GAP, of_parts.GAP_KINDS),
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


def _pair_table(words: Iterable[str]) -> Mask:
    """Return which two letters begin words, by the five lowest bits of each.

    A word of one letter counts with anything after it.
    """
    table = np.zeros((32, 32), bool)
    for word in words:
        first = ord(word[0]) & 31
        table[first, ord(word[1]) & 31 if len(word) > 1 else slice(None)] = True
    return table


def kind_table(kinds: str) -> Mask:
    """Return for each kind whether it is one of these."""
    table = np.zeros(256, bool)
    table[[ord(kind) for kind in kinds]] = True
    return table


PROPERTIES, SCRIPTS = _property_table(), _script_table()
TWO_SCRIPTS = bytes(code in (1 * 2, 1 * 3, 2 * 3) for code in range(256))  # products of numbers
_COMMON = shapes.SMALLS + shapes.CAPITALS + shapes.HAN + shapes.SPACE + shapes.LINE_END
RARE = bytes(chr(code) not in _COMMON for code in range(256))
DRESSED = kind_table(shapes.DRESSED + shapes.STROKE)
GAME_ENDINGS = np.zeros((32, 32, 32), bool)
for _ending in LISTS.game_endings:
    if _ending.isalpha():
        GAME_ENDINGS[tuple(ord(letter) & 31 for letter in _ending[-3:])] = True
HOST_ENDINGS = _pair_table(LISTS.bare_endings)
AFTER_NUMBERS = _pair_table({*LISTS.units, *LISTS.currencies_after})
BEFORE_NUMBERS = _pair_table(word[::-1] for word in LISTS.currencies_before)
WORD_BUT_DIGITS = kind_table(shapes.LETTERS + shapes.MARKS)
MARKS = kind_table(shapes.MARKS)
BEFORE_NUMBERS_APART = kind_table(of_parts.BEFORE_NUMBERS + "!" + shapes.SKIN_TONE + shapes.MARKS)
IN_NUMBERS_APART = kind_table("./ -")
BEGINS_PIECE = kind_table(shapes.CAPITALS + shapes.DRESSED + shapes.MARKS)
BETWEEN_PIECES = kind_table(" -")
NEXT_TO_ODD_NUMBERS = MARKS.copy()
NEXT_TO_ODD_NUMBERS[[ord(shapes.CURRENCY), ord("%")]] = True
CURRENCY_LETTERS = np.array(
    [
        ord(letter[0])
        for letter in (*LISTS.currency_letters, *LISTS.unit_letters, *"\uff05\ufe6a\u066a")
    ],
    np.uint32,
)


def is_strange(codes: npt.NDArray[np.uint32]) -> Mask:
    """Return whether codes are of letters whose lowest bits say nothing. Han letters are not."""
    low, high = _CYRILLIC
    return (codes > 127) & ((codes < low) | (codes >= high)) & ((codes < 0x2E80) | (codes > 0xD7FF))


def runs_of(inside: Mask) -> tuple[Places, Places]:
    """Return the starts and ends of runs. The last place is not inside one."""
    edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    if inside[0]:
        edges = np.append(0, edges)
    return edges[::2], edges[1::2]


def runs_at(runs: tuple[Places, Places], places: Places) -> tuple[Places, Places]:
    """Return the starts and ends of those runs that hold some places, each once."""
    starts, ends = runs
    chosen = np.zeros(starts.size + 1, bool)
    chosen[np.searchsorted(starts, places, "right")] = True
    return starts[chosen[1:]], ends[chosen[1:]]


def close_together(places: Places, number: int, most: int) -> Places:
    """Return those places from which on a number of places is close together."""
    firsts, lasts = places[: 1 - number], places[number - 1 :]
    return firsts.compress(lasts - firsts <= most)


def repeated_phrases(line: SymbolLine) -> list[int]:
    """Return the texts in which three words in a row may occur three times.

    Overlaps count, and so do words that are equal except in the middle of 13 letters or more.
    """
    spaced = line.symbols[line.starts] < ALONE
    starts, sizes, words = line.starts[spaced], line.sizes[spaced], line.hashes()[spaced]
    texts = np.searchsorted(line.ends, starts)
    together = texts[2:] == texts[:-2]
    together &= sizes[:-2] + sizes[1:-1] + sizes[2:] >= of_parts.LETTERS_IN_PHRASE
    keys = words[:-2] + words[1:-1] * _ODDS[0] + words[2:] * _ODDS[1]
    keys += texts[:-2].view(np.uint64) * _ODDS[2]
    texts, keys = texts[:-2][together], keys[together]
    ordered = np.sort(keys)
    thrice = ordered[2:][ordered[2:] == ordered[:-2]]
    return np.unique(texts[np.isin(keys, thrice)]).tolist() if thrice.size else []
