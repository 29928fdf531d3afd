"""Which texts of a line may reach the threshold of a scored rule.

First the weights of words are added up with those of all signs that a text may have. Signs are
looked for only in the texts that are left. Then their exact weights count, the gates, and the terms
that speak against a post.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from matcher.batch.bounds import ScoreBounds
from matcher.batch.counterweights import Counterweights
from matcher.batch.gate_view import GateView
from matcher.batch.key_finders import Keys
from matcher.batch.sign_view import SignView
from matcher.batch.symbols import Places
from rules.score import Gate


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
        """Take the rules, the key of each pattern, the number of keys, and those of signs."""
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
        """Return by text those of its rules whose gates let it pass, in order."""
        let_in: dict[int, list[int]] = {}
        for rule in np.unique(rules).tolist():
            for text in gates.passing(texts[rules == rule], self._gates.get(rule)).tolist():
                let_in.setdefault(text, []).append(rule)
        return let_in
