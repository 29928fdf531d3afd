"""The flood guard: a rule that hits too much of a provider's day proposes nothing more that day."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ledger.clock import Clock
from ledger.ports import FloodStore, JournalStore

TOTALS_SECONDS = 300
"""How long a worker believes the day's totals before it sums the receipts again."""


@dataclass(frozen=True, slots=True)
class FloodLimits:
    """A rule floods with more than `per_mille` of a day's posts, from `minimum_posts` on.

    A pack may say that more is to be expected, where many posts are what it looks for.
    """

    per_mille: int
    minimum_posts: int

    def flooded(self, posts: int, hits: Mapping[str, int], expected: Mapping[str, int]) -> set[str]:
        """Return the rules that hit too much. `expected` has per mille by pack.

        >>> FloodLimits(20, 1000).flooded(1000, {"a/b": 21, "a/c": 20, "d/e": 21}, {"d": 100})
        {'a/b'}
        >>> FloodLimits(20, 1000).flooded(999, {"a/b": 999}, {})
        set()
        """
        if posts < self.minimum_posts:
            return set()
        return {
            rule
            for rule, count in hits.items()
            if count * 1000 > max(self.per_mille, expected.get(rule.partition("/")[0], 0)) * posts
        }


@dataclass(frozen=True, slots=True)
class FloodDecision:
    """Rules as `pack/rule`: all that propose nothing in this unit, and those not stored yet."""

    held: frozenset[str]
    new: frozenset[str]


@dataclass(slots=True)
class _DayTotal:
    """The posts and live hits of a provider's day: its receipts, and this worker's units since."""

    summed_at: float
    posts: int = 0
    hits: Counter[str] = field(default_factory=Counter)


class FloodGuardStore(FloodStore, JournalStore, Protocol):
    """The parts of the table that the flood guard uses."""


@dataclass(slots=True)
class FloodGuard:
    """Decides which rules are held, by the day's receipts and the current unit."""

    store: FloodGuardStore
    clock: Clock
    limits: FloodLimits
    _totals: dict[tuple[str, str], _DayTotal] = field(default_factory=dict)

    def decide(
        self,
        provider: str,
        day: str,
        posts: int,
        hits: Mapping[str, int],
        expected: Mapping[str, int],
    ) -> FloodDecision:
        """Decide for one unit with these live hits by rule, and the expected per mille by pack.

        A rule that was held once stays held for the day, until somebody looks and lifts it.
        """
        if not hits:  # there is nothing to hold; the receipt counts the posts
            if (provider, day) in self._totals:
                self._totals[provider, day].posts += posts
            return FloodDecision(frozenset(), frozenset())
        lifted_by_rule = self.store.floods(provider, day)
        total = self._total(provider, day)
        total.posts += posts
        total.hits.update(hits)
        flooded = self.limits.flooded(total.posts, total.hits, expected)
        new = frozenset(rule for rule in flooded if rule in hits and rule not in lifted_by_rule)
        held = new | {rule for rule, lifted in lifted_by_rule.items() if not lifted}
        return FloodDecision(held, new)

    def _total(self, provider: str, day: str) -> _DayTotal:
        now = self.clock.now().timestamp()
        total = self._totals.get((provider, day))
        if total is None or now - total.summed_at > TOTALS_SECONDS:
            total = _DayTotal(now)
            for receipt in self.store.receipts(provider, day):
                total.posts += receipt.inspected
                for key, count in receipt.by_rule.items():
                    pack, _, rule, mode = key.split("/")
                    if mode == "live":
                        total.hits[f"{pack}/{rule}"] += count
            of_today = {key: kept for key, kept in self._totals.items() if key[1] == day}
            self._totals = of_today | {(provider, day): total}
        return total
