"""The pages `object` and `report`, and what becomes of what people write there.

A number travels in bodies of forms alone. Unknown and known ones are answered in the same shape,
after the same time. Nobody is locked out: with 60 bits, no number is found by guessing.

An objection becomes a complaint, a report a notice. A report's words lie apart, under an end of
their own, for the provider's leads. The same report again on a day is the same report.

Source: Regulation (EU) 2022/2065 (DSA), Art. 16, 20, 21 and 22.
"""

import hmac
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment

from ledger.cases import case_id
from ledger.codes import CATEGORIES, NOT_SPECIFIED_ORDER
from ledger.findings import digest
from ledger.numbers import REPORT, NumberStep, ReportWords, contested, read_number
from ledger.store import DynamoStore
from ledger.texts import Clock, is_blank, utc
from phrases import MEASURES, of
from strangers import RateLimit, Request, RequestError, Secrets, form_pages, page_response

MOST_LETTERS = 2_000
"""Letters of an objection or a report."""

MOST_IN_LINE = 500
"""Letters of a name or an address."""

MOST_REPORTS = 200
"""Reports that a provider gets on a day. More must use its own form."""

LEAST_SECONDS = 0.5
"""How long the answer to a form takes at least: longer than what a known number causes."""

FLAGGER = "flagger-"
"""How the ids of partners begin that are trusted flaggers (DSA, Art. 22)."""

ABUSE = "PROTECTION_OF_MINORS/CHILD_SEXUAL_ABUSE_MATERIAL"
"""What may be reported without a name (DSA, Art. 16(2)(c)), as `category/keyword`."""

REPORTABLE = (
    ABUSE,
    *(name for name in CATEGORIES if name not in {"OTHER_VIOLATION_TC", NOT_SPECIFIED_ORDER}),
)
"""What may be reported as illegal; only a breach of terms is none of it."""

NOTHING_SHOWN = {"number": "", "steps": None, "may_object": False, "own_form": "", "done": ""}
"""What the page `object` shows before somebody gives a number."""

_LINES = ("url", "name", "email")
_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+")


