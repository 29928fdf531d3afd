"""One request of a moderator: the session, the form, the comfort settings; and the answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from desk.adopting import Adopter
from desk.care import CARE_COOKIE, CareSettings
from desk.moderator import Moderator
from desk.pages.templating import error_page, render
from desk.ports import Desk
from desk.queue import QueueFilter
from desk.session import DeskSession, cookie_of, headers_of
from ledger.cases.pending import PendingDecision
from phrases import LANGUAGES, Phrases, of

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Asking:
    """A request whose session and form were checked."""

    desk: Desk
    session: DeskSession
    form: Mapping[str, list[str]]
    event: Mapping[str, Any]
    sign_out: str
    own_care: CareSettings | None = None
    adopter: Adopter | None = None

    @property
    def moderator(self) -> Moderator:
        """Return who asks."""
        return self.session.moderator

    @cached_property
    def recent(self) -> Sequence[PendingDecision]:
        """Return the moderator's decisions of the last day, read once for each request."""
        return self.desk.recent(self.moderator)

    @property
    def care(self) -> CareSettings:
        """Return the moderator's own settings, from a cookie."""
        return self.own_care or care_of(self.event)

    @property
    def phrases(self) -> Phrases:
        """Return the phrases of the interface's language."""
        return phrases_of(self.event)

    @property
    def language(self) -> str:
        """Return the language of the pages."""
        return language_of(self.event)

    @property
    def query(self) -> Mapping[str, str]:
        """Return the fields of the address."""
        fields: Mapping[str, str] = self.event.get("queryStringParameters") or {}
        return fields

    @property
    def wanted(self) -> QueueFilter:
        """Return the filters of the queue: those of the form, or else of the address."""
        fields = {name: self.field(name) for name in QueueFilter.names()}
        return QueueFilter.parse(fields if self.form else self.query)

    def field(self, name: str) -> str:
        """Return a field of the form, or an empty text."""
        return next(iter(self.form.get(name, ())), "")

    def missing(self) -> Response[str]:
        """Return the answer for items that do not exist or belong to another provider."""
        page = error_page(self.phrases, HTTPStatus.NOT_FOUND)
        return Response(HTTPStatus.NOT_FOUND, HTML, page)

    def page(
        self, template: str, status: HTTPStatus = HTTPStatus.OK, **context: object
    ) -> Response[str]:
        """Return a page with what every page shows."""
        now, last = self.desk.now(), next(iter(self.recent), None)
        text = render(
            template,
            self.phrases,
            moderator=self.moderator,
            token=self.session.token,
            sign_out=self.sign_out,
            care=self.care,
            adopts=self.adopter is not None,
            now=now,
            break_due=self.care.is_break_due(now),
            last=last,
            left_open=last is not None and last.leaves_open,
            **context,
        )
        return Response(status, HTML, text)


def care_of(event: Mapping[str, Any]) -> CareSettings:
    """Return the settings in the cookie of a request."""
    return CareSettings.parse(cookie_of(event, CARE_COOKIE))


def language_of(event: Mapping[str, Any]) -> str:
    """Return the chosen language, else the first one that the browser wants and we have."""
    chosen = care_of(event).language
    wanted = headers_of(event).get("accept-language", "").split(",")
    codes = (part.partition(";")[0].strip()[:2].lower() for part in wanted)
    return next((code for code in (chosen, *codes) if code in LANGUAGES), "en")


def phrases_of(event: Mapping[str, Any]) -> Phrases:
    """Return the phrases of the language that a request wants."""
    return of(language_of(event))


def see(path: str, care: CareSettings | None = None) -> Response[str]:
    """Return a redirect after a form, so that loading the page again repeats nothing."""
    headers: dict[str, str | list[str]] = {"Location": path}
    if care is not None:
        headers["Set-Cookie"] = care.cookie
    return Response(HTTPStatus.SEE_OTHER, HTML, "", headers)
