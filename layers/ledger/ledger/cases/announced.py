"""What a provider hears of a case entry: ids and codes, never what somebody wrote."""

import msgspec

from ledger.cases.case import JournalEntry
from ledger.cases.messages import Measures


class AnnouncedEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that people did about a case, under `entries/` in the provider's bucket.

    The fields are those of the journal's entry. `measures` are the DSA codes of a decision: its
    statement has their ends and the words. Moderators, grounds and reasons are left out.
    """

    entry: str
    type: str
    at: str
    cases: tuple[str, ...] = ()
    decision: str = ""
    complaint: str = ""
    dispute: str = ""
    notice: str = ""
    follows: str = ""
    verdict: str = ""
    escalation: str = ""
    outcome: str = ""
    overturns: bool = False
    measures: tuple[str, ...] = ()
    category: str = ""
    group: str = ""
    day: str = ""
    held_rule: str = ""


def announced_entry(entry: JournalEntry) -> AnnouncedEntry:
    """Return what is announced of an entry."""
    kept = {name: getattr(entry, name) for name in AnnouncedEntry.__struct_fields__}
    return AnnouncedEntry(**kept | {"measures": _codes(entry.measures)})


def _codes(measures: Measures | None) -> tuple[str, ...]:
    if measures is None:
        return ()
    single = (measures.monetary, measures.provision, measures.account)
    return tuple(str(code) for code in (*measures.visibility, *single) if code)
