"""The routes of settings, training, the lead's page and a card; and the application.

The application takes one event and gives one answer. It checks what holds for every request.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache, partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import msgspec
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from cases.case_message import Moderator as ModeratorName
from desk import Dossier, ItemKind, cards, deciding
from desk.asking import (
    HTML,
    Asking,
    DeskDoor,
    FormError,
    card_path,
    go,
    next_path,
    on,
    on_card,
    phrases_of,
    read_form,
    router,
    see,
    static_file,
    take,
)
from desk.desk_pages import BREAK_MINUTES, SEVERE_IN_A_ROW, error_page
from desk.desk_queue import PAGE_ITEMS, category_counts, hours_left, why_not
from desk.history import HistoryFilter, agreement
from desk.order_routes import order_page as order_page  # the routes of both are registered
from desk.rule_routes import rules_page as rules_page
from desk.table_desk import FirstDecision, TableDesk
from ledger.desk_store import DeskSettings
from ledger.findings import digest
from phrases import LANGUAGES, NAMES

TRAINING_CARDS = 12
"""Cards for training that a moderator gets on one day."""


@on("GET", "/settings")
def settings(asking: Asking) -> Response[str]:
    """Show the settings of this browser."""
    return asking.page(
        "settings.html",
        here="settings",
        languages=NAMES,
        break_minutes=BREAK_MINUTES,
        severe_in_a_row=SEVERE_IN_A_ROW,
    )


@on("POST", "/settings")
def save_settings(asking: Asking) -> Response[str]:
    """Keep the settings in a cookie."""
    language = asking.field("language")
    care = replace(
        asking.care,
        language=language if language in LANGUAGES else "",
        blurred=bool(asking.field("blurred")),
        grey=bool(asking.field("grey")),
        keys=bool(asking.field("keys")),
        minutes=_choice(asking.field("minutes"), (0, *BREAK_MINUTES), asking.care.minutes),
        severe_limit=_choice(
            asking.field("severe_limit"), (0, *SEVERE_IN_A_ROW), asking.care.severe_limit
        ),
    )
    return see("/settings", care)


@on("POST", "/settings/break")
def take_break(asking: Asking) -> Response[str]:
    """Begin a new sitting after a break."""
    return see("/", asking.care.after_break())


@on("GET", "/lead")
def lead(asking: Asking) -> Response[str]:
    """Show how decisions hold, to leads."""
    return lead_page(asking) if asking.moderator.may_lead else asking.missing()


@on("POST", "/lead/settings")
def save_desk(asking: Asking) -> Response[str]:
    """Replace what a lead chose for the provider's desk."""
    if not asking.moderator.may_lead:
        return asking.missing()
    _, lines, measure = asking.phrases.gettext, asking.field("reasons"), asking.field("measure")
    typed = DeskSettings(
        measure if measure in deciding.MEASURES else "",
        bool(asking.field("opens_text")),
        tuple(asking.field("escalate_to").split()),
    )
    try:
        msgspec.convert(typed.escalate_to, tuple[ModeratorName, ...])
        reasons = tuple(cards.read_reasons(lines))
    except msgspec.ValidationError:
        problem = _("A pseudonym has letters, digits and ._- alone.")
        return lead_page(asking, lines, problem, typed)
    except cards.ReasonError as error:
        problem = _("Line %(line)s cannot be read.", line=error.line)
        return lead_page(asking, lines, problem, typed)
    kept = () if reasons == cards.SHIPPED else reasons
    asking.desk.put_settings(asking.moderator, msgspec.structs.replace(typed, reasons=kept))
    return see("/lead")


def report_due(today: date) -> tuple[int, date] | None:
    """Return a year and when its report is due, from 60 days before the year's end on.

    The report is published within two months of the period (Implementing Regulation (EU)
    2024/2835). The desk does not know whether it was, so nothing is due from March on.

    >>> report_due(date(2026, 11, 1)), report_due(date(2026, 10, 31))
    ((2026, datetime.date(2027, 2, 28)), None)
    """
    year = today.year - (today.month < 3)
    due = date(year + 1, 3, 1) - timedelta(days=1)
    return (year, due) if date(year, 12, 31) - today <= timedelta(days=60) else None


