"""What only many statements together show: repeated puids, dead or inverted flags, sudden changes.

Source: large platforms have published an inverted flag for years, purged duplicates by the million,
and mislabelled a source; each file of theirs would have passed the schema.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from typing import Any

from dsa.statement import taxonomy
from dsa.statement.problem import Problem

ENOUGH = 20
"""Statements of a source below which nothing is said about its flags."""

ENOUGH_OF_MONTH = 100
"""Statements of a month below which it is not compared."""

LARGE_SHIFT = 0.35
"""Total variation distance between the categories of two months from which it is told."""

_NEARLY_ALL = 0.9

_BY_PEOPLE = "AUTOMATED_DECISION_NOT_AUTOMATED"
"""A provider whose people decide everything says so every time, and rightly."""


@dataclass(slots=True)
class Distribution[P: Hashable]:
    """What has been seen of one or several files, in memory that grows by some 90 bytes a puid."""

    seen: set[int] = field(default_factory=set)
    flags: dict[str, Counter[tuple[bool, object]]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    months: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    first_of_month: dict[str, P] = field(default_factory=dict)
    first: P | None = None

    def add(self, place: P, statement: Mapping[str, Any]) -> Iterator[Problem]:
        """Count a statement, found at that place; a problem if its puid came before."""
        self.first = self.first or place
        puid = statement.get("puid")
        if isinstance(puid, str) and puid:
            # 64 bits: of ten million puids two collide by chance once in 370,000 files
            digest = int.from_bytes(
                blake2b(puid.encode("utf-8", "replace"), digest_size=8).digest()
            )
            if digest in self.seen:
                yield Problem("puid", "duplicate_puid", "came before: unique per platform, forever")
            self.seen.add(digest)
        source = statement.get("source_type")
        if isinstance(source, str):
            own = source == taxonomy.VOLUNTARY
            for flag in ("automated_detection", "automated_decision"):
                value = statement.get(flag)
                if isinstance(value, str):
                    self.flags[flag][own, value] += 1
        applied, category = statement.get("application_date"), statement.get("category")
        if isinstance(applied, str) and isinstance(category, str):
            month = applied[:7]
            self.first_of_month.setdefault(month, place)
            self.months[month][category] += 1

    def problems(self) -> Iterator[tuple[P, Problem]]:
        """What all of them show, each with the place of the first statement that it is about."""
        if self.first is not None:
            yield from ((self.first, problem) for problem in self._flags())
        yield from self._shifts()

    def _flags(self) -> Iterator[Problem]:
        for flag, counted in self.flags.items():
            own, noticed = (
                Counter({value: n for (is_own, value), n in counted.items() if is_own == which})
                for which in (True, False)
            )
            if min(own.total(), noticed.total()) < ENOUGH:
                continue
            values = set(own) | set(noticed)
            if len(values) == 1 and values != {_BY_PEOPLE}:
                message = f"{values.pop()} in all, found by the provider and notified alike"
                yield Problem(flag, "flag_constant", message)
            elif flag == "automated_detection" and (
                own["No"] > _NEARLY_ALL * own.total()
                and noticed["Yes"] > _NEARLY_ALL * noticed.total()
            ):
                message = "nearly all that was notified says Yes, nearly all found by itself No"
                yield Problem(flag, "flag_inverted", message)

    def _shifts(self) -> Iterator[tuple[P, Problem]]:
        enough = sorted(m for m, n in self.months.items() if n.total() >= ENOUGH_OF_MONTH)
        for last, month in pairwise(enough):
            before, now = self.months[last], self.months[month]
            shift = distance(before, now)
            if shift > LARGE_SHIFT:
                most = max(
                    now, key=lambda one: now[one] / now.total() - before[one] / before.total()
                )
                message = (
                    f"{month} differs from {last} in {shift:.0%} of its categories, most in"
                    f" {most.removeprefix(taxonomy.CATEGORY_PREFIX)}"
                )
                problem = Problem("category", "distribution_shift", message)
                yield self.first_of_month[month], problem


def distance(one: Counter[str], other: Counter[str]) -> float:
    """The total variation distance of two tallies: 0 for the same shares, 1 for none in common.

    >>> distance(Counter(a=2), Counter(a=1, b=1))
    0.5
    """
    shares = (
        abs(one[key] / one.total() - other[key] / other.total()) for key in set(one) | set(other)
    )
    return sum(shares) / 2
