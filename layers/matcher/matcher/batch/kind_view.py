"""The kinds of all code points of a line of texts, with its texts, chunks, words and addresses."""

from functools import cached_property

import numpy as np
import numpy.typing as npt

from matcher.batch import sign_tables as tables
from matcher.batch.sign_tables import Mask
from matcher.batch.symbols import Places, SymbolLine
from matcher.signs import shapes

type Bytes = npt.NDArray[np.uint8]


class KindView:
    """A line of texts with its kinds, as an array and as the shape of the joined texts.

    `wanted` says of which texts signs are looked for, by default of all.
    """

    def __init__(self, line: SymbolLine, kinds: Bytes):
        """Take a line and the kind of each code point of its joined texts."""
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
        within: Places = places[self.wanted[self.texts(places)]]
        return within

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
        """Return the places in other chunks."""
        free: Places = places[~self._taken[self._chunk_of(places)]]
        return free

    # Kinds

    def _with(self, properties: int) -> Places:
        return np.flatnonzero((self._properties & properties) > 0)

    def of_kind(self, kind: str) -> Places:
        """Return the places of one kind that is neither a cased letter, Han nor a space."""
        kinds, places = self._rare
        of_kind: Places = places[kinds == ord(kind)]
        return of_kind

    def of_kinds(self, kinds: str) -> Places:
        """Return the places of some of the kinds for which `of_kind` can be asked, in order."""
        wanted = np.zeros(256, bool)
        wanted[[ord(kind) for kind in kinds]] = True
        found, places = self._rare
        of_kinds: Places = places[wanted[found]]
        return of_kinds

    @cached_property
    def _rare(self) -> tuple[Bytes, Places]:
        """The kinds of all that is neither a cased letter, Han nor a space, and their places."""
        is_rare = self._data.translate(tables.RARE)
        places = np.flatnonzero(np.frombuffer(is_rare, bool))
        return self.kinds[places], places
