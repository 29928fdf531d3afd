"""One request of a moderator, and the routes of the queue.

First what a door proves: the session of a request, and that its own page sent a form. Then the
request with its form and comfort settings; then the queue's page, the search and the next item.
"""

import base64
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from desk import Door, Item, Moderator, desk_queue
from desk.deciding import Adopter
from desk.desk_pages import CARE_COOKIE, CareSettings, error_page, render
from desk.table_desk import TableDesk
from desk.trial_desk import RuleState
from ledger.desk_store import DeskSettings, ItemLease, PendingDecision
from phrases import LANGUAGES, Phrases, of, to_translate

HTML = "text/html; charset=utf-8"

FORM_BYTES = 65_536
"""The largest form: a reason has 2,000 code points, an excerpt at most 2,000."""

FORM_FIELDS = 400


@dataclass(frozen=True, slots=True)
class DeskSession:
    """Who sits at the desk in this request, and the token that each form of it must carry.

    The token belongs to the session and cannot be guessed, such as a keyed digest of its id.
    """

    moderator: Moderator
    token: str


class DeskDoor(Protocol):
    """What a door knows: its own address, and who makes a request."""

    @property
    def origin(self) -> str:
        """Return the origin of the pages, such as `https://console.example.org`."""

    @property
    def sign_in(self) -> str:
        """Return the path where somebody without a session is sent; empty without one."""

    @property
    def sign_out(self) -> str:
        """Return the path that a POST signs out at; empty without one."""

    def session(self, event: Mapping[str, Any]) -> DeskSession | None:
        """Return the session of a request, from its cookies; None without one in force."""


