"""Windows: where every group of a rule stands, close enough together.

A window runs from one span to another in the order of text (by start, then end). It is full when
every group has a span of its own between them, both ends included: one span serves one group, so
that `all: [[otp], [otp, code]]` needs two; and a group that counts needs as many as it says. It is
minimal when no full window lies inside it.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, islice
from typing import NamedTuple

from matcher.terms.term import Place

ITEMS_SHOWN = 200
"""Items after which no further window is looked for; a finding must fit into a table's item."""


class Item(NamedTuple):
    """A distinct place, and the groups that a term there belongs to, as bits."""

    place: Place
    groups: int


class Cover:
    """Intervals, asked whether one of them begins early enough and ends late enough.

    >>> phrases = Cover([(4, 9), (0, 2)])
    >>> phrases.reaches(5, 9), phrases.reaches(3, 9)
    (True, False)
    """

    def __init__(self, intervals: Iterable[tuple[int, int]]):
        ordered = sorted(intervals)
        self._starts = [start for start, _ in ordered]
        self._ends = list(accumulate((end for _, end in ordered), max))

    def __bool__(self) -> bool:
        return bool(self._starts)

    def reaches(self, start: int, end: int) -> bool:
        """Whether an interval begins at `start` or before and ends at `end` or after."""
        at = bisect_right(self._starts, start)
        return at > 0 and self._ends[at - 1] >= end


def longest(places: Iterable[Place]) -> list[Place]:
    """Drops each place that lies inside a longer one.

    >>> longest([Place(5, 8, 1, 1), Place(0, 8, 0, 1)])
    [Place(start=0, end=8, first=0, last=1)]
    """
    kept: list[Place] = []
    for place in sorted(set(places)):
        if kept and kept[-1].start == place.start:
            kept.pop()  # the shorter ones of a start come first
        if not kept or place.end > kept[-1].end:
            kept.append(place)
    return kept


def satisfied(
    items: Sequence[Item],
    groups: int,
    within: int | None,
    unless: Cover,
    counts: Mapping[int, int],
) -> list[Item]:
    """Returns the items in those minimal windows that are near enough and not cancelled.

    Args:
        items: In order of text, each place once.
        groups: The groups that need a span, as bits; 0 makes each item a window of its own.
        within: The most words between the end of the first and the start of the last span.
        unless: First and last words of the phrases that cancel a window which, widened by
            `within` words on both sides, touches one; without `within`, any window.
        counts: How many spans a group needs, by its bit, where one is not enough.

    Returns:
        Items in order of text, empty if no window counts. One more than `ITEMS_SHOWN` at most,
        which says that there are more.
    """
    chosen: list[Item] = []
    done = 0
    for first, last in _minimal(items, groups, within, counts):
        if len(chosen) > ITEMS_SHOWN:
            break
        window = items[first : last + 1]
        if _is_near(window, within) and not _is_cancelled(window, within, unless):
            chosen += items[max(first, done) : last + 1]
            done = last + 1
    return chosen[: ITEMS_SHOWN + 1]


def _is_near(window: Sequence[Item], within: int | None) -> bool:
    return within is None or window[-1].place.first - window[0].place.last - 1 <= within


def _is_cancelled(window: Sequence[Item], within: int | None, unless: Cover) -> bool:
    if within is None:
        return bool(unless)
    first = window[0].place.first - within
    last = max(item.place.last for item in window) + within
    return unless.reaches(last, first)


def _minimal(
    items: Sequence[Item], groups: int, within: int | None, counts: Mapping[int, int]
) -> Iterator[tuple[int, int]]:
    """The minimal full windows, as indexes of their first and last item, in order.

    Windows that are too long for `within` may be left out.
    """
    if (
        groups & (groups - 1) == 0 and groups not in counts
    ):  # one group at most: each item is a window
        yield from ((at, at) for at, item in enumerate(items) if item.groups & groups == groups)
        return
    window = _Window(groups, counts)
    last = -1
    for first, item in enumerate(items):
        while not window.is_full():
            if last + 1 == len(items):
                return
            if not _is_near((item, items[last + 1]), within):
                break
            last += 1
            window.add(last, items[last].groups)
        full = window.is_full()
        window.drop_first(first, item.groups)
        if full and not window.is_full():
            yield first, last


class _Window:
    """The items between two moving ends, and which of them serves which group.

    What serves a group goes on doing so while the ends move, so that an item that comes or goes
    costs one search for a path (bipartite matching by augmenting paths). A group with as many
    items as all groups need can always be served, so no more than that many are looked at.
    """

    def __init__(self, groups: int, counts: Mapping[int, int]):
        bits = range(groups.bit_length())
        self._by_group = {1 << bit: deque[int]() for bit in bits if groups >> bit & 1}
        self._unserved = [g for g in self._by_group for _ in range(counts.get(g, 1))]
        self._needed = len(self._unserved)
        self._serves: dict[int, int] = {}  # item to group
        self._is_stuck = False  # until another item comes

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
        """Whether every group gets items of its own."""
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
