"""The folded patterns of all terms, and the rules and groups that each pattern serves.

The obvious index is a dictionary from each pattern to a list of (rule, group, term). With 100,000
terms that takes a second and much memory, and a worker starts cold. So a use of a pattern is packed
into one integer, most patterns have exactly one use, and a term is compiled when a text first has
its pattern.

A sign is its own pattern, `{link}`. No fold has braces, so only its name is looked up here.

Windows: stretches of a text in which every group of a rule has a term, close enough together.

A window runs from one place to another in the order of the text (by start, then end). It is full
when every group has a place of its own between them, both ends included. One place serves one
group, so `all: [[otp], [otp, code]]` needs two, and a group that counts needs as many as it says. A
window is minimal when no full window lies inside it.

The simple way is to try every pair of places, and for each every way to give places to groups. Here
the two ends move through the text once, and the places that serve groups are kept as they move.
"""

from array import array
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, islice
from typing import NamedTuple

from matcher.fold import NamedHost, fold, sound_pattern
from matcher.term import Match, SoundTerm, Term, TermPlace, affixed_forms, pattern_of
from rules.pack import Rule, sign_of

EXCEPT, UNLESS = -1, -2
"""The group numbers of the terms in a rule's `except` and `unless`."""

SOUNDS = 1
"""The group number of a score's terms in pinyin. Its written terms have the number 0."""

_PUNYCODE = " xn "  # the fold of "xn--" in a host name that is not IDNA decoded yet
_GROUP, _RULE = 20, 26  # bits below them in a use: 100,000 terms in a pack, 20 lists in a rule
_LISTS = (1 << _RULE - _GROUP) - 1

type _Forms = tuple[tuple[tuple[str, str], ...], ...]
"""For each list of terms: the forms of its terms, each with its term as written."""


class TermUse(NamedTuple):
    """A place of a term in a rule: its group, `EXCEPT` or `UNLESS`, and its order there.

    In a rule with `affixes`, the order counts forms. Host names are in the group after the last and
    have no term.
    """

    rule: int
    group: int
    order: int


