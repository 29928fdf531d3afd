"""Finds out of many texts those that may satisfy a rule, and never misses one.

The simple way is to fold each text and run the automaton over it, which costs Python calls for
every text. Here the words of all texts are looked up together, in arrays (`key_finders`). Only a
text in which every group of some rule seems to have a pattern, or which may have a word in
disguise, goes on to the evaluator, which decides.

For scored rules, the weights of words are added up first with those of all signs that a text may
have. Signs are looked for only in the texts that are left. Then their exact weights count, and the
gates. A key of words only says that a term may be there, so the terms of the texts that are left
are looked for in their letters. That surely misses the threshold of most ordinary posts with a few
words of adverts, and tells the band of most adverts: neither need be aligned.

It is imported only for so many texts that they pay for the import of numpy. Without numpy, each
text is evaluated by itself, with the same result.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain

import numpy as np
import numpy.typing as npt

from matcher import key_finders
from matcher.evaluator import ScoredRules
from matcher.hit import Effort, PartScore, PassingText
from matcher.part_signs import OUTSIDE, letters_of, passes
from matcher.sign_catalogue import PartSigns
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


type _Reaching = dict[int, tuple[Sequence[int], Sequence[PartScore] | None]]


class ScoreFilter:
    """The weights of keys in scored rules, of which there is at least one."""

    def __init__(
        self, scored: ScoredRules, keys: Places, number: int, key_of_sign: Mapping[str, int]
    ):
        self._scored, self._gates = scored, scored.gates
        signs = scored.weights_of_signs
        weights = [(key_of_sign[sign], *pair) for sign, pairs in signs.items() for pair in pairs]
        weights += (
            (int(keys[pattern]), rule, weight)
            for pattern, rule, weight in scored.index.weights_for_posts()
            if keys[pattern] >= 0
        )
        thresholds = {rule: score.threshold for rule, score in scored.scores.items()}
        self._bounds = ScoreBounds(number, weights, thresholds, signs)
        self._patterns: defaultdict[int, list[int]] = defaultdict(list)  # by key
        for pattern, key in enumerate(keys.tolist()):
            self._patterns[key].append(pattern)

    def open(self, found: key_finders.Keys, view: SignView, gates: GateView) -> Iterable[int]:
        """Return the texts that may reach the threshold of a scored rule with some signs."""
        at, rules = self._bounds.open(*found, view)
        return {text for rule, some in self._let_in(gates, at, rules) for text in at[some].tolist()}

    def reaching(
        self,
        words: key_finders.Keys,
        of_signs: Places,
        present: Mapping[int, Collection[str]],
        gates: GateView,
        texts: Sequence[str],
        beside_others: Collection[int],
        counted: Collection[int],
    ) -> _Reaching:
        """Return the texts with known signs that may reach thresholds.

        Each comes with the rules, apart from those of which the score is certain, and with the
        certain scores, as in `PassingText`. `of_signs` has rows of a text and the key of a sign
        there, and `present` the signs by text. Texts `beside_others` share the steps of their post.
        No places are wanted of the counted rules.
        """
        sums: defaultdict[int, dict[int, int]] = defaultdict(dict)
        at, rules, most = self._bounds.reaching(*words.with_rows(of_signs), len(texts))
        for rule, chosen in self._let_in(gates, at, rules):
            for text, sum_ in zip(at[chosen].tolist(), most[chosen].tolist(), strict=True):
                sums[text][rule] = int(sum_)
        reaching: _Reaching = {
            text: ([*sums[text]], None) for text in sums.keys() & {*beside_others}
        }
        for text, keys in words.by_text(sums.keys() - {*beside_others}):
            most_of = sums[text]
            patterns = [pattern for key in keys for pattern in self._patterns[key]]
            effort = Effort.for_texts(texts[text : text + 1])
            signs = PartSigns("text", texts[text], (), {}, present[text])
            certain = self._scored.certain(texts[text], signs, patterns, most_of, effort)
            for rule, threshold, total, _ in certain:
                if total < threshold or rule in counted:
                    del most_of[rule]
            certain = [score for score in certain if score.total >= score.threshold]
            kept = [score for score in certain if score.rule in counted]
            if most_of or kept:
                reaching[text] = [*most_of], kept
        return reaching

    def _let_in(
        self, gates: GateView, texts: Places, rules: Places
    ) -> Iterator[tuple[int, Places]]:
        """Yield each rule with those of its rows whose texts its gate lets pass."""
        for rule in np.unique(rules).tolist():
            rows = np.flatnonzero(rules == rule)
            passing = gates.passing(texts[rows], self._gates.get(rule))
            yield rule, rows[np.isin(texts[rows], passing)]


class Prefilter:
    """Lets through the texts that may satisfy a rule, and a few that do not.

    >>> needs = [(0, 0, 1), (1, 0, 2), (2, 1, 1)]
    >>> prefilter = Prefilter([" send me ", " otp ", " bomb"], needs, all_groups=[3, 1])
    >>> texts = ["Please send me the OTP", "send otp", "BOMBS", ""]
    >>> [passing.text for passing in prefilter.passing(texts)]
    [0, 2]
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
        """Take folded patterns, at least one, and what they serve, as in `RuleNeeds`.

        A rule has fewer than 32 groups. Without the vocabulary of the patterns, words in disguise
        do not count. The patterns of scored rules are among these, and so are those that are signs.
        """
        self._suspects = key_finders.Suspects(vocabulary) if vocabulary else None
        self._finders: list[key_finders.KeyFinder] = []
        keys = np.full(len(patterns), -1)
        number = 0
        sounds = np.array(sorted(scored.index.sounds if scored else ()), np.intp)
        others = [*(signs or {}).values(), *sounds]
        words = np.setdiff1d(np.arange(len(patterns)), others)
        line = [key_finders.PatternLine.of([patterns[at] for at in words])] if words.size else []
        for finder, chosen in chain.from_iterable(map(key_finders.finders_of, line)):
            self._finders.append(finder)
            keys[words[chosen]] = number + finder.keys
            number += finder.number
        self._sounds = (
            key_finders.SoundFinder([patterns[at] for at in sounds]) if sounds.size else None
        )
        if self._sounds:
            keys[sounds] = number + self._sounds.keys
            number += self._sounds.number
        wanted = dict.fromkeys((*(signs or ()), *(scored.weights_of_signs if scored else ())))
        is_scored = bool(scored and scored.scores)
        self._signs = SignFinder(wanted) if wanted or is_scored else None
        first_sign = number
        self._key_of_sign = {sign: number + at for at, sign in enumerate(wanted)}
        for sign, pattern in (signs or {}).items():
            keys[pattern] = self._key_of_sign[sign]
        number += len(self._key_of_sign)
        self._needs = key_finders.RuleNeeds(keys, number, first_sign, needs, all_groups)
        self._scores: ScoreFilter | None = None
        self._is_plain = np.ones(number, bool)  # by key: whether a rule without a score has it
        if scored and is_scored:
            self._scores = ScoreFilter(scored, keys, number, self._key_of_sign)
            plain = np.ones(len(patterns), bool)
            plain[list(scored.index.only_scored())] = False
            self._is_plain[:] = False
            self._is_plain[keys[plain & (keys >= 0)]] = True

    def passing(
        self,
        texts: Sequence[str],
        more_signs: Mapping[int, Collection[str]] | None = None,
        beside_others: Collection[int] = (),
        counted: Collection[int] = (),
    ) -> Iterator[PassingText]:
        """Yield the texts that may satisfy a rule, in order.

        `more_signs` count with a text and are not in it. Texts `beside_others` share the steps of
        their post. No places are wanted of the counted rules.
        """
        first, more = 0, more_signs or {}
        for some in in_lines(texts):
            line = key_finders.ALPHABET.line(some)
            found = self._find(line)
            given = {at: more[first + at] for at in range(len(some)) if first + at in more}
            plain = found.where(self._is_plain[found.keys])
            satisfied, with_signs = self._needs.passing(*plain, len(some))
            signs: dict[int, frozenset[str]] = {}
            reaching: _Reaching = {}
            if self._signs:
                gates, view = GateView(line, some), self._signs.view(line)
                of_scores = self._scores.open(found, view, gates) if self._scores else ()
                open_ = {*with_signs.tolist(), *given, *of_scores}
                if open_:
                    view.wanted = np.isin(np.arange(len(some)), list(open_))
                    signs = dict.fromkeys(open_, frozenset()) | self._signs.among(view, some)
                beside = {at - first for at in beside_others}
                of_signs, reaching = self._passing_with(
                    signs, given, found, gates, some, beside, counted
                )
                satisfied = np.union1d(satisfied, of_signs)
            suspects = self._suspects.among(line, some) if self._suspects else set()
            grouped = set(satisfied.tolist())
            for text in sorted(suspects.union(grouped, reaching)):
                scored, certain = reaching.get(text, ((), ()))
                suspect, present = text in suspects, signs.get(text)
                yield PassingText(first + text, suspect, present, scored, text in grouped, certain)
            first += len(some)

    def _passing_with(
        self,
        signs: Mapping[int, Collection[str]],
        given: Mapping[int, Collection[str]],
        found: key_finders.Keys,
        gates: GateView,
        texts: Sequence[str],
        beside_others: Collection[int],
        counted: Collection[int],
    ) -> tuple[Places, _Reaching]:
        """Return which of the texts with known signs satisfy a rule, or may reach thresholds."""
        present = {text: {*of_text, *given.get(text, ())} for text, of_text in signs.items()}
        rows = [(text, self._key_of_sign[sign]) for text in present for sign in present[text]]
        of_signs = np.array(rows, np.intp).reshape(-1, 2)
        words = found.where(np.isin(found.texts, list(signs)))
        all_ = words.with_rows(of_signs)
        satisfied, _ = self._needs.passing(*all_.where(self._is_plain[all_.keys]), len(texts))
        if self._scores is None:
            return satisfied, {}
        return satisfied, self._scores.reaching(
            words, of_signs, present, gates, texts, beside_others, counted
        )

    def _find(self, line: SymbolLine) -> key_finders.Keys:
        all_places, all_keys, number = [np.zeros(0, np.intp)], [np.zeros(0, np.intp)], 0
        for finder in (*self._finders, *([self._sounds] if self._sounds else [])):
            for places, keys in finder.find(line):
                all_places.append(places)
                all_keys.append(keys + number)
            number += finder.number
        texts = np.searchsorted(line.ends, np.concatenate(all_places))
        return key_finders.Keys(texts, np.concatenate(all_keys))
