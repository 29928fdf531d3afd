"""Evaluates all rules on one part of a post.

The simple way is to look for every term of every rule at every place of the text. Instead, the text
goes through four steps, and most texts leave after the first:

1. Fold the text, and let one automaton find the patterns of all terms in one pass.
2. If the text may have words in disguise, read them, and search it again with the words they hide.
3. Keep the rules of which every group has a pattern somewhere.
4. For these alone, align the fold with the original, check each term there, and look for windows.

A scored rule takes the same way: it is kept if the weights of the patterns may reach its threshold.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from matcher.aligned import AlignedText, WordReading, aligned_stretches, aligned_views, find_hosts
from matcher.chunk_signs import LINK_SIGNS, signs_of_link
from matcher.fold import fold, sounds_of
from matcher.hit import Effort, GroupsByLink, HostIndex, Part, PassingText, Span
from matcher.lookalikes import has_han_apart, has_odd_letters, is_suspect
from matcher.scores import PartScore, PartSigns, ScoredRules
from matcher.term import Automaton, Match, Term, TermPlace
from matcher.term_index import MatchesByGroup, PatternIndex, TermUse, matches_in_windows
from rules.pack import Rule, sign_of

if TYPE_CHECKING:
    from matcher.readings import Chunks
    from matcher.vocabulary import Vocabulary

type Stretches = Sequence[tuple[int, int]]
"""Half-open code points of a text, in order, each as by `stretch_around`."""

type _Layers = list[list[WordReading]]


class PartResult(NamedTuple):
    """The rules that a part satisfies, each with its matches there, and the sums of scored rules.

    A scored rule that cannot reach its threshold in the part may be left out.
    """

    satisfied: list[tuple[int, list[Match]]]
    scores: list[PartScore]


class RuleEvaluator:
    """Evaluates rules, which are known by their order."""

    def __init__(self, rules: Sequence[Rule], hosts: HostIndex):
        self._rules, self._hosts = rules, hosts
        self.index = PatternIndex(rules)
        self._automaton = Automaton(self.index.patterns)
        self.scored = ScoredRules(rules, self.index, self._automaton)
        self.signs = self.scored.signs.union(self.index.signs)

    @cached_property
    def vocabulary(self) -> "Vocabulary":
        """The words of the patterns, to read disguises with. Few texts need it, so it is late."""
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
        by_link: GroupsByLink,
        signs: PartSigns,
        known: PassingText | None = None,
        *,
        effort: Effort | None = None,
        every_score: bool,
    ) -> PartResult:
        """Return the rules that a part satisfies, and the sums of its scored rules.

        If the effort runs out, only matches found by then count, also those against a rule.

        Args:
            text: The part.
            by_link: The groups that URLs outside the text satisfy.
            signs: The signs of the part.
            known: What the prefilter knows of the part.
            effort: The work that is left for the post.
            every_score: Whether to return the sums of all scored rules, however small.
        """
        effort = effort or Effort()
        patterns, stretches, layers = self._search(text, known, effort)
        known = None if layers else known  # it is about the text as written
        grouped = known is None or known.grouped
        numbers = self._possible_rules(patterns, by_link, signs) if grouped else []
        if every_score:
            scored = list(self.scored.scores)
        elif known and not known.grouped:
            scored = list(known.scored)
        else:
            scored = self.scored.reachable(patterns, signs, known and known.scored)
        if not numbers and not scored:
            return PartResult([], [])
        rules = [self._rules[number] for number in numbers]
        has_hosts = bool([rule for rule in rules if rule.links])
        has_signs = not self.index.with_signs.isdisjoint(numbers)
        counts_words = bool([rule for rule in rules if rule.within is not None])
        if has_hosts or has_signs or stretches is None:
            views = aligned_views(text, layers)
        else:
            views = aligned_stretches(text, stretches, counting=counts_words)
        matches = self._matches(views, {*numbers}, effort) if numbers else {}
        if has_hosts:
            self._add_hosts(views[0], matches)
        if has_signs:
            self._add_signs(views[0], matches, signs, effort)
        satisfied: list[tuple[int, list[Match]]] = []
        for number, rule in zip(numbers, rules, strict=True):
            linked = sum([1 << group for group in by_link.get(number, ())])
            needed = self.index.all_groups[number] & ~linked
            in_windows = matches_in_windows(rule, matches[number], needed)
            if in_windows is not None:
                satisfied.append((number, in_windows))
        scores = self.scored.weigh(views, scored, signs, effort, every_score=every_score)
        return PartResult(satisfied, scores)

    def groups_by_link(self, post: Sequence[Part]) -> GroupsByLink:
        """Return the groups that the URLs of a post satisfy, apart from URLs in its texts.

        They may have host names, or the signs of links.
        """
        groups = self._hosts.groups_by_link(post)
        if LINK_SIGNS.isdisjoint(self.index.signs):
            return groups
        for number, (name, url) in enumerate(post):
            for sign, start, end in signs_of_link(url) if name.startswith("links/") else ():
                if (pattern := self.index.signs.get(sign)) is not None:
                    span = Span(name, start, end, f"{{{sign}}}", ())
                    for rule, group, _ in self.index.uses(pattern):
                        of_rule = groups.setdefault(rule, {})
                        of_rule.setdefault(group, []).append((number, span))
        return groups

    def _possible_rules(
        self, patterns: set[int], by_link: GroupsByLink, signs: PartSigns
    ) -> list[int]:
        if not self.index.signs:
            return self.index.possible_rules(patterns, by_link)
        rules = self.index.possible_rules(patterns.union(self.index.signs.values()), by_link)
        if self.index.with_signs.isdisjoint(rules):
            return rules  # signs take longer to find than words
        present = {at for sign, at in self.index.signs.items() if sign in signs.present}
        return self.index.possible_rules(patterns | present, by_link)

    def _search(
        self, text: str, known: PassingText | None, effort: Effort
    ) -> tuple[set[int], Stretches | None, _Layers]:
        """Return the patterns in a part, the stretches that hold them, and its disguised words.

        Stretches are None if a pattern may be anywhere, as it may be if a word is disguised.
        """
        layers = self.read_disguises(text, effort) if known and known.suspect else []
        patterns: set[int] = set()
        if known and not known.grouped and not layers:
            return patterns, None, layers  # sums need the places of patterns anyway
        if known and known.stretches is not None and not known.scored and not layers:
            for start, end in known.stretches:
                patterns |= self._automaton.patterns_in(fold(text[start:end]), effort)
            return patterns, known.stretches, layers
        folded = fold(text)
        patterns |= self._patterns_in(folded, effort)
        if known is None and self._may_hide(text, folded):
            layers = self.read_disguises(text, effort)
        for layer in layers:
            patterns |= self._patterns_in(_folded_with(layer, text), effort)
        return patterns, None, layers

    def _patterns_in(self, folded: str, effort: Effort) -> set[int]:
        """Return the patterns in a folded text, and those that its Han letters sound like."""
        patterns = self._automaton.patterns_in(folded, effort)
        if self.index.sounds and (sounds := sounds_of(folded)) != folded:
            patterns |= self._automaton.patterns_in(sounds, effort)
        return patterns

    def _may_hide(self, text: str, folded: str) -> bool:
        if "@" in text and self.vocabulary.mentions.is_in(text):
            return True
        return is_suspect(text, folded) and (
            has_han_apart(text)
            or self.chunks.may_hide_apart(text, folded)
            or self.chunks.may_hide(text, in_letters=has_odd_letters(folded))
        )

    def read_disguises(self, text: str, effort: Effort) -> _Layers:
        """Return the readings of a text's disguised words, in layers that can be searched."""
        from matcher.readings import layers_of  # late, like the vocabulary

        return layers_of(text, self.vocabulary, effort)

    def _matches(
        self, views: Sequence[AlignedText], wanted: set[int], effort: Effort
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
                        checked[key] = term.match_at(view, end, exact=key[1])
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
        effort: Effort,
    ) -> None:
        for sign, pattern in self.index.signs.items():
            uses = [use for use in self.index.uses(pattern) if use.rule in matches]
            for start, end in signs.places.get(sign, ()) if uses else ():
                if not effort.take_check():
                    return
                place = TermPlace(start, end, aligned.word_at(start), aligned.word_at(end - 1))
                for rule, group, order in uses:
                    matches[rule][group].append((order, Match(place, f"{{{sign}}}", ())))


def _folded_with(layer: Sequence[WordReading], text: str) -> str:
    pieces, at = [], 0
    for reading in layer:
        pieces += [text[at : reading.start], f" {reading.letters} "]
        at = reading.end
    return fold("".join([*pieces, text[at:]]))  # folding twice changes nothing
