"""The sums of scored rules: which rules a text may satisfy, and what a part of a post is worth.

The simple way is to check every term of every scored rule in every text. Instead, the weights of
the patterns in a text give a bound first, since no term occurs without its pattern. Only where the
weights of signs may still help are these looked for, and only rules that may reach their threshold
have their terms checked.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from matcher.aligned import AlignedText
from matcher.chunk_signs import LINK_SIGNS, signs_of_link
from matcher.fold import sounds_of
from matcher.hit import Effort, Part, Span
from matcher.sign_catalogue import find_signs, first_places
from matcher.sign_shapes import SCRIPTS, passes, word_lists
from matcher.term import Automaton, Term
from matcher.term_index import SOUNDS, UNLESS, PatternIndex, TermUse
from rules.pack import Rule
from rules.pack_parts import Gate
from rules.rule_set import SetError


class PartScore(NamedTuple):
    """The sum of one scored rule in one part, and its spans if it reaches the threshold."""

    rule: int
    threshold: int
    total: int
    spans: list[Span]


class PartSigns:
    """The signs of one part. Their places are found when they are first needed.

    To find places takes longer than the fold. Whether a sign is there is known of a text that came
    through the prefilter.
    """

    def __init__(
        self,
        part: str,
        text: str,
        wanted: Collection[str],
        links: Mapping[str, Span],
        known: Collection[str] | None = None,
        passed: Iterable[Gate | None] = (),
    ):
        """Take the part, the signs that rules have, and those of links that count too.

        `known` are those of the wanted signs that the part has, if somebody has looked, and
        `passed` are gates that are known to let it pass.
        """
        self.part, self._text, self._links = part, text, links
        self._known, self._wanted = known, wanted if known is None else known
        self._passed: dict[Gate | None, bool] = dict.fromkeys(passed, True)

    def passes(self, gate: Gate | None) -> bool:
        """Return whether the part looks as a gate wants it; without one, any does."""
        if gate not in self._passed:
            self._passed[gate] = gate is None or passes(self._text, gate)
        return self._passed[gate]

    @cached_property
    def present(self) -> Collection[str]:
        """The signs that the part or its links have."""
        return self.spans if self._known is None else {*self._known, *self._links}

    @cached_property
    def places(self) -> dict[str, list[tuple[int, int]]]:
        """The half-open spans of each sign in the part."""
        return find_signs(self._text, self._wanted) if self._wanted else {}

    @cached_property
    def spans(self) -> dict[str, Span]:
        """The first span of each sign. Those of links come last."""
        places = first_places(self._text, self._wanted, self._known or ()) if self._wanted else {}
        own = {sign: Span(self.part, *at, f"{{{sign}}}", ()) for sign, at in places.items()}
        return {**self._links, **own}


class ScoredRules:
    """The scored rules among some rules. Rules are known by their order."""

    def __init__(self, rules: Sequence[Rule], index: PatternIndex, automaton: Automaton):
        self._rules, self._index, self._automaton = rules, index, automaton
        self.scores = {at: rule.score for at, rule in enumerate(rules) if rule.score}
        for score in self.scores.values():
            _check_gate(score.reads)
        self.signs = frozenset(sign for score in self.scores.values() for sign in score.signs)
        self._most_of_signs = {
            rule: sum(weight for weight in score.signs.values() if weight > 0)
            for rule, score in self.scores.items()
        }
        self._uses: dict[int, list[tuple[int, _Key, Term, bool]]] = {}  # by pattern
        self._weights = {rule: Counter[int]() for rule in self.scores}  # by pattern
        for pattern, rule, weight in index.weights():
            if weight > 0:
                self._weights[rule][pattern] += weight

    @property
    def thresholds(self) -> dict[int, int]:
        """Return the threshold of each scored rule."""
        return {rule: score.threshold for rule, score in self.scores.items()}

    @property
    def gates(self) -> dict[int, Gate]:
        """Return the gate of each scored rule that has one."""
        return {rule: score.reads for rule, score in self.scores.items() if score.reads}

    @property
    def weights_of_signs(self) -> dict[str, list[tuple[int, int]]]:
        """Return the scored rules that have each sign, with its weight there."""
        return {
            sign: [
                (rule, score.signs[sign])
                for rule, score in self.scores.items()
                if sign in score.signs
            ]
            for sign in sorted(self.signs)
        }

    def signs_of_links(self, post: Sequence[Part]) -> dict[str, Span]:
        """Return the signs of the URLs of a post that lie outside its texts."""
        spans: dict[str, Span] = {}
        for name, url in post if not LINK_SIGNS.isdisjoint(self.signs) else ():
            if name.startswith("links/"):
                for sign, start, end in signs_of_link(url):
                    if sign in self.signs:
                        spans.setdefault(sign, Span(name, start, end, f"{{{sign}}}", ()))
        return spans

    def reachable(
        self, patterns: Set[int], signs: PartSigns, among: Iterable[int] | None = None
    ) -> list[int]:
        """Return the rules that a part with these patterns and signs may satisfy, in order.

        `among` names the only rules that can be satisfied, if that is known.
        """
        reachable: list[int] = []
        for rule in self.scores if among is None else among:
            score, weights = self.scores[rule], self._weights[rule]
            missing = score.threshold - sum(map(weights.__getitem__, patterns & weights.keys()))
            if (
                missing <= self._most_of_signs[rule]
                and signs.passes(score.reads)
                and (not score.signs or missing <= _sum_of(score.signs, signs.present))
            ):
                reachable.append(rule)
        return reachable

    def weigh(
        self,
        views: Sequence[AlignedText],
        rules: Sequence[int],
        signs: PartSigns,
        effort: Effort,
        *,
        every_score: bool = False,
    ) -> list[PartScore]:
        """Return the score of a part for each of some rules.

        Args:
            views: The part aligned by itself, then with each layer of readings.
            rules: The wanted rules.
            signs: The signs of the part.
            effort: The work that is left for the post. If it runs out, terms found by then count.
            every_score: Whether to return scores that cannot reach their threshold, too.
        """
        found = [list(self._occurrences(view.folded, effort)) for view in views if rules]
        if not every_score:
            rules = self.reachable({pattern for pattern, _ in chain(*found)}, signs, rules)
        counted: dict[int, _Counted] = {rule: {} for rule in rules}
        for view, occurrences in zip(views, found, strict=False):
            for pattern, end in occurrences:
                for rule, key, term, exact in self._uses_of(pattern):
                    matches = counted.get(rule)
                    if matches is not None and key not in matches:
                        if not effort.take_weighing():
                            break
                        if term.is_at(view, end, exact=exact):
                            matches[key] = term, view, end
        return [self._score(rule, counted[rule], signs) for rule in rules]

    def _occurrences(self, folded: str, effort: Effort) -> Iterator[tuple[int, int]]:
        """Yield the occurrences of patterns in a folded text, then of terms in pinyin."""
        yield from self._automaton.occurrences(folded, effort)
        if self._index.sounds and (sounds := sounds_of(folded)) != folded:
            for pattern, end in self._automaton.occurrences(sounds, effort):
                if pattern in self._index.sounds:
                    yield pattern, end

    def _uses_of(self, pattern: int) -> list[tuple[int, "_Key", Term, bool]]:
        """Return the terms of scored rules with a pattern. They are remembered."""
        if pattern not in self._uses:
            self._uses[pattern] = [
                (use.rule, _key(use, term), term, self._rules[use.rule].exact)
                for use, term in self._index.terms(pattern)
                if use.rule in self.scores
            ]
        return self._uses[pattern]

    def _score(self, rule: int, matches: "_Counted", signs: PartSigns) -> PartScore:
        score = self.scores[rule]
        if _CANCELLED in matches or not signs.passes(score.reads):
            return PartScore(rule, score.threshold, 0, [])
        weights = {0: score.terms, SOUNDS: score.pinyin}
        total = sum(weights[group][term] for group, term in matches)
        total += _sum_of(score.signs, signs.present)
        if total < score.threshold:
            return PartScore(rule, score.threshold, total, [])  # places of signs take long to find
        spans = [
            Span(signs.part, *place[:2], written, evasion, weights[group][written])
            for (group, _), (term, view, end) in matches.items()
            for place, written, evasion in [term.shown_at(view, end)]
        ]
        for sign, weight in score.signs.items():
            if found := signs.spans.get(sign):
                spans.append(Span(found.part, found.start, found.end, found.term, (), weight))
        own_first = {signs.part: ""}
        spans.sort(key=lambda at: (own_first.get(at.part, at.part), at.start, at.end, at.term))
        return PartScore(rule, score.threshold, total, spans)


def _check_gate(gate: Gate | None) -> None:
    """Raise SetError for a gate that this code does not know."""
    if gate and gate.script and gate.script not in SCRIPTS:
        raise SetError(f"a rule reads the script {gate.script!r}, which this code does not know")
    if gate and gate.words_of and gate.words_of not in word_lists():
        raise SetError(f"a rule reads words of {gate.words_of!r}, which this code does not know")


type _Key = tuple[int, str]
"""What counts once a part: the group of a weighted term and the term as written."""

type _Counted = dict[_Key, tuple[Term, AlignedText, int]]
"""What counts, each with the end of its pattern in a folded text."""

_CANCELLED = UNLESS, ""
"""What all phrases of `unless` and `except` are known by."""


def _key(use: TermUse, term: Term) -> _Key:
    return (use.group, term.written) if use.group >= 0 else _CANCELLED


def _sum_of(weights: Mapping[str, int], present: Collection[str]) -> int:
    return sum(map(weights.__getitem__, weights.keys() & present))
