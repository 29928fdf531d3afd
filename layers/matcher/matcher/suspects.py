"""Which texts of a line may have a word in disguise, and which scored rules a text cannot satisfy.

Suspects: the simple way is to call `is_suspect` for each text. Here its questions are asked of all
texts in a line at once, as arrays, and patterns search only at the few places that are left. The
texts that remain are judged by their chunks, like a text alone (`readings.Chunks`). It never misses
a text with a disguise.

Scores: first the weights of words are added up with those of all signs that a text may have. Signs
are looked for only in the texts that are left. Then their exact weights count, the gates, and the
terms that speak against a post. A key of words only says that a term may be there, so such a term
counts if the text surely has it: in plain letters, between spaces or plain signs, outside of links.
Most ordinary posts that have a few words of adverts have such terms, and need not be aligned.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matcher.aligned import without_opaque
from matcher.fold import STRICT, fold
from matcher.hit import STEPS_AT_LEAST, STEPS_PER_POINT
from matcher.key_finders import Keys
from matcher.lookalikes import HAN_ENDINGS, SIGNS_WITH_USES, has_han_apart
from matcher.readings import Chunks
from matcher.sign_finder import ScoreBounds
from matcher.sign_tables import (
    ALONE,
    LETTER,
    SIGN,
    SPACE,
    TEXT_END,
    JoinedTexts,
    Places,
    SymbolLine,
    Symbols,
)
from matcher.sign_view import GateView, SignView
from matcher.vocabulary import Vocabulary
from rules.pack_parts import Gate

_BEFORE, _AFTER = ' \n("“，。！？、：；', ' \n.,!?:;)"”，。！？、：；'
_HAN = "\u4e00", "\u9fff"


def is_plain(term: str) -> bool:
    """Return whether a term is small plain letters with single spaces between words.

    >>> is_plain("at home"), is_plain("什么"), is_plain("hom*"), is_plain("Straße")
    (True, True, False, False)
    """
    letters = term.split(" ")
    return all(letters) and all(
        char == char.lower() and STRICT[ord(char)].strip(" ") == char for char in "".join(letters)
    )


def surely_has(text: str, term: str) -> bool:
    """Return whether a text in small letters has a plain term at a place where it surely counts.

    >>> surely_has("i was at home.", "at home"), surely_has("that home's", "home")
    (True, False)
    """
    at = text.find(term)
    while at >= 0:
        end = at + len(term)
        if _is_apart(text[at - 1 : at], _BEFORE) and _is_apart(text[end : end + 1], _AFTER):
            return True
        at = text.find(term, end)
    return False


def _is_apart(neighbour: str, signs: str) -> bool:
    return neighbour in signs or _HAN[0] <= neighbour <= _HAN[1]


class Counterweights:
    """The plain terms against a post of scored rules, by key.

    >>> against = Counterweights([(3, 7, -5, "at home")], {3: 1})
    >>> against.outweighing("I am at HOME now", [3, 3], {7: 9}, {7: 5})
    {7}
    """

    def __init__(self, terms: Iterable[tuple[int, int, int, str]], uses: Mapping[int, int]):
        """Take keys with a rule, a weight against a post and its term; and the uses of keys.

        A use is a term of a scored rule that has the key. Each takes a step at a place.
        """
        self._terms: defaultdict[int, list[tuple[int, int, str]]] = defaultdict(list)
        for key, rule, weight, term in terms:
            if is_plain(term):
                self._terms[key].append((rule, weight, term))
        self._uses = uses

    def weights(self) -> Iterator[tuple[int, int, int]]:
        """Yield the keys with a rule and a weight there."""
        for key, terms in self._terms.items():
            yield from ((key, rule, weight) for rule, weight, _ in terms)

    def outweighing(
        self,
        text: str,
        keys: Sequence[int],
        sums: Mapping[int, float],
        thresholds: Mapping[int, int],
    ) -> set[int]:
        """Return those rules whose thresholds a text surely does not reach.

        There are none if adding up all of its terms might take more steps than the text may take.

        Args:
            text: The text.
            keys: Its keys of words, as often as they occur.
            sums: The most that each rule may add up there, by its other terms and signs.
            thresholds: The thresholds of all rules.
        """
        steps = sum(self._uses.get(key, 0) for key in keys)
        if steps > STEPS_AT_LEAST + STEPS_PER_POINT * len(text):
            return set()
        terms: defaultdict[int, set[tuple[int, str]]] = defaultdict(set)
        for key in set(keys):
            for rule, weight, term in self._terms.get(key, ()):
                terms[rule].add((weight, term))
        plain = without_opaque(text).lower()
        return {
            rule
            for rule, most in sums.items()
            if _is_outweighed(plain, most - thresholds[rule], sorted(terms[rule]))
        }


def _is_outweighed(text: str, margin: float, terms: Iterable[tuple[int, str]]) -> bool:
    """Return whether a text surely has terms whose weights take more than a margin, in order."""
    for weight, term in terms:
        if margin < 0:
            break
        if surely_has(text, term):
            margin += weight
    return margin < 0


class ScoredPatterns(NamedTuple):
    """The patterns of scored rules.

    `weights` has indexes of patterns, each with a scored rule and its weight; `signs` the same for
    each sign; `thresholds` the sum that each rule needs; `gates` what a rule reads, if not all;
    `alone` the patterns that no other rule has; `sounds` those of terms in pinyin. `against` has
    patterns of terms against a post, each with its rule, weight and term, and `uses` how many terms
    of scored rules a pattern has.
    """

    weights: Iterable[tuple[int, int, int]]
    signs: Mapping[str, Sequence[tuple[int, int]]]
    thresholds: Mapping[int, int]
    gates: Mapping[int, Gate]
    alone: Iterable[int]
    sounds: Collection[int] = ()
    against: Iterable[tuple[int, int, int, str]] = ()
    uses: Iterable[tuple[int, int]] = ()

    def weights_of_keys(
        self, keys: Places, key_of_sign: Mapping[str, int]
    ) -> Iterator[tuple[int, int, int]]:
        """Yield the weights by key: of words those for a post, of signs all."""
        for pattern, rule, weight in self.weights:
            if weight > 0 and keys[pattern] >= 0:
                yield int(keys[pattern]), rule, weight
        for sign, of_sign in self.signs.items():
            yield from ((key_of_sign[sign], rule, weight) for rule, weight in of_sign)


class ScoreFilter:
    """The weights of keys in scored rules, of which there is at least one."""

    def __init__(
        self, scored: ScoredPatterns, keys: Places, number: int, key_of_sign: Mapping[str, int]
    ):
        self._gates, self._thresholds = scored.gates, scored.thresholds
        weights = list(scored.weights_of_keys(keys, key_of_sign))
        self._bounds = ScoreBounds(number, weights, scored.thresholds, scored.signs)
        uses = Counter[int]()
        for pattern, terms in scored.uses:
            uses[int(keys[pattern])] += terms
        against = ((int(keys[at]), rule, weight, term) for at, rule, weight, term in scored.against)
        self._counterweights = Counterweights(against, uses)
        self._against = ScoreBounds(number, self._counterweights.weights(), scored.thresholds)

    def open(self, found: Keys, view: SignView, gates: GateView) -> Iterable[int]:
        """Return the texts that may reach the threshold of a scored rule with some signs."""
        return self._let_in(gates, *self._bounds.open(*found, view))

    def reaching(
        self,
        words: Keys,
        of_signs: Places,
        gates: GateView,
        texts: Sequence[str],
        beside_others: Collection[int],
    ) -> dict[int, list[int]]:
        """Return the texts with known signs that may reach thresholds, each with the rules.

        Args:
            words: The keys of words in texts with known signs.
            of_signs: Rows of a text and the key of a sign there.
            gates: The gates of the line.
            texts: The texts of the line.
            beside_others: The texts that share the steps of their post with others.
        """
        at, rules, most = self._bounds.reaching(*words.with_rows(of_signs), len(texts))
        reaching = self._let_in(gates, at, rules)
        least = most + self._against.sums_at(*words, at, rules)
        unsure = least < np.array([self._thresholds[rule] for rule in rules.tolist()])
        sums: defaultdict[int, dict[int, float]] = defaultdict(dict)
        for row in np.flatnonzero(unsure).tolist():
            text, rule = int(at[row]), int(rules[row])
            if text not in beside_others and rule in reaching.get(text, ()):
                sums[text][rule] = float(most[row])
        for text, keys in words.by_text(sums):
            gone = self._counterweights.outweighing(texts[text], keys, sums[text], self._thresholds)
            reaching[text] = [rule for rule in reaching[text] if rule not in gone]
        return {text: kept for text, kept in reaching.items() if kept}

    def _let_in(self, gates: GateView, texts: Places, rules: Places) -> dict[int, list[int]]:
        let_in: dict[int, list[int]] = {}
        for rule in np.unique(rules).tolist():
            for text in gates.passing(texts[rules == rule], self._gates.get(rule)).tolist():
                let_in.setdefault(text, []).append(rule)
        return let_in


_HAN_ENDINGS = np.array([ord(char) for char in HAN_ENDINGS], np.uint32)
_IS_SPACE = np.array([chr(code).isspace() for code in range(0x3002)])  # U+3000 is the last one
_AROUND = 8  # code points around letters apart in which a sign may be one of them
_BETWEEN = 7  # places from one Han letter to the next, of letters apart

type _Mask = npt.NDArray[np.bool_]


class Suspects:
    """Tells which texts of a line may have a word in disguise.

    >>> from matcher.key_finders import ALPHABET
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

    def _with_letters_apart(self, line: SymbolLine, single: _Mask) -> Iterator[int]:
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
        """Return the places of signs that may be part of a disguise, sign by sign.

        >>> from matcher.key_finders import ALPHABET
        >>> texts = ["a $ign!", "#topic #BigWord @you", "so!", "p!ain"]
        >>> Suspects(Vocabulary([" anaconda "])).sign_places(ALPHABET.line(texts).joined)
        ([], [34, 15, 2])

        Returns:
            First mentions that may be a word, then other signs.
        """
        signs = np.flatnonzero(joined.symbols == SIGN)
        codes = joined.codes[signs]
        mentions: list[int] = []
        in_words: list[int] = []
        without_uses = np.ones(signs.size, bool)
        for sign, pattern in SIGNS_WITH_USES.items():
            here = codes == ord(sign)
            without_uses &= ~here
            if sign == "!":  # most of them end a sentence
                here &= ~_ends_word(joined, signs)
            places: list[int] = signs[here].tolist()
            if sign == "@":
                mentions += self._vocabulary.mentions.among(joined.text, places)
            in_words += (place for place in places if pattern.match(joined.text, place))
        return mentions, [*in_words, *signs[without_uses].tolist()]


def _ends_word(joined: JoinedTexts, signs: Places) -> _Mask:
    """Return whether each sign has an ASCII space or sign after it."""
    code = joined.codes[signs + 1]
    is_space: _Mask = joined.symbols[signs + 1] == SPACE
    is_space &= (code < 128) & (code != ord("_"))
    return is_space


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


def _apart(line: SymbolLine) -> tuple[_Mask, _Mask]:
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


def _within(symbols: Symbols, first: str, last: str) -> _Mask:
    return symbols - (LETTER + ord(first)) <= ord(last) - ord(first)
