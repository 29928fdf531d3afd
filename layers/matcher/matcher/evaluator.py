"""The look at one part of a post: which rules it satisfies, and by what.

One pass over the folded text finds candidates. A text that may have words in disguise is read
again with each of them undressed, by the same automaton. Only a part in which every group of some
rule has a candidate is looked at closely, against the original.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from matcher.effort import Effort
from matcher.evasion.suspicion import is_suspect
from matcher.hosts.named import NamedHosts, Served
from matcher.terms.automaton import Automaton
from matcher.terms.index import EXCEPT, UNLESS, Index, Use
from matcher.terms.term import Match, Place, Term
from matcher.terms.windows import Cover, Item, longest, satisfied
from matcher.text.aligned import Reading, Trace, words_in
from matcher.text.fold import fold
from matcher.text.links import hosts
from rules.pack import Rule

if TYPE_CHECKING:
    from matcher.evasion.vocabulary import Vocabulary

_NOWHERE = Cover(())

type _Matches = dict[int, list[tuple[int, Match]]]
"""What was found of one rule in one part: group to the term's order in the rule and the match."""

type Stretches = Sequence[tuple[int, int]]
"""Half-open code points of a text, in order, each as by `links.stretch_around`."""


class Look:
    """Looks at parts for some rules, which are known by their place."""

    def __init__(self, rules: Sequence[Rule], full: Sequence[int], named: NamedHosts):
        """Takes rules, the groups of each as bits, and their host names."""
        self._rules, self._full, self._named = rules, full, named
        self.index = Index(rules)
        self._automaton = Automaton(self.index.patterns)

    @cached_property
    def vocabulary(self) -> "Vocabulary":
        """The words of the patterns, to read disguises with; few texts need it, so it is late."""
        from matcher.evasion.vocabulary import Vocabulary

        return Vocabulary(self.index.patterns)

    def rules_in(
        self,
        text: str,
        served: Served,
        stretches: Stretches | None = None,
        *,
        suspect: bool = False,
        effort: Effort | None = None,
    ) -> Iterator[tuple[int, list[Match]]]:
        """Yield the rules that one part satisfies, each with its matches in the part.

        Where the effort runs out, only what was looked at by then counts, also against a rule.

        Args:
            text: The part.
            served: What links next to the text serve.
            stretches: Where all patterns stand that are not in disguise, if that is known.
            suspect: Whether a word may be in disguise, if stretches are known.
            effort: What is left for the post.
        """
        effort = effort or Effort()
        read = self._read(text, effort) if suspect else []
        if stretches is None or read:
            stretches, folded = None, fold(text)
            seen = self._automaton.seen(folded, effort)
            read = self.layers(text, folded, read, effort)
            for readings in read:
                seen |= self._automaton.seen(_with(readings, text), effort)
        else:
            each = (self._automaton.seen(fold(text[start:end]), effort) for start, end in stretches)
            seen = set().union(*each)
        candidates = self._candidates(seen, served)
        if not candidates:
            return
        rules = [self._rules[rule] for rule in candidates]
        if stretches is None or any(rule.links for rule in rules):
            trace = Trace.of(text)
            traces = [trace, *map(trace.undressed, read)]
        else:
            counting = any(rule.within is not None for rule in rules)
            traces = list(_traces(text, stretches, counting=counting))
        found = self._matches(traces, candidates, effort)
        if any(rule.links for rule in rules):
            self._add_hosts(traces[0], found)
        for rule in candidates:
            needed = self._full[rule]
            for group in served.get(rule, ()):
                needed &= ~(1 << group)
            matches = _satisfying(self._rules[rule], found[rule], needed)
            if matches is not None:
                yield rule, matches

    def layers(
        self,
        text: str,
        folded: str,
        known: list[list[Reading]] | None = None,
        effort: Effort | None = None,
    ) -> list[list[Reading]]:
        """Return what to read at the disguised words of a text; none where nothing is suspect."""
        mentions = "@" in text and self.vocabulary.mentions.is_in(text)
        if not mentions and not is_suspect(text, folded):
            return []
        return known or self._read(text, effort or Effort())

    def _read(self, text: str, effort: Effort) -> list[list[Reading]]:
        from matcher.evasion.readings import layers  # late, like the vocabulary

        return layers(text, self.vocabulary, effort)

    def _candidates(self, seen: set[int], served: Served) -> list[int]:
        """The rules that have a candidate for every group in one part."""
        if not seen and not served:
            return []
        groups: defaultdict[int, int] = defaultdict(int)
        for rule, by_group in served.items():
            groups[rule] = sum(1 << group for group in by_group)
        for index in seen:
            for rule, group, _ in self.index.uses(index):
                if group >= 0:
                    groups[rule] |= 1 << group
        return [rule for rule, found in groups.items() if found == self._full[rule]]

    def _matches(
        self, traces: Sequence[Trace], candidates: list[int], effort: Effort
    ) -> defaultdict[int, _Matches]:
        """Return what the strict look leaves of the terms of some rules."""
        found: defaultdict[int, _Matches] = defaultdict(lambda: defaultdict(list))
        wanted = set(candidates)
        uses: dict[int, list[tuple[Use, Term]]] = {}
        for trace in traces:
            for index, end in self._automaton.ends(trace.folded, effort):
                if index not in uses:
                    uses[index] = [it for it in self.index.terms(index) if it[0].rule in wanted]
                looks: dict[tuple[int, bool], Match | None] = {}  # groups may share a term
                for (rule, group, order), term in uses[index]:
                    how = id(term), self._rules[rule].exact
                    if how not in looks:
                        if not effort.look():
                            return found
                        looks[how] = term.look(trace, end, exact=how[1])
                    if match := looks[how]:
                        found[rule][group].append((order, match))
        return found

    def _add_hosts(self, trace: Trace, found: defaultdict[int, _Matches]) -> None:
        """Add the host names of a part to what was found of the rules that name them."""
        for host in hosts(trace.text):
            first, last = trace.word_at(host.start), trace.word_at(host.end - 1)
            place = Place(host.start, host.end, first, last)
            for (rule, group, written, _), evasion in self._named.rules_of(host):
                found[rule][group].append((0, Match(place, written, evasion)))


