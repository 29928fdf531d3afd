"""Words for codes and times, in the language of the page.

The template engine of the pages: everything that a stranger wrote is escaped.
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
from phrases import Phrases, of
from phrases.phrases import category_words, page_engine


def kind_words(words: Phrases, kind: str) -> str:
    """Return the name of a kind of item."""
    _ = words.gettext
    return {
        ItemKind.FINDING: _("finding"),
        ItemKind.NOTICE: _("notice"),
        ItemKind.ORDER: _("order"),
        ItemKind.COMPLAINT: _("complaint"),
        ItemKind.SECOND_REVIEW: _("second look"),
        ItemKind.AUDIT: _("audit sample"),
        ItemKind.HELD_RULE: _("held rule"),
        ItemKind.GOLDEN: _("training"),
    }[ItemKind(kind)]


def heading(words: Phrases, counted: Item | CategoryCount) -> str:
    """Return the category of an item or a count, or its kind if it has none."""
    category = words.gettext(category_words(counted.category))
    return category or kind_words(words, counted.kind).capitalize()


def severity_words(words: Phrases, severity: str) -> str:
    """Return a severity as a word of its language."""
    _ = words.gettext
    return {"high": _("high"), "medium": _("medium"), "low": _("low")}.get(severity, severity)


def age_filter_words(words: Phrases, age: str) -> str:
    """Return a choice of the filter by age."""
    _ = words.gettext
    return {"hour": _("an hour"), "day": _("a day"), "week": _("a week")}[age]


def disguise_words(words: Phrases, kind: str) -> str:
    """Return how a term was disguised, in words; a kind that is not known as it is."""
    _ = words.gettext
    return {
        "accent": _("accents"),
        "foreign": _("letters of another script"),
        "han": _("other Han spelling"),
        "invisible": _("characters that show nothing"),
        "leet": _("digits and signs for letters"),
        "lookalike": _("letters that look the same"),
        "masked": _("stars for letters"),
        "padded": _("digits after the word"),
        "repeated": _("repeated letters"),
        "separated": _("letters apart"),
        "sound": _("letters that sound the same"),
        "style": _("letters in dress"),
        "vowel-mark": _("vowel marks"),
        "width": _("wide letters"),
    }.get(kind, kind)


def verdict_words(words: Phrases, verdict: str) -> str:
    """Return a verdict, or the answer to an order, as a word of its language."""
    _ = words.gettext
    return {
        "confirmed": _("Confirmed"),
        "dismissed": _("Dismissed"),
        "escalated": _("Escalated"),
        "skipped": _("Skipped"),
        "violating": _("Violating"),
        "not_violating": _("Not violating"),
        "gone": _("Gone"),
        OPENED: _("Opened"),
        LEFT_HELD: _("Left held"),
        "complied": _("Followed"),
        "contested": _("Contested"),
        "refused": _("Not followed"),
        "impossible": _("Impossible"),
    }.get(verdict, verdict)


def outcome_words(words: Phrases, outcome: str) -> str:
    """Return how a contested decision ended, in words.

    >>> from phrases import of
    >>> outcome_words(of("id"), "overturned"), outcome_words(of("id"), "upheld")
    ('dibatalkan', 'dipertahankan')
    """
    _ = words.gettext
    return {
        "upheld": _("upheld"),
        "reversed": _("reversed"),
        "partly_reversed": _("partly reversed"),
        "omitted": _("not decided"),
        "overturned": _("overturned"),
    }.get(outcome, outcome)


def contester_words(words: Phrases, by: str) -> str:
    """Return who complained; empty for a body out of court, which has a name."""
    _ = words.gettext
    return {"author": _("the author"), "notifier": _("who reported the post")}.get(by, "")


def state_words(words: Phrases, state: str) -> str:
    """Return how far a decision has come, in words."""
    _ = words.gettext
    return {
        "pending": _("can be undone"),
        "undone": _("taken back"),
        "sent": _("final"),
        "taken": _("recorded"),
        "waiting": _("waits for another message"),
        "refused": _("refused"),
    }[state]


def message_words(words: Phrases, message: Mapping[str, Any]) -> str:
    """Return what somebody decided, in words."""
    if message["type"] == "outcome":
        return outcome_words(words, message["outcome"]).capitalize()
    chosen = message.get("verdict") or message.get("outcome")
    return verdict_words(words, chosen) if chosen else str(message["type"])


def measure_words(words: Phrases, code: str) -> str:
    """Return a measure as words, by its word in the form or its DSA code."""
    _ = words.gettext
    named = {
        "none": _("nothing"),
        "removed": _("removed"),
        "disabled": _("hidden from everyone"),
        "demoted": _("shown less"),
        "age": _("adults only"),
        "interaction": _("no answers or shares"),
        "labelled": _("labelled"),
    }
    word = next((word for word, known in MEASURES.items() if known == code), code)
    return named.get(word, word)


def verdict_choices(words: Phrases, kind: str) -> list[tuple[str, str, str]]:
    """Return the verdicts that a card offers: value, label and key."""
    _ = words.gettext
    if kind == ItemKind.COMPLAINT:
        return [
            ("upheld", _("The decision was right"), "c"),
            ("reversed", _("The decision was wrong"), "d"),
            ("partly_reversed", _("The measure went too far"), "p"),
            ("omitted", _("Not decided"), "x"),
        ]
    if kind == ItemKind.ORDER:
        keys = {"complied": "c", "refused": "d", "contested": "x", "impossible": "i"}
        return [(value, verdict_words(words, value), key) for value, key in keys.items()]
    if kind == ItemKind.HELD_RULE:
        return [
            (OPENED, _("The findings are right: open them"), "c"),
            (LEFT_HELD, _("Leave them held"), "d"),
        ]
    if kind == ItemKind.AUDIT:
        return [
            ("violating", _("Against the rules"), "v"),
            ("not_violating", _("In order"), "d"),
            ("gone", _("No longer there"), "x"),
        ]
    return [
        ("confirmed", _("Confirm"), "c"),
        ("dismissed", _("Dismiss"), "d"),
        ("threat", _("Threat to life"), "t"),
        ("child", _("Abuse of a child"), "a"),
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
    engine.filters["disguise_name"] = partial(disguise_words, words)
    engine.globals |= {
        "language_name": words.language_name,
        "day": words.day,
        "number": words.shown,
        "decimal": words.decimal,
        "share": words.share,
        "category_words": lambda category: words.gettext(category_words(category)),
        "heading": partial(heading, words),
        "kind_name": partial(kind_words, words),
        "age_words": partial(age_words, words),
        "left_words": partial(left_words, words),
        "severity_name": partial(severity_words, words),
        "age_name": partial(age_filter_words, words),
        "verdict_name": partial(verdict_words, words),
        "outcome_name": partial(outcome_words, words),
        "contester_name": partial(contester_words, words),
        "state_name": partial(state_words, words),
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