class PatternIndex:
    """The patterns of some rules, and the uses of each. Rules are known by their order.

    `all_groups` has, for each rule, the bits of all its groups. A scored rule has none: its terms
    are in one group, those in pinyin in another, and `weights_for_posts` has what they are worth.
    `signs` has the patterns of signs by their ids, and `with_signs` the rules that have some in
    groups. `sounds` are the patterns of terms in pinyin.

    >>> from rules.pack import Severity
    >>> rule = Rule(id="a", severity=Severity.LOW, why="", groups=(("otp",), ("OTP", "kirim")))
    >>> index = PatternIndex([rule])
    >>> index.patterns, list(index.uses(0))
    ([' otp ', ' kirim '], [TermUse(rule=0, group=0, order=0), TermUse(rule=0, group=1, order=0)])
    """

    def __init__(self, rules: Sequence[Rule]):
        self._rules = rules
        self._terms: dict[tuple[str, str], Term] = {}
        self._terms_of: dict[int, list[tuple[TermUse, Term]]] = {}  # by pattern
        self._bits_of: dict[int, list[tuple[int, int]]] = {}  # by pattern
        self._forms = {at: _forms(rule) for at, rule in enumerate(rules) if rule.affixes}
        self._weighed = {at: _term_lists(rule) for at, rule in enumerate(rules) if rule.score}
        self._further_uses: dict[int, list[int]] = {}  # by the first use of a pattern
        first_uses: dict[str, int] = {}
        sounds: set[str] = set()
        for number, rule in enumerate(rules):
            for first_of_list, made in _patterns(number, rule, self._forms.get(number)):
                patterns = list(made)
                if rule.score and (first_of_list >> _GROUP & _LISTS) + UNLESS == SOUNDS:
                    sounds.update(patterns)
                for use, pattern in enumerate(patterns, first_of_list):
                    if (first := first_uses.setdefault(pattern, use)) != use:
                        self._further_uses.setdefault(first, []).append(use)
        self.patterns = list(first_uses)
        self._first_uses = array("q", first_uses.values())  # by pattern
        self.signs = {
            sign: at for at, pattern in enumerate(self.patterns) if (sign := sign_of(pattern))
        }
        self.sounds = frozenset(
            at for at, pattern in enumerate(self.patterns if sounds else ()) if pattern in sounds
        )
        self.with_signs = frozenset(
            use.rule for pattern in self.signs.values() for use in self.uses(pattern)
        )
        self.all_groups = [
            0 if rule.score else (1 << len(rule.term_groups) + bool(rule.links)) - 1
            for rule in rules
        ]

    def uses(self, pattern: int) -> Iterator[TermUse]:
        """Yield the uses of a pattern."""
        first = self._first_uses[pattern]
        for use in (first, *self._further_uses.get(first, ())):
            order = use & (1 << _GROUP) - 1
            group = (use >> _GROUP & _LISTS) + UNLESS
            yield TermUse(use >> _RULE, group, order)

    def _groups_of(self, pattern: int) -> list[tuple[int, int]]:
        """Return the rules that need a pattern, each with the group as a bit. It is remembered."""
        if pattern not in self._bits_of:
            self._bits_of[pattern] = [
                (rule, 1 << group) for rule, group, _ in self.uses(pattern) if group >= 0
            ]
        return self._bits_of[pattern]

    def possible_rules(
        self, patterns: Iterable[int], by_link: Mapping[int, Iterable[int]]
    ) -> list[int]:
        """Return the rules of which every group has one of these patterns, or is in `by_link`."""
        groups: defaultdict[int, int] = defaultdict(int)
        for rule, linked_groups in by_link.items():
            groups[rule] = sum([1 << group for group in linked_groups])
        for pattern in patterns:
            for rule, bit in self._groups_of(pattern):
                groups[rule] |= bit
        return [rule for rule, present in groups.items() if present == self.all_groups[rule]]

    def needs(self) -> Iterator[tuple[int, int, int]]:
        """Yield each pattern with a rule that needs it, and the group as a bit."""
        for pattern in range(len(self.patterns)):
            for use in self.uses(pattern):
                if use.group >= 0 and self.all_groups[use.rule]:
                    yield pattern, use.rule, 1 << use.group

    def weights_for_posts(self) -> Iterator[tuple[int, int, int]]:
        """Yield each pattern that weighs for a post, with the scored rule and the weight."""
        for pattern in range(len(self.patterns)) if self._weighed else ():
            for use in self.uses(pattern):
                score = self._rules[use.rule].score
                if score and use.group >= 0:
                    weights = score.pinyin if use.group == SOUNDS else score.terms
                    if (weight := weights[self._form_of(use)[0][1]]) > 0:
                        yield pattern, use.rule, weight

    def only_scored(self) -> Iterator[int]:
        """Yield the patterns that only scored rules have."""
        for pattern in range(len(self.patterns)):
            if all(use.rule in self._weighed for use in self.uses(pattern)):
                yield pattern

    def terms(self, pattern: int) -> list[tuple[TermUse, Term]]:
        """Return the terms with a pattern. Host names are left out."""
        if pattern not in self._terms_of:
            terms = ((use, self._term(use)) for use in self.uses(pattern))
            self._terms_of[pattern] = [(use, term) for use, term in terms if term]
        return self._terms_of[pattern]

    def _term(self, use: TermUse) -> Term | None:
        pairs = self._form_of(use)
        if not pairs:
            return None
        form, term = pairs[0]
        if self._is_sound(use):
            return SoundTerm.of(term)
        return self._terms.get(pairs[0]) or self._terms.setdefault(
            pairs[0], replace(Term.of(form), written=term)
        )

    def _is_sound(self, use: TermUse) -> bool:
        return use.group == SOUNDS and use.rule in self._weighed

    def _form_of(self, use: TermUse) -> tuple[tuple[str, str], ...]:
        """Return the form of a term with its term as written, or nothing for a host name."""
        group = use.group - UNLESS
        if rule_forms := self._forms.get(use.rule):
            return rule_forms[group][use.order : use.order + 1]
        lists = self._weighed.get(use.rule) or _term_lists(self._rules[use.rule])
        written = lists[group][use.order : use.order + 1]
        return tuple((term, term) for term in written)


def _term_lists(rule: Rule) -> tuple[tuple[str, ...], ...]:
    """Return the terms of a rule by group, from `UNLESS` on. The group of host names is empty."""
    sounds = [tuple(sorted(rule.score.pinyin))] if rule.score else []
    return rule.unless, rule.except_, *rule.term_groups, *sounds, ()


def _forms(rule: Rule) -> _Forms:
    return tuple(
        tuple((form, written) for written in terms for form in affixed_forms(written))
        for terms in _term_lists(rule)
    )


def _patterns(
    number: int, rule: Rule, rule_forms: _Forms | None
) -> Iterator[tuple[int, Iterable[str]]]:
    """Yield the patterns of each list of terms, with the use of its first one."""
    lists = _term_lists(rule)
    for group, terms in enumerate(lists[:-1]):
        wanted = (form for form, _ in rule_forms[group]) if rule_forms else terms
        is_sound = rule.score and group + UNLESS == SOUNDS
        yield (
            number << _RULE | group << _GROUP,
            map(sound_pattern if is_sound else _pattern, wanted),
        )
    of_hosts = {pattern: None for link in rule.links for pattern in _host_patterns(link, rule)}
    yield number << _RULE | len(lists) - 1 << _GROUP, of_hosts


