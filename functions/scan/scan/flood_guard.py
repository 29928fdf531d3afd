"""The flood guard: a rule that hits too much of a provider's day proposes nothing more that day."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ledger.clock import Clock
from ledger.ports import FloodStore, JournalStore

TOTALS_SECONDS = 300
"""How long a worker believes the day's totals before it folds the receipts again."""


@dataclass(frozen=True, slots=True)
class FloodLimits:
    """More than `per_mille` of a day's posts, of at least `minimum_posts`, is a flood."""

    per_mille: int
    minimum_posts: int

    def flooded(self, posts: int, hits: Mapping[str, int]) -> set[str]:
        """The rules that hit too much.

        >>> FloodLimits(20, 1000).flooded(1000, {"a/b": 21, "a/c": 20})
        {'a/b'}
        >>> FloodLimits(20, 1000).flooded(999, {"a/b": 999})
        set()
        """
        if posts < self.minimum_posts:
            return set()
        return {rule for rule, count in hits.items() if count * 1000 > self.per_mille * posts}


@dataclass(slots=True)
class _Total:
    """What a provider's day came to: its receipts when they were folded, and units since."""

    folded_at: float
    posts: int = 0
    hits: Counter[str] = field(default_factory=Counter)


class FloodGuardStore(FloodStore, JournalStore, Protocol):
    """The parts of the table that the flood guard uses."""


@dataclass(slots=True)
class FloodGuard:
    """Which rules are held, by the day's receipts and the unit at hand."""

    store: FloodGuardStore
    clock: Clock
    limits: FloodLimits
    expire_seconds: int
    _totals: dict[tuple[str, str], _Total] = field(default_factory=dict)

    def held(self, provider: str, day: str, posts: int, hits: Mapping[str, int]) -> set[str]:
        """The rules (`pack/rule`) whose findings of this unit are not proposed.

        A rule once held stays so for the day, until somebody looks and lifts it.
        """
        standing = self.store.floods(provider, day)
        total = self._day(provider, day)
        total.posts += posts
        total.hits.update(hits)
        expires = int(self.clock.now().timestamp()) + self.expire_seconds
        for rule in self.limits.flooded(total.posts, total.hits):
            if rule in hits and rule not in standing:
                self.store.put_flood(provider, day, rule, expires)
                standing[rule] = False
        return {rule for rule, lifted in standing.items() if not lifted}

    def _day(self, provider: str, day: str) -> _Total:
        now = self.clock.now().timestamp()
        known = self._totals.get((provider, day))
        if known is None or now - known.folded_at > TOTALS_SECONDS:
            known = _Total(now)
            for receipt in self.store.receipts(provider, day):
                known.posts += receipt.inspected
                for key, count in receipt.by_rule.items():
                    pack, _, rule, mode = key.split("/")
                    if mode == "live":
                        known.hits[f"{pack}/{rule}"] += count
            of_today = {key: total for key, total in self._totals.items() if key[1] == day}
            self._totals = of_today | {(provider, day): known}
        return known
