"""The routes of the rules page, and of one rule: its trial, its terms, and how it goes live.

All moderators read. Only a lead begins a trial, says that they have read the terms, proposes to
strike some, and lets the rule go live; the last becomes a case message that can be taken back.
"""

import json
import secrets
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus

import msgspec
from aws_lambda_powertools.event_handler import Response

from cases.trials import Adoption
from desk.asking import Asking, Route, on, see
from desk.deciding import DecidingError, form_id, opened_at, pending_of
from desk.trial_desk import RuleState, RuleView, terms_of
from ledger.texts import utc
from phrases import to_translate
from rules.pinned import sentence_of


@on("GET", "/rules")
def rules_page(asking: Asking) -> Response[str]:
    """Show how each rule of the provider runs."""
    views = asking.desk.rules(asking.moderator)
    counts = Counter(view.state for view in views)
    return asking.page("rules.html", here="rules", views=views, counts=counts)


def on_rule(method: str, path: str = "") -> Callable[[Route], Route]:
    """Register what answers a request about a rule. It gets the `Asking`, and the rule's view."""

    def register(answer: Route) -> Route:
        @on(method, f"/rules/<pack>/<rule>{path}")
        def route(asking: Asking, pack: str, rule: str) -> Response[str]:
            views = asking.desk.rules(asking.moderator)
            view = next((view for view in views if view.name == f"{pack}/{rule}"), None)
            may = method == "GET" or asking.moderator.may_lead
            return answer(asking, view) if view and may else asking.missing()

        return answer

    return register


@on_rule("GET")
@on_rule("POST")  # from a search, after an undo
def rule_page(asking: Asking, view: RuleView, problem: str = "", patch: str = "") -> Response[str]:
    """Return the page of a rule."""
    desk, moderator = asking.desk, asking.moderator
    return asking.page(
        "rule.html",
        HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK,
        here="rules",
        view=view,
        terms=desk.trials.terms(moderator.provider, view),
        least=desk.trial_rules.of([view.pack]).least,
        sign_words=lambda term: asking.phrases.gettext(sentence_of(term.strip("{}"))),
        form_id=form_id(moderator.name, desk.now(), secrets.token_hex(4)),
        problem=asking.phrases.gettext(problem),
        patch=patch,
    )


@on_rule("POST", "/begin")
def begin(asking: Asking, view: RuleView) -> Response[str]:
    """Begin the trial of what the rule finds now."""
    if not view.may_be_tried:
        return asking.missing()
    begun = view.begun(asking.moderator.name, asking.desk.now())
    asking.desk.store.put_trial(asking.moderator.provider, begun)
    return see(f"/rules/{view.name}")


@on_rule("POST", "/read")
def read(asking: Asking, view: RuleView) -> Response[str]:
    """Record which lead has read the terms, and when."""
    if view.asked is None:
        return asking.missing()
    name, now = asking.moderator.name, utc(asking.desk.now())
    trial = msgspec.structs.replace(view.asked.trial, read_by=name, read_at=now)
    asking.desk.store.put_trial(asking.moderator.provider, trial)
    return see(f"/rules/{view.name}")


@on_rule("POST", "/strike")
def strike(asking: Asking, view: RuleView) -> Response[str]:
    """Show which terms the pack's owner is asked to strike. Nothing is written."""
    known = {term for _, term, _ in terms_of(view.rule)}
    struck = [term for term in asking.form.get("struck", ()) if term in known]
    if not struck:
        return rule_page(asking, view, to_translate("Choose the terms that you would strike."))
    lines = (f"- {json.dumps(term, ensure_ascii=False)}" for term in struck)
    patch = "\n".join((f"# {view.pack.id}, rule {view.rule.id}: strike", *lines))
    return rule_page(asking, view, patch=patch)


@on_rule("POST", "/adopt")
def adopt_rule(asking: Asking, view: RuleView) -> Response[str]:
    """Let the rule go live here, on the evidence of its trial. It can be taken back for a while."""
    desk, moderator, band = asking.desk, asking.moderator, asking.field("band")
    may = view.state is RuleState.MAY_GO_LIVE and band in view.passed
    if view.asked is None or not may:
        return rule_page(asking, view, to_translate("It may not go live yet."))
    trial, now, form = view.asked.trial, desk.now(), asking.field("id")
    if not trial.read_by:
        return rule_page(asking, view, to_translate("Read the terms first."))
    try:
        opened_at(form, moderator.name, now)
    except DecidingError as error:
        return rule_page(asking, view, str(error))
    message = Adoption(
        id=form,
        rule=view.name,
        version=trial.version,
        band="high" if band == "high" else "all",
        terms_read_by=trial.read_by,
        moderator=moderator.name,
        decided_at=now,
    )
    pending = pending_of(moderator, now, [f"rules/{view.name}"], [message])
    if desk.store_pending(moderator, pending) is not None:
        told = to_translate("A colleague was first, or you took it back. Load the page again.")
        return rule_page(asking, view, told)
    return see(f"/rules/{view.name}")
