"""The routes of the settings, the training, the lead's page, and the editor of examples."""

from dataclasses import replace
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from desk.adopting import AdoptionResult, masked, read_adoption
from desk.care import BREAK_MINUTES, SEVERE_IN_A_ROW
from desk.deciding import DecidingError
from desk.items import Dossier, ItemKind
from desk.quality import agreement
from desk.queue import category_counts
from desk.reasons import SHIPPED, ReasonError, read_reasons, reason_lines
from desk.routes.asking import Asking, see
from ledger.records.identity import digest
from phrases import LANGUAGES, NAMES

TRAINING_CARDS = 12
"""Cards for training that a moderator gets on one day."""

router = Router()  # type: ignore[no-untyped-call]


@router.get("/settings")
def settings() -> Response[str]:
    """Show the settings of this browser."""
    asking: Asking = router.context["asking"]
    return asking.page(
        "settings.html",
        here="settings",
        languages=NAMES,
        break_minutes=BREAK_MINUTES,
        severe_in_a_row=SEVERE_IN_A_ROW,
    )


@router.post("/settings")
def save_settings() -> Response[str]:
    """Keep the settings in a cookie."""
    asking: Asking = router.context["asking"]
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


@router.post("/settings/break")
def take_break() -> Response[str]:
    """Begin a new sitting after a break."""
    asking: Asking = router.context["asking"]
    return see("/", asking.care.after_break())


@router.get("/training")
def training() -> Response[str]:
    """Show the cards whose answer is known."""
    asking: Asking = router.context["asking"]
    return training_page(asking)


@router.get("/lead")
def lead() -> Response[str]:
    """Show how decisions hold, to leads."""
    asking: Asking = router.context["asking"]
    return lead_page(asking) if asking.moderator.may_lead else asking.missing()


@router.post("/lead/reasons")
def save_reasons() -> Response[str]:
    """Replace the provider's canned reasons."""
    asking: Asking = router.context["asking"]
    if not asking.moderator.may_lead:
        return asking.missing()
    lines = asking.field("reasons")
    try:
        reasons = read_reasons(lines)
    except ReasonError as error:
        return lead_page(asking, lines, asking.phrases.gettext("Line %(line)s cannot be read.",
                                                               line=error.line))  # fmt: skip
    asking.desk.put_reasons(asking.moderator, reasons)
    return see("/lead")


def lead_page(asking: Asking, lines: str = "", problem: str = "") -> Response[str]:
    """Return the lead's page; lines that cannot be read stay in the form."""
    desk, moderator = asking.desk, asking.moderator
    quality = desk.quality(moderator)
    status = HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK
    return asking.page(
        "lead.html",
        status,
        here="lead",
        quality=quality,
        agreement=agreement(quality.pairs),
        categories=category_counts(desk.items(moderator)),
        lines=lines or reason_lines(desk.reasons(moderator) or SHIPPED),
        problem=problem,
    )


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


@router.get("/card/<key>/adopt")
def adopt(key: str) -> Response[str]:
    """Show the editor, with the post's words masked."""
    asking: Asking = router.context["asking"]
    dossier = asking.desk.dossier(asking.moderator, key)
    if dossier is None or asking.adopter is None:
        return asking.missing()
    is_missed = dossier.item.kind is ItemKind.AUDIT  # else it is a wrong hit
    kind = "match" if is_missed else "ignore"
    return _editor(asking, dossier, masked(dossier.excerpt), kind=kind)


@router.post("/card/<key>/adopt")
def try_adoption(key: str) -> Response[str]:
    """Show what the tools for packs say about the example, and the patch. Nothing is written."""
    asking: Asking = router.context["asking"]
    dossier = asking.desk.dossier(asking.moderator, key)
    if dossier is None or asking.adopter is None:
        return asking.missing()
    text, rule, kind = (asking.field(name) for name in ("text", "for_rule", "example"))
    try:
        adoption = read_adoption(rule, kind, text, dossier.excerpt)
    except DecidingError as error:
        problem = asking.phrases.gettext(str(error))
        return _editor(asking, dossier, text, rule, kind, problem=problem)
    result = asking.adopter.adopted(adoption)
    if result is None:
        problem = asking.phrases.gettext("The packs here have no such rule.")
        return _editor(asking, dossier, text, rule, kind, problem=problem)
    return _editor(asking, dossier, adoption.text, rule, kind, result=result)


def _editor(
    asking: Asking,
    dossier: Dossier,
    text: str,
    rule: str = "",
    kind: str = "ignore",
    problem: str = "",
    result: AdoptionResult | None = None,
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