def lead_page(
    asking: Asking, lines: str = "", problem: str = "", typed: DeskSettings | None = None
) -> Response[str]:
    """Return the lead's page; what was typed and cannot be read stays in the form."""
    desk, moderator = asking.desk, asking.moderator
    quality = desk.quality(moderator)
    status = HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK
    return asking.page(
        "lead.html",
        status,
        here="lead",
        report_due=report_due(desk.now().date()),
        quality=quality,
        agreement=agreement(quality.pairs),
        categories=category_counts(desk.items(moderator)),
        chosen=typed or asking.settings,
        reports=desk.store.reports(moderator.provider)[::-1],
        lines=lines or cards.reason_lines(asking.settings.reasons or cards.SHIPPED),
        problem=problem,
    )


@on("GET", "/training")
def training_page(asking: Asking, **outcome: object) -> Response[str]:
    """Return the page of training, with how the last answer fared."""
    today = asking.desk.now().date().isoformat()
    drawn = sorted(
        asking.desk.goldens(asking.moderator),
        key=lambda golden: digest(today, asking.moderator.name, golden.item.key),
    )
    return asking.page(
        "training.html",
        here="training",
        goldens=[golden.item for golden in drawn[:TRAINING_CARDS]],
        outcome=outcome or None,
    )


def _choice(text: str, choices: tuple[int, ...], default: int) -> int:
    known = {str(choice): choice for choice in choices}
    return known.get(text, default)


@on_card("GET", "/adopt")
def adopt(asking: Asking, dossier: Dossier) -> Response[str]:
    """Show the editor, with the post's words masked."""
    if asking.adopter is None:
        return asking.missing()
    is_missed = dossier.item.kind is ItemKind.AUDIT  # else it is a wrong hit
    kind = "match" if is_missed else "ignore"
    return _editor(asking, dossier, deciding.masked(dossier.excerpt), kind=kind)


@on_card("POST", "/adopt")
def try_example(asking: Asking, dossier: Dossier) -> Response[str]:
    """Show what the tools for packs say about the example, and the patch. Nothing is written."""
    if asking.adopter is None:
        return asking.missing()
    text, rule, kind = (asking.field(name) for name in ("text", "for_rule", "example"))
    try:
        example = deciding.read_example(rule, kind, text, dossier.excerpt)
    except deciding.DecidingError as error:
        problem = asking.phrases.gettext(str(error))
        return _editor(asking, dossier, text, rule, kind, problem=problem)
    result = asking.adopter.adopted(example)
    if result is None:
        problem = asking.phrases.gettext("The packs here have no such rule.")
        return _editor(asking, dossier, text, rule, kind, problem=problem)
    return _editor(asking, dossier, example.text, rule, kind, result=result)


def _editor(
    asking: Asking,
    dossier: Dossier,
    text: str,
    rule: str = "",
    kind: str = "ignore",
    problem: str = "",
    result: deciding.ExampleResult | None = None,
) -> Response[str]:
    rules = asking.adopter.rules() if asking.adopter else []
    own = next((each for each in dossier.item.rules if each in rules), "")
    return asking.page(
        "adopt.html",
        item=dossier.item,
        text=text,
        rules=rules,
        rule=rule or own,
        kind=kind,
        problem=problem,
        result=result,
    )


@on("POST", "/card/<key>/release")
def release(asking: Asking, key: str) -> Response[str]:
    """Give an item back, so that a colleague can take it."""
    asking.desk.release(asking.moderator, key)
    return go(asking, "/")


@on_card("POST", "/decide")
def decide_card(asking: Asking, dossier: Dossier) -> Response[str]:
    """Store the decision as pending, and go to the next card."""
    desk, moderator = asking.desk, asking.moderator
    form, now = _form(asking), desk.now()
    if why_not(dossier.item, moderator, asking.settings.escalate_to):
        return card_page(asking, dossier, form, status=HTTPStatus.FORBIDDEN)
    try:
        deciding.check_opened(form, dossier, demanded=asking.settings.opens_text)
        pending = deciding.decide(form, dossier, moderator, now)
    except deciding.DecidingError as error:
        problem = asking.phrases.gettext(str(error))
        return card_page(asking, dossier, form, problem, status=HTTPStatus.BAD_REQUEST)
    if dossier.item.kind is ItemKind.GOLDEN:
        verdict = deciding.VERDICTS[form.verdict][0].value
        right = verdict == dossier.answer
        why = next((facts.said_in(asking.language)[1] for _, facts in dossier.rules), "")
        return training_page(asking, right=right, answer=dossier.answer, why=why)
    first = desk.store_pending(moderator, pending)
    care = asking.care.after(now, severe=dossier.item.severity == "high")
    asking = replace(asking, own_care=care)  # it reads what is stored now
    stored = next((each for each in asking.recent if each.id == form.id), pending)
    if first is None and not form.chose(pending, stored):  # Back, and another choice
        first = FirstDecision(moderator=moderator.name, decided_at=stored.held_at, stored=stored)
    if first is not None:
        return card_page(asking, dossier, form, first=first, status=HTTPStatus.CONFLICT)
    desk.release(moderator, dossier.item.key)
    return go(asking, next_path(asking), care)