def _traces(text: str, stretches: Stretches, *, counting: bool) -> Iterator[Trace]:
    """Follows the stretches of a text; counts words from the text's beginning only if told to."""
    words = at = 0
    for start, end in stretches:
        words += words_in(text, at, start) if counting else 0
        trace = Trace.of(text, start, end, words)
        yield trace
        words, at = trace.words[-1] + 1, end


def _with(readings: Sequence[Reading], text: str) -> str:
    """The fold of a text with something else read at some places."""
    pieces, at = [], 0
    for reading in readings:
        pieces += [text[at : reading.start], f" {reading.letters} "]
        at = reading.end
    return fold("".join([*pieces, text[at:]]))  # folding what is folded changes nothing


def _satisfying(rule: Rule, found: _Matches, needed: int) -> list[Match] | None:
    """The matches in the satisfied windows of a part; None if there is none.

    The list is empty where links outside the text serve all groups.
    """
    if len(found) == 1 and not rule.at_least:  # nearly always: one term, of the only group
        [(group, matches)] = found.items()
        if len(matches) == 1 and group >= 0 and needed == 1 << group:
            return [matches[0][1]]
    unless = _NOWHERE  # most rules that are met are met without
    if UNLESS in found:
        unless = Cover((match.place.first, match.place.last) for _, match in found[UNLESS])
    groups, best = _places(found)
    items = [Item(place, groups[place]) for place in sorted(groups)]
    counts = {1 << len(rule.groups): rule.at_least.n} if rule.at_least else {}
    chosen = satisfied(items, needed, rule.within, unless, counts)
    if not chosen and (needed or unless):
        return None
    return [best[item.place][2] for item in chosen]


def _places(found: _Matches) -> tuple[dict[Place, int], dict[Place, tuple[int, int, Match]]]:
    """Where the terms of groups stand outside of exceptions, longer ones before those inside them.

    Returns:
        By place the groups that have a term there, as bits; and the match that is shown: the one
        that wears least, then the first, with what it wears and its order.
    """
    excepted = _NOWHERE
    if EXCEPT in found:
        excepted = Cover((match.place.start, match.place.end) for _, match in found[EXCEPT])
    groups: defaultdict[Place, int] = defaultdict(int)
    best: dict[Place, tuple[int, int, Match]] = {}
    for group, matches in found.items():
        if group < 0:
            continue
        if excepted:
            matches = [pair for pair in matches if not excepted.reaches(*pair[1].place[:2])]
        for order, match in matches:
            candidate = len(match.evasion), order, match
            if match.place not in best or candidate < best[match.place]:
                best[match.place] = candidate
        places = {match.place for _, match in matches}
        for place in longest(places) if len(places) > 1 else places:
            groups[place] |= 1 << group
    return groups, best
