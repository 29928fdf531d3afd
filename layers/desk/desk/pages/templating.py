"""The template engine of the pages: everything that a stranger wrote is escaped."""

from functools import cache, partial
from http import HTTPStatus
from pathlib import Path

from jinja2 import Environment

from desk.deciding import AUDIT_CATEGORIES
from desk.pages import wording
from desk.queue import AGES, REACHES
from ledger.untrusted_text import replace_controls
from phrases import Phrases, of
from phrases.categories import category_words
from phrases.markup import page_engine

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
    engine.filters["measure_name"] = partial(wording.measure_words, words)
    engine.filters["disguise_name"] = partial(wording.disguise_words, words)
    engine.globals |= {
        "language_name": words.language_name,
        "day": words.day,
        "number": words.shown,
        "decimal": words.decimal,
        "share": words.share,
        "category_words": lambda category: words.gettext(category_words(category)),
        "heading": partial(wording.heading, words),
        "kind_name": partial(wording.kind_words, words),
        "age_words": partial(wording.age_words, words),
        "left_words": partial(wording.left_words, words),
        "severity_name": partial(wording.severity_words, words),
        "age_name": partial(wording.age_filter_words, words),
        "verdict_name": partial(wording.verdict_words, words),
        "outcome_name": partial(wording.outcome_words, words),
        "contester_name": partial(wording.contester_words, words),
        "state_name": partial(wording.state_words, words),
        "message_name": partial(wording.message_words, words),
        "verdict_choices": partial(wording.verdict_choices, words),
        "measure_choices": partial(wording.measure_choices, words),
        "audit_categories": AUDIT_CATEGORIES,
        "plain": str,
        "ages": tuple(AGES),
        "reaches": tuple(map(str, REACHES)),
        "here": "",
        "wanted": None,
    }
    return engine
