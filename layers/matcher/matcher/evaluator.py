"""Evaluates all rules on one part of a post.

The simple way is to look for every term of every rule at every place of the text. Instead, the text
goes through four steps, and most texts leave after the first:

1. Fold the text, and let one automaton find the patterns of all terms in one pass.
2. If the text may have words in disguise, read them, and search it again with the words they hide.
3. Keep the rules of which every group has a pattern somewhere.
4. For these alone, align the fold with the original, check each term there, and look for windows.

A scored rule takes the same way. The weights of the patterns in a text give a bound first, since no
term occurs without its pattern. Only where the weights of signs may still help are these looked
for, and only rules that may reach their threshold have their terms checked. A rule that is only
counted needs no places: if its terms are in plain letters, they tell its band without alignment.
What a sum is worth is the law's to say (`rules.law`); it only lowers sums, so bounds stay bounds.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from matcher import hit
from matcher.aligned import AlignedText, WordReading, find_hosts, without_opaque
from matcher.fold import fold, sounds_of
from matcher.sign_catalogue import PartSigns, check_gate
from matcher.term import MATCHES_IN_PART, NEVER, Automaton, Match, Term, TermPlace, sure_letters
from matcher.term_index import (
    SOUNDS,
    SPANS_SHOWN,
    UNLESS,
    MatchesByGroup,
    PatternIndex,
    TermUse,
    matches_in_windows,
)
from rules.law import proves, sum_under_law
from rules.pack import Rule, sign_of
from rules.pack_parts import Gate

if TYPE_CHECKING:
    from matcher.readings import Chunks
    from matcher.vocabulary import Vocabulary


class ScoredRules:
    """The scored rules among some rules. Rules are known by their order."""

    def __init__(self, rules: Sequence[Rule], index: PatternIndex, automaton: Automaton):
        self._rules, self.index, self._automaton = rules, index, automaton
        self.scores = {at: rule.score for at, rule in enumerate(rules) if rule.score}
        for gate in self.gates.values():
            check_gate(gate)
        self.signs = frozenset(sign for score in self.scores.values() for sign in score.signs)
        self._most_of_signs = {
            rule: sum(weight for weight in score.signs.values() if weight > 0)
            for rule, score in self.scores.items()
        }
        self._proving = {
            rule: {sign for sign, weight in score.signs.items() if proves(f"{{{sign}}}", weight)}
            for rule, score in self.scores.items()
        }
        self._uses: dict[int, list[tuple[int, _Key, Term, bool]]] = {}  # by pattern
        self._sure: dict[int, tuple[int, dict[int, list[tuple[int, str]]]]] = {}  # by pattern
        self._weights: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)  # by pattern
        for pattern, rule, weight in index.weights_for_posts():
            self._weights[pattern].append((rule, weight))

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

    def signs_of_links(self, post: Sequence[hit.Part]) -> dict[str, hit.Span]:
        """Return the signs of the URLs of a post that lie outside its texts."""
        spans: dict[str, hit.Span] = {}
        for _, sign, span in hit.signs_of_urls(post, self.signs):
            spans.setdefault(sign, span)
        return spans

    def reachable(
        self, patterns: Set[int], signs: PartSigns, among: Iterable[int] | None = None
    ) -> dict[int, int]:
        """Return the rules that a part with these patterns and signs may satisfy, in order.

        Each comes with the sum of its terms for a post and of its signs, without the fee. `among`
        names the only rules that can be satisfied, if that is known.
        """
        sums = Counter[int]()
        for pattern in patterns & self._weights.keys():
            for rule, weight in self._weights[pattern]:
                sums[rule] += weight
        reachable: dict[int, int] = {}
        for rule in self.scores if among is None else among:
            score = self.scores[rule]
            missing = score.threshold - sums[rule]
            if missing <= self._most_of_signs[rule] and signs.passes(score.reads):
                present = score.signs.keys() & signs.present if score.signs else ()
                most = sums[rule] + sum(score.signs[sign] for sign in present)
                if most >= score.threshold:  # only then is the part folded for its length
                    is_proven = sums[rule] > 0 or self._has_proof(rule, signs)
                    if sum_under_law(most, signs.fee, is_proven=is_proven) >= score.threshold:
                        reachable[rule] = most
        return reachable

    def _has_proof(self, rule: int, signs: PartSigns) -> bool:
        """Return whether a part has a sign that lets the sum of a rule count, without a word."""
        return not self._proving[rule].isdisjoint(signs.present)

    def certain(
        self,
        text: str,
        signs: PartSigns,
        patterns: Sequence[int],
        most: Mapping[int, int],
        effort: hit.Effort,
        *,
        disguised: bool = False,
    ) -> list[hit.PartScore]:
        """Return scores of a text that no look at places can move to another band.

        A total below the threshold says that the text surely misses it. There are no scores if
        adding up all terms might take more steps than are left. `patterns` come at least as often
        as the text has them, and `most` has the sums of some rules without terms against a post.
        """
        steps, found = 0, {}
        for pattern, times in Counter(patterns).items():
            uses, of_rules = self._sure.get(pattern) or self._sure_weights(pattern)
            if uses:
                steps += uses * times
                found[pattern] = of_rules
        if 2 * len(patterns) > MATCHES_IN_PART or not effort.take_weighing(steps):
            return []
        shown = without_opaque(text)
        letters = sure_letters(shown, with_sounds=any(self.scores[rule].pinyin for rule in most))
        law = signs.fee, {rule for rule in most if self._has_proof(rule, signs)}
        certain = hit.scores_in_bands(self.scores, most, found.values(), letters, law)
        if len(certain) == len(most) or shown == text or disguised:
            return certain
        outside = {at for at, _ in self._occurrences(fold(shown), hit.Effort())}
        sums = dict(most)
        for pattern in found.keys() - outside:  # in links alone
            for rule in found[pattern].keys() & sums.keys():
                sums[rule] -= sum(max(0, weight) for weight, _ in found[pattern][rule])
            del found[pattern]
        return hit.scores_in_bands(self.scores, sums, found.values(), letters, law)

    def _sure_weights(self, pattern: int) -> tuple[int, dict[int, list[tuple[int, str]]]]:
        """Return how many scored terms have a pattern, and each rule's weights with `Term.sure`."""
        of_rules: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
        for rule, key, term, exact in self._uses_of(pattern):
            is_sure = not exact and not self._rules[rule].affixes  # forms of it count once
            of_rules[rule].append((self._weight(rule, key), term.sure if is_sure else NEVER))
        self._sure[pattern] = len(self._uses_of(pattern)), dict(of_rules)
        return self._sure[pattern]

    def _weight(self, rule: int, key: "_Key") -> int:
        """Return what a term is worth, and 0 of a phrase that cancels."""
        group, written = key
        score = self.scores[rule]
        return 0 if group < 0 else (score.pinyin if group == SOUNDS else score.terms)[written]

    def weigh(
        self,
        views: Sequence[AlignedText],
        rules: Sequence[int],
        signs: PartSigns,
        effort: hit.Effort,
        *,
        counted: Set[int] = frozenset(),
        every_score: bool = False,
    ) -> list[hit.PartScore]:
        """Return the score of a part for each of some rules, without places of counted ones.

        `views` are the part aligned by itself, then with each layer of readings. If the effort runs
        out, terms found by then count. Scores that cannot reach their threshold are left out,
        unless every score is wanted.
        """
        found = [list(self._occurrences(view.folded, effort)) for view in views if rules]
        if not every_score:
            rules = [*self.reachable({pattern for pattern, _ in chain(*found)}, signs, rules)]
        matched: dict[int, _Matched] = {rule: {} for rule in rules}
        for view, occurrences in zip(views, found, strict=False):
            for pattern, end in occurrences:
                for rule, key, term, exact in self._uses_of(pattern):
                    matches = matched.get(rule)
                    if matches is not None and key not in matches:
                        if not effort.take_weighing():
                            break
                        if term.is_at(view, end, exact=exact):
                            matches[key] = term, view, end
        return [self._score(rule, matched[rule], signs, rule not in counted) for rule in rules]

    def _occurrences(self, folded: str, effort: hit.Effort) -> Iterator[tuple[int, int]]:
        """Yield the occurrences of patterns in a folded text, then of terms in pinyin."""
        yield from self._automaton.occurrences(folded, effort)
        if self.index.sounds and (sounds := sounds_of(folded)) != folded:
            for pattern, end in self._automaton.occurrences(sounds, effort):
                if pattern in self.index.sounds:
                    yield pattern, end

    def _uses_of(self, pattern: int) -> list[tuple[int, "_Key", Term, bool]]:
        """Return the terms of scored rules with a pattern. They are remembered."""
        if pattern not in self._uses:
            self._uses[pattern] = [
                (at, (group, term.written) if group >= 0 else _CANCELLED, term, rule.exact)
                for (at, group, _), term in self.index.terms(pattern)
                if (rule := self._rules[at]).score
            ]
        return self._uses[pattern]

    def _score(
        self, rule: int, matches: "_Matched", signs: PartSigns, shown: bool
    ) -> hit.PartScore:
        score = self.scores[rule]
        if _CANCELLED in matches or not signs.passes(score.reads):
            return hit.PartScore(rule, score.threshold, 0, [])
        weights = [self._weight(rule, key) for key in matches]
        total = sum(weights, sum(score.signs[at] for at in score.signs.keys() & signs.present))
        is_proven = max(weights, default=0) > 0 or self._has_proof(rule, signs)
        total = sum_under_law(total, signs.fee, is_proven=is_proven)
        if total < score.threshold or not shown:
            return hit.PartScore(
                rule, score.threshold, total, []
            )  # places of signs take long to find
        spans = [
            hit.Span(signs.part, *place[:2], written, evasion, self._weight(rule, key))
            for key, (term, view, end) in matches.items()
            for place, written, evasion in [term.shown_at(view, end)]
        ]
        for sign, weight in score.signs.items():
            if found := signs.spans.get(sign):
                spans.append(hit.Span(found.part, found.start, found.end, found.term, (), weight))
        own_first = {signs.part: ""}
        spans.sort(key=lambda at: (own_first.get(at.part, at.part), at.start, at.end, at.term))
        return hit.PartScore(rule, score.threshold, total, spans)


