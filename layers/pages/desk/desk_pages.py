"""What the pages of the desk show: the queue, care for moderators, words for codes, and templates.

The queue has the items that a moderator sees in their order, and knows which one comes next. Care
is what a page hides, when a break is due, and how many severe cards come in a row. Its settings are
the moderator's own comfort, kept in a cookie and nowhere else: nobody reports how long or how fast
somebody reads. In a template, everything that a stranger wrote is escaped.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial
from http import HTTPStatus
from math import inf
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode

from jinja2 import Environment

from desk import Item, ItemKind, Moderator
from desk.deciding import AUDIT_CATEGORIES, MEASURES
from dsa.statement import preserved_until
from ledger.desk_store import ItemLease
from ledger.findings import LEFT_HELD, OPENED
from ledger.texts import replace_controls
from phrases import Phrases, category_words, of, page_engine, to_translate

SEVERITIES = ("high", "medium", "low", "")

AGES = {"hour": 1, "day": 24, "week": 168}
"""Hours that an item must have waited at least, by the word in the address."""

REACHES = (100, 1_000, 10_000, 100_000)
"""Reaches to filter by: how many people could read the post."""

SOON_HOURS = 24
"""From this long before its deadline, an item comes before everything without one."""

PAGE_ITEMS = 50
"""Items on one page of the queue."""


class QueueFilter(NamedTuple):
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
        return cls(*(query.get(name, "")[:200] for name in cls._fields))

    @property
    def chosen(self) -> dict[str, str]:
        """Return the wishes that are not empty."""
        return {name: value for name, value in self._asdict().items() if value}

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


def ordered(items: Iterable[Item], now: datetime, *, at_home: bool = False) -> list[Item]:
    """Return items, the most urgent first; trials last, in the order of the draw; then audits."""
    last = {ItemKind.TRIAL: 1, ItemKind.AUDIT: 2 if at_home else 0}

    def rank(item: Item) -> tuple[Any, ...]:
        left, is_trial = hours_left(item, now), item.kind is ItemKind.TRIAL
        is_soon = left is not None and left <= SOON_HOURS
        return (
            last.get(item.kind, 0),
            not is_soon,
            left or 0.0 if is_soon else 0.0,
            not item.escalated,
            SEVERITIES.index(item.severity) if item.severity in SEVERITIES else len(SEVERITIES),
            -(item.reach or 0),
            inf if left is None else left,
            item.since,
            item.rules if is_trial else (item.key,),
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
    items = list(items)
    found = {
        "kind": {item.kind.value for item in items},
        "category": {item.category for item in items},
        "rule": {rule for item in items for rule in item.rules},
        "language": {item.language for item in items},
        "severity": {item.severity for item in items},
    }
    return {name: sorted(values - {""}) for name, values in found.items()}


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


WORDS: dict[str, dict[str, str]] = {
    "kind": {
        ItemKind.FINDING: to_translate("finding"),
        ItemKind.NOTICE: to_translate("notice"),
        ItemKind.ORDER: to_translate("order"),
        ItemKind.COMPLAINT: to_translate("complaint"),
        ItemKind.SECOND_REVIEW: to_translate("second look"),
        ItemKind.AUDIT: to_translate("audit sample"),
        ItemKind.HELD_RULE: to_translate("held rule"),
        ItemKind.TRIAL: to_translate("trial"),
        ItemKind.GOLDEN: to_translate("training"),
    },
    "severity": {
        "high": to_translate("high"),
        "medium": to_translate("medium"),
        "low": to_translate("low"),
    },
    "age": {
        "hour": to_translate("an hour"),
        "day": to_translate("a day"),
        "week": to_translate("a week"),
    },
    "disguise": {
        "accent": to_translate("accents"),
        "foreign": to_translate("letters of another script"),
        "han": to_translate("other Han spelling"),
        "invisible": to_translate("characters that show nothing"),
        "leet": to_translate("digits and signs for letters"),
        "lookalike": to_translate("letters that look the same"),
        "masked": to_translate("stars for letters"),
        "padded": to_translate("digits after the word"),
        "repeated": to_translate("repeated letters"),
        "separated": to_translate("letters apart, or a word cut by dots"),
        "sound": to_translate("letters that sound the same"),
        "style": to_translate("letters in dress"),
        "vowel-mark": to_translate("vowel marks"),
        "width": to_translate("wide letters"),
    },
    "verdict": {
        "confirmed": to_translate("Confirmed"),
        "dismissed": to_translate("Dismissed"),
        "escalated": to_translate("Escalated"),
        "skipped": to_translate("Skipped"),
        "violating": to_translate("Violating"),
        "not_violating": to_translate("Not violating"),
        "gone": to_translate("Gone"),
        OPENED: to_translate("Opened"),
        LEFT_HELD: to_translate("Left held"),
        "complied": to_translate("Followed"),
        "contested": to_translate("Contested"),
        "refused": to_translate("Not followed"),
        "impossible": to_translate("Impossible"),
        "right": to_translate("Right"),
        "wrong": to_translate("Wrong"),
        "cannot_tell": to_translate("Cannot tell"),
        "adoption": to_translate("Goes live"),
        "order": to_translate("A removal order"),
    },
    "outcome": {
        "upheld": to_translate("upheld"),
        "reversed": to_translate("reversed"),
        "partly_reversed": to_translate("partly reversed"),
        "omitted": to_translate("not decided"),
        "overturned": to_translate("overturned"),
    },
    "contester": {
        "author": to_translate("the author"),
        "notifier": to_translate("who reported the post"),
        "body": "",  # a body out of court has a name
    },
    "state": {
        "pending": to_translate("can be undone"),
        "undone": to_translate("taken back"),
        "sent": to_translate("final"),
        "taken": to_translate("recorded"),
        "waiting": to_translate("waits for another message"),
        "refused": to_translate("refused"),
    },
    "measure": {
        "none": to_translate("nothing"),
        "removed": to_translate("removed"),
        "disabled": to_translate("hidden from everyone"),
        "demoted": to_translate("shown less"),
        "age": to_translate("adults only"),
        "interaction": to_translate("no answers or shares"),
        "labelled": to_translate("labelled"),
    },
}
"""What pages call a code, by what kind of code it is."""

CHOICES: dict[str, tuple[tuple[str, str, str], ...]] = {
    ItemKind.COMPLAINT: (
        ("upheld", to_translate("The decision was right"), "c"),
        ("reversed", to_translate("The decision was wrong"), "d"),
        ("partly_reversed", to_translate("The measure went too far"), "p"),
        ("omitted", to_translate("Not decided"), "x"),
    ),
    ItemKind.ORDER: (
        ("complied", WORDS["verdict"]["complied"], "c"),
        ("refused", WORDS["verdict"]["refused"], "d"),
        ("contested", WORDS["verdict"]["contested"], "x"),
        ("impossible", WORDS["verdict"]["impossible"], "i"),
    ),
    ItemKind.HELD_RULE: (
        (OPENED, to_translate("The findings are right: open them"), "c"),
        (LEFT_HELD, to_translate("Leave them held"), "d"),
    ),
    ItemKind.AUDIT: (
        ("violating", to_translate("Against the rules"), "v"),
        ("not_violating", to_translate("In order"), "d"),
        ("gone", to_translate("No longer there"), "x"),
    ),
}
"""The verdicts that a card offers: value, label and key. Other cards offer JUDGING."""

JUDGING = (
    ("confirmed", to_translate("Confirm"), "c"),
    ("dismissed", to_translate("Dismiss"), "d"),
    ("threat", to_translate("Threat to life"), "t"),
    ("child", to_translate("Abuse of a child"), "a"),
)


def named(words: Phrases, kind: str, code: str) -> str:
    """Return a code in words, or as it is where there are none.

    >>> named(of("id"), "outcome", "overturned"), named(of("id"), "disguise", "new")
    ('dibatalkan', 'new')
    """
    message = WORDS[kind].get(code)
    return code if message is None else words.gettext(message)


def heading(words: Phrases, counted: Item | CategoryCount) -> str:
    """Return the category of an item or a count, or its kind if it has none."""
    category = words.gettext(category_words(counted.category))
    return category or named(words, "kind", counted.kind).capitalize()


def message_words(words: Phrases, message: Mapping[str, Any]) -> str:
    """Return what somebody decided, in words."""
    if message["type"] == "outcome":
        return named(words, "outcome", message["outcome"]).capitalize()
    chosen = message.get("verdict") or message.get("outcome") or message["type"]
    return named(words, "verdict", str(chosen))


def measure_words(words: Phrases, code: str) -> str:
    """Return a measure as words, by its word in the form or its DSA code."""
    word = next((word for word, known in MEASURES.items() if known == code), code)
    return named(words, "measure", word)


def verdict_choices(words: Phrases, kind: str) -> list[tuple[str, str, str]]:
    """Return the verdicts that a card offers: value, label and key."""
    choices = CHOICES.get(kind, JUDGING)
    return [(value, words.gettext(label), key) for value, label, key in choices]


def measure_choices(words: Phrases) -> list[tuple[str, str, str]]:
    """Return the measures that a card offers: value, label and key."""
    keys = dict(zip(MEASURES, "0rhkyil", strict=True))
    return [(value, measure_words(words, value), key) for value, key in keys.items()]


def age_words(words: Phrases, since: str, now: datetime) -> str:
    """Return how long ago a time was."""
    return words.duration(max(0.0, (now - datetime.fromisoformat(since)).total_seconds() / 3600))


def left_words(words: Phrases, hours: float) -> str:
    """Return how much time is left, or how long a deadline is over."""
    _ = words.gettext
    span = words.duration(abs(hours))
    return _("%(span)s left", span=span) if hours >= 0 else _("%(span)s late", span=span)


TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, phrases: Phrases, **context: object) -> str:
    """Return a page: the template with these values, in the language of the phrases."""
    return environment(phrases.language).get_template(template).render(context) + "\n"


def error_page(phrases: Phrases, status: HTTPStatus, why: str = "") -> str:
    """Return a page that says what went wrong and where to go. It needs no session."""
    return render("error.html", phrases, status=int(status), why=why)


@cache
def environment(language: str) -> Environment:
    """Return the template engine of a language. An unknown name in a template is an error."""
    words = of(language)
    engine = page_engine(TEMPLATES, words, partial(replace_controls, keep="\n"))
    engine.filters["measure_name"] = partial(measure_words, words)
    engine.filters["disguise_name"] = partial(named, words, "disguise")
    kinds = ("kind", "severity", "age", "verdict", "outcome", "contester", "state")
    engine.globals |= {f"{kind}_name": partial(named, words, kind) for kind in kinds}
    engine.globals |= {
        "language_name": words.language_name,
        "number": words.shown,
        "duration": words.duration,
        "heading": partial(heading, words),
        "age_words": partial(age_words, words),
        "left_words": partial(left_words, words),
        "message_name": partial(message_words, words),
        "verdict_choices": partial(verdict_choices, words),
        "measure_choices": partial(measure_choices, words),
        "preserved_until": preserved_until,
        "audit_categories": AUDIT_CATEGORIES,
        "plain": str,
        "ages": tuple(AGES),
        "reaches": tuple(map(str, REACHES)),
        "here": "",
        "wanted": None,
    }
    return engine
