"""The routes of a card: its page, claiming it, deciding, and taking a decision back."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from desk.cards import card_view
from desk.deciding import MEASURES, VERDICTS, DecidingError, DecisionForm, decide, form_id
from desk.items import Dossier, ItemKind
from desk.notices import shown_notices
from desk.ports import FirstDecision
from desk.queue import hours_left, may_take
from desk.reasons import reason_language, suggested_reasons
from desk.routes.asking import Asking, see
from desk.routes.other_routes import training_page
from desk.routes.queue_routes import CLAIM_MINUTES, card_path, next_path, with_filter
from ledger.cases.messages import Decision, Verdict
from ledger.cases.pending import PendingDecision

router = Router()  # type: ignore[no-untyped-call]


@router.get("/card/<key>")
def card(key: str) -> Response[str]:
    """Show everything about an item, and the form to decide it."""
    asking: Asking = router.context["asking"]
    dossier = asking.desk.dossier(asking.moderator, key)
    if dossier is None:
        return asking.missing()
    return card_page(asking, dossier)


@router.post("/card/<key>/claim")
def claim(key: str) -> Response[str]:
    """Claim an item for ten minutes, or renew the claim."""
    asking: Asking = router.context["asking"]
    dossier = asking.desk.dossier(asking.moderator, key)
    if dossier is None or not may_take(dossier.item, asking.moderator):
        return asking.missing()
    until = asking.desk.now() + timedelta(minutes=CLAIM_MINUTES)
    asking.desk.claim(asking.moderator, key, until)
    return see(card_path(key, asking.wanted))


@router.post("/card/<key>/release")
def release(key: str) -> Response[str]:
    """Give an item back, so that a colleague can take it."""
    asking: Asking = router.context["asking"]
    asking.desk.release(asking.moderator, key)
    return see(with_filter("/", asking.wanted))


@router.post("/card/<key>/decide")
def decide_card(key: str) -> Response[str]:
    """Store the decision as pending, and go to the next card."""
    asking: Asking = router.context["asking"]
    desk, moderator = asking.desk, asking.moderator
    dossier = desk.dossier(moderator, key)
    if dossier is None:
        return asking.missing()
    form, now = _form(asking), desk.now()
    if not may_take(dossier.item, moderator):
        problem = asking.phrases.gettext("Another moderator must decide this.")
        return card_page(asking, dossier, form, problem, status=HTTPStatus.FORBIDDEN)
    try:
        pending = decide(form, dossier, moderator, now)
    except DecidingError as error:
        problem = asking.phrases.gettext(str(error))
        return card_page(asking, dossier, form, problem, status=HTTPStatus.BAD_REQUEST)
    if dossier.item.kind is ItemKind.GOLDEN:
        verdict = VERDICTS[form.verdict][0].value
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
    desk.release(moderator, key)
    return see(next_path(asking), care)


@router.post("/card/<key>/notice")
def show_notice(key: str) -> Response[str]:
    """Show the author's notice as it will read. Nothing is stored, and the form stays as it is."""
    asking: Asking = router.context["asking"]
    dossier = asking.desk.dossier(asking.moderator, key)
    if dossier is None:
        return asking.missing()
    form, now, notices, problem = _form(asking), asking.desk.now(), None, ""
    try:
        territory = asking.desk.territory(asking.moderator)
        notices = shown_notices(form, dossier, asking.moderator, now, asking.language, territory)
    except DecidingError as error:
        problem = asking.phrases.gettext(str(error))
    return card_page(asking, dossier, form, problem, notices=notices)


@router.post("/undo/<pending>")
def undo(pending: str) -> Response[str]:
    """Take back a decision that is still pending, and show its card again."""
    asking: Asking = router.context["asking"]
    own = {each.id: each for each in asking.recent}
    if pending not in own:
        return asking.missing()
    if asking.desk.undo(asking.moderator, pending):
        return see(card_path(own[pending].items[0], asking.wanted))
    return see("/recent?late=1")


@router.get("/recent")
def recent() -> Response[str]:
    """Show the moderator's decisions of the last day and their results."""
    asking: Asking = router.context["asking"]
    return asking.page(
        "recent.html", here="recent", decisions=asking.recent, late="late" in asking.query
    )


def card_page(
    asking: Asking,
    dossier: Dossier,
    form: DecisionForm | None = None,
    problem: str = "",
    first: FirstDecision | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    notices: Sequence[tuple[str, str]] | None = None,
) -> Response[str]:
    """Return the page of a card. A form that decided nothing keeps everything that was typed."""
    desk, moderator = asking.desk, asking.moderator
    now = desk.now()
    claim = desk.claims(moderator).get(dossier.item.key)
    fresh = form_id(moderator.name, now, secrets.token_hex(4))
    if form is None:
        form = DecisionForm(fresh, measure=_last_measure(asking, dossier))
    elif first is not None and (first.undone or first.stored):
        form = replace(form, id=fresh)
    reasons = suggested_reasons(desk.reasons(moderator), dossier, asking.language)
    return asking.page(
        "card.html",
        status,
        card=card_view(dossier, asking.language),
        dossier=dossier,
        item=dossier.item,
        form=form,
        reasons=reasons,
        wanted=asking.wanted,
        problem=problem,
        first=first,
        claim=claim,
        left=hours_left(dossier.item, now),
        notices=notices,
        taken=claim is not None and claim.moderator != moderator.name,
        may_take=may_take(dossier.item, moderator),
        with_filter=with_filter,
    )


def _form(asking: Asking) -> DecisionForm:
    form = DecisionForm.parse(asking.form)
    own = asking.desk.reasons(asking.moderator)
    return replace(form, reason_language=reason_language(own, form.reason))


def _last_measure(asking: Asking, dossier: Dossier) -> str:
    """Return the measure to offer: a label where a fact-check is repeated, else the last one."""
    if any(each.finding.checks for each in dossier.findings):
        return "labelled"
    taken = (_measure_in(pending) for pending in asking.recent)
    return next((measure for measure in taken if measure), "none")


def _measure_in(pending: PendingDecision) -> str:
    """Return the word of the measure that a decision took, or an empty text."""
    for message in pending.messages:
        if isinstance(message, Decision) and message.verdict is Verdict.CONFIRMED:
            taken = message.measures.visibility if message.measures else ()
            code = taken[0] if taken else None
            return next((word for word, known in MEASURES.items() if known == code), "")
    return ""