@dataclass(frozen=True, slots=True)
class Forms:
    """Answers requests to both pages.

    `send` puts a message into the queue of cases in a provider's name. `flaggers` has the digests
    of partners' secrets. `pause` waits so many seconds.
    """

    store: DynamoStore
    send: Callable[[str, Mapping[str, Any]], None]
    flaggers: Secrets
    rate_limit: RateLimit
    clock: Clock
    seconds: Callable[[], float]
    pause: Callable[[float], None]

    def take(self, event: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """Return the page for one event of an HTTP API, and how it counts."""
        request, began = Request.of(event), self.seconds()
        page = request.route.rpartition("/")[2]
        if request.method != "POST":
            return self.page(request, f"{page}.html"), "opened"
        try:
            self.rate_limit.count(f"{page} {request.address}")
            answer = self._report(request) if page == "report" else self._follow(request)
        except RequestError as error:
            answer = self.page(request, f"{page}.html", error), error.code
        self.pause(max(0.0, began + LEAST_SECONDS - self.seconds()))
        return answer

    def failed(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return the page for a request at which `take` failed."""
        request = Request.of(event)
        name = f"{request.route.rpartition('/')[2]}.html"
        return self.page(request, name, RequestError(500, "failed"))

    def page(
        self, request: Request, name: str, error: RequestError | None = None, **values: Any
    ) -> dict[str, Any]:
        """Return a page, with what was typed where that can be read."""
        typed = defaultdict[str, str](str)
        with suppress(RequestError):
            typed |= request.form
        known = {"typed": typed, "problem": error.code if error else ""} | NOTHING_SHOWN
        template = _pages(request.language).get_template(name)
        return page_response(request, template.render(known | values), error)

    def _follow(self, request: Request) -> tuple[dict[str, Any], str]:
        """Show how far the case of a number is; if asked to, object to its decision first."""
        number, text = read_number(request.form.get("number", "")), _typed(request, "text")
        steps = self.store.steps(number)
        decided = steps.get("decided")
        provider = self.store.provider(next((step.provider for step in steps.values()), ""))
        own_form = provider.complaint_url if provider else ""
        may_object = (
            decided is not None
            and self.clock.now().date().isoformat() <= decided.until
            and not (steps.keys() & {"contested", "ended"} or own_form)
        )
        done, error = "looked", None
        if decided and may_object and "object" in request.form:
            done = "objected" if not is_blank(text) else "no_reason"
            error = RequestError(400, done) if is_blank(text) else None
        if decided and done == "objected":
            at, may_object = utc(self.clock.now()), False
            complaint = {
                "type": "complaint",
                "id": f"objection-{digest('objection', number)}",
                "decision": decided.decision,
                "by": decided.by,
                "reason": text,
                "received_at": at,
            }
            self.send(decided.provider, complaint)
            steps["contested"] = contested(decided.provider, decided.by, at)
            self.store.put_step(number, "contested", steps["contested"])
        page = self.page(request, "object.html", error, done=done, number=number, steps=steps,
                         may_object=may_object, own_form=own_form)  # fmt: skip
        return page, done

    def _report(self, request: Request) -> tuple[dict[str, Any], str]:
        """Take a report, and show its number."""
        url, name, email = (_typed(request, field, MOST_IN_LINE) for field in _LINES)
        text, category = _typed(request, "text"), request.form.get("category", "")
        flagger, day = self._flagger(request.form.get("key", "")), utc(self.clock.now())[:10]
        found = ((each, each.post_at(url)) for each in self.store.providers())
        provider, post = next((pair for pair in found if pair[1]), (None, ""))
        is_named = not is_blank(name) and _EMAIL.fullmatch(email)
        if provider is None:
            raise RequestError(400, "no_address")
        for code, is_wrong in {
            "no_category": category not in REPORTABLE,
            "no_reason": is_blank(text),
            "no_name": not (is_named or flagger or category == ABUSE),
            "not_true": "true" not in request.form,
        }.items():
            if is_wrong:
                raise RequestError(400, code)
        own = provider.provider
        if not flagger and len(self.store.reports(own, day)) >= MOST_REPORTS:
            raise RequestError(429, "too_many")
        notice = REPORT + digest("report", own, day, url, category, text, name, email, flagger)
        case = case_id("notice", own, notice)
        at = utc(self.clock.now())
        words = ReportWords(case, at, url, category, text, name, email, flagger, post)
        words = self.store.put_report(own, words)
        number, step = self.store.number(case), NumberStep(own, words.at, "notifier")
        self.store.put_step(number, "reported", step)
        message = {
            "type": "notice",
            "id": notice,
            "post": post,
            "url": url,
            "category": category.partition("/")[0],
            **({"keyword": category.partition("/")[2]} if "/" in category else {}),
            "trusted_flagger": bool(flagger),
            "received_at": words.at,
        }
        self.send(own, message)
        page = self.page(
            request, "object.html", done="reported", number=number, steps={"reported": step}
        )
        return page, "reported"

    def _flagger(self, key: str) -> str:
        """Return the trusted flagger whose key this is; empty without one.

        Raises RequestError if nobody has it: their report must not lose its priority unseen.
        """
        if not key.strip():
            return ""
        given, found = sha256(key.strip().encode("utf-8", "surrogatepass")).hexdigest(), ""
        for name, known in self.flaggers().items():
            if name.startswith(FLAGGER) and hmac.compare_digest(given, known):
                found = name
        if not found:
            raise RequestError(403, "no_flagger")
        return found


def _typed(request: Request, name: str, most: int = MOST_LETTERS) -> str:
    """Return a field without blanks around it. Raises RequestError if it is too long."""
    text = request.form.get(name, "").replace("\r\n", "\n").strip()
    if len(text) > most:
        raise RequestError(400, "too_long")
    return text


@cache
def _pages(language: str) -> Environment:
    """Return the template engine of a language."""
    words = of(language)
    engine = form_pages(Path(__file__).parent / "templates", language)
    engine.globals |= {
        "abuse": ABUSE,
        "reportable": REPORTABLE,
        "most_letters": MOST_LETTERS,
        "measure_words": lambda codes: words.comma.join(
            words.gettext(MEASURES.get(code, code)) for code in codes
        ),
    }
    return engine