@on_card("POST", "/take")
def take_card(asking: Asking, dossier: Dossier) -> Response[str]:
    """Lease an item: colleagues see who is on it."""
    if not why_not(dossier.item, asking.moderator, asking.settings.escalate_to):
        take(asking, dossier.item)
    return go(asking, card_path(dossier.item.key))


@on_card("POST", "/notice")
def show_notice(asking: Asking, dossier: Dossier) -> Response[str]:
    """Show the author's notice as it will read. Nothing is stored, and the form stays as it is."""
    form, now, notices, problem = _form(asking), asking.desk.now(), None, ""
    try:
        territory = asking.desk.territory(asking.moderator)
        notices = cards.shown_notices(
            form, dossier, asking.moderator, now, asking.language, territory
        )
    except deciding.DecidingError as error:
        problem = asking.phrases.gettext(str(error))
    return card_page(asking, dossier, form, problem, notices=notices)


@on("POST", "/undo/<pending>")
def undo(asking: Asking, pending: str) -> Response[str]:
    """Take back a decision that is still pending, and show its card again."""
    own = {each.id: each for each in asking.recent}
    if pending not in own:
        return asking.missing()
    if asking.desk.undo(asking.moderator, pending):
        return go(asking, card_path(own[pending].items[0]))
    return see("/history?late=1")


