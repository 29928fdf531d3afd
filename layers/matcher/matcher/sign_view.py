"""A line of texts by the kinds of its code points: the places that may have a sign.

Each method answers for all texts of a line at once and never misses a place that matters. Those
that are exact say so.
"""

from functools import cached_property

import numpy as np
import numpy.typing as npt

import matcher.part_signs as of_parts
import matcher.sign_shapes as shapes
import matcher.sign_tables as tables
from matcher.sign_tables import Mask, Places, SymbolLine

type Bytes = npt.NDArray[np.uint8]


class KindView:
    """A line of texts with its kinds, as an array and as the shape of the joined texts.

    `wanted` says of which texts signs are looked for, by default of all.
    """

    def __init__(self, line: SymbolLine, kinds: Bytes):
        self.line, self.kinds = line, kinds
        self.wanted = np.ones(line.joined.ends.size, bool)
        self._data = kinds.tobytes()
        self._properties = np.frombuffer(self._data.translate(tables.PROPERTIES), np.uint8)

    # Texts and chunks

    @cached_property
    def shape(self) -> str:
        """The shape of the joined texts."""
        return self._data.decode("latin-1")

    def shape_of(self, text: int) -> str:
        """Return the shape of one text."""
        ends = self.line.joined.ends
        return self.shape[ends[text - 1] + 1 if text else 0 : ends[text]]

    def texts(self, places: Places) -> Places:
        """Return the number of the text at each place."""
        texts: Places = np.searchsorted(self.line.joined.ends, places)
        return texts

    def within(self, places: Places) -> Places:
        """Return those of some places that are in wanted texts."""
        return places.compress(self.wanted[self.texts(places)])

    def texts_at(self, places: Places) -> list[int]:
        """Return the numbers of the wanted texts at some places, each once."""
        return np.unique(self.texts(self.within(places))).tolist() if places.size else []

    def counts(self, places: Places) -> tuple[Places, Places]:
        """Return the wanted texts at some places, and how many places each has."""
        return np.unique(self.texts(self.within(places)), return_counts=True)

    def has(self, places: Places, least: int = 1) -> Mask:
        """Return whether each text has as many of these places."""
        return np.bincount(self.texts(places), minlength=self.line.joined.ends.size) >= least

    @cached_property
    def _spaces(self) -> Places:
        """The places between chunks. The last place of a line is one."""
        return np.flatnonzero((self._properties & tables.IN_CHUNK) == 0)

    def _chunk_of(self, places: Places) -> Places:
        """Return the number of the chunk of each place: how many spaces come before it."""
        chunks: Places = np.searchsorted(self._spaces, places)
        return chunks

    @cached_property
    def _words(self) -> tuple[Places, Places]:
        """The starts and ends of all words, some of them with marks before their first letter."""
        return tables.runs_of((self._properties & tables.IN_WORD) > 0)

    def chunks_at(self, places: Places) -> tuple[Places, Places]:
        """Return the starts and ends of the chunks at some places, each once."""
        chunks = np.unique(self._chunk_of(places))
        return np.append(-1, self._spaces)[chunks] + 1, self._spaces[chunks]

    def words_at(self, places: Places) -> tuple[Places, Places]:
        """Return the starts and ends of the words at some places, each once."""
        return tables.runs_at(self._words, places)

    # Addresses

    @cached_property
    def addresses(self) -> Places:
        """Places in the chunks that may have an address: these are read as a whole."""
        return np.concatenate((self.of_kind("@"), self.of_kind("#"), self.links))

    @cached_property
    def links(self) -> Places:
        """Places in the chunks that may have a link or a host name."""
        dots, slashes = self.of_kind("."), self.of_kind("/")
        properties, codes = self._properties, self.line.joined.codes
        after_www = dots[codes[dots - 1] & ~np.uint32(32) == ord("W")]
        inside = (properties[dots + 1] & (tables.IN_WORD | tables.HAN)) > 0
        inside |= self.kinds[dots + 1] == ord(shapes.SPACELESS)
        dots = dots[inside & ((properties[dots - 1] & tables.IN_CHUNK) > 0)]
        first, second = codes[dots + 1], codes[dots + 2]
        is_ending = tables.is_strange(first) | (
            (first < 128) & tables.HOST_ENDINGS[first & 31, second & 31]
        )
        both = np.zeros(0, np.intp)
        if slashes.size and dots.size:
            both = slashes[np.isin(self._chunk_of(slashes), self._chunk_of(dots))]
        protocols = slashes[self.kinds[slashes - 1] == ord(":")]
        return np.concatenate((after_www, dots[is_ending], both, protocols))

    @cached_property
    def _taken(self) -> Mask:
        """Whether each chunk may have an address."""
        taken = np.zeros(self._spaces.size, bool)
        taken[self._chunk_of(self.addresses)] = True
        return taken

    def _free(self, places: Places) -> Places:
        return places.compress(~self._taken[self._chunk_of(places)])

    # Kinds

    def _with(self, properties: int) -> Places:
        return np.flatnonzero((self._properties & properties) > 0)

    def of_kind(self, kind: str) -> Places:
        """Return the places of one kind that is neither a cased letter, Han nor a space."""
        kinds, places = self._rare
        return places.compress(kinds == ord(kind))

    def of_kinds(self, kinds: str) -> Places:
        """Return the places of some of the kinds for which `of_kind` can be asked, in order."""
        found, places = self._rare
        return places.compress(tables.kind_table(kinds)[found])

    @cached_property
    def _rare(self) -> tuple[Bytes, Places]:
        """The kinds of all that is neither a cased letter, Han nor a space, and their places."""
        is_rare = self._data.translate(tables.RARE)
        places = np.flatnonzero(np.frombuffer(is_rare, bool))
        return self.kinds[places], places