type _Key = tuple[int, str]  # what counts once a part: the group and the term as written
type _Matched = dict[_Key, tuple[Term, AlignedText, int]]  # with its end in a folded text
_CANCELLED = UNLESS, ""
"""What all phrases of `unless` and `except` are known by."""


type _Layers = list[list[WordReading]]


class PartResult(NamedTuple):
    """The rules that a part satisfies, each with its matches there, and the sums of scored rules.

    A scored rule that cannot reach its threshold in the part may be left out.
    """

    satisfied: list[tuple[int, list[Match]]]
    scores: list[hit.PartScore]


class RuleEvaluator:
    """Evaluates rules, which are known by their order."""

    def __init__(self, rules: Sequence[Rule], hosts: hit.HostIndex):
        self._rules, self._hosts = rules, hosts
        self.index = PatternIndex(rules)
        self._automaton = Automaton(self.index.patterns)
        self.scored = ScoredRules(rules, self.index, self._automaton)
        self.signs = self.scored.signs.union(self.index.signs)

    @cached_property
    def vocabulary(self) -> "Vocabulary":
        """The words of the patterns, to read disguises with. Its import is late: it is slow."""
        from matcher.vocabulary import Vocabulary

        return Vocabulary(
            [
                pattern
                for at, pattern in enumerate(self.index.patterns)
                if not sign_of(pattern) and at not in self.index.sounds
            ]
        )

    @cached_property
    def chunks(self) -> "Chunks":
        """Which chunks of texts may hide a word; late, like the vocabulary."""
        from matcher.readings import Chunks

        return Chunks(self.vocabulary)

    def evaluate(
        self,
        text: str,
        by_link: hit.GroupsByLink,
        signs: PartSigns,
        known: hit.PassingText | None = None,
        *,
        effort: hit.Effort,
        counted: Set[int] = frozenset(),
        every_score: bool,
    ) -> PartResult:
        """Return the rules that a part satisfies, and the sums of its scored rules.

        If the effort runs out, only matches found by then count, also those against a rule. No
        places are wanted of the counted rules. With `every_score`, sums are returned however small.
        """
        patterns, layers = self._search(text, known, effort)
        known = None if layers else known  # it is about the text as written
        grouped = known is None or known.grouped
        numbers = self._possible_rules(patterns, by_link, signs) if grouped else []
        certain = list(known.certain or ()) if known else []
        if every_score:
            scored = list(self.scored.scores)
        elif known and not known.grouped and (known.certain is not None or not counted):
            scored = list(known.scored)
        else:
            sums = self.scored.reachable({*patterns}, signs, known and known.scored)
            if (known is None or known.certain is None) and not counted.isdisjoint(sums):
                of_counted = {rule: sums[rule] for rule in sums if rule in counted}
                certain = self.scored.certain(
                    text, signs, patterns, of_counted, effort, disguised=bool(layers)
                )
            scored = [rule for rule in sums if all(rule != score.rule for score in certain)]
        if not numbers and not scored:
            return PartResult([], certain)
        rules = [self._rules[number] for number in numbers]
        has_hosts = any(rule.links for rule in rules)
        has_signs = not self.index.with_signs.isdisjoint(numbers)
        aligned = AlignedText.of(text)
        views = [aligned, *map(aligned.with_readings, layers)]
        matches = self._matches(views, {*numbers}, effort) if numbers else {}
        if has_hosts:
            self._add_hosts(aligned, matches)
        if has_signs:
            self._add_signs(aligned, matches, signs, effort)
        satisfied: list[tuple[int, list[Match]]] = []
        for number, rule in zip(numbers, rules, strict=True):
            linked = sum([1 << group for group in by_link.get(number, ())])
            needed = self.index.all_groups[number] & ~linked
            most = 0 if number in counted else SPANS_SHOWN
            in_windows = matches_in_windows(rule, matches[number], needed, most)
            if in_windows is not None:
                satisfied.append((number, in_windows))
        scores = self.scored.weigh(
            views, scored, signs, effort, counted=counted, every_score=every_score
        )
        return PartResult(satisfied, certain + scores)

    def groups_by_link(self, post: Sequence[hit.Part]) -> hit.GroupsByLink:
        """Return the groups that the URLs of a post satisfy, apart from URLs in its texts.

        They may have host names, or the signs of links.
        """
        groups = self._hosts.groups_by_link(post)
        for number, sign, span in hit.signs_of_urls(post, self.index.signs):
            for rule, group, _ in self.index.uses(self.index.signs[sign]):
                groups.setdefault(rule, {}).setdefault(group, []).append((number, span))
        return groups

    def _possible_rules(
        self, patterns: list[int], by_link: hit.GroupsByLink, signs: PartSigns
    ) -> list[int]:
        if not self.index.signs:
            return self.index.possible_rules({*patterns}, by_link)
        patterns = [*{*patterns}]
        rules = self.index.possible_rules([*patterns, *self.index.signs.values()], by_link)
        if self.index.with_signs.isdisjoint(rules):
            return rules  # signs take longer to find than words
        present = [at for sign, at in self.index.signs.items() if sign in signs.present]
        return self.index.possible_rules([*patterns, *present], by_link)

    def _search(
        self, text: str, known: hit.PassingText | None, effort: hit.Effort
    ) -> tuple[list[int], _Layers]:
        """Return the patterns in a part, each as often as it occurs, and its disguised words."""
        layers = self.read_disguises(text, effort) if known and known.suspect else []
        if known and not known.grouped and known.certain is not None and not layers:
            return [], layers  # sums need the places of patterns anyway
        folded = fold(text)
        patterns = self._patterns_in(folded, effort)
        if known is None and self.chunks.may_be_disguised(text, folded):
            layers = self.read_disguises(text, effort)
        for layer in layers:
            pieces, at = [], 0
            for reading in layer:
                pieces += [text[at : reading.start], f" {reading.letters} "]
                at = reading.end
            folded = fold("".join([*pieces, text[at:]]))  # folding twice changes nothing
            patterns += self._patterns_in(folded, effort)
        return patterns, layers

    def _patterns_in(self, folded: str, effort: hit.Effort) -> list[int]:
        """Return the patterns in a folded text, and those that its Han letters sound like."""
        patterns = self._automaton.patterns_in(folded, effort)
        if self.index.sounds and (sounds := sounds_of(folded)) != folded:
            patterns += self._automaton.patterns_in(sounds, effort)
        return patterns

    def read_disguises(self, text: str, effort: hit.Effort) -> _Layers:
        """Return the readings of a text's disguised words, in layers that can be searched."""
        from matcher.readings import layers_of

        return layers_of(text, self.vocabulary, effort)

    def _matches(
        self, views: Sequence[AlignedText], wanted: set[int], effort: hit.Effort
    ) -> dict[int, MatchesByGroup]:
        """Check the terms of some rules wherever the automaton finds their patterns."""
        matches: dict[int, MatchesByGroup] = {number: defaultdict(list) for number in wanted}
        terms_of: dict[int, list[tuple[TermUse, Term]]] = {}  # by pattern
        for view in views:
            occurrences = self._automaton.occurrences(view.folded, effort)
            for pattern in {pattern for pattern, _ in occurrences} - terms_of.keys():
                terms_of[pattern] = [
                    pair for pair in self.index.terms(pattern) if pair[0].rule in wanted
                ]
            for pattern, end in occurrences:
                checked: dict[tuple[int, bool], Match | None] = {}  # groups may share a term
                for (rule, group, order), term in terms_of[pattern]:
                    key = id(term), self._rules[rule].exact
                    if key not in checked:
                        if not effort.take_check():
                            return matches
                        found = term.is_at(view, end, exact=key[1])
                        checked[key] = term.shown_at(view, end) if found else None
                    if match := checked[key]:
                        matches[rule][group].append((order, match))
        return matches

    def _add_hosts(self, aligned: AlignedText, matches: dict[int, MatchesByGroup]) -> None:
        for host in find_hosts(aligned.text):
            first, last = aligned.word_at(host.start), aligned.word_at(host.end - 1)
            place = TermPlace(host.start, host.end, first, last)
            for use, evasion in self._hosts.uses_of(host):
                if use.rule in matches:
                    matches[use.rule][use.group].append((0, Match(place, use.written, evasion)))

    def _add_signs(
        self,
        aligned: AlignedText,
        matches: dict[int, MatchesByGroup],
        signs: PartSigns,
        effort: hit.Effort,
    ) -> None:
        for sign, pattern in self.index.signs.items():
            uses = [use for use in self.index.uses(pattern) if use.rule in matches]
            for start, end in signs.places.get(sign, ()) if uses else ():
                if not effort.take_check():
                    return
                place = TermPlace(start, end, aligned.word_at(start), aligned.word_at(end - 1))
                for rule, group, order in uses:
                    matches[rule][group].append((order, Match(place, f"{{{sign}}}", ())))
