"""Finds out of many texts those that may satisfy a rule, and never misses one.

The simple way is to fold each text and run the automaton over it, which costs Python calls for
every text. Here the words of all texts are looked up together, in arrays (`key_finders`). Only a
text in which every group of some rule seems to have a pattern, or which may have a word in
disguise, goes on to the evaluator, which decides.

For scored rules, the weights of words are added up first with those of all signs that a text may
have. Signs are looked for only in the texts that are left. Then their exact weights count, the
gates, and the terms that speak against a post. A key of words only says that a term may be there,
so such a term counts if the text surely has it: in plain letters, between spaces or plain signs,
outside of links. Most ordinary posts that have a few words of adverts have such terms, and need not
be aligned.

It is imported only for so many texts that they pay for the import of numpy. Without numpy, each
text is evaluated by itself, with the same result.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain

import numpy as np
import numpy.typing as npt

from matcher.aligned import stretch_around, without_opaque
from matcher.evaluator import ScoredRules
from matcher.fold import STRICT
from matcher.hit import STEPS_AT_LEAST, STEPS_PER_POINT, PassingText
from matcher.key_finders import (
    ALPHABET,
    KeyFinder,
    Keys,
    PatternLine,
    RuleNeeds,
    SoundFinder,
    Suspects,
    finders_of,
)
from matcher.part_signs import OUTSIDE, letters_of, passes
from matcher.sign_finder import ScoreBounds, SignFinder
from matcher.sign_tables import Mask, Places, SymbolLine, in_lines
from matcher.sign_view import SignView
from matcher.vocabulary import Vocabulary
from rules.pack_parts import Gate

_UNKNOWN = np.int8(-128)


class _ScriptCounts:
    """How much each code point adds to the letters of a script over all others."""

    def __init__(self, script: str):
        self._letters = letters_of(script)
        self._counts = np.full(0x110000, _UNKNOWN, np.int8)

    def of(self, codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.int8]:
        counts = self._counts.take(codes)
        if counts.min(initial=0) == _UNKNOWN:
            for code in np.unique(codes[counts == _UNKNOWN]).tolist():
                letters = self._letters[code]
                self._counts[code] = len(letters) - 2 * letters.count(OUTSIDE)
            counts = self._counts.take(codes)
        return counts


_counts_of = cache(_ScriptCounts)


class GateView:
    """Tells which texts of a line a gate lets pass, and remembers it.

    To ask `passes` about each text would read every letter in Python. Here the letters of a script
    and all others are counted for all texts at once.

    >>> from matcher.key_finders import ALPHABET
    >>> texts = ["слот", "slot", "88"]
    >>> gates = GateView(ALPHABET.line(texts), texts)
    >>> gates.passing(np.array([0, 1, 2]), Gate("Latin")).tolist()
    [1, 2]
    """

    def __init__(self, line: SymbolLine, texts: Sequence[str]):
        self._joined, self._texts = line.joined, texts
        self._in_script: dict[str, Mask] = {}
        self._has_word: dict[str, dict[int, bool]] = {}

    def passing(self, texts: Places, gate: Gate | None) -> Places:
        """Return those of some texts that a gate lets pass."""
        if gate is None:
            return texts
        if gate.script:
            texts = texts[self._is_in_script(gate.script)[texts]]
        if gate.words_of:
            has_word = self._has_word.setdefault(gate.words_of, {})
            words = Gate(words_of=gate.words_of)
            for at in texts.tolist():
                if at not in has_word:
                    has_word[at] = passes(self._texts[at], words)
            texts = np.array([at for at in texts.tolist() if has_word[at]], np.intp)
        return texts

    def _is_in_script(self, script: str) -> Mask:
        if script not in self._in_script:
            counts = _counts_of(script).of(self._joined.codes)
            sums = np.add.reduceat(counts, self._joined.starts, dtype=np.int32)
            self._in_script[script] = sums >= 0
        return self._in_script[script]


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


class ScoreFilter:
    """The weights of keys in scored rules, of which there is at least one."""

    def __init__(
        self, scored: ScoredRules, keys: Places, number: int, key_of_sign: Mapping[str, int]
    ):
        self._gates, self._thresholds = scored.gates, scored.thresholds
        signs = scored.weights_of_signs
        weights = [(key_of_sign[sign], *pair) for sign, pairs in signs.items() for pair in pairs]
        against: list[tuple[int, int, int, str]] = []
        uses = Counter[int]()
        for pattern, rule, weight, term in scored.index.scored_terms():
            key = int(keys[pattern])
            uses[key] += 1
            if weight > 0 and key >= 0:
                weights.append((key, rule, weight))
            elif weight < 0 and term:
                against.append((key, rule, weight, term))
        self._bounds = ScoreBounds(number, weights, self._thresholds, signs)
        self._counterweights = Counterweights(against, uses)
        self._against = ScoreBounds(number, self._counterweights.weights(), self._thresholds)

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


PLACES_IN_TEXT = 64
"""Keys in a text for which stretches are cut out. A text with more is evaluated as a whole."""


class Prefilter:
    """Lets through the texts that may satisfy a rule, and a few that do not.

    >>> needs = [(0, 0, 1), (1, 0, 2), (2, 1, 1)]
    >>> prefilter = Prefilter([" send me ", " otp ", " bomb"], needs, all_groups=[3, 1])
    >>> texts = ["Please send me the OTP", "send otp", "BOMBS", ""]
    >>> [passing[:2] for passing in prefilter.passing(texts)]
    [(0, [(7, 14), (19, 22)]), (2, [(0, 5)])]
    """

    def __init__(
        self,
        patterns: Sequence[str],
        needs: Iterable[tuple[int, int, int]],
        all_groups: Sequence[int],
        vocabulary: Vocabulary | None = None,
        scored: ScoredRules | None = None,
        signs: Mapping[str, int] | None = None,
    ):
        """Take the patterns and what they serve.

        Args:
            patterns: Folded patterns, at least one.
            needs: Indexes of patterns, each with a rule that it serves and the group as a bit.
            all_groups: For each rule the bits of all its groups, fewer than 32.
            vocabulary: The words of the patterns. Without it, words in disguise do not count.
            scored: The scored rules, whose patterns are among these.
            signs: The patterns that are signs, by their ids.
        """
        self._suspects = Suspects(vocabulary) if vocabulary else None
        self._finders: list[KeyFinder] = []
        keys = np.full(len(patterns), -1)
        number = 0
        sounds = np.array(sorted(scored.index.sounds if scored else ()), np.intp)
        others = [*(signs or {}).values(), *sounds]
        words = np.setdiff1d(np.arange(len(patterns)), others)
        lines = [PatternLine.of([patterns[at] for at in words])] if words.size else []
        for finder, chosen in chain.from_iterable(map(finders_of, lines)):
            self._finders.append(finder)
            keys[words[chosen]] = number + finder.keys
            number += finder.number
        self._sounds = SoundFinder([patterns[at] for at in sounds]) if sounds.size else None
        if self._sounds:
            keys[sounds] = number + self._sounds.keys
            number += self._sounds.number
        wanted = dict.fromkeys((*(signs or ()), *(scored.weights_of_signs if scored else ())))
        is_scored = bool(scored and scored.thresholds)
        self._signs = SignFinder(wanted) if wanted or is_scored else None
        first_sign = number
        self._key_of_sign = {sign: number + at for at, sign in enumerate(wanted)}
        for sign, pattern in (signs or {}).items():
            keys[pattern] = self._key_of_sign[sign]
        number += len(self._key_of_sign)
        self._needs = RuleNeeds(keys, number, first_sign, needs, all_groups)
        self._scores: ScoreFilter | None = None
        self._is_plain = np.ones(number, bool)  # by key: whether a rule without a score has it
        if scored and is_scored:
            self._scores = ScoreFilter(scored, keys, number, self._key_of_sign)
            plain = np.ones(len(patterns), bool)
            plain[list(scored.index.only_scored())] = False
            self._is_plain[:] = False
            self._is_plain[keys[plain & (keys >= 0)]] = True
        self._before, self._after = np.zeros(number, np.intp), np.zeros(number, np.intp)
        for line in lines:
            found = keys[words] >= 0
            for most, around in zip((self._before, self._after), line.words_around(), strict=True):
                np.maximum.at(most, keys[words][found], around[found])

    def passing(
        self,
        texts: Sequence[str],
        more_signs: Mapping[int, Collection[str]] | None = None,
        beside_others: Collection[int] = (),
    ) -> Iterator[PassingText]:
        """Yield the texts that may satisfy a rule, in order.

        Args:
            texts: The texts.
            more_signs: Signs that count with a text and are not in it, by the number of the text.
            beside_others: The numbers of texts that share the steps of their post with others.
        """
        first, more = 0, more_signs or {}
        for some in in_lines(texts):
            line = ALPHABET.line(some)
            places, keys = self._find(line)
            found = Keys(np.searchsorted(line.ends, places), keys)
            given = {at: more[first + at] for at in range(len(some)) if first + at in more}
            plain = found.where(self._is_plain[keys])
            satisfied, with_signs = self._needs.passing(*plain, len(some))
            signs: dict[int, frozenset[str]] = {}
            reaching: Mapping[int, Sequence[int]] = {}
            if self._signs:
                gates, view = GateView(line, some), self._signs.view(line)
                of_scores = self._scores.open(found, view, gates) if self._scores else ()
                open_ = {*with_signs.tolist(), *given, *of_scores}
                if open_:
                    view.wanted = np.isin(np.arange(len(some)), list(open_))
                    signs = dict.fromkeys(open_, frozenset()) | self._signs.among(view, some)
                of_signs, reaching = self._passing_with(
                    signs, given, found, gates, some, {at - first for at in beside_others}
                )
                satisfied = np.union1d(satisfied, of_signs)
            suspects = self._suspects.among(line, some) if self._suspects else set()
            near = self._is_plain[keys] & np.isin(found.texts, satisfied)
            spans = self._spans(line, places[near], *found.where(near))
            grouped = set(satisfied.tolist())
            for text in sorted(suspects.union(grouped, reaching)):
                around = spans.get(text, [])
                yield PassingText(
                    first + text,
                    _stretches(some[text], around) if len(around) <= PLACES_IN_TEXT else None,
                    text in suspects,
                    signs.get(text),
                    reaching.get(text, ()),
                    text in grouped,
                )
            first += len(some)

    def _passing_with(
        self,
        signs: Mapping[int, Collection[str]],
        given: Mapping[int, Collection[str]],
        found: Keys,
        gates: GateView,
        texts: Sequence[str],
        beside_others: Collection[int],
    ) -> tuple[Places, Mapping[int, Sequence[int]]]:
        """Return which of the texts with known signs satisfy a rule, or may reach thresholds."""
        rows = [
            (text, self._key_of_sign[sign])
            for text, of_text in signs.items()
            for sign in {*of_text, *given.get(text, ())}
        ]
        of_signs = np.array(rows, np.intp).reshape(-1, 2)
        words = found.where(np.isin(found.texts, list(signs)))
        all_ = words.with_rows(of_signs)
        satisfied, _ = self._needs.passing(*all_.where(self._is_plain[all_.keys]), len(texts))
        if self._scores is None:
            return satisfied, {}
        return satisfied, self._scores.reaching(words, of_signs, gates, texts, beside_others)

    def _find(self, line: SymbolLine) -> tuple[Places, Places]:
        all_places, all_keys, number = [np.zeros(0, np.intp)], [np.zeros(0, np.intp)], 0
        for finder in (*self._finders, *([self._sounds] if self._sounds else [])):
            for places, keys in finder.find(line):
                all_places.append(places)
                all_keys.append(keys + number)
            number += finder.number
        return np.concatenate(all_places), np.concatenate(all_keys)

    def _spans(
        self, line: SymbolLine, places: Places, texts: Places, keys: Places
    ) -> dict[int, list[tuple[int, int]]]:
        """Return, by text, half-open code points around each key that its patterns may reach."""
        ends = line.words_at(line.ends)  # a text's end is a word by itself
        least, most = np.append(-1, ends)[texts] + 1, ends[texts] - 1
        words = line.words_at(places)
        firsts = np.clip(words - self._before[keys], least, most)
        lasts = np.clip(words + self._after[keys], least, most)
        symbols = np.stack((line.starts[firsts], line.starts[lasts] + line.sizes[lasts] - 1))
        starts, lasts = line.code_points(symbols) - np.append(-1, line.joined.ends)[texts] - 1
        spans_of: dict[int, list[tuple[int, int]]] = {}
        spans = zip(texts.tolist(), starts.tolist(), (lasts + 1).tolist(), strict=True)
        for text, start, end in spans:
            spans_of.setdefault(text, []).append((start, end))
        return spans_of


def _stretches(text: str, spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return stretches that hold all spans and cut no word or link, in order and merged."""
    stretches: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if stretches and start <= stretches[-1][1]:
            if end > stretches[-1][1]:
                stretches[-1] = stretches[-1][0], stretch_around(text, start, end)[1]
        else:
            stretches.append(stretch_around(text, start, end))
    return stretches
