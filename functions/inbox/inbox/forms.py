"""The pages `object` and `report`, and what becomes of what people write there.

A number travels in bodies of forms alone. Unknown and known ones are answered in the same shape,
after the same time. Nobody is locked out: with 60 bits, no number is found by guessing.

An objection becomes a complaint, a report a notice. A report's words lie apart, under an end of
their own, for the provider's leads. The same report again on a day is the same report.

Source: Regulation (EU) 2022/2065 (DSA), Art. 16, 20, 21 and 22.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.cases import case_id
from ledger.codes import CATEGORIES, NOT_SPECIFIED_ORDER
from ledger.findings import digest
from ledger.numbers import NumberStep, ReportWords, contested, read_number
from ledger.store import DynamoStore
from ledger.texts import Clock, is_blank, utc
from strangers import RateLimit, Request, RequestError, Secrets, admit, form_pages, page_response

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

SHOWN: dict[str, Any] = {
    "number": "", "steps": None, "may_object": False, "own_form": "", "done": "",
    "abuse": ABUSE, "reportable": REPORTABLE, "most_letters": MOST_LETTERS,
}  # fmt: skip
"""What a page shows before somebody wrote anything."""

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Forms:
    """Answers requests to both pages.

    `send` puts a message into the queue of cases in a provider's name. `pause` waits some seconds.
    """

    store: DynamoStore
    send: Callable[[str, Mapping[str, Any]], None]
    partners: Secrets
    rate_limit: RateLimit
    clock: Clock
    seconds: Callable[[], float]
    pause: Callable[[float], None]

    def take(self, event: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """Return the page for one event of an HTTP API, and how it counts."""
        request, began = Request.of(event), self.seconds()
        page = request.route.rpartition("/")[2]
        if request.method != "POST":
            return self.page(request, page), "opened"
        try:
            self.rate_limit.count(f"{page} {request.address}")
            answer = self._report(request) if page == "report" else self._follow(request)
        except RequestError as error:
            answer = self.page(request, page, error), error.code
        self.pause(max(0.0, began + LEAST_SECONDS - self.seconds()))
        return answer

    def failed(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return the page for a request at which `take` failed."""
        request = Request.of(event)
        return self.page(request, request.route.rpartition("/")[2], RequestError(500, "failed"))

    def page(
        self, request: Request, name: str, error: RequestError | None = None, **values: Any
    ) -> dict[str, Any]:
        """Return a page, with what was typed where that can be read."""
        typed = defaultdict[str, str](str)
        with suppress(RequestError):
            typed |= request.form
        shown = SHOWN | {"typed": typed, "problem": error.code if error else ""} | values
        template = form_pages(TEMPLATES, request.language).get_template(f"{name}.html")
        return page_response(request, template.render(shown), error)

    def _follow(self, request: Request) -> tuple[dict[str, Any], str]:
        """Show how far the case of a number is; if asked to, object to its decision first."""
        number, text = read_number(request.form.get("number", "")), _typed(request, "text")
        steps, now = self.store.steps(number), utc(self.clock.now())
        decided = steps.get("decided")
        provider = self.store.provider(next((step.provider for step in steps.values()), ""))
        own_form = provider.complaint_url if provider else ""
        is_done = bool(own_form or steps.keys() & {"contested", "ended"})
        may_object = bool(decided and now[:10] <= decided.until and not is_done)
        done, error = "looked", None
        if may_object and "object" in request.form:
            done = "no_reason" if is_blank(text) else "objected"
            error = RequestError(400, done) if is_blank(text) else None
        if decided and done == "objected":
            self.send(decided.provider, {
                "type": "complaint", "id": f"objection-{digest('objection', number)}",
                "decision": decided.decision, "by": decided.by, "reason": text, "received_at": now,
            })  # fmt: skip
            steps["contested"], may_object = contested(decided.provider, decided.by, now), False
            self.store.put_step(number, "contested", steps["contested"])
        page = self.page(request, "object", error, number=number, steps=steps, done=done,
                         may_object=may_object, own_form=own_form)  # fmt: skip
        return page, done

    def _report(self, request: Request) -> tuple[dict[str, Any], str]:
        """Take a report, and show its number."""
        url, name, email, flagger, key = (
            _typed(request, field, MOST_IN_LINE)
            for field in ("url", "name", "email", "flagger", "key")
        )
        text, category = _typed(request, "text"), request.form.get("category", "")
        if flagger:
            admit(self.partners, f"{FLAGGER}{flagger}", key)
        now, is_named = utc(self.clock.now()), not is_blank(name) and "@" in email
        found = ((each.provider, each.post_at(url)) for each in self.store.providers())
        own, post = next((pair for pair in found if pair[1]), ("", ""))
        for code, is_wrong in {
            "no_address": not own,
            "no_category": category not in REPORTABLE,
            "no_reason": is_blank(text),
            "no_name": not (is_named or flagger or category == ABUSE),
            "not_true": "true" not in request.form,
        }.items():
            if is_wrong:
                raise RequestError(400, code)
        if not flagger and len(self.store.reports(own, now[:10])) >= MOST_REPORTS:
            raise RequestError(429, "too_many")
        typed = (post, url, category, text, name, email, flagger)
        notice = f"report-{digest('report', own, now[:10], *typed)}"
        case = case_id("notice", own, notice)
        at = self.store.put_report(own, ReportWords(case, now, *typed)).at
        number, step = self.store.number(case), NumberStep(own, at, "notifier")
        self.store.put_step(number, "reported", step)
        kind, is_exact, keyword = category.partition("/")
        self.send(own, {
            "type": "notice", "id": notice, "post": post, "url": url, "received_at": at,
            "category": kind, "trusted_flagger": bool(flagger),
            **({"keyword": keyword} if is_exact else {}),
        })  # fmt: skip
        steps, done = {"reported": step}, "reported"
        return self.page(request, "object", number=number, steps=steps, done=done), done


def _typed(request: Request, name: str, most: int = MOST_LETTERS) -> str:
    """Return a field without blanks around it. Raises RequestError if it is too long."""
    text = request.form.get(name, "").replace("\r\n", "\n").strip()
    if len(text) > most:
        raise RequestError(400, "too_long")
    return text
