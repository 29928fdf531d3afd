"""Windows: stretches of a text in which every group of a rule has a term, close enough together.

A window runs from one place to another in the order of the text (by start, then end). It is full
when every group has a place of its own between them, both ends included. One place serves one
group, so `all: [[otp], [otp, code]]` needs two, and a group that counts needs as many as it says. A
window is minimal when no full window lies inside it.

The simple way is to try every pair of places, and for each every way to give places to groups. Here
the two ends move through the text once, and the places that serve groups are kept as they move.
"""

from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, islice
from typing import NamedTuple

from matcher.terms.index import EXCEPT, UNLESS
from matcher.terms.term import Match, TermPlace
from rules.pack import Rule

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


def matches_in_windows(rule: Rule, matches: MatchesByGroup, needed: int) -> list[Match] | None:
    """Return the matches in those windows of a part that satisfy a rule, or None without any.

    The list is empty if links outside the text serve all groups.

    Args:
        rule: The rule.
        matches: Its matches in the part.
        needed: The groups that need a match in the text, as bits.
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
    chosen = places_in_windows(places, needed, rule.within, unless, counts)
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
) -> list[GroupedPlace]:
    """Return the places in those minimal windows that are short enough and not cancelled.

    Args:
        places: In the order of the text, each once.
        groups: The groups that need a place, as bits; with 0 each place is a window by itself.
        within: The most words between the end of the first and the start of the last place.
        unless: First and last words of the phrases that cancel a window if they touch it, widened
            by `within` words on both sides. Without `within` they cancel any window.
        counts: The number of places that a group needs, by its bit, if it is not one.

    Returns:
        Places in the order of the text, at most one more than `SPANS_SHOWN`. That one says that
        there are more.
    """
    chosen: list[GroupedPlace] = []
    done = 0
    for first, last in _minimal_windows(places, groups, within, counts):
        if len(chosen) > SPANS_SHOWN:
            break
        window = places[first : last + 1]
        if _is_near(window, within) and not _is_cancelled(window, within, unless):
            chosen += places[max(first, done) : last + 1]
            done = last + 1
    return chosen[: SPANS_SHOWN + 1]


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
