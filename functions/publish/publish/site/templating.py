"""The template engine of the pages: what every template may call, and how it prints a value."""

import base64
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ledger.untrusted_text import replace_controls
from publish.periods import PeriodKind, day_words, month_words
from publish.site import wording
from publish.summary import NO_ADDRESS

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **context: object) -> str:
    """Return a page: the template with these values, and a last newline."""
    return environment().get_template(template).render(context) + "\n"


@cache
def environment() -> Environment:
    """Return the template engine. A name that a template does not know is an error."""
    engine = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    stylesheet = (TEMPLATES / "page.css").read_text("utf-8")
    # The stylesheet is a file of ours; a policy by digest needs its bytes as they are.
    engine.globals |= {
        "stylesheet": Markup(stylesheet),  # noqa: S704 # nosec B704
        "policy": policy_for(stylesheet),
        "meanings": wording.meanings(),
        "no_address": NO_ADDRESS,
        "check_command": wording.CHECK_COMMAND,
        "day_words": day_words,
        "month_words": month_words,
        "category_words": wording.category_words,
        "counted": wording.counted,
        "case_words": wording.case_words,
        "share_words": wording.share_words,
        "hours_words": wording.hours_words,
        "kinds": PeriodKind,
    }
    return engine


def policy_for(stylesheet: str) -> str:
    """Return the content security policy: this one stylesheet, and no script from anywhere."""
    digest = base64.b64encode(sha256(stylesheet.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def shown(value: object) -> object:
    """Return what a template prints: numbers with separators, texts without control characters.

    >>> shown(12345), shown("a" + chr(27) + "[2J")
    ('12,345', 'a�[2J')
    """
    if isinstance(value, Markup):
        return value
    return f"{value:,}" if isinstance(value, int) else replace_controls(str(value))
