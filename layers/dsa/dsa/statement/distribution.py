"""What only many statements together show: repeated puids, useless flags, sudden changes.

Source: large platforms have published an inverted flag for years, removed duplicates by the
million, and named a wrong source. Each of those files passes the schema.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from typing import Any

from dsa.statement import codes
from dsa.statement.schema import StatementProblem

FLAG_STATEMENTS = 20
"""Statements of a source from which its flags are judged."""

MONTH_STATEMENTS = 100
"""Statements of a month from which it is compared with another."""

LARGE_SHIFT = 0.35
"""Total variation distance between the categories of two months from which it is a problem."""

_NEARLY_ALL = 0.9

_BY_PEOPLE = "AUTOMATED_DECISION_NOT_AUTOMATED"
"""A provider whose people decide everything rightly says so every time."""


@dataclass(slots=True)
class Distribution[P: Hashable]:
    """Counts the statements of one or several files; a puid takes about 90 bytes of memory."""

    puids: set[int] = field(default_factory=set)
    flags: dict[str, Counter[tuple[bool, object]]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    months: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    first_of_month: dict[str, P] = field(default_factory=dict)
    first: P | None = None

    def add(self, place: P, statement: Mapping[str, Any]) -> Iterator[StatementProblem]:
        """Count the statement at a place. Yields a problem if its puid was added before."""
        self.first = self.first or place
        puid = statement.get("puid")
        if isinstance(puid, str) and puid:
            # 64 bits: among ten million puids two collide by chance in one of 370,000 files
            digest = int.from_bytes(
                blake2b(puid.encode("utf-8", "replace"), digest_size=8).digest()
            )
            if digest in self.puids:
                message = "was used before; it must be unique in a platform, forever"
                yield StatementProblem("puid", "duplicate_puid", message)
            self.puids.add(digest)
        source = statement.get("source_type")
        if isinstance(source, str):
            for flag in ("automated_detection", "automated_decision"):
                value = statement.get(flag)
                if isinstance(value, str):
                    self.flags[flag][source == codes.VOLUNTARY, value] += 1
        applied, category = statement.get("application_date"), statement.get("category")
        if isinstance(applied, str) and isinstance(category, str):
            month = applied[:7]
            self.first_of_month.setdefault(month, place)
            self.months[month][category] += 1

    def problems(self) -> Iterator[tuple[P, StatementProblem]]:
        """Yield problems of all statements together, each with its first statement's place."""
        if self.first is not None:
            yield from ((self.first, problem) for problem in self._flag_problems())
        yield from self._shift_problems()

    def _flag_problems(self) -> Iterator[StatementProblem]:
        for flag, counts in self.flags.items():
            voluntary, notified = (
                Counter(
                    {
                        value: n
                        for (is_voluntary, value), n in counts.items()
                        if is_voluntary == kind
                    }
                )
                for kind in (True, False)
            )
            if min(voluntary.total(), notified.total()) < FLAG_STATEMENTS:
                continue
            values = set(voluntary) | set(notified)
            if len(values) == 1 and values != {_BY_PEOPLE}:
                message = f"{values.pop()} in all, whether found by the provider or notified"
                yield StatementProblem(flag, "flag_constant", message)
            elif flag == "automated_detection" and (
                voluntary["No"] > _NEARLY_ALL * voluntary.total()
                and notified["Yes"] > _NEARLY_ALL * notified.total()
            ):
                message = "Yes for nearly all that was notified, No for nearly all that was found"
                yield StatementProblem(flag, "flag_inverted", message)

    def _shift_problems(self) -> Iterator[tuple[P, StatementProblem]]:
        large = sorted(m for m, n in self.months.items() if n.total() >= MONTH_STATEMENTS)
        for last, month in pairwise(large):
            before, after = self.months[last], self.months[month]
            shift = distance(before, after)
            if shift > LARGE_SHIFT:

                def growth(
                    category: str, old: Counter[str] = before, new: Counter[str] = after
                ) -> float:
                    return new[category] / new.total() - old[category] / old.total()

                most = max(after, key=growth).removeprefix(codes.CATEGORY_PREFIX)
                message = (
                    f"{month} differs from {last} in {shift:.0%} of its categories, most in {most}"
                )
                problem = StatementProblem("category", "distribution_shift", message)
                yield self.first_of_month[month], problem


def distance(left: Counter[str], right: Counter[str]) -> float:
    """Return the total variation distance of two tallies: 0 for equal shares, 1 for none common.

    >>> distance(Counter(a=2), Counter(a=1, b=1))
    0.5
    """
    shares = (
        abs(left[key] / left.total() - right[key] / right.total()) for key in set(left) | set(right)
    )
    return sum(shares) / 2
