"""Which texts of a line may reach the threshold of a scored rule, and the signs of these.

The simple way is to add up weights in Python and to call `find_signs`, text by text. But that takes
several times as long as the fold, and most texts lack what most signs need, such as a digit or an
address. Here the weights of the keys in all texts of a line are added up at once, with those of all
signs that a text may have. The sum is a bound: a key of words may serve several patterns, so of
their weights only those for a post count, and no text has a higher score.

Then signs are looked for where they may be: in chunks with an address, in words and numbers with
something odd, and in texts that may have a sign of a whole part. The same functions decide there,
so a text has the same signs as alone.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

import matcher.part_signs as of_parts
import matcher.sign_shapes as shapes
import matcher.sign_tables as tables
from matcher.key_finders import ALPHABET
from matcher.part_signs import MANY_WORDS, SOME_WORDS
from matcher.sign_catalogue import (
    LONG,
    REMEMBERED,
    ROOMS_OF_WORDS,
    SIGNS,
    read_signs,
    remembered_signs,
)
from matcher.sign_shapes import NUMBER_ENDS, Found
from matcher.sign_tables import Mask, Places, SymbolLine, in_lines
from matcher.sign_view import SignView

CAPITALS_IN_WORD = 4
"""Capitals of a word of capitals, at least."""

type _Trait = Callable[[SignView], Mask]


def _numbers(least: int, most: int) -> _Trait:
    return lambda view: view.texts_with_numbers(least, most)


def _kind(kind: str) -> _Trait:
    return lambda view: view.has(view.of_kind(kind))


def _emoji_bounds(least: int, most: int) -> _Trait:
    def has_emoji(view: SignView) -> Mask:
        emoji = view.emoji
        return view.has(emoji, least) & ~view.has(emoji, most + 1)

    return has_emoji


def _words(least: int, most: int) -> _Trait:
    def has_words(view: SignView) -> Mask:
        texts, words = view.lengths
        found = np.zeros(view.line.joined.ends.size, bool)
        found[texts] = (words >= least) & (words <= most)
        return found

    return has_words


def _apart(view: SignView) -> Mask:
    return view.has(view.letters_apart)


_MANY = 2**20
_TRAITS: tuple[tuple[str, _Trait], ...] = (
    ("money percent amount han-number", SignView.texts_with_odd_numbers),
    ("digits-1", _numbers(1, 1)),
    ("digits-2", _numbers(2, 2)),
    ("digits-3", _numbers(3, 3)),
    ("digits-4", _numbers(4, 4)),
    ("digits-5-6", _numbers(5, 6)),
    ("digits-7-11", _numbers(7, 11)),
    ("digits-12", _numbers(12, _MANY)),
    ("phone contact-in-pieces", lambda view: view.has(view.phones)),
    (
        (
            "letters-digits name-number dressed-name-number unknown-name-number"
            " capital-name-number model-number"
        ),
        lambda view: view.has(view.digits_in_words) | _apart(view),
    ),
    (
        (
            "dressed-letters styled-letters enclosed-letters wide-letters small-capitals"
            " struck-letters half-dressed dressed-in-plain dressed-text"
        ),
        lambda view: view.has(view.dressed),
    ),
    ("capital-word", lambda view: view.with_capitals(CAPITALS_IN_WORD)),
    ("capitals", SignView.in_capitals),
    ("mixed-scripts", lambda view: view.has(view.mixed_scripts) | _apart(view)),
    ("repeated-marks", lambda view: view.has(view.bangs)),
    ("emoji-1", _emoji_bounds(1, 1)),
    ("emoji-2-3", _emoji_bounds(2, 3)),
    ("many-emoji", _emoji_bounds(4, _MANY)),
    ("emoji-wrapped", _emoji_bounds(2, _MANY)),
    ("words-13-25", _words(SOME_WORDS, MANY_WORDS - 1)),
    ("words-26", _words(MANY_WORDS, _MANY)),
    ("email handle", _kind("@")),
    ("hashtag", _kind("#")),
    ("link messenger-link short-link rare-domain", lambda view: view.has(view.links)),
    ("rare-han", lambda view: view.has(view.rare_letters())),
    ("spaced-letters", _apart),
    ("name-in-pieces", lambda view: view.has(view.names_in_pieces)),
    ("han-apart", lambda view: view.has(view.han_apart)),
    ("game-name", lambda view: view.has(view.odd_places) | _apart(view)),
)
"""Signs, and which texts of a line may have them. Any text may have one of the other signs."""

_EXACT = frozenset(
    ["capitals", "repeated-marks", "emoji-1", "emoji-2-3", "many-emoji", "words-13-25", "words-26"]
)
"""Signs that these texts do have. So their weights against a post count."""


class SignBounds:
    """What the signs of scored rules may be worth in a text.

    >>> from matcher.sign_finder import SignFinder
    >>> from matcher.key_finders import ALPHABET
    >>> view = SignFinder(["link"]).view(ALPHABET.line(["plain", "shop.com", "call 5000 rb"]))
    >>> SignBounds({"link": [(0, 3)], "money": [(0, 2)]}, 1).worth(view).tolist()
    [[0.0], [3.0], [2.0]]
    """

    def __init__(self, weights: Mapping[str, Sequence[tuple[int, int]]], rules: int):
        self._rest = np.zeros(rules)
        by_trait = [(trait, signs.split(), np.zeros(rules)) for signs, trait in _TRAITS]
        for sign, of_rules in weights.items():
            of_trait = next((row for _, signs, row in by_trait if sign in signs), self._rest)
            for rule, weight in of_rules:
                of_trait[rule] += weight if sign in _EXACT else max(0, weight)
        self._traits = [trait for trait, _, row in by_trait if row.any()]
        self._worth = np.array([row for *_, row in by_trait if row.any()]).reshape(-1, rules)

    def worth(self, view: SignView) -> npt.NDArray[np.float64]:
        """Return a row for each text of a line, with the most for each rule."""
        texts = view.line.joined.ends.size
        having = np.array([trait(view) for trait in self._traits], float).reshape(-1, texts)
        # A product by `@` is computed in threads, which wait for each other on a busy machine.
        worth: npt.NDArray[np.float64] = np.einsum("tn,tr->nr", having, self._worth)
        return worth + self._rest


CELLS = 1 << 20
"""Sums that are kept at once. Many texts of many rules are looked at in several steps."""


class ScoreBounds:
    """The weights of keys, and the thresholds.

    >>> bounds = ScoreBounds(2, [(0, 7, 5), (1, 7, 4), (1, 8, 9)], {7: 9, 8: 10})
    >>> texts, rules, sums = bounds.reaching(np.array([0, 1, 1, 1]), np.array([1, 0, 1, 0]), 2)
    >>> texts.tolist(), rules.tolist(), sums.tolist()
    ([1], [7], [9.0])
    """

    def __init__(
        self,
        number: int,
        weights: Iterable[tuple[int, int, int]],
        thresholds: Mapping[int, int],
        signs: Mapping[str, Sequence[tuple[int, int]]] | None = None,
    ):
        """Take the number of keys, and the weights: keys, also of signs, with a scored rule each.

        `signs` has by sign the scored rules, with the weight there.
        """
        rules = {rule: at for at, rule in enumerate(sorted(thresholds))}
        self._order = np.array(list(rules))
        sums: defaultdict[tuple[int, int], int] = defaultdict(int)
        for key, rule, weight in weights:
            sums[key, rules[rule]] += weight
        rows = np.array(sorted((*at, weight) for at, weight in sums.items()), np.intp)
        of_key, self._rules, of_rows = rows.reshape(-1, 3).T
        self._weights = of_rows.astype(float)
        self._firsts = np.searchsorted(of_key, np.arange(number + 1))
        self._thresholds = np.array([thresholds[rule] for rule in rules])
        by_column = {
            sign: [(rules[rule], weight) for rule, weight in of_sign]
            for sign, of_sign in (signs or {}).items()
        }
        self._signs = SignBounds(by_column, len(rules))

    def open(self, texts: Places, keys: Places, view: SignView) -> tuple[Places, Places]:
        """Return the texts and rules of which the sum may reach the threshold, with signs.

        The keys are of words. A sign counts that a text may have.
        """
        worth = self._signs.worth(view)
        texts, rules, _ = self._reaching(texts, keys, len(worth), lambda cut: worth[cut])
        return texts, rules

    def reaching(
        self, texts: Places, keys: Places, number: int
    ) -> tuple[Places, Places, npt.NDArray[np.float64]]:
        """Return the texts and rules of which the sum may reach the threshold, with it, by text.

        `texts` has the number of the text of each key, out of so many. The keys are also of signs.
        Of equal ones in a text, one counts.
        """
        return self._reaching(texts, keys, number, lambda _: 0)

    def _reaching(
        self,
        texts: Places,
        keys: Places,
        number: int,
        more: Callable[[slice], npt.NDArray[np.float64] | int],
    ) -> tuple[Places, Places, npt.NDArray[np.float64]]:
        texts, keys = self._weighed(texts, keys)
        step = max(1, CELLS // self._thresholds.size)
        reaching, rules, reached = [], [], []
        for first in range(0, number, step):
            last = min(first + step, number)
            cut = slice(*np.searchsorted(texts, (first, last)))
            sums = self._sums(texts[cut] - first, keys[cut], last - first)
            of_step, columns = np.nonzero(sums >= self._thresholds - more(slice(first, last)))
            reaching.append(first + of_step)
            rules.append(self._order[columns])
            reached.append(sums[of_step, columns])
        return np.concatenate(reaching), np.concatenate(rules), np.concatenate(reached)

    def _weighed(self, texts: Places, keys: Places) -> tuple[Places, Places]:
        some = self._firsts[keys + 1] > self._firsts[keys]
        pairs = np.sort(texts[some] * self._firsts.size + keys[some])
        return np.divmod(pairs[np.diff(pairs, prepend=-1) > 0], self._firsts.size)

    def _sums(
        self, texts: Places, keys: Places, number: int
    ) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        counts = self._firsts[keys + 1] - self._firsts[keys]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        rows = np.repeat(self._firsts[keys], counts) + within
        cells = np.repeat(texts, counts) * self._thresholds.size + self._rules[rows]
        size = number * self._thresholds.size
        return np.bincount(cells, self._weights[rows], size).reshape(number, self._thresholds.size)


_SPACES = (shapes.SPACE, shapes.LINE_END)

type _Signs = frozenset[str]
type _Found = defaultdict[int, set[str]]
type _Find = Callable[[str, str], Iterable[Found]]


def signs_of(texts: Sequence[str], wanted: Collection[str]) -> list[frozenset[str]]:
    """Return the wanted signs of each text. Their places are those of `find_signs`.

    >>> [sorted(signs) for signs in signs_of(["HOKI88 🔥", "plain"], ["name-number", "emoji-1"])]
    [['emoji-1', 'name-number'], []]
    """
    finder = SignFinder(wanted)
    signs: list[frozenset[str]] = []
    for some in in_lines(texts):
        found = finder.among(finder.view(ALPHABET.line(some)), some)
        signs += (found.get(text, frozenset()) for text in range(len(some)))
    return signs


class SignFinder:
    """Finds some signs in lines of texts, and remembers the signs of short words."""

    def __init__(self, wanted: Collection[str]):
        self._wanted = frozenset(wanted)
        self._rooms = {SIGNS[sign].module for sign in self._wanted}
        self._kinds = np.zeros(0x110000, np.uint8)
        self._of_word = lru_cache(REMEMBERED)(_of_word)

    def among(self, view: SignView, texts: Sequence[str]) -> dict[int, frozenset[str]]:
        """Return the wanted signs of those wanted texts of a line that have some."""
        found: _Found = defaultdict(set)
        self._add_chunks(view, view.addresses, found)
        if self._rooms & ROOMS_OF_WORDS:
            self._add_words(view, found)
        if self._rooms & {"numbers", "han"}:
            self._add_numbers(view, found)
        for signs, places, find in _OF_PARTS:
            if not signs.isdisjoint(self._wanted):
                for text in view.texts_at(places(view)):
                    found[text].update(sign for sign, *_ in find(texts[text], view.shape_of(text)))
        for text, sign in self._of_texts(view, texts):
            found[text].add(sign)
        kept = ((text, self._wanted & signs) for text, signs in found.items())
        return {text: signs for text, signs in kept if signs}

    def _of_texts(self, view: SignView, texts: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Yield texts that have a sign which is counted in the view, each with the sign."""
        emoji = zip(*map(np.ndarray.tolist, view.counts(view.emoji)), strict=True)
        yield from ((text, of_parts.emoji_sign(number)) for text, number in emoji)
        capitals = np.flatnonzero(view.in_capitals() & view.wanted).tolist()
        yield from ((text, "capitals") for text in capitals)
        yield from ((text, "repeated-marks") for text in view.texts_at(view.bangs))
        yield from (
            (text, of_parts.length_sign(number))
            for text, number in zip(*map(np.ndarray.tolist, view.lengths), strict=True)
            if view.wanted[text]
        )
        if "repeated-phrase" in self._wanted:
            for text in filter(view.wanted.__getitem__, tables.repeated_phrases(view.line)):
                shape = view.shape_of(text)
                yield from ((text, s) for s, *_ in of_parts.repeated_phrases(texts[text], shape))

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
        sizes = np.minimum(sizes, shapes.MOST_DIGITS)
        of_text, wanted = view.texts(starts), view.wanted[view.texts(starts)]
        pairs = np.unique((of_text * (shapes.MOST_DIGITS + 1) + sizes)[wanted]).tolist()
        for pair in pairs:
            text, size = divmod(pair, shapes.MOST_DIGITS + 1)
            found[text].add(shapes.SIGN_OF_SIZE[size])
        self._add_chunks(view, view.odd_numbers, found)
        for text in view.texts_at(view.rare_han()):
            found[text].add("rare-han")


