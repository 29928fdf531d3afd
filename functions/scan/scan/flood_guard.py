"""The flood guard: it holds a rule that hits too much of a provider's day.

A held rule proposes nothing more that day, until a person opens it.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import uuid4

from ledger.findings import FloodQuestion, FloodTotal
from ledger.store import DynamoStore
from ledger.texts import Clock, in_days, utc
from ledger.units import Receipt

EXCHANGE_SECONDS = 60
"""How old a worker's row, and what it knows of the rows of the others, may be."""

DAY_LENGTH = len("2026-11-25")

TOTAL_DAYS = 2
"""How long the row of a worker is kept: until its day is over everywhere."""


@dataclass(frozen=True, slots=True)
class FloodLimits:
    """A rule floods with more than `per_mille` of a day's posts, from `minimum_posts` on.

    A pack may say that more is to be expected, where many posts are what it looks for. Of a rule
    that the provider adopted, it is twice what the rule found on its fullest day before.
    """

    per_mille: int
    minimum_posts: int

    def flooded(self, posts: int, hits: Mapping[str, int], expected: Mapping[str, int]) -> set[str]:
        """Return the rules that hit too much. `expected` has per mille by pack or rule.

        >>> hits = {"a/b": 21, "a/c": 20, "d/e": 21, "d/f": 21}
        >>> FloodLimits(20, 1000).flooded(1000, hits, {"a": 30, "d/e": 30})
        {'d/f'}
        >>> FloodLimits(20, 1000).flooded(999, {"a/b": 999}, {})
        set()
        """
        if posts < self.minimum_posts:
            return set()
        return {
            rule
            for rule, count in hits.items()
            if count * 1000 > self.most_expected(rule, expected) * posts
        }

    def most_expected(self, rule: str, expected: Mapping[str, int]) -> int:
        """Return how many hits of a rule per mille are expected at most."""
        of_pack = expected.get(rule.partition("/")[0], 0)
        return max(self.per_mille, of_pack, expected.get(rule, 0))


@dataclass(frozen=True, slots=True)
class FloodDecision:
    """All rules (`pack/rule`) that propose nothing in this unit, and the questions to store."""

    held: frozenset[str] = frozenset()
    questions: tuple[FloodQuestion, ...] = ()


@dataclass(slots=True)
class _DayTotal:
    """The posts and live hits of a provider's day: this worker's own, and those of all others.

    `read_at` and `written_at` are the times of the last exchange, in seconds since 1970.
    """

    posts: int = 0
    hits: Counter[str] = field(default_factory=Counter)
    others_posts: int = 0
    others_hits: Counter[str] = field(default_factory=Counter)
    read_at: float = -math.inf
    written_at: float = -math.inf


@dataclass(slots=True)
class FloodGuard:
    """Decides which rules are held, by the receipts of the day so far and the current unit.

    Adding up the day's receipts would read a gigabyte on a day of a million units. Instead each
    worker keeps one row with the sum of the receipts that it committed, and reads the rows of the
    others.

    Limits:
        Rows are up to a minute old. A worker that dies, or learns only from the marker that its
        commit succeeded, leaves those receipts out.
    """

    store: DynamoStore
    clock: Clock
    limits: FloodLimits
    worker: str = field(default_factory=lambda: uuid4().hex)
    _totals: dict[tuple[str, str], _DayTotal] = field(default_factory=dict)

    def decide(
        self,
        provider: str,
        day: str,
        posts: int,
        hits: Mapping[str, int],
        expected: Mapping[str, int],
    ) -> FloodDecision:
        """Decide for one unit.

        `hits` are its live hits by `pack/rule`; `expected` has per mille by pack or rule. A rule
        that was held once stays held for the day, until a person answers its question and opens it.
        """
        if not hits:  # there is nothing to hold
            return FloodDecision()
        opened_by_rule = self.store.floods(provider, day)
        total = self._total(provider, day)
        self._read_others(provider, day, total)
        day_posts = total.posts + total.others_posts + posts
        day_hits = total.hits + total.others_hits + Counter(hits)
        flooded = self.limits.flooded(day_posts, day_hits, expected)
        new = sorted(rule for rule in flooded if rule in hits and rule not in opened_by_rule)
        at, most = utc(self.clock.now()), self.limits.most_expected
        questions = tuple(
            FloodQuestion(day, rule, at, day_posts, day_hits[rule], most(rule, expected))
            for rule in new
        )
        held = {rule for rule, is_opened in opened_by_rule.items() if not is_opened}
        return FloodDecision(frozenset(held.union(new)), questions)

    def count(self, receipt: Receipt) -> None:
        """Add a receipt that this worker has just committed, and write its row once a minute."""
        provider, day = receipt.provider, receipt.at[:DAY_LENGTH]
        total = self._total(provider, day)
        total.posts += receipt.inspected
        for key, count in receipt.by_rule.items():
            pack, _, rule, mode = key.split("/")
            if mode == "live":
                total.hits[f"{pack}/{rule}"] += count
        now = self.clock.now()
        if now.timestamp() - total.written_at > EXCHANGE_SECONDS:
            row = FloodTotal(self.worker, total.posts, dict(total.hits))
            self.store.put_flood_total(provider, day, row, in_days(now, TOTAL_DAYS))
            total.written_at = now.timestamp()

    def _total(self, provider: str, day: str) -> _DayTotal:
        """Return this worker's total of a day, and forget other days."""
        if (provider, day) not in self._totals:
            of_today = {key: kept for key, kept in self._totals.items() if key[1] == day}
            self._totals = of_today | {(provider, day): _DayTotal()}
        return self._totals[provider, day]

    def _read_others(self, provider: str, day: str, total: _DayTotal) -> None:
        now = self.clock.now().timestamp()
        if now - total.read_at <= EXCHANGE_SECONDS:
            return
        total.read_at, total.others_posts, total.others_hits = now, 0, Counter()
        for row in self.store.flood_totals(provider, day):
            if row.worker != self.worker:
                total.others_posts += row.posts
                total.others_hits.update(row.hits)
