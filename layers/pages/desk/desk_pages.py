"""What the pages of the desk show: care for moderators, words for codes, and templates.

Care is what a page hides, when a break is due, and how many severe cards come in a row. Its
settings are the moderator's own comfort, kept in a cookie and nowhere else: nobody reports how long
or how fast somebody reads. In a template, everything that a stranger wrote is escaped.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

from jinja2 import Environment

from desk import Item
from desk.deciding import AUDIT_CATEGORIES, MEASURES
from desk.desk_queue import AGES, REACHES, CategoryCount
from dsa.statement import preserved_until
from ledger.texts import replace_controls
from phrases import Phrases, category_words, of, package_words, page_engine

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


WORDS: dict[str, dict[str, str]] = package_words(Path(__file__).parent)
"""What pages call a code, by what kind of code it is; a body out of court has a name instead.

What the cards of a kind of item offer is under `<kind>_choice`, of all others under `choice`.
"""

CHOICE_KEYS = {"complaint": "cdpx", "order": "cdxi", "held_rule": "cd", "audit": "vdx"}
"""The keys of what a card offers, in its order; those of the other kinds are `cdta`."""


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
    code = message.get("verdict") or message.get("outcome") or message["type"]
    return answer_words(words, str(code))


def answer_words(words: Phrases, code: str) -> str:
    """Return a verdict, an outcome or another answer, in words."""
    kind = "outcome" if code in WORDS["outcome"] else "verdict"
    return named(words, kind, code).capitalize()


def measure_words(words: Phrases, code: str) -> str:
    """Return a measure as words, by its word in the form or its DSA code."""
    word = next((word for word, known in MEASURES.items() if known == code), code)
    return named(words, "measure", word)


def verdict_choices(words: Phrases, kind: str) -> list[tuple[str, str, str]]:
    """Return the verdicts that a card offers: value, label and key."""
    labels = WORDS.get(f"{kind}_choice", WORDS["choice"])
    keys = CHOICE_KEYS.get(kind, "cdta")
    return [
        (value, words.gettext(label), key)
        for (value, label), key in zip(labels.items(), keys, strict=True)
    ]


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
    engine.globals |= {f"{kind}_name": partial(named, words, kind) for kind in WORDS}
    engine.globals |= {
        "language_name": words.language_name,
        "number": words.shown,
        "duration": words.duration,
        "heading": partial(heading, words),
        "age_words": partial(age_words, words),
        "left_words": partial(left_words, words),
        "message_name": partial(message_words, words),
        "answer_name": partial(answer_words, words),
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