class SignView(KindView):
    """A line of texts, and the places that each sign needs."""

    # Words

    def odd_words(self) -> Places:
        """Return the places outside of addresses that `odd_places` has."""
        return self._free(self.odd_places)

    @cached_property
    def odd_places(self) -> Places:
        """Places in words with a dress, a number next to a letter, or several scripts."""
        odd = [self.dressed, self._game_endings(), self.mixed_scripts]
        return np.concatenate((*odd, self.digits_in_words, self._capital_runs[0]))

    @cached_property
    def mixed_scripts(self) -> Places:
        """Places in words at which a letter of another script follows."""
        scripts = self._data.translate(tables.SCRIPTS)
        if b"\2" not in scripts and b"\3" not in scripts:
            return np.zeros(0, np.intp)
        numbers = np.frombuffer(scripts, np.uint8)
        pairs = (numbers[:-1] * numbers[1:]).tobytes().translate(tables.TWO_SCRIPTS)
        return np.flatnonzero(np.frombuffer(pairs, bool))

    @cached_property
    def digits_in_words(self) -> Places:
        """The digits next to a letter or mark."""
        digits = self.digits
        before, after = self.kinds[digits - 1], self.kinds[digits + 1]
        return digits.compress(tables.WORD_BUT_DIGITS[before] | tables.WORD_BUT_DIGITS[after])

    def _game_endings(self) -> Places:
        """Return the last letters of words without dress that end like a game."""
        in_word = self._properties & tables.IN_WORD
        lasts = np.flatnonzero(in_word[:-1] > in_word[1:])
        codes = self.line.joined.codes
        lasts = lasts[(codes[lasts] > 64) & (codes[lasts] < 128)]
        key = (codes[lasts - 2] & 31, codes[lasts - 1] & 31, codes[lasts] & 31)
        return lasts.compress(tables.GAME_ENDINGS[key])

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
        return self.of_kinds(shapes.DIGITS)

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

    def texts_with_numbers(self, least: int, most: int) -> Mask:
        """Return the texts that may have a number of so many digits, by itself or not."""
        starts, _, sizes = self._numbers
        return self.has(starts[(sizes >= least) & (sizes <= most)]) | self._unclear_numbers

    def texts_with_odd_numbers(self) -> Mask:
        """Return the texts that may have a number with a currency, a unit or a Han letter."""
        return self.has(self.odd_numbers) | self._unclear_numbers

    @cached_property
    def _unclear_numbers(self) -> Mask:
        """Whether each text has digits in a chunk with an address, or with a mark after them."""
        marked = self.digits[tables.MARKS[self.kinds[self.digits + 1]]]
        in_addresses = self.digits[self._taken[self._chunk_of(self.digits)]]
        return self.has(np.concatenate((marked, in_addresses)))

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

    @cached_property
    def odd_numbers(self) -> Places:
        """Where numbers begin that may have a currency, unit, mark or Han letter."""
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
        odd |= tables.NEXT_TO_ODD_NUMBERS[kinds[after]]
        odd |= tables.NEXT_TO_ODD_NUMBERS[kinds[starts - 1]]
        odd |= tables.NEXT_TO_ODD_NUMBERS[kinds[before]]
        next_to_han: Mask = ((properties[starts - 1] | properties[ends]) & tables.HAN) > 0
        odd |= next_to_han & (sizes >= of_parts.FEWEST_DIGITS)
        odd |= np.isin(first, tables.CURRENCY_LETTERS) | self._after_marked_point(starts)
        return starts.compress(odd)

    # Whole parts

    @cached_property
    def emoji(self) -> Places:
        """The place of each emoji, as `of_parts.emoji_sign` counts them. It is exact."""
        emoji, flags = self.of_kind(shapes.EMOJI), self.of_kind(shapes.FLAG_LETTER)
        emoji = emoji[self.kinds[emoji - 1] != ord(shapes.JOINER)]
        flags = flags[self.kinds[flags - 1] != ord(shapes.FLAG_LETTER)]
        return np.concatenate((emoji, flags))

    @cached_property
    def capitals(self) -> Places:
        """The place of each capital."""
        return self._with(tables.CAPITAL)

    def with_capitals(self, least: int) -> Mask:
        """Return which texts have as many capitals."""
        return self._in_each_text(self.capitals) >= least

    def in_capitals(self) -> Mask:
        """Return whether most letters of each text are capitals. It is exact."""
        others = (self._spaces, self._rare[1], np.flatnonzero(self.kinds == ord(shapes.HAN)))
        ends = self.line.joined.ends
        cased = np.diff(ends - sum(np.searchsorted(places, ends) for places in others), prepend=0)
        enough: Mask = self._in_each_text(self.capitals) >= of_parts.CAPITALS_SHARE * cased
        return enough & (cased >= of_parts.CASED_AT_LEAST)

    def _in_each_text(self, places: Places) -> Places:
        """Return how many of some places, which are in order, each text has."""
        return np.diff(np.searchsorted(places, self.line.joined.ends), prepend=0)

    @cached_property
    def bangs(self) -> Places:
        """Where three exclamation or question marks in a row begin. It is exact."""
        return tables.close_together(self.of_kinds("!?"), 3, 2)

    def rare_han(self) -> Places:
        """Return the rare Han letters outside of addresses. It is exact."""
        return self._free(self.rare_letters())

    def rare_letters(self) -> Places:
        """Return the rare Han letters."""
        return self.of_kind(shapes.RARE_HAN)

    @cached_property
    def lengths(self) -> tuple[Places, Places]:
        """The texts that are long enough for a sign, and how many chunks each has. It is exact."""
        after_chunks = self._spaces[np.diff(self._spaces, prepend=-1) > 1]
        before = np.searchsorted(after_chunks, self.line.joined.ends, "right")
        counts = np.diff(before, prepend=0)
        long = np.flatnonzero(counts >= of_parts.SOME_WORDS)
        return long, counts[long]

    @cached_property
    def dressed(self) -> Places:
        """The places of dressed letters and strokes."""
        kinds, places = self._rare
        return places[tables.DRESSED[kinds]]

    @cached_property
    def phones(self) -> Places:
        """Where eight digits begin that may be a phone number."""
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

    @cached_property
    def names_in_pieces(self) -> Places:
        """Places in texts that may have a name in pieces."""
        digits, codes = self.digits, self.line.joined.codes
        after_symbol = digits[tables.BEFORE_NUMBERS_APART[self.kinds[digits - 1]]]
        firsts, seconds = digits[:-1], digits[1:]
        same = (codes[firsts] == codes[seconds]) | (codes[firsts] > 127) | (codes[seconds] > 127)
        same &= (seconds - firsts == 2) & tables.IN_NUMBERS_APART[self.kinds[firsts + 1]]
        others = (after_symbol, firsts[same], self.letters_apart, self._short_words())
        return np.concatenate((*others, self._broken_letters()))

    def _short_words(self) -> Places:
        """Return where two words of at most two capitals or dressed letters and a third begin."""
        starts, ends = self._words
        begins = np.flatnonzero(tables.BEGINS_PIECE[self.kinds[starts]])
        first = begins[:-2][begins[2:] - begins[:-2] == 2]
        for at in (0, 1):
            word = first + at
            short = ends[word] - starts[word] - self._marks_between(starts[word], ends[word]) <= 2
            near = starts[word + 1] - ends[word] == 1
            first = first[short & near & tables.BETWEEN_PIECES[self.kinds[ends[word]]]]
        places: Places = starts[first]
        return places

    def _marks_between(self, starts: Places, ends: Places) -> Places:
        kinds, places = self._rare
        marks = places[tables.MARKS[kinds]]
        return np.searchsorted(marks, ends) - np.searchsorted(marks, starts)

    def _broken_letters(self) -> Places:
        """Return where a row of code points begins that may be left of dressed letters."""
        places = np.union1d(self.of_kind(shapes.UNCASED), self.of_kind(shapes.OTHER))
        codes = self.line.joined.codes[places]
        broken = np.zeros(codes.size, bool)
        for span in of_parts.BROKEN:
            broken |= (codes >= ord(span[0])) & (codes <= ord(span[-1]))
        in_row = of_parts.BROKEN_IN_ROW
        return tables.close_together(places[broken], in_row, in_row - 1)

    @cached_property
    def han_apart(self) -> Places:
        """The Han letters that have a gap on both sides."""
        letters = self._with(tables.HAN)
        gaps = self._properties[letters - 1] & self._properties[letters + 1] & tables.GAP
        return letters.compress(gaps > 0)
