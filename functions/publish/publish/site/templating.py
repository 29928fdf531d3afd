"""The template engine of the pages: what every template may call, and how it prints a value."""

import base64
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

from ledger.untrusted_text import replace_controls
from phrases import LANGUAGES, NAMES, Phrases, of, to_translate
from phrases.categories import category_words
from phrases.markup import page_engine
from publish.periods import PeriodKind
from publish.site import code_words
from publish.summary import NO_ADDRESS

TEMPLATES = Path(__file__).parent / "templates"


def page_path(path: str, language: str) -> str:
    """Return the path of a page in a language: English has no ending of its own.

    >>> page_path("summaries/all/2026-11", "en"), page_path("index", "id")
    ('summaries/all/2026-11.html', 'index.id.html')
    """
    return f"{path}{html_ending(language)}"


def html_ending(language: str) -> str:
    """Return how the pages of a language end."""
    return ".html" if language == "en" else f".{language}.html"


def render(template: str, path: str, language: str, **context: object) -> str:
    """Return a page: the template with the values that it names, and a last newline.

    `path` is the page's path below the public address, without its ending.
    """
    place = {"root": "../" * path.count("/"), "page": path.rpartition("/")[2], "path": path}
    return environment(language).get_template(template).render(place | context) + "\n"


@cache
def environment(language: str = "en") -> Environment:
    """Return the template engine of a language. An unknown name is an error."""
    phrases = of(language)
    engine = page_engine(TEMPLATES, phrases, replace_controls, separators=True)
    stylesheet = (TEMPLATES / "page.css").read_text("utf-8")
    # The stylesheet is a file of ours; a policy by digest needs its bytes as they are.
    engine.globals |= {
        "stylesheet": Markup(stylesheet),  # noqa: S704 # nosec B704
        "policy": policy_for(stylesheet),
        "meanings": code_words.meanings(),
        "no_address": NO_ADDRESS,
        "languages": [(name, NAMES[name], html_ending(name)) for name in LANGUAGES],
        "html": html_ending(language),
        "say": phrases.gettext,  # for messages that come as data: they are escaped
        "gap": phrases.gap,
        "comma": phrases.comma,
        "decimal": phrases.decimal,
        "day_words": phrases.day,
        "month_words": phrases.month,
        "share_words": phrases.share,
        "hours_words": phrases.duration,
        "language_words": _translated(code_words.language_words, phrases),
        "category_words": _translated(category_words, phrases),
        "case_words": _translated(code_words.case_words, phrases),
        "cause_words": _translated(code_words.cause_words, phrases),
        "severities": {
            "low": phrases.gettext(to_translate("low severity")),
            "medium": phrases.gettext(to_translate("medium severity")),
            "high": phrases.gettext(to_translate("high severity")),
        },
        "kinds": PeriodKind,
    }
    engine.filters["say"] = phrases.gettext
    return engine


def policy_for(stylesheet: str) -> str:
    """Return the content security policy: this one stylesheet, and no script from anywhere."""
    digest = base64.b64encode(sha256(stylesheet.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _translated(words: Callable[[str], str], phrases: Phrases) -> Callable[[str], str]:
    return lambda code: phrases.gettext(words(code))
