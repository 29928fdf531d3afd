"""The sums of scored rules: which rules a text may satisfy, and what a part of a post is worth.

The simple way is to check every term of every scored rule in every text. Instead, the weights of
the patterns in a text give a bound first, since no term occurs without its pattern. Only rules that
may reach their threshold have their terms checked.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from matcher.effort import Effort
from matcher.terms.automaton import Automaton
from matcher.terms.index import PatternIndex, TermUse
from matcher.terms.term import Match, Term
from matcher.text.aligned import AlignedText
from rules.pack import Rule


class Counted(NamedTuple):
    """A term that counts in a part, at the first place that it has there, and its weight."""

    match: Match
    weight: int


class PartScore(NamedTuple):
    """The sum of one scored rule in one part, and what it is the sum of, in the order of places."""

    rule: int
    threshold: int
    total: int
    counted: list[Counted]


class ScoredRules:
    """The scored rules among some rules. Rules are known by their order."""

    def __init__(self, rules: Sequence[Rule], index: PatternIndex, automaton: Automaton):
        """Take rules, their patterns, and the automaton that finds these."""
        self._rules, self._index, self._automaton = rules, index, automaton
        self.scores = {at: rule.score for at, rule in enumerate(rules) if rule.score}
        self._helpful: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)  # by pattern
        for pattern, rule, weight in index.weights():
            if weight > 0:
                self._helpful[pattern].append((rule, weight))

    @property
    def thresholds(self) -> dict[int, int]:
        """Return the threshold of each scored rule."""
        return {rule: score.threshold for rule, score in self.scores.items()}

    def reachable(self, patterns: Iterable[int]) -> list[int]:
        """Return the rules that a part with these patterns may satisfy, in order."""
        sums = Counter[int]()
        for pattern in patterns:
            for rule, weight in self._helpful.get(pattern, ()):
                sums[rule] += weight
        return [rule for rule, score in self.scores.items() if sums[rule] >= score.threshold]

    def weigh(
        self, views: Sequence[AlignedText], rules: Sequence[int], effort: Effort
    ) -> list[PartScore]:
        """Return the score of a part for each of some rules.

        Args:
            views: The part aligned by itself, then with each layer of readings.
            rules: The wanted rules.
            effort: The work that is left for the post. If it runs out, terms found by then count.
        """
        if not rules:
            return []
        counted: dict[int, dict[str, Match]] = {rule: {} for rule in rules}
        for view in views:
            for pattern, end in self._automaton.occurrences(view.folded, effort):
                for use, term in self._index.terms(pattern):
                    if use.rule in counted and _key(use, term) not in counted[use.rule]:
                        if not effort.weigh_place():
                            break
                        exact = self._rules[use.rule].exact
                        if match := term.match_at(view, end, exact=exact):
                            counted[use.rule][_key(use, term)] = match
        return [self._score(rule, counted[rule]) for rule in rules]

    def _score(self, rule: int, matches: dict[str, Match]) -> PartScore:
        score = self.scores[rule]
        if _CANCELLED in matches:
            return PartScore(rule, score.threshold, 0, [])
        counted = [Counted(match, score.terms[term]) for term, match in matches.items()]
        counted.sort(key=lambda one: (one.match.place, one.match.term))
        return PartScore(rule, score.threshold, sum(one.weight for one in counted), counted)


_CANCELLED = ""
"""What all phrases of `unless` and `except` are known by: no term is empty."""


def _key(use: TermUse, term: Term) -> str:
    return term.written if use.group == 0 else _CANCELLED
