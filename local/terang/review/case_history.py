"""The whole history of a case: its own entries, and those of every case that they moved too."""

from collections import deque
from dataclasses import dataclass

from ledger.cases.case import Case, CaseEntry, JournalEntry
from ledger.ports import CaseStore

CASES = 200
"""Cases that a history follows at most: decisions, complaints and notices about one post."""

ORDER = (
    *("notice", "order", "decision", "second_review", "complaint", "dispute"),
    *("outcome", "reinstatement", "correction"),
)
"""What comes first of what was committed within one second."""


@dataclass(frozen=True, slots=True)
class History:
    """A case, the cases with a finding among those around it, and all entries by time."""

    case: Case
    findings: tuple[Case, ...]
    entries: tuple[CaseEntry, ...]


def history(store: CaseStore, case: str) -> History | None:
    """What happened to a case and to all that hangs on it: the same from whichever one begins.

    A decision, its findings, complaints about it and their outcomes are cases of their own, which
    share the entries of the messages that moved them together.
    """
    asked = store.case(case)
    if asked is None:
        return None
    cases = _around(store, asked)
    entries: dict[str, CaseEntry] = {}
    for one in cases:
        for entry in one.entries:
            entries.setdefault(entry.entry.entry, entry)
    ordered = sorted(entries.values(), key=lambda entry: _when(entry.entry))
    return History(asked, tuple(one for one in cases if one.finding), tuple(ordered))


def _around(store: CaseStore, asked: Case) -> list[Case]:
    found = {asked.case: asked}
    waiting = deque([asked])
    while waiting and len(found) < CASES:
        for name in _named(waiting.popleft()):
            if name not in found and (case := store.case(name)) is not None:
                found[name] = case
                waiting.append(case)
    return list(found.values())


def _named(case: Case) -> list[str]:
    """The cases that a case's entries moved or speak of."""
    entries = [one.entry for one in case.entries]
    return [name for one in entries for name in (*one.cases, one.decision, one.follows) if name]


def _when(entry: JournalEntry) -> tuple[str, int]:
    return entry.at, ORDER.index(entry.type) if entry.type in ORDER else len(ORDER)
