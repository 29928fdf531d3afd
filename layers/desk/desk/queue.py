"""The queue: which items a moderator sees, in which order, and which one comes next.

Pure functions over items and claims.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from math import inf

from desk.items import Item, ItemKind
from desk.moderator import Moderator
from ledger.cases.pending import ItemClaim

SEVERITIES = ("high", "medium", "low", "")

AGES = {"hour": 1, "day": 24, "week": 168}
"""Hours that an item must have waited at least, by the word in the address."""

REACHES = (100, 1_000, 10_000, 100_000)
"""Reaches to filter by: how many people could read the post."""

SOON_HOURS = 24
"""From this long before its deadline, an item comes before everything without one."""

PAGE_ITEMS = 50
"""Items on one page of the queue."""


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What a moderator wants to see; an empty field means any. It never holds text of a post."""

    kind: str = ""
    category: str = ""
    rule: str = ""
    language: str = ""
    severity: str = ""
    age: str = ""
    reach: str = ""

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> "QueueFilter":
        """Read the fields of an address. Unknown fields and longer values are ignored."""
        known = {name: query.get(name, "")[:200] for name in cls.names()}
        return cls(**known)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of the fields, as in an address."""
        return tuple(field.name for field in fields(cls))

    @property
    def chosen(self) -> dict[str, str]:
        """Return the wishes that are not empty."""
        return {name: value for name in self.names() if (value := getattr(self, name))}

    def wants(self, item: Item, now: datetime) -> bool:
        """Return whether an item fits all wishes."""
        return (
            self.kind in {"", item.kind}
            and self.category in {"", item.category}
            and (not self.rule or self.rule in item.rules)
            and self.language in {"", item.language}
            and self.severity in {"", item.severity}
            and (self.age not in AGES or waited_hours(item, now) >= AGES[self.age])
            and (not self.reach.isdecimal() or (item.reach or 0) >= int(self.reach))
        )


@dataclass(frozen=True, slots=True)
class CategoryCount:
    """How many items of a category wait, or of a kind if they have none, and since when."""

    category: str
    kind: str
    count: int
    oldest: str


def waited_hours(item: Item, now: datetime) -> float:
    """Return for how many hours an item has waited."""
    return (now - datetime.fromisoformat(item.since)).total_seconds() / 3600


def hours_left(item: Item, now: datetime) -> float | None:
    """Return the hours to an item's deadline, negative after it; None if it has none."""
    if not item.deadline:
        return None
    return (datetime.fromisoformat(item.deadline) - now).total_seconds() / 3600


def ordered(items: Iterable[Item], now: datetime) -> list[Item]:
    """Return items in the order in which to decide: urgent, severe, widely read, due first, old."""

    def rank(item: Item) -> tuple[bool, float, bool, int, int, float, str, str]:
        left = hours_left(item, now)
        is_soon = left is not None and left <= SOON_HOURS
        return (
            not is_soon,
            left or 0.0 if is_soon else 0.0,
            not item.escalated,
            SEVERITIES.index(item.severity) if item.severity in SEVERITIES else len(SEVERITIES),
            -(item.reach or 0),
            inf if left is None else left,
            item.since,
            item.key,
        )

    return sorted(items, key=rank)


def may_take(item: Item, moderator: Moderator) -> bool:
    """Return whether a moderator may decide an item: by role, and not after deciding it before."""
    if moderator.name in item.not_for:
        return False
    return moderator.may_decide or item.kind is ItemKind.AUDIT


def next_item(
    items: Sequence[Item],
    claims: Mapping[str, ItemClaim],
    moderator: Moderator,
    *,
    spare_severe: bool = False,
    skipped: frozenset[str] = frozenset(),
) -> Item | None:
    """Return the first item that is free for a moderator.

    `items` are in order. `spare_severe` prefers an item that is not severe, if there is one: the
    moderator has read many severe ones in a row. Skipped items come last.
    """
    free = [
        item
        for item in items
        if may_take(item, moderator)
        and (item.key not in claims or claims[item.key].moderator == moderator.name)
    ]
    unseen = [item for item in free if item.key not in skipped] or free
    gentle = [item for item in unseen if item.severity != "high"] if spare_severe else []
    return next(iter(gentle or unseen), None)


def category_counts(items: Iterable[Item]) -> list[CategoryCount]:
    """Return how many items wait in each category, the most first.

    Items without a category, such as audits, are counted by their kind.
    """
    since: dict[tuple[str, str], list[str]] = {}
    for item in items:
        name = item.category, "" if item.category else item.kind.value
        since.setdefault(name, []).append(item.since)
    counts = [CategoryCount(*name, len(times), min(times)) for name, times in since.items()]
    return sorted(counts, key=lambda count: (-count.count, count.category, count.kind))


def choices(items: Iterable[Item]) -> dict[str, list[str]]:
    """Return the values that each filter can have among these items, sorted."""
    found: dict[str, set[str]] = {
        name: set() for name in ("kind", "category", "rule", "language", "severity")
    }
    for item in items:
        found["kind"].add(item.kind.value)
        found["category"].add(item.category)
        found["rule"].update(item.rules)
        found["language"].add(item.language)
        found["severity"].add(item.severity)
    return {name: sorted(values - {""}) for name, values in found.items()}