def _pattern(term: str) -> str:
    return term if sign_of(term) else pattern_of(term)


def _host_patterns(written: str, rule: Rule) -> tuple[str, ...]:
    """Return patterns such that a text with the host, or a look-alike, has one of them."""
    name = NamedHost.of(written).name
    kept = name if rule.exact else name.rpartition(".")[2]  # a look-alike keeps the last label
    return (fold(kept),) if kept.isascii() else (fold(kept), _PUNYCODE)


SPANS_SHOWN = 200
"""Spans after which no further window is looked for: a finding must fit into an item of a table."""

type MatchesByGroup = dict[int, list[tuple[int, Match]]]
"""The matches of one rule in one part: group to (order of the term in the rule, match)."""


class GroupedPlace(NamedTuple):
    """A place, and the groups that have a term there, as bits."""

    place: TermPlace
    groups: int


class Intervals:
    """Intervals, to ask whether one of them begins early enough and ends late enough.

    >>> phrases = Intervals([(4, 9), (0, 2)])
    >>> phrases.reach(5, 9), phrases.reach(3, 9)
    (True, False)
    """

    def __init__(self, intervals: Iterable[tuple[int, int]]):
        ordered = sorted(intervals)
        self._starts = [start for start, _ in ordered]
        self._ends = list(accumulate((end for _, end in ordered), max))

    def __bool__(self) -> bool:
        return bool(self._starts)

    def reach(self, start: int, end: int) -> bool:
        """Return whether an interval begins at `start` or before and ends at `end` or after."""
        at = bisect_right(self._starts, start)
        return at > 0 and self._ends[at - 1] >= end


_NO_INTERVALS = Intervals(())


def matches_in_windows(
    rule: Rule, matches: MatchesByGroup, needed: int, most: int = SPANS_SHOWN
) -> list[Match] | None:
    """Return the matches in those windows of a part that satisfy a rule, or None without any.

    The list is empty if links outside the text serve all groups. `needed` are those that need a
    match in the text, as bits. After `most` matches no further window is looked for.
    """
    if len(matches) == 1 and not rule.at_least:  # most often: one term, of the only group
        [(group, only)] = matches.items()
        if len(only) == 1 and group >= 0 and needed == 1 << group:
            return [only[0][1]]
    unless = _NO_INTERVALS  # most rules have none
    if UNLESS in matches:
        unless = Intervals((match.place.first, match.place.last) for _, match in matches[UNLESS])
    groups, best = _places(matches)
    places = [GroupedPlace(place, groups[place]) for place in sorted(groups)]
    counts = {1 << len(rule.groups): rule.at_least.n} if rule.at_least else {}
    chosen = places_in_windows(places, needed, rule.within, unless, counts, most)
    if not chosen and (needed or unless):
        return None
    return [best[grouped.place][2] for grouped in chosen]


def _places(
    matches: MatchesByGroup,
) -> tuple[dict[TermPlace, int], dict[TermPlace, tuple[int, int, Match]]]:
    """Return the places of groups outside of exceptions, a longer one instead of those inside it.

    Returns:
        By place: the groups that have a term there, as bits; and the match to show there. That is
        the match with the fewest disguises, then the first. Before it come these two numbers.
    """
    exceptions = _NO_INTERVALS
    if EXCEPT in matches:
        exceptions = Intervals((match.place.start, match.place.end) for _, match in matches[EXCEPT])
    groups: defaultdict[TermPlace, int] = defaultdict(int)
    best: dict[TermPlace, tuple[int, int, Match]] = {}
    for group, of_group in matches.items():
        if group < 0:
            continue
        if exceptions:
            of_group = [pair for pair in of_group if not exceptions.reach(*pair[1].place[:2])]
        for order, match in of_group:
            candidate = len(match.evasion), order, match
            if match.place not in best or candidate < best[match.place]:
                best[match.place] = candidate
        places = {match.place for _, match in of_group}
        for place in without_nested(places) if len(places) > 1 else places:
            groups[place] |= 1 << group
    return groups, best