@on("GET", "/history")
def history(asking: Asking) -> Response[str]:
    """Show what the moderator decided, or to a lead the team: the last 90 days, by pages."""
    desk, query = asking.desk, asking.query
    wanted = HistoryFilter(*(query.get(name, "")[:200] for name in HistoryFilter._fields))
    by_team = wanted.whose == "team" and asking.moderator.may_lead
    past = desk.history(asking.moderator, by_team=by_team)
    known = {each.entry.entry for each in past}
    fitting = [each for each in past if wanted.wants(each)]
    page = query.get("page", "")
    first = int(page) - 1 if page.isdecimal() and 0 < len(page) < 6 and int(page) else 0
    return asking.page(
        "history.html",
        here="history",
        pending=[each for each in asking.recent if each.entry not in known],
        past=desk.told(fitting[first * PAGE_ITEMS : (first + 1) * PAGE_ITEMS]),
        total=len(fitting),
        page=first + 1,
        pages=max(1, -(-len(fitting) // PAGE_ITEMS)),
        look=wanted,
        query=urlencode({name: value for name, value in wanted._asdict().items() if value}),
        verdicts=sorted({each.verdict for each in past}),
        rules=sorted({rule for each in past for rule in each.rules}),
        late="late" in query,
        card_path=card_path,
    )


@on_card("POST")
def found_card(asking: Asking, dossier: Dossier) -> Response[str]:
    """Show a card to somebody who searches: nothing of the form counts but filters and text."""
    return card_page(asking, dossier)


@on_card("GET")
def card_page(
    asking: Asking,
    dossier: Dossier,
    form: deciding.DecisionForm | None = None,
    problem: str = "",
    first: FirstDecision | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    notices: Sequence[tuple[str, str]] | None = None,
) -> Response[str]:
    """Return the page of a card. A form that decided nothing keeps everything that was typed."""
    desk, moderator = asking.desk, asking.moderator
    now = desk.now()
    lease = desk.leases(moderator).get(dossier.item.key)
    fresh = deciding.form_id(moderator.name, now, secrets.token_hex(4))
    if form is None:
        form = deciding.DecisionForm(fresh, measure=_offered_measure(asking, dossier))
    elif first is not None and (first.undone or first.stored):
        form = replace(form, id=fresh)
    chosen = asking.settings
    reasons = cards.suggested_reasons(chosen.reasons, dossier, asking.language)
    return asking.page(
        "card.html",
        status,
        card=cards.card_view(dossier, asking.language),
        dossier=dossier,
        item=dossier.item,
        form=form,
        reasons=reasons,
        meaning=partial(cards.in_language, language=asking.language, own=chosen.reasons),
        of_author=desk.of_author(moderator, dossier),
        must_open=deciding.must_open(dossier, demanded=chosen.opens_text),
        wanted=asking.wanted,
        problem=problem,
        first=first,
        lease=lease,
        left=hours_left(dossier.item, now),
        notices=notices,
        taken=lease is not None and lease.moderator != moderator.name,
        ended=desk.ended(moderator, dossier),
        why_not=why_not(dossier.item, moderator, chosen.escalate_to),
    )


def _form(asking: Asking) -> deciding.DecisionForm:
    form = deciding.DecisionForm.parse(asking.form)
    own = asking.settings.reasons
    return replace(form, reason_language=cards.reason_language(own, form.reason))


def _offered_measure(asking: Asking, dossier: Dossier) -> str:
    """Return the measure to offer: a label of a fact-check, the provider's own, or the last one."""
    if any(each.finding.checks for each in dossier.findings):
        return "labelled"
    if measure := asking.settings.measure:
        return measure
    words = {code: word for word, code in deciding.MEASURES.items()}
    for message in (each.messages[0] for each in asking.recent):  # near copies had the same one
        if message["type"] == "decision" and message["verdict"] == "confirmed":
            code = next(iter(message.get("measures", {}).get("visibility", ())), None)
            if code in words:
                return words[code]
    return "none"


SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # `no-referrer` would make browsers send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Sent with every answer; only files of the pages are kept. Source: OWASP ASVS 5.0, 3.4."""


@dataclass(frozen=True, slots=True)
class DeskApplication:
    """Answers events of an HTTP API, one at a time: Powertools keeps the current one."""

    desk: TableDesk
    door: DeskDoor
    adopter: deciding.Adopter | None = None

    def respond(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to an event, always with the security headers."""
        answer = self.secured(self._checked(event))
        cookie = answer["headers"].pop("Set-Cookie", None)  # an answer lists its cookies apart
        cookies = [cookie] if cookie else []
        return answer | {"statusCode": int(answer["statusCode"]), "cookies": cookies}

    def secured(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Return an answer with the security headers. Over HTTPS, browsers are asked to stay."""
        headers = SECURITY_HEADERS | answer.get("headers", {})
        if self.door.origin.startswith("https://"):
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        return answer | {"headers": headers}

    def _checked(self, event: Mapping[str, Any]) -> dict[str, Any]:
        path, method = event["rawPath"], event["requestContext"]["http"]["method"]
        if method == "GET" and path.startswith("/static/"):
            return static_file(path.removeprefix("/static/"))
        session = self.door.session(event)
        if session is None:
            if method == "GET" and self.door.sign_in:
                return {
                    "statusCode": int(HTTPStatus.SEE_OTHER),
                    "headers": {"Location": self.door.sign_in},
                    "body": "",
                }
            return _error(event, HTTPStatus.UNAUTHORIZED)
        form: dict[str, list[str]] = {}
        if method == "POST":
            try:
                form = read_form(event, session, self.door.origin)
            except FormError as error:
                return _error(event, HTTPStatus.FORBIDDEN, str(error))
        app = _resolver()
        asking = Asking(self.desk, session, form, event, self.door.sign_out, adopter=self.adopter)
        app.append_context(asking=asking)  # type: ignore[no-untyped-call]
        return app.resolve(dict(event), LambdaContext())


@cache
def _resolver() -> APIGatewayHttpResolver:
    app = APIGatewayHttpResolver()
    app.include_router(router)

    @app.not_found
    def missing(_: Exception) -> Response[str]:
        asking: Asking = app.context["asking"]
        page = error_page(asking.phrases, HTTPStatus.NOT_FOUND)
        return Response(HTTPStatus.NOT_FOUND, HTML, page)

    return app


def _error(event: Mapping[str, Any], status: HTTPStatus, why: str = "") -> dict[str, Any]:
    words = phrases_of(event)
    page = error_page(words, status, words.gettext(why))
    return {"statusCode": int(status), "headers": {"Content-Type": HTML}, "body": page}
