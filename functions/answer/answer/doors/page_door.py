"""The door for people: one page with a form, without a script. The text is never in an address."""

import base64
from dataclasses import dataclass
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jinja2 import Environment
from markupsafe import Markup

from answer import wording
from answer.request import WINDOW_SECONDS, Question, Request, RequestError
from answer.wording import TipAnswer, supported
from claims.feeds.publishers import publishers_in
from ledger.untrusted_text import replace_controls
from phrases import LANGUAGES, NAMES, of
from phrases.markup import page_engine

MOST_FIELDS = 10
MOST_LETTERS = 10_000
"""Letters that the form takes. A body encodes a Chinese one in nine bytes: `%E9%AA%8C`."""

TEMPLATES = Path(__file__).parent / "templates"
STYLE = (TEMPLATES / "ask.css").read_text("utf-8")
_STYLE_DIGEST = base64.b64encode(sha256(STYLE.encode()).digest()).decode()

HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""Sent with every page. Source: OWASP ASVS 5.0, 3.4."""


@dataclass(frozen=True, slots=True)
class PageDoor:
    """Shows the form, and below it what was found."""

    def asker(self, request: Request) -> str:
        """Return the network from which somebody asks."""
        return request.address

    def question(self, request: Request) -> Question | None:
        """Return the text of the form; None if somebody opens the page."""
        if request.method != "POST":
            return None
        return Question(_field(request.body), _language(request))

    def response(
        self, request: Request, outcome: TipAnswer | RequestError | None
    ) -> dict[str, Any]:
        """Return the page, with the text that was asked in its form."""
        error = outcome if isinstance(outcome, RequestError) else None
        answer = outcome if isinstance(outcome, TipAnswer) else None
        later = {"retry-after": str(WINDOW_SECONDS)} if error and error.status == 429 else {}
        if request.headers.get("x-forwarded-proto") == "https":
            later["strict-transport-security"] = "max-age=31536000; includeSubDomains"
        language = _language(request)
        return {
            "statusCode": error.status if error else 200,
            "headers": HEADERS | {"content-language": language} | later,
            "body": _page(language, _asked(request), answer, error),
            "isBase64Encoded": False,
        }


def _language(request: Request) -> str:
    """Return the language that somebody chose, else the first that the browser wants and we have.

    The tags of Accept-Language are read in their order: browsers list the preferred one first.
    """
    wanted = request.headers.get("accept-language", "")[:200].split(",")
    chosen = str(request.query.get("language", ""))
    return supported(chosen, *(tag.partition(";")[0] for tag in wanted))


def _field(body: bytes) -> str:
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise RequestError(400, "no_text") from None
    return next((value for name, value in pairs if name == "text"), "")


def _asked(request: Request) -> str:
    """Return the text of a form, so that nobody loses it; empty if it cannot be read."""
    try:
        return _field(request.body)
    except RequestError:
        return ""


def _page(language: str, text: str, answer: TipAnswer | None, error: RequestError | None) -> str:
    words = of(language)
    return (
        _environment(language)
        .get_template("ask.html")
        .render(
            text=text,
            answer=answer,
            problem=wording.problem_words(words, error.code) if error else "",
            publishers=publishers_in(language),
        )
    )


@cache
def _environment(language: str) -> Environment:
    """Return the template engine of a language: everything that a stranger wrote is escaped."""
    words = of(language)
    engine = page_engine(TEMPLATES, words, partial(replace_controls, keep="\r\n\t"))
    engine.globals |= {
        "languages": {code: NAMES[code] for code in LANGUAGES},
        "style": Markup(STYLE),  # noqa: S704 # nosec B704 - our own file
        "day": words.day,
        "rating": lambda check: wording.rating_words(words, check.rating),
        "old_words": wording.old_words(words),
        "nothing_words": wording.nothing_words(words),
        "advice_words": wording.advice_words(words),
        "most_letters": MOST_LETTERS,
    }
    return engine