def without_nested(places: Iterable[TermPlace]) -> list[TermPlace]:
    """Drop each place that lies inside a longer one.

    >>> without_nested([TermPlace(5, 8, 1, 1), TermPlace(0, 8, 0, 1)])
    [TermPlace(start=0, end=8, first=0, last=1)]
    """
    kept: list[TermPlace] = []
    for place in sorted(set(places)):
        if kept and kept[-1].start == place.start:
            kept.pop()  # the shorter ones with the same start come first
        if not kept or place.end > kept[-1].end:
            kept.append(place)
    return kept


def places_in_windows(
    places: Sequence[GroupedPlace],
    groups: int,
    within: int | None,
    unless: Intervals,
    counts: Mapping[int, int],
    most: int = SPANS_SHOWN,
) -> list[GroupedPlace]:
    """Return the places in those minimal windows that are short enough and not cancelled.

    Args:
        places: In the order of the text, each once.
        groups: The groups that need a place, as bits; with 0 each place is a window by itself.
        within: The most words between the end of the first and the start of the last place.
        unless: First and last words of the phrases that cancel a window if they touch it, widened
            by `within` words on both sides. Without `within` they cancel any window.
        counts: The number of places that a group needs, by its bit, if it is not one.
        most: Places after which no further window is looked for.

    Returns:
        Places in the order of the text, at most one more than `most`. That one says that there are
        more.
    """
    chosen: list[GroupedPlace] = []
    done = 0
    for first, last in _minimal_windows(places, groups, within, counts):
        if len(chosen) > most:
            break
        window = places[first : last + 1]
        if _is_near(window, within) and not _is_cancelled(window, within, unless):
            chosen += places[max(first, done) : last + 1]
            done = last + 1
    return chosen[: most + 1]


def _is_near(window: Sequence[GroupedPlace], within: int | None) -> bool:
    return within is None or window[-1].place.first - window[0].place.last - 1 <= within


def _is_cancelled(window: Sequence[GroupedPlace], within: int | None, unless: Intervals) -> bool:
    if within is None:
        return bool(unless)
    first = window[0].place.first - within
    last = max(grouped.place.last for grouped in window) + within
    return unless.reach(last, first)


def _minimal_windows(
    places: Sequence[GroupedPlace], groups: int, within: int | None, counts: Mapping[int, int]
) -> Iterator[tuple[int, int]]:
    """Yield the minimal full windows in order, as the indexes of their first and last place.

    Windows that are too long for `within` may be left out.
    """
    at_most_one_group = groups & (groups - 1) == 0
    if at_most_one_group and groups not in counts:  # then each place is a window
        yield from (
            (at, at) for at, grouped in enumerate(places) if grouped.groups & groups == groups
        )
        return
    window = _MovingWindow(groups, counts)
    last = -1
    for first, grouped in enumerate(places):
        while not window.is_full():
            if last + 1 == len(places):
                return
            if not _is_near((grouped, places[last + 1]), within):
                break
            last += 1
            window.add(last, places[last].groups)
        full = window.is_full()
        window.drop_first(first, grouped.groups)
        if full and not window.is_full():
            yield first, last


class _MovingWindow:
    """The places between two moving ends, and which of them serves which group.

    A place goes on serving its group while the ends move, so a place that comes or goes costs one
    search for a path (bipartite matching by augmenting paths). A group with as many places as all
    groups need together can always be served, so no more than that many are looked at.
    """

    def __init__(self, groups: int, counts: Mapping[int, int]):
        bits = range(groups.bit_length())
        self._by_group = {1 << bit: deque[int]() for bit in bits if groups >> bit & 1}
        self._unserved = [g for g in self._by_group for _ in range(counts.get(g, 1))]
        self._needed = len(self._unserved)
        self._serves: dict[int, int] = {}  # place to group
        self._is_stuck = False  # until another place comes

    def add(self, at: int, groups: int) -> None:
        self._is_stuck = False
        for group, members in self._by_group.items():
            if groups & group:
                members.append(at)

    def drop_first(self, at: int, groups: int) -> None:
        for group, members in self._by_group.items():
            if groups & group:
                members.popleft()
        if group := self._serves.pop(at, 0):
            self._unserved.append(group)

    def is_full(self) -> bool:
        """Return whether every group gets places of its own."""
        while self._unserved and not self._is_stuck:
            self._is_stuck = not all(map(self._by_group.__getitem__, self._unserved))
            if not self._is_stuck and self._serve(self._unserved[-1], set()):
                self._unserved.pop()
            else:
                self._is_stuck = True
        return not self._unserved

    def _serve(self, group: int, tried: set[int]) -> bool:
        for at in islice(self._by_group[group], self._needed):
            if at not in tried:
                tried.add(at)
                if at not in self._serves or self._serve(self._serves[at], tried):
                    self._serves[at] = group
                    return True
        return False
