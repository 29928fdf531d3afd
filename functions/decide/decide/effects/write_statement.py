"""What the statement of reasons of a decision says beside its entry."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from decide.effects.author_notice import Found, page_of
from dsa.statement.meaning import meaning_problems
from dsa.statement.schema import schema_problems
from dsa.statement.statement import MatchedRule, StatementFacts
from ledger.cases.case import CaseEntry


def decided(decision: CaseEntry, found: Sequence[Found], public_url: str) -> StatementFacts:
    """The decision with the rule that its first finding met.

    A notice does not say when its post was published: the day on which it came stands for that.
    """
    entry = decision.entry
    if not found:
        came = entry.about.received_at if entry.about else entry.opened_at
        return StatementFacts(entry, decision.reason, came, "", None)
    first = found[0].finding
    matched = MatchedRule(
        pack=first.pack,
        version=first.version,
        rule=first.rule,
        why=found[0].why,
        legal_ground=found[0].pack.legal_ground.text,
        address=page_of(first, public_url),
        check=first.checks[0].url if first.checks else "",
    )
    # The sender's word on when the post was published: never later than it was found.
    published_at = min(first.published_at, first.found_at)
    return StatementFacts(entry, decision.reason, published_at, first.language or "", matched)


def faults_of(statement: Mapping[str, Any], today: date) -> tuple[str, ...]:
    """What `terang statements lint` would say of a statement, as `puid field code`.

    The category is the pack's by the making, so no packs are asked.
    """
    problems = (*schema_problems(statement), *meaning_problems(statement, {}, today))
    return tuple(f"{statement['puid']} {one.field} {one.code}" for one in problems)
