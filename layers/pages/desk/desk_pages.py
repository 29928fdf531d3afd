"""The pages of the desk: words for codes and times, and the template engine.

Everything that a stranger wrote is escaped.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache, partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment

from desk.deciding import AUDIT_CATEGORIES, MEASURES
from desk.items import Item, ItemKind
from desk.queue import AGES, REACHES, CategoryCount
from ledger.findings import LEFT_HELD, OPENED
from ledger.texts import replace_controls
from phrases import Phrases, category_words, of, page_engine, to_translate

WORDS: dict[str, dict[str, str]] = {
    "kind": {
        ItemKind.FINDING: to_translate("finding"),
        ItemKind.NOTICE: to_translate("notice"),
        ItemKind.ORDER: to_translate("order"),
        ItemKind.COMPLAINT: to_translate("complaint"),
        ItemKind.SECOND_REVIEW: to_translate("second look"),
        ItemKind.AUDIT: to_translate("audit sample"),
        ItemKind.HELD_RULE: to_translate("held rule"),
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
        "separated": to_translate("letters apart"),
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
    chosen = message.get("verdict") or message.get("outcome")
    return named(words, "verdict", chosen) if chosen else str(message["type"])


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
        "heading": partial(heading, words),
        "age_words": partial(age_words, words),
        "left_words": partial(left_words, words),
        "message_name": partial(message_words, words),
        "verdict_choices": partial(verdict_choices, words),
        "measure_choices": partial(measure_choices, words),
        "audit_categories": AUDIT_CATEGORIES,
        "plain": str,
        "ages": tuple(AGES),
        "reaches": tuple(map(str, REACHES)),
        "here": "",
        "wanted": None,
    }
    return engine
