"""The author's notice as it will read, while the moderator can still change the decision."""

from dataclasses import replace
from datetime import datetime

from desk.deciding import DecidingError, DecisionForm, decide
from desk.items import Dossier, OpenFinding, RuleFacts, rule_name
from desk.moderator import Moderator
from dsa.author_notice import NOTICE_LANGUAGES, DecidedFinding, author_notice
from ledger.cases.case import CaseEntry
from ledger.cases.dsa_codes import SourceType
from ledger.cases.entries import entry_of
from ledger.cases.messages import Decision
from ledger.cases.transitions import CaseState, Move
from ledger.clock import utc
from ledger.untrusted_text import is_blank
from phrases import to_translate

UNWRITTEN = "…"
"""The reason in the notice while nothing is written."""


def shown_notices(
    form: DecisionForm,
    dossier: Dossier,
    moderator: Moderator,
    now: datetime,
    language: str,
    territory: tuple[str, ...] = (),
) -> list[tuple[str, str]]:
    """Return the notice of a form's decision as (language, text); empty if it writes none.

    The first is in the language of the post, the second in the moderator's. The notice of a near
    copy differs only in the post. `territory` is the provider's.

    Raises DecidingError if the form decides nothing yet.
    """
    if is_blank(form.reason):
        form = replace(form, reason=UNWRITTEN)
    decision = decide(form, dossier, moderator, now).messages[0]
    if not isinstance(decision, Decision) or decision.measures is None:
        return []
    facts = dict(dossier.rules)
    kept = [each for each in dossier.findings if each.finding.finding in decision.findings]
    found = [_decided(each, facts.get(rule_name(each.finding))) for each in kept]
    answered = [each for each in dossier.notices if each.message == decision.notice]
    entry = _entry(decision, answered, moderator.provider, found, territory)
    author = dossier.item.language[:2].lower()
    wanted = dict.fromkeys(name for name in (author, language) if name in NOTICE_LANGUAGES)
    return [(name, author_notice(name, entry, found, answered)) for name in wanted]


def _decided(each: OpenFinding, facts: RuleFacts | None) -> DecidedFinding:
    if facts is None or facts.pack is None:
        raise DecidingError(to_translate("The words of the rule cannot be read."))
    page = facts.page if facts.page.startswith("http") else ""  # at home, pages are not public
    return DecidedFinding(each.finding, facts.pack, page)


def _entry(
    decision: Decision,
    answered: list[CaseEntry],
    provider: str,
    found: list[DecidedFinding],
    territory: tuple[str, ...],
) -> CaseEntry:
    """Return what decide would record of a decision, as far as the notice reads it."""
    ground = found[0].pack if found else None
    flagged = any(entry.journal_entry.trusted_flagger for entry in answered)
    entry = entry_of(
        decision,
        provider,
        decision.decided_at,
        ground=ground.ground if ground else "",
        ground_text=ground.legal_ground.text if ground else "",
        ground_url=ground.legal_ground.url if ground else "",
        scope=decision.scope or territory,
        source_type=SourceType.TRUSTED_FLAGGER if flagged else "",
        applied_at=utc(decision.applied_at or decision.decided_at),
    )
    return CaseEntry(
        1,
        Move.DECIDE,
        CaseState.STANDING,
        entry,
        decision.id,
        reason=decision.reason or "",
        reason_language=decision.reason_language or "",
    )