def _of_word(word: str, shape: str) -> _Signs:
    """Return the signs of a word that may have marks before its first letter."""
    letters = shape.lstrip(shapes.MARKS)
    return frozenset(shapes.signs_of_word(word[len(shape) - len(letters) :], letters))


def _chunk_start(shape: str, end: int) -> int:
    """Return where the chunk begins that ends at a place, looking as far as numbers do."""
    first = max(0, end - shapes.AROUND)
    return max(shape.rfind(space, first, end) + 1 or first for space in _SPACES)


def _chunk_end(shape: str, start: int) -> int:
    """Return where the chunk ends that begins at a place, looking as far as numbers do."""
    ends = (shape.find(space, start, start + shapes.AROUND) for space in _SPACES)
    return min((end for end in ends if end >= 0), default=start + shapes.AROUND)


_OF_WORDS = {sign for sign in SIGNS if SIGNS[sign].module in ROOMS_OF_WORDS}
_OF_PARTS: tuple[tuple[set[str], Callable[[SignView], Places], _Find], ...] = (
    ({"phone"}, lambda view: view.phones, of_parts.phones),
    ({"contact-in-pieces"}, lambda view: view.phones, of_parts.contacts_in_pieces),
    ({"spaced-letters", *_OF_WORDS}, lambda view: view.letters_apart, of_parts.letters_apart),
    ({"name-in-pieces"}, lambda view: view.names_in_pieces, of_parts.names_in_pieces),
    ({"han-apart"}, lambda view: view.han_apart, lambda _, shape: of_parts.han_apart(shape)),
    ({"emoji-wrapped"}, lambda view: view.emoji, lambda _, shape: of_parts.wrapped_words(shape)),
    (
        {"dressed-in-plain", "dressed-text"},
        lambda view: view.dressed,
        of_parts.signs_of_proportions,
    ),
)
"""Signs of a whole part, the places without which a text has none, and what finds them there."""
