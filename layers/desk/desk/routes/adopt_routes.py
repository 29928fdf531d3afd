"""The routes of the editor in which a moderator writes a public example for a rule."""

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from desk.adopting import AdoptionResult, masked, read_adoption
from desk.deciding import DecidingError
from desk.items import Dossier, ItemKind
from desk.routes.asking import Asking

router = Router()  # type: ignore[no-untyped-call]


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
