"""Finds the keys of patterns in folded texts, and the texts that may have a word in disguise.

The simple way is a dictionary from words to patterns, asked for every word of every text in Python.
Here every word has a 64-bit value and an array of all values is looked up at once; then the values
of each two words in a row, and so on, as far as patterns begin like that. Pieces of words are
looked up by a value for their letters. Several patterns may share a key, so a key only says that
one of them may be there. The bits of all groups that keys serve in a text are put together at once.

Suspects: instead of calling `is_suspect` for each text, its questions are asked of all texts in a
line at once, as arrays, and patterns search only at the few places that are left. The texts that
remain are judged by their chunks, like a text alone (`readings.Chunks`). No disguise is missed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby
from operator import itemgetter
from typing import NamedTuple, Protocol

import numpy as np

from matcher.fold import FOLD, fold, sounds, syllables
from matcher.readings import DISGUISE_SIGNS, HAN_ENDINGS, SIGNS_WITH_USES, Chunks, has_han_apart
from matcher.sign_tables import (
    ALONE,
    LETTER,
    SIGN,
    SPACE,
    TEXT_END,
    Alphabet,
    Hashes,
    JoinedTexts,
    Mask,
    Places,
    SymbolLine,
    Symbols,
    alone_symbol,
    in_lines,
    mixed,
)
from matcher.vocabulary import Vocabulary

WORDS_IN_KEY = 4
"""The first words of a pattern that its key counts."""

LETTERS_IN_KEY = 8
"""The letters that a key counts of a word that is open at an end."""

_ODD = np.uint64(0xC2B2AE3D27D4EB4F)

ALPHABET = Alphabet(FOLD, DISGUISE_SIGNS)
"""The symbols of the fold, shared by patterns and texts."""


class Keys(NamedTuple):
    """Keys, and the number of the text of each."""

    texts: Places
    keys: Places

    def where(self, chosen: Mask) -> "Keys":
        """Return the chosen ones."""
        return Keys(self.texts[chosen], self.keys[chosen])

    def with_rows(self, rows: Places) -> "Keys":
        """Return all with more of them, which are rows of a text and a key."""
        return Keys(np.append(self.texts, rows[:, 0]), np.append(self.keys, rows[:, 1]))

    def by_text(self, texts: Iterable[int]) -> Iterator[tuple[int, list[int]]]:
        """Yield some texts, each with its keys."""
        wanted = np.array(sorted(texts), np.intp)
        some = self.where(np.isin(self.texts, wanted))
        keys = some.keys[np.argsort(some.texts, kind="stable")]
        ends = np.cumsum(np.bincount(np.searchsorted(wanted, some.texts), minlength=wanted.size))
        first = 0
        for text, end in zip(wanted.tolist(), ends.tolist(), strict=True):
            yield text, keys[first:end].tolist()
            first = end


class PatternLine(NamedTuple):
    """Folded patterns as a line, with the words of each, and which of its ends are open."""

    line: SymbolLine
    firsts: Places  # words
    sizes: Places  # in words
    opens: Mask  # the first word may be the end of a longer one
    closes: Mask  # the last word may be the beginning of a longer one
    wordless: Mask  # the pattern is one space, which every fold has

    @classmethod
    def of(cls, patterns: Sequence[str], alphabet: Alphabet = ALPHABET) -> "PatternLine":
        """Put patterns in a line. There is at least one."""
        line = SymbolLine.together(map(alphabet.line, in_lines(patterns)))
        ends = np.searchsorted(line.starts, line.ends)
        firsts = np.concatenate(([0], ends[:-1] + 1))
        opens = np.array([pattern[:1] != " " for pattern in patterns]) & ~line.alone(firsts)
        closes = np.array([pattern[-1:] != " " for pattern in patterns])
        closes &= ~line.alone(np.maximum(ends - 1, 0))
        wordless = np.array([pattern == " " for pattern in patterns])
        return cls(line, firsts, ends - firsts, opens, closes, wordless)


class KeyFinder(Protocol):
    """Finds its keys in a line. `keys` has the key of each of its patterns, from 0 to `number`."""

    keys: Places
    number: int

    def find(self, line: SymbolLine) -> Iterator[tuple[Places, Places]]:
        """Yield places in the line at which keys are, and the keys."""


def finders_of(patterns: PatternLine) -> Iterator[tuple[KeyFinder, Mask]]:
    """Yield the finders of patterns, and which patterns each finds.

    A pattern is found by its whole words if it has any, otherwise by its longer piece of a word.
    """
    line, firsts, sizes, opens, closes, wordless = patterns
    whole = sizes - opens - closes
    if (chosen := whole > 0).any():
        yield _Phrases(line.hashes(), (firsts + opens)[chosen], whole[chosen]), chosen
    pieces = (whole < 1) & (sizes > 0)
    inside = pieces & opens & closes & (sizes == 1)
    if inside.any():
        yield _Pieces(line, firsts[inside], _letters), inside
    if (chosen := pieces & ~opens).any():
        yield _Pieces(line, firsts[chosen], _starts), chosen
    if (chosen := pieces & opens & ~inside).any():
        yield _Pieces(line, firsts[chosen], _lasts, backwards=True), chosen
    if wordless.any():
        yield _Everywhere(), wordless


def _letters(line: SymbolLine, _: int) -> Places:
    return line.letters()


def _starts(line: SymbolLine, least: int) -> Places:
    """Return the first letters of words that have as many letters."""
    return line.starts[line.sizes >= least]


def _lasts(line: SymbolLine, least: int) -> Places:
    return _starts(line, least) + line.sizes[line.sizes >= least] - 1


class _Level:
    """Values that are keys, and values with which longer keys begin, looked up in bulk.

    A table of flags by the upper bits of a value rejects nearly all values; the rest is searched.
    """

    def __init__(self, keys: Hashes, numbers: Places, beginnings: Hashes):
        """Take sorted distinct values, the number of each key, and beginnings in any order."""
        self._keys, self._numbers = keys, numbers
        bits = max(10, (16 * (keys.size + beginnings.size)).bit_length())
        self._shift = np.uint64(64 - bits)
        self._flags = np.zeros(1 << bits, np.uint8)
        self._flags[keys >> self._shift] = 1
        self._flags[beginnings >> self._shift] |= 2

    def look_up(self, values: Hashes) -> tuple[Places, Places, Places]:
        """Return the places of keys, the numbers of these keys, and the places of beginnings."""
        flags = self._flags.take((values >> self._shift).view(np.int64))
        marked = np.flatnonzero(flags != 0)  # of booleans: five times as fast
        flags = flags[marked]
        found, onward = marked[flags & 1 > 0], marked[flags & 2 > 0]
        at = np.minimum(np.searchsorted(self._keys, values[found]), self._keys.size - 1)
        same = self._keys[at] == values[found]
        return found[same], self._numbers[at[same]], onward


class _Phrases:
    """Keys of one to four whole words in a row."""

    def __init__(self, words: Hashes, firsts: Places, sizes: Places):
        sizes = np.minimum(sizes, WORDS_IN_KEY)
        self.keys = np.zeros(sizes.size, np.intp)
        self.number = 0
        self._levels: list[_Level] = []
        values = words[firsts]
        for depth in range(sizes.max()):
            if depth:
                longer = sizes > depth
                values[longer] = _joined(values[longer], words[firsts[longer] + depth])
            ends = sizes == depth + 1
            keys, which = np.unique(values[ends], return_inverse=True)
            self.keys[ends] = which + self.number
            numbers = np.arange(self.number, self.number + keys.size)
            self._levels.append(_Level(keys, numbers, values[sizes > depth + 1]))
            self.number += keys.size

    def find(self, line: SymbolLine) -> Iterator[tuple[Places, Places]]:
        words = line.hashes()
        values, starts, following = words, line.starts, words[:0]
        at = np.arange(0)
        for depth, level in enumerate(self._levels):
            if depth:
                values = _joined(values, following)
            found, numbers, onward = level.look_up(values)
            yield starts[found], numbers
            at = at[onward] if depth else onward
            starts = starts[onward]
            following = words[np.minimum(at + depth + 1, words.size - 1)]
            values = values[onward]


def _joined(values: Hashes, following: Hashes) -> Hashes:
    return mixed(values + following * _ODD)


class _Pieces:
    """Keys of one to eight letters in a row, from certain places of a line on or back."""

    def __init__(
        self,
        line: SymbolLine,
        words: Places,
        places: Callable[[SymbolLine, int], Places],
        *,
        backwards: bool = False,
    ):
        """Take the patterns' line and the word of each key in it.

        `places` returns those of a line, given the letters that a key has at least.
        """
        self._places, self._backwards = places, backwards
        at, sizes = line.starts[words], np.minimum(line.sizes[words], LETTERS_IN_KEY)
        if backwards:
            at = at + line.sizes[words] - 1
        self.keys = np.zeros(sizes.size, np.intp)
        self.number = 0
        self._levels: dict[int, _Level] = {}  # by letters
        for size in np.unique(sizes).tolist():
            ends = sizes == size
            keys, which = np.unique(self._values(line, at[ends], size), return_inverse=True)
            self.keys[ends] = which + self.number
            numbers = np.arange(self.number, self.number + keys.size)
            beginnings = self._values(line, at[sizes > size], size)
            self._levels[size] = _Level(keys, numbers, beginnings)
            self.number += keys.size

    def find(self, line: SymbolLine) -> Iterator[tuple[Places, Places]]:
        places = self._places(line, min(self._levels))
        for size, level in self._levels.items():
            found, numbers, onward = level.look_up(self._values(line, places, size))
            yield places[found], numbers
            places = places[onward]

    def _values(self, line: SymbolLine, places: Places, size: int) -> Hashes:
        return line.heads(places - (size - 1) * self._backwards, size)


class _Everywhere:
    """The key of a pattern without words, such as that of a host name whose last label is signs."""

    keys = np.zeros(1, np.intp)
    number = 1

    def find(self, line: SymbolLine) -> Iterator[tuple[Places, Places]]:
        yield line.ends, np.zeros(line.ends.size, np.intp)


class SoundFinder:
    """Finds keys of syllables. `keys` has the key of each pattern, from 0 to `number`.

    A Han letter is a word by itself, so its symbol is replaced by that of its syllable.
    """

    def __init__(self, patterns: Sequence[str]):
        own = {ord(letter): f" {letter} " for letter in syllables().values()}
        alphabet = Alphabet(defaultdict(lambda: " ", own))
        [(self._finder, _)] = finders_of(PatternLine.of(patterns, alphabet))
        self.keys, self.number = self._finder.keys, self._finder.number
        self._symbols = np.arange(1 << 16, dtype=np.uint16)  # by symbol
        for code, letter in sounds().items():
            self._symbols[alone_symbol(code)] = alone_symbol(ord(letter))

    def find(self, line: SymbolLine) -> Iterator[tuple[Places, Places]]:
        """Yield the places in the line at which keys begin, and the keys."""
        alone = line.symbols[line.starts] >= ALONE
        if alone.sum() > line.ends.size:
            yield from self._finder.find(
                line._replace(
                    symbols=self._symbols.take(line.symbols),
                    starts=line.starts[alone],  # keys may go on behind other words, too
                    sizes=line.sizes[alone],
                )
            )


NEEDS_OF_KEY = 64
"""Needs of a key that are looked at. A text with a key that serves more is let through."""


class RuleNeeds:
    """Which keys serve which groups of which rules."""

    def __init__(
        self,
        keys: Places,
        number: int,
        first_sign: int,
        needs: Iterable[tuple[int, int, int]],
        all_groups: Sequence[int],
    ):
        """Take the key of each pattern, or -1, how many keys there are, and what patterns serve.

        From `first_sign` on, keys are those of signs. `needs` are indexes of patterns, each with a
        rule that it serves and the group as a bit. `all_groups` are the bits of each rule's groups.
        """
        self._all_groups = np.array(all_groups, np.uint32)
        rows = np.fromiter(chain.from_iterable(needs), np.int64).reshape(-1, 3)
        rows[:, 0] = keys[rows[:, 0]]
        rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
        rows = rows[rows[:, 0] >= 0]
        of_key, self._rules, bits = rows.T
        self._bits = bits.astype(np.uint32)
        self._firsts = np.searchsorted(of_key, np.arange(number + 1))
        self._of_signs = np.zeros_like(self._all_groups)  # by rule: the groups that signs serve
        is_sign = of_key >= first_sign
        np.bitwise_or.at(self._of_signs, self._rules[is_sign], self._bits[is_sign])
        self._any_text = bool((self._of_signs & (self._of_signs == self._all_groups)).any())

    def passing(self, texts: Places, keys: Places, number: int) -> tuple[Places, Places]:
        """Return the texts in which every group of some rule has a key, in order.

        Then return the texts in which every group would have one, if they had all signs. `texts`
        has the number of the text of each key, out of so many.
        """
        pairs = np.sort(texts * self._firsts.size + keys)
        texts, keys = np.divmod(pairs[np.diff(pairs, prepend=-1) > 0], self._firsts.size)
        passing, with_signs = np.zeros(number, bool), np.full(number, self._any_text)
        counts = self._firsts[keys + 1] - self._firsts[keys]
        many = counts > NEEDS_OF_KEY
        passing[texts[many]] = True
        texts, keys, counts = texts[~many], keys[~many], counts[~many]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        needs = np.repeat(self._firsts[keys], counts) + within
        pairs = np.repeat(texts, counts) * self._all_groups.size + self._rules[needs]
        order = np.argsort(pairs, kind="stable")
        pairs = pairs[order]
        firsts = np.flatnonzero(np.diff(pairs, prepend=-1))
        if firsts.size:
            present = np.bitwise_or.reduceat(self._bits[needs[order]], firsts)
            texts, rules = np.divmod(pairs[firsts], self._all_groups.size)
            wanted, of_signs = self._all_groups[rules], self._of_signs[rules]
            passing[texts[present == wanted]] = True
            with_signs[texts[(of_signs > 0) & (present | of_signs == wanted)]] = True
        return np.flatnonzero(passing), np.flatnonzero(with_signs)


_HAN_ENDINGS = np.array([ord(char) for char in HAN_ENDINGS], np.uint32)
_IS_SPACE = np.array([chr(code).isspace() for code in range(0x3002)])  # U+3000 is the last one
_AROUND = 8  # code points around letters apart in which a sign may be one of them
_BETWEEN = 7  # places from one Han letter to the next, of letters apart


class Suspects:
    """Tells which texts of a line may have a word in disguise.

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
        dots = np.flatnonzero((line.joined.codes == ord(".")) | (line.joined.codes == ord("·")))
        inner = dots[line.joined.symbols[dots + 1] - LETTER < ALONE - LETTER]
        dotted = _texts_at(line.joined.ends, inner)
        suspects.update(text for text in dotted if self._vocabulary.cut_words(texts[text]))
        apart = line.starts[alone]  # without those before the end of a sentence or clause
        ends = np.isin(line.joined.codes[line.code_points(apart) + 1], _HAN_ENDINGS)
        han = _texts_at(line.ends, apart[~ends])
        suspects.update(text for text in han if has_han_apart(texts[text]))
        words = line.code_points(line.starts[_odd_words(line)])
        odd = np.append(words, np.array(in_words, np.intp))
        suspects.update(
            text
            for text, chunks in _chunks_at(line.joined, odd)
            if text not in suspects and self._chunks.may_hide_in(chunks)
        )
        return suspects

    def _with_letters_apart(self, line: SymbolLine, single: Mask) -> Iterator[int]:
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
        """Return the places of mentions that may be a word, then of other signs of a disguise.

        >>> texts = ["a $ign!", "#topic #BigWord @you", "so!", "p!ain"]
        >>> Suspects(Vocabulary([" anaconda "])).sign_places(ALPHABET.line(texts).joined)
        ([], [34, 15, 2])
        """
        signs = np.flatnonzero(joined.symbols == SIGN)
        codes = joined.codes[signs]
        mentions: list[int] = []
        in_words: list[int] = []
        without_uses = np.ones(signs.size, bool)
        for sign, pattern in SIGNS_WITH_USES.items():
            here = codes == ord(sign)
            without_uses &= ~here
            if sign == "!":  # most of them end a sentence: an ASCII space or sign comes next
                after = joined.codes[signs + 1]
                is_space = joined.symbols[signs + 1] == SPACE
                here &= ~(is_space & (after < 128) & (after != ord("_")))
            places: list[int] = signs[here].tolist()
            if sign == "@":
                mentions += self._vocabulary.mentions.among(joined.text, places)
            in_words += (place for place in places if pattern.match(joined.text, place))
        return mentions, [*in_words, *signs[without_uses].tolist()]


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
    spaces = np.flatnonzero(_IS_SPACE.take(joined.codes, mode="clip"))
    chunks = np.unique(np.searchsorted(spaces, places))
    starts, ends = np.append(-1, spaces)[chunks] + 1, spaces[chunks]
    texts = np.searchsorted(joined.ends, starts)
    rows = zip(texts.tolist(), starts.tolist(), ends.tolist(), strict=True)
    for text, of_text in groupby(rows, itemgetter(0)):
        yield text, {joined.text[start:end] for _, start, end in of_text}


def _apart(line: SymbolLine) -> tuple[Mask, Mask]:
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


def _within(symbols: Symbols, first: str, last: str) -> Mask:
    return symbols - (LETTER + ord(first)) <= ord(last) - ord(first)
