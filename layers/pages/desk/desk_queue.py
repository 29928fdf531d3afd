"""The queue: which items a moderator sees, in which order, and which one comes next.

A filter travels in addresses, its text alone in forms: it may be a post's words. The order is by
urgency unless a moderator sorts.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Any, NamedTuple
from urllib.parse import urlencode

from desk import Item, ItemKind, Moderator
from ledger.desk_store import ItemLease
from phrases import to_translate

SEVERITIES = ("high", "medium", "low", "")

AGES = {"hour": 1, "day": 24, "week": 168}
"""Hours that an item must have waited at least, by the word in the address."""

REACHES = (100, 1_000, 10_000, 100_000)
"""Reaches to filter by: how many people could read the post."""

SORTS: dict[str, Callable[[Item], tuple[Any, ...]]] = {
    "age": lambda item: (item.since,),
    "reach": lambda item: (-(item.reach or 0),),
    "severity": lambda item: (_severity(item),),
}
"""What comes first if a moderator sorts, by the word in the address; the rest by urgency."""

SOON_HOURS = 24
"""From this long before its deadline, an item comes before everything without one."""

PAGE_ITEMS = 50
"""Items on one page of the queue."""


class QueueFilter(NamedTuple):
    """What a moderator wants to see; an empty field means any. Only `text` may quote a post."""

    kind: str = ""
    category: str = ""
    rule: str = ""
    language: str = ""
    severity: str = ""
    age: str = ""
    reach: str = ""
    sort: str = ""
    text: str = ""

    @classmethod
    def parse(cls, fields: Mapping[str, str]) -> "QueueFilter":
        """Read the fields of a form or an address. Unknown fields and longer values are ignored."""
        return cls(*(fields.get(name, "").strip()[:200] for name in cls._fields))

    @property
    def chosen(self) -> dict[str, str]:
        """Return the wishes that are not empty, as a form carries them."""
        return {name: value for name, value in self._asdict().items() if value}

    @property
    def query(self) -> str:
        """Return the wishes as the query of an address, without the text."""
        return urlencode(self._replace(text="").chosen)

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


def _severity(item: Item) -> int:
    return SEVERITIES.index(item.severity) if item.severity in SEVERITIES else len(SEVERITIES)


def ordered(
    items: Iterable[Item],
    now: datetime,
    sort: str = "",
    *,
    at_home: bool = False,
    first_day: bool = False,
) -> list[Item]:
    """Return items, escalated ones first, then the most urgent; trials come last, then audits.

    `sort` is a word of SORTS; another one changes nothing. On the moderator's first day, second
    looks and audits come last: they ask for somebody who knows the rules.
    """
    first = SORTS.get(sort)
    last = {ItemKind.TRIAL: 1, ItemKind.AUDIT: 2 if at_home or first_day else 0}
    last[ItemKind.SECOND_REVIEW] = 2 if first_day else 0

    def rank(item: Item) -> tuple[Any, ...]:
        left, is_trial = hours_left(item, now), item.kind is ItemKind.TRIAL
        is_soon = left is not None and left <= SOON_HOURS
        return (
            not item.escalation,
            *(first(item) if first else ()),
            last.get(item.kind, 0),
            not is_soon,
            left or 0.0 if is_soon else 0.0,
            _severity(item),
            -(item.reach or 0),
            inf if left is None else left,
            item.since,
            item.rules if is_trial else (item.key,),
        )

    return sorted(items, key=rank)


def is_addressed(item: Item, moderator: Moderator, addressees: Sequence[str]) -> bool:
    """Return whether an item is for a moderator: what was escalated waits for its addressees."""
    is_meant = moderator.name in addressees if addressees else moderator.may_lead
    return not item.escalation or is_meant or not moderator.may_decide


def may_take(item: Item, moderator: Moderator) -> bool:
    """Return whether a moderator may decide an item: by role, and not after deciding it before."""
    if moderator.name in item.not_for:
        return False
    return moderator.may_decide or item.kind is ItemKind.AUDIT


def why_not(item: Item, moderator: Moderator, addressees: Sequence[str]) -> str:
    """Return why a moderator may not decide an item, in words to translate; empty if they may."""
    if not is_addressed(item, moderator, addressees):
        return to_translate("It was escalated: those decide to whom your service gave such cases.")
    if may_take(item, moderator):
        return ""
    if moderator.may_decide:
        return to_translate(
            "You decided on it or reported it before. Another moderator must decide this."
        )
    return to_translate(
        "You are an auditor: you judge the audit sample, and read everything else."
        " A moderator must decide this."
    )


def next_item(
    items: Sequence[Item],
    leases: Mapping[str, ItemLease],
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
        and (item.key not in leases or leases[item.key].moderator == moderator.name)
    ]
    unseen = [item for item in free if item.key not in skipped] or free
    asks = {ItemKind.AUDIT, ItemKind.SECOND_REVIEW, ItemKind.TRIAL}  # they keep their place
    gentle = [item for item in unseen if item.severity != "high" and item.kind not in asks]
    gentle = gentle if spare_severe else []
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


def filter_choices(items: Iterable[Item]) -> dict[str, list[str]]:
    """Return the values that each filter can have among these items, sorted."""
    items = list(items)
    found = {
        "kind": {item.kind.value for item in items},
        "category": {item.category for item in items},
        "rule": {rule for item in items for rule in item.rules},
        "language": {item.language for item in items},
        "severity": {item.severity for item in items},
    }
    return {name: sorted(values - {""}) for name, values in found.items()}