def headers_of(event: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of an HTTP API's event, by their names in lower case."""
    return {name.lower(): value for name, value in (event.get("headers") or {}).items()}


def cookie_of(event: Mapping[str, Any], name: str) -> str:
    """Return the value of a cookie of an HTTP API's event; empty without one, or with two.

    >>> cookie_of({"cookies": ["a=1", "b=2"]}, "b"), cookie_of({"cookies": ["a=1", "a=2"]}, "a")
    ('2', '')
    """
    pairs = (cookie.partition("=") for cookie in event.get("cookies") or ())
    values = [value for given, _, value in pairs if given.strip() == name]
    return values[0] if len(values) == 1 else ""


def body_of(event: Mapping[str, Any]) -> str:
    """Return the body of an HTTP API's event as text."""
    body: str = event.get("body") or ""
    if event.get("isBase64Encoded"):
        return base64.b64decode(body).decode("utf-8", "replace")
    return body


class FormError(Exception):
    """A form that is not ours, is broken, or is too large. Nothing of it was done."""


def read_form(event: Mapping[str, Any], session: DeskSession, origin: str) -> dict[str, list[str]]:
    """Return the fields of a form that this session's own page sent. Raises FormError.

    Source: OWASP ASVS 5.0, 3.5.1 (cross-site requests): a token in the form, and the Origin that a
    browser sends with each POST.
    """
    headers, body = headers_of(event), body_of(event)
    if headers.get("origin") != origin or headers.get("sec-fetch-site", "same-origin") != (
        "same-origin"
    ):
        raise FormError(to_translate("The form came from another page."))
    if len(body) > FORM_BYTES:
        raise FormError(to_translate("The form is too long."))
    kind = headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/x-www-form-urlencoded":
        raise FormError(to_translate("The form has another type."))
    try:
        form = parse_qs(body, keep_blank_values=True, errors="strict", max_num_fields=FORM_FIELDS)
    except ValueError:
        raise FormError(to_translate("The form cannot be read.")) from None
    token = form.pop("token", [""])[0]
    if not hmac.compare_digest(token.encode(), session.token.encode()):
        raise FormError(to_translate("The page is older than this session. Load it again."))
    return form


@dataclass(frozen=True)
class Asking:
    """A request whose session and form were checked."""

    desk: TableDesk
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

    @cached_property
    def settings(self) -> DeskSettings:
        """Return what a lead chose for the desk, read once for each request."""
        return self.desk.settings(self.moderator)

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
        return self.phrases.language

    @property
    def query(self) -> Mapping[str, str]:
        """Return the fields of the address."""
        fields: Mapping[str, str] = self.event.get("queryStringParameters") or {}
        return fields

    @property
    def wanted(self) -> desk_queue.QueueFilter:
        """Return the filters of the queue: those of the form, or else of the address."""
        if not self.form:
            return desk_queue.QueueFilter.parse({**self.query, "text": ""})
        return desk_queue.QueueFilter.parse(
            {name: self.field(name) for name in desk_queue.QueueFilter._fields}
        )

    def waiting(self) -> list[Item]:
        """Return the items that fit the filters and the search, in the moderator's order."""
        desk, moderator, wanted, now = self.desk, self.moderator, self.wanted, self.desk.now()
        mine = partial(
            desk_queue.is_addressed, moderator=moderator, addressees=self.settings.escalate_to
        )
        items = [item for item in desk.items(moderator) if mine(item) and wanted.wants(item, now)]
        if wanted.text:
            found = desk.search(moderator, wanted.text)
            items = [item for item in items if item.key in found]
        is_new, at_home = desk.is_new(moderator), moderator.door is Door.FILE
        return desk_queue.ordered(items, now, wanted.sort, at_home=at_home, first_day=is_new)

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


def phrases_of(event: Mapping[str, Any]) -> Phrases:
    """Return the phrases of the chosen language, else of the first wanted one that we have."""
    chosen = care_of(event).language
    wanted = headers_of(event).get("accept-language", "").split(",")
    codes = (part.partition(";")[0].strip()[:2].lower() for part in wanted)
    return of(next((code for code in (chosen, *codes) if code in LANGUAGES), "en"))


def see(path: str, care: CareSettings | None = None) -> Response[str]:
    """Return a redirect after a form, so that loading the page again repeats nothing."""
    headers: dict[str, str | list[str]] = {"Location": path}
    if care is not None:
        headers["Set-Cookie"] = care.cookie
    return Response(HTTPStatus.SEE_OTHER, HTML, "", headers)


def go(asking: Asking, path: str, care: CareSettings | None = None) -> Response[str]:
    """Return a redirect to a page of the queue. A search goes along in its form, in no address.

    With status 307 a browser sends the same form to the next page, which reads only its filters.
    """
    answer = see(with_filter(path, asking.wanted), care)
    if asking.wanted.text:
        answer.status_code = HTTPStatus.TEMPORARY_REDIRECT
    return answer


LEASE_MINUTES = 10
ESCALATION_MINUTES = 24 * 60
"""How long an escalated case stays with who took it: it needs calls outside the desk."""
STATIC = Path(__file__).parent / "static"
TYPES = {"desk.css": "text/css; charset=utf-8", "desk.js": "text/javascript; charset=utf-8"}

router = Router()  # type: ignore[no-untyped-call]

type Route = Callable[..., Response[str]]


def on(method: str, path: str) -> Callable[[Route], Route]:
    """Register what answers a request. It gets the `Asking`, and the parts of the path."""

    def register(answer: Route) -> Route:
        def route(**parts: str) -> Response[str]:
            return answer(router.context["asking"], **parts)

        router.route(path, method)(route)
        return answer

    return register


def on_card(method: str, path: str = "") -> Callable[[Route], Route]:
    """Register what answers a request about a card. It gets the `Asking`, and the dossier."""

    def register(answer: Route) -> Route:
        @on(method, f"/card/<key>{path}")
        def route(asking: Asking, key: str) -> Response[str]:
            dossier = asking.desk.dossier(asking.moderator, key)
            return asking.missing() if dossier is None else answer(asking, dossier)

        return answer

    return register


def static_file(name: str) -> dict[str, Any]:
    """Return the stylesheet or the script, which hold nothing secret and are kept five minutes."""
    if name not in TYPES:
        return {"statusCode": 404, "headers": {}, "body": ""}
    body = (STATIC / name).read_text("utf-8")
    headers = {"Content-Type": TYPES[name], "Cache-Control": "private, max-age=300"}
    return {"statusCode": 200, "headers": headers, "body": body}


@on("POST", "/next")
def go_to_next(asking: Asking) -> Response[str]:
    """Lease the next free item that fits the filters, and go to its card."""
    return go(asking, next_path(asking))


@on("POST", "/leave")
def leave(asking: Asking) -> Response[str]:
    """Say good-bye at a door that ends the session here."""
    return asking.page("left.html") if asking.sign_out == "/leave" else asking.missing()


def next_path(asking: Asking) -> str:
    """Lease the next item and return the path of its card; the queue's where nothing is free.

    What the moderator skipped or escalated today comes last.
    """
    desk, moderator, now = asking.desk, asking.moderator, asking.desk.now()
    items = asking.waiting()
    leases = dict(desk.leases(moderator))
    left = (each for each in asking.recent if each.leaves_open)
    skipped = frozenset(key for each in left for key in each.items)
    while item := desk_queue.next_item(
        items, leases, moderator, spare_severe=asking.care.spares_severe(now), skipped=skipped
    ):
        lease = take(asking, item)
        if lease.moderator == moderator.name:
            return card_path(item.key)
        leases[item.key] = lease  # a colleague was quicker
    return "/"


def take(asking: Asking, item: Item) -> ItemLease:
    """Lease an item to the moderator. Return the lease in force, or a colleague's."""
    minutes = ESCALATION_MINUTES if item.escalation else LEASE_MINUTES
    until = asking.desk.now() + timedelta(minutes=minutes)
    return asking.desk.lease(asking.moderator, item.key, until)


def card_path(key: str) -> str:
    """Return the path of an item's card, of a rule's page or of an order."""
    return f"/{key}" if "/" in key else f"/card/{key}"


def with_filter(path: str, wanted: desk_queue.QueueFilter) -> str:
    """Return a path with the filters as its query."""
    return f"{path}?{wanted.query}" if wanted.query else path


@on("POST", "/")
def filter_queue(asking: Asking) -> Response[str]:
    """Show what fits the filters and a text. Without a text, the filters become the address."""
    wanted = asking.wanted
    return queue_page(asking) if wanted.text else see(with_filter("/", wanted))


@on("GET", "/")
def queue_page(asking: Asking) -> Response[str]:
    """Return the page of the queue."""
    desk, moderator, wanted, now = asking.desk, asking.moderator, asking.wanted, asking.desk.now()
    everything, items = desk.items(moderator), asking.waiting()
    leases = desk.leases(moderator)
    page = asking.field("page") or asking.query.get("page", "1")
    number = int(page) if page.isdecimal() and len(page) < 6 and int(page) else 1
    first = (number - 1) * desk_queue.PAGE_ITEMS
    return asking.page(
        "queue.html",
        here="queue",
        wanted=wanted,
        rows=[
            {
                "item": item,
                "path": with_filter(card_path(item.key), wanted),
                "left": desk_queue.hours_left(item, now),
                "lease": leases.get(item.key),
                "may_take": desk_queue.may_take(item, moderator),
            }
            for item in items[first : first + desk_queue.PAGE_ITEMS]
        ],
        ready=[view for view in desk.rules(moderator) if view.state is RuleState.MAY_GO_LIVE],
        total=len(items),
        everything=len(everything),
        others=sum(
            not desk_queue.is_addressed(item, moderator, asking.settings.escalate_to)
            for item in everything
        ),
        addressees=", ".join(asking.settings.escalate_to),
        categories=desk_queue.category_counts(items),
        choices=desk_queue.filter_choices(everything),
        page=number,
        pages=max(1, -(-len(items) // desk_queue.PAGE_ITEMS)),
    )
