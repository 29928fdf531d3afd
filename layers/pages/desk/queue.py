"""The queue: which items a moderator sees, in which order, and which one comes next.

Then where the terms of findings are in an excerpt, which is cut into pieces at those places. Pieces
are plain text; the template escapes each and puts the mark around it.

Then care for moderators: what a page hides, when a break is due, and how many severe cards in a
row. The settings are the moderator's own comfort, kept in a cookie and nowhere else: nobody reports
how long or how fast somebody reads.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from itertools import pairwise
from math import inf
from urllib.parse import parse_qs, urlencode

from desk.items import Item, ItemKind, Moderator, OpenFinding
from ledger.desk_store import ItemLease

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


def filter_choices(items: Iterable[Item]) -> dict[str, list[str]]:
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


COMPARED = 2_000
"""Code points of a text that are compared with another one; the rest counts as the same."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One span in an excerpt: half-open code points, and what is there."""

    start: int
    end: int
    term: str
    rule: str
    weight: int | None
    disguise: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MarkedPiece:
    """A piece of an excerpt, and the marks that cover all of it."""

    text: str
    marks: tuple[Mark, ...] = ()


def marks_of(findings: Sequence[OpenFinding]) -> list[Mark]:
    """Return the marks of all findings in the first excerpt that is kept, in order.

    A post that repeats a claim has no marks for that: the whole post repeats it.
    """
    shown = next((each for each in findings if each.excerpt), None)
    start = shown.finding.excerpt_start if shown else None
    if shown is None or shown.excerpt is None or not isinstance(start, int):
        return []
    part = next((span.part for span in shown.finding.spans), "")
    found = {
        Mark(
            span.start - start,
            span.end - start,
            span.term,
            f"{each.finding.pack}/{each.finding.rule}",
            span.weight if isinstance(span.weight, int) else None,
            span.evasion,
        )
        for each in findings
        for span in (() if each.finding.checks else each.finding.spans)
        if span.part == part
        and start <= span.start < span.end
        and span.end - start <= len(shown.excerpt)
    }
    return sorted(found, key=lambda mark: (mark.start, -mark.end, mark.rule, mark.term))


def marked_pieces(text: str, marks: Sequence[Mark]) -> list[MarkedPiece]:
    """Return the text in pieces, each with the marks that cover it.

    >>> [(piece.text, len(piece.marks)) for piece in marked_pieces("send me it", [
    ...     Mark(0, 4, "send", "a/b", None, ())])]
    [('send', 1), (' me it', 0)]
    """
    places = {0, len(text)}
    for mark in marks:
        places |= {mark.start, mark.end}
    ordered = sorted(places)
    return [
        MarkedPiece(
            text[start:end],
            tuple(mark for mark in marks if mark.start <= start and end <= mark.end),
        )
        for start, end in pairwise(ordered)
    ]


def differing_pieces(first: str, other: str) -> list[tuple[str, bool]]:
    """Return the other text in pieces, each with whether it differs from the first text.

    >>> differing_pieces("call 111 now", "call 222 now")
    [('call ', False), ('222', True), (' now', False)]
    """
    before, after = _words(first[:COMPARED]), _words(other[:COMPARED])
    changes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    pieces = [
        ("".join(after[start:end]), change != "equal")
        for change, _, _, start, end in changes
        if start < end
    ]
    return [*pieces, (other[COMPARED:], False)] if other[COMPARED:] else pieces


def _words(text: str) -> list[str]:
    """Return the runs of letters and digits of a text, and every other character alone.

    Each character of a script without spaces is a word, so that a difference is shorter than a
    sentence.
    """
    words: list[str] = []
    for character in text:
        joins = character.isalnum() and ord(character) < 0x0E00
        if joins and words and words[-1][-1].isalnum() and ord(words[-1][-1]) < 0x0E00:
            words[-1] += character
        else:
            words.append(character)
    return words


CARE_COOKIE = "desk-care"

BREAK_MINUTES = (30, 45, 60, 90)
SEVERE_IN_A_ROW = (3, 5, 10, 20)
NEW_SITTING_MINUTES = 20
"""After such a pause a new sitting begins, without any reminder."""

YEAR = 31_536_000


@dataclass(frozen=True, slots=True)
class CareSettings:
    """A moderator's settings and the sitting so far.

    `began` and `last` are seconds since 1970 of the sitting's start and of its last decision;
    `severe` is how many severe cards were decided in a row.
    """

    language: str = ""
    blurred: bool = True
    grey: bool = True
    keys: bool = True
    minutes: int = 45
    severe_limit: int = 5
    began: int = 0
    last: int = 0
    severe: int = 0

    @classmethod
    def parse(cls, cookie: str) -> "CareSettings":
        """Read a cookie. A field that is missing or not understood has its default.

        >>> CareSettings.parse("g=0&m=60&x=1").minutes, CareSettings.parse("m=abc").minutes
        (60, 45)
        """
        fields = {name: values[0] for name, values in parse_qs(cookie[:400]).items()}
        default = cls()
        return cls(
            language=fields["l"] if fields.get("l", "").isalpha() and len(fields["l"]) == 2 else "",
            blurred=fields.get("b", "1") != "0",
            grey=fields.get("g", "1") != "0",
            keys=fields.get("k", "1") != "0",
            minutes=_number(fields, "m", default.minutes),
            severe_limit=_number(fields, "s", default.severe_limit),
            began=_number(fields, "n", 0),
            last=_number(fields, "t", 0),
            severe=_number(fields, "r", 0),
        )

    @property
    def cookie(self) -> str:
        """Return the header that sets the cookie. It is nobody's secret and decides nothing."""
        fields = {
            "l": self.language,
            "b": int(self.blurred),
            "g": int(self.grey),
            "k": int(self.keys),
            "m": self.minutes,
            "s": self.severe_limit,
            "n": self.began,
            "t": self.last,
            "r": self.severe,
        }
        return f"{CARE_COOKIE}={urlencode(fields)}; Path=/; Max-Age={YEAR}; HttpOnly; SameSite=Lax"

    def after(self, now: datetime, *, severe: bool) -> "CareSettings":
        """Return the settings after a decision on a severe or another card."""
        seconds = int(now.timestamp())
        paused = seconds - self.last > NEW_SITTING_MINUTES * 60
        return replace(
            self,
            began=seconds if paused or not self.began else self.began,
            last=seconds,
            severe=(0 if paused else self.severe) + 1 if severe else 0,
        )

    def after_break(self) -> "CareSettings":
        """Return the settings when the moderator comes back from a break."""
        return replace(self, began=0, last=0, severe=0)

    def is_break_due(self, now: datetime) -> bool:
        """Return whether the sitting is longer than the moderator wanted."""
        if not self.began or not self.minutes or self._is_over(now):
            return False
        return now.timestamp() - self.began > timedelta(minutes=self.minutes).total_seconds()

    def spares_severe(self, now: datetime) -> bool:
        """Return whether the next card should not be a severe one."""
        return 0 < self.severe_limit <= self.severe and not self._is_over(now)

    def _is_over(self, now: datetime) -> bool:
        return now.timestamp() - self.last > NEW_SITTING_MINUTES * 60


def _number(fields: dict[str, str], name: str, default: int) -> int:
    text = fields.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 12 else default
