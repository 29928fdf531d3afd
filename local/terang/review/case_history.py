"""The whole history of a case: its own entries, and those of every case that they moved too."""

from collections import deque
from dataclasses import dataclass

from ledger.cases.case import Case, CaseEntry, JournalEntry
from ledger.ports import CaseStore

CASES = 200
"""The largest number of cases that a history follows."""

ORDER = (
    *("notice", "order", "decision", "second_review", "complaint", "dispute"),
    *("outcome", "reinstatement", "correction"),
)
"""The order of entries that were committed within one second."""


@dataclass(frozen=True, slots=True)
class CaseHistory:
    """A case, the related cases that have a finding, and all their entries by time."""

    case: Case
    findings: tuple[Case, ...]
    entries: tuple[CaseEntry, ...]


def case_history(store: CaseStore, case: str) -> CaseHistory | None:
    """Return what happened to a case and to all cases related to it.

    A decision, its findings, the complaints about it and their outcomes are cases of their own.
    They share the entries of the messages that moved them, so each leads to the same history.
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
    return CaseHistory(asked, tuple(one for one in cases if one.finding), tuple(ordered))


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
    """Return the cases that a case's entries moved or name."""
    entries = [one.entry for one in case.entries]
    return [name for one in entries for name in (*one.cases, one.decision, one.follows) if name]


def _when(entry: JournalEntry) -> tuple[str, int]:
    return entry.at, ORDER.index(entry.type) if entry.type in ORDER else len(ORDER)
