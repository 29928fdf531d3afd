"""What the statement of reasons of a decision says beside its entry."""

from collections.abc import Sequence

from author_notice import Found, page_of
from dsa.statement import Decided, Matched
from ledger.case_entry import CaseEntry


def decided(decision: CaseEntry, found: Sequence[Found], public_url: str) -> Decided:
    """The decision with the rule that its first finding met.

    A notice does not say when its post was published: the day on which it came stands for that.
    """
    entry = decision.entry
    if not found:
        came = entry.about.received_at if entry.about else entry.opened_at
        return Decided(entry, decision.reason, came, "", None)
    first = found[0].finding
    matched = Matched(
        pack=first.pack,
        version=first.version,
        rule=first.rule,
        why=found[0].pack.why(first.rule),
        legal_ground=found[0].pack.legal_ground.text,
        address=page_of(first, public_url),
    )
    return Decided(entry, decision.reason, first.published_at, first.language or "", matched)
