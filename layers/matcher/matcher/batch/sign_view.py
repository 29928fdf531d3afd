"""The kinds of all code points of a line of texts, and the places that may have a sign.

Each method answers for all texts of a line at once and never misses a place that matters. Those
that are exact say so.
"""

from functools import cached_property

import numpy as np
import numpy.typing as npt

from matcher.batch import sign_tables as tables
from matcher.batch.sign_tables import Mask
from matcher.batch.symbols import Places, SymbolLine
from matcher.signs import han, proportions, shapes

type Bytes = npt.NDArray[np.uint8]


class SignView:
    """A line of texts with its kinds, as an array and as the shape of the joined texts."""

    def __init__(self, line: SymbolLine, kinds: Bytes):
        """Take a line and the kind of each code point of its joined texts."""
        self.line, self.kinds = line, kinds
        self._data = kinds.tobytes()
        self.shape = self._data.decode("latin-1")
        self._properties = np.frombuffer(self._data.translate(tables.PROPERTIES), np.uint8)

    # Texts and chunks

    def shape_of(self, text: int) -> str:
        """Return the shape of one text."""
        ends = self.line.joined.ends
        return self.shape[ends[text - 1] + 1 if text else 0 : ends[text]]

    def texts(self, places: Places) -> Places:
        """Return the number of the text at each place."""
        texts: Places = np.searchsorted(self.line.joined.ends, places)
        return texts

    def texts_at(self, places: Places) -> list[int]:
        """Return the numbers of the texts at some places, each once."""
        return np.unique(self.texts(places)).tolist() if places.size else []

    def counts(self, places: Places) -> tuple[Places, Places]:
        """Return the texts at some places, and how many places each has."""
        return np.unique(self.texts(places), return_counts=True)

    def has(self, places: Places, least: int = 1) -> Mask:
        """Return whether each text has as many of these places."""
        return np.bincount(self.texts(places), minlength=self.line.joined.ends.size) >= least

    @cached_property
    def _chunks(self) -> tuple[Places, Places]:
        """The starts and ends of all chunks."""
        return tables.runs_of((self._properties & tables.IN_CHUNK) > 0)

    @cached_property
    def _words(self) -> tuple[Places, Places]:
        """The starts and ends of all words, some of them with marks before their first letter."""
        return tables.runs_of((self._properties & tables.IN_WORD) > 0)

    def chunks_at(self, places: Places) -> tuple[Places, Places]:
        """Return the starts and ends of the chunks at some places, each once."""
        return tables.runs_at(self._chunks, places)

    def words_at(self, places: Places) -> tuple[Places, Places]:
        """Return the starts and ends of the words at some places, each once."""
        return tables.runs_at(self._words, places)

    # Addresses

    @cached_property
    def addresses(self) -> Places:
        """Places in the chunks that may have an address: these are read as a whole."""
        return np.concatenate((self._of_kind("@"), self._of_kind("#"), self.links))

    @cached_property
    def links(self) -> Places:
        """Places in the chunks that may have a link or a host name."""
        dots, slashes = self._of_kind("."), self._of_kind("/")
        properties, codes = self._properties, self.line.joined.codes
        after_www = dots[codes[dots - 1] & ~np.uint32(32) == ord("W")]
        inside = (properties[dots + 1] & (tables.IN_WORD | tables.HAN)) > 0
        inside |= self.kinds[dots + 1] == ord(shapes.SPACELESS)
        dots = dots[inside & ((properties[dots - 1] & tables.IN_CHUNK) > 0)]
        first, second = codes[dots + 1], codes[dots + 2]
        is_ending = (first > 127) | tables.HOST_ENDINGS[first & 31, second & 31]
        both = np.zeros(0, np.intp)
        if slashes.size and dots.size:
            starts = self._chunks[0]
            with_dot = np.searchsorted(starts, dots, "right")
            both = slashes[np.isin(np.searchsorted(starts, slashes, "right"), with_dot)]
        protocols = slashes[self.kinds[slashes - 1] == ord(":")]
        return np.concatenate((after_www, dots[is_ending], both, protocols))

    @cached_property
    def _taken(self) -> Mask:
        """Whether each chunk may have an address."""
        starts = self._chunks[0]
        taken = np.zeros(starts.size + 1, bool)
        taken[np.searchsorted(starts, self.addresses, "right")] = True
        return taken

    def _free(self, places: Places) -> Places:
        """Return the places in other chunks."""
        free: Places = places[~self._taken[np.searchsorted(self._chunks[0], places, "right")]]
        return free

    # Words

    def odd_words(self) -> Places:
        """Return places in words with a dress, a number next to a letter, or several scripts."""
        odd = [self._with(tables.DRESS), self.game_endings()]
        odd += [self.digits_in_words(), self._capital_runs[0]]
        scripts, numbers = self._scripts
        if b"\2" in scripts or b"\3" in scripts:
            left, right = numbers[:-1], numbers[1:]
            mixed = (left != right) & (np.maximum(left, right) > 1) & (np.minimum(left, right) > 0)
            odd.append(np.flatnonzero(mixed))
        return self._free(np.concatenate(odd))

    def digits_in_words(self) -> Places:
        """Return the digits next to a letter or mark."""
        digits = self.digits
        before, after = self.kinds[digits - 1], self.kinds[digits + 1]
        in_words: Places = digits[tables.WORD_BUT_DIGITS[before] | tables.WORD_BUT_DIGITS[after]]
        return in_words

    @cached_property
    def _scripts(self) -> tuple[bytes, Bytes]:
        """The script of each letter, as bytes and as an array."""
        scripts = self._data.translate(tables.SCRIPTS)
        return scripts, np.frombuffer(scripts, np.uint8)

    def has_cyrillic_or_greek(self) -> Mask:
        """Return whether each text has letters of these scripts."""
        return np.maximum.reduceat(self._scripts[1], self.line.joined.starts) > 1

    def game_endings(self) -> Places:
        """Return the last letters of words without dress that end like a game."""
        in_word = self._properties & tables.IN_WORD
        lasts = np.flatnonzero(in_word[:-1] > in_word[1:])
        codes = self.line.joined.codes
        lasts = lasts[(codes[lasts] > 64) & (codes[lasts] < 128)]
        key = (codes[lasts - 2] & 31, codes[lasts - 1] & 31, codes[lasts] & 31)
        endings: Places = lasts[tables.GAME_ENDINGS[key]]
        return endings

    @cached_property
    def _capital_runs(self) -> tuple[Places, Places]:
        """Where four capitals or more begin: with a mark before or after them, and alone."""
        capitals = self.capitals
        if not capitals.size:
            return capitals, capitals
        breaks = np.flatnonzero(np.diff(capitals) > 1)
        firsts, lasts = capitals[np.append(0, breaks + 1)], capitals[np.append(breaks, -1)]
        long = lasts - firsts > 2
        firsts, lasts = firsts[long], lasts[long]
        before, after = self._properties[firsts - 1], self._properties[lasts + 1]
        alone = ((before | after) & tables.IN_WORD) == 0
        marked = ~alone & (((before | after) & tables.UNIT) == 0)
        return firsts[marked], firsts[alone]

    def capital_words(self) -> Places:
        """Return where words of four capitals or more begin. It is exact, but for marks."""
        return self._free(self._capital_runs[1])

    # Numbers

    @cached_property
    def digits(self) -> Places:
        """The place of each digit."""
        return np.flatnonzero((self.kinds == ord("1")) | (self.kinds == ord("2")))

    @cached_property
    def _numbers(self) -> tuple[Places, Places, Places]:
        """The starts and ends of numbers outside of addresses, and how many digits each has."""
        digits = self._free(self.digits)
        if not digits.size:
            return digits, digits, digits
        gaps, following = np.diff(digits), self.kinds[digits[:-1] + 1]
        joined = (gaps == 1) | ((gaps == 2) & ((following == ord(".")) | (following == ord(","))))
        breaks = np.flatnonzero(~joined)
        firsts, lasts = np.append(0, breaks + 1), np.append(breaks, digits.size - 1)
        return digits[firsts], digits[lasts] + 1, lasts - firsts + 1

    def numbers_alone(self) -> tuple[Places, Places]:
        """Return where numbers by themselves begin, and how many digits each has. It is exact.

        Numbers with marks are left out: `odd_numbers` has them.
        """
        starts, ends, sizes = self._numbers
        in_word = self._properties & tables.IN_WORD
        alone = (in_word[starts - 1] == 0) & (in_word[ends] == 0)
        alone &= ~self._after_marked_point(starts)
        return starts[alone], sizes[alone]

    def _after_marked_point(self, starts: Places) -> Mask:
        """Return whether a mark and a point come before each number: "8\u20e3.5" is one number."""
        before = self.kinds[starts - 1]
        points = (before == ord(".")) | (before == ord(","))
        after_mark: Mask = points & tables.MARKS[self.kinds[starts - 2]]
        return after_mark

    def odd_numbers(self) -> Places:
        """Return where numbers begin that may have a currency, unit, mark or Han letter."""
        starts, ends, sizes = self._numbers
        kinds, codes, properties = self.kinds, self.line.joined.codes, self._properties
        after = ends + (kinds[ends] == ord(shapes.SPACE))
        before = starts - 1 - (kinds[starts - 1] == ord(shapes.SPACE))
        before -= (kinds[before] == ord(".")) | (kinds[before] == ord(":"))
        first, second = codes[after], codes[np.minimum(after + 1, codes.size - 1)]
        last, one_before = codes[before], codes[before - 1]
        is_unit = tables.AFTER_NUMBERS[first & 31, second & 31]
        is_unit &= (properties[after] & tables.UNIT) > 0
        is_currency = tables.BEFORE_NUMBERS[last & 31, one_before & 31]
        is_currency &= (properties[before] & tables.UNIT) > 0
        odd = is_unit | is_currency | tables.is_strange(first) | tables.is_strange(last)
        for kind in (shapes.CURRENCY, "%", *shapes.MARKS):
            odd |= (kinds[after] == ord(kind)) | (kinds[starts - 1] == ord(kind))
            odd |= kinds[before] == ord(kind)
        next_to_han: Mask = ((properties[starts - 1] | properties[ends]) & tables.HAN) > 0
        odd |= next_to_han & (sizes >= han.FEWEST_DIGITS)
        odd |= np.isin(first, tables.CURRENCY_LETTERS) | self._after_marked_point(starts)
        places: Places = starts[odd]
        return places

    # Whole parts

    def emoji(self) -> Places:
        """Return the place of each emoji, as `parts.emoji_sign` counts them. It is exact."""
        emoji, flags = self._of_kind(shapes.EMOJI), self._of_kind(shapes.FLAG_LETTER)
        emoji = emoji[self.kinds[emoji - 1] != ord(shapes.JOINER)]
        flags = flags[self.kinds[flags - 1] != ord(shapes.FLAG_LETTER)]
        return np.concatenate((emoji, flags))

    @cached_property
    def capitals(self) -> Places:
        """The place of each capital."""
        return self._with(tables.CAPITAL)

    def bangs(self) -> Places:
        """Return where three exclamation or question marks in a row begin. It is exact."""
        return tables.close_together(self._with(tables.BANG), 3, 2)

    def rare_han(self) -> Places:
        """Return the rare Han letters outside of addresses. It is exact."""
        return self._free(self.rare_letters())

    def rare_letters(self) -> Places:
        """Return the rare Han letters."""
        return self._of_kind(shapes.RARE_HAN)

    def lengths(self) -> tuple[Places, Places]:
        """Return the texts that are long enough for a sign, and how many chunks each has.

        It is exact.
        """
        before = np.searchsorted(self._chunks[0], self.line.joined.ends)
        counts = np.diff(before, prepend=0)
        long = np.flatnonzero(counts >= proportions.SOME_WORDS)
        return long, counts[long]

    def dressed(self) -> Places:
        """Return the places of dressed letters and strokes."""
        return self._with(tables.DRESS)

    def long_numbers(self) -> Places:
        """Return where five digits begin that may be one number, or a digit with a mark."""
        marked = self.digits[tables.MARKS[self.kinds[self.digits + 1]]]
        return np.append(tables.close_together(self.digits, 5, 8), marked)

    def phones(self) -> Places:
        """Return where eight digits begin that may be a phone number."""
        return tables.close_together(self.digits, 8, 21)

    @cached_property
    def letters_apart(self) -> Places:
        """Where four letters or digits begin that may be apart."""
        unit = (self._properties & tables.UNIT) > 0
        starts, _ = tables.runs_of(unit)
        alone = ~unit[starts + 1]
        four = np.flatnonzero(alone[:-3] & alone[1:-2] & alone[2:-1] & alone[3:])
        apart: Places = starts[four[self.texts(starts[four]) == self.texts(starts[four + 3])]]
        return apart

    def han_apart(self) -> Places:
        """Return the Han letters that have a gap on both sides."""
        letters = self._with(tables.HAN)
        gaps = self._properties[letters - 1] & self._properties[letters + 1] & tables.GAP
        apart: Places = letters[gaps > 0]
        return apart

    def _with(self, properties: int) -> Places:
        return np.flatnonzero((self._properties & properties) > 0)

    def _of_kind(self, kind: str) -> Places:
        return np.flatnonzero(self.kinds == ord(kind))
