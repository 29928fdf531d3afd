"""Bugs in cases: seeds of the scenario with decisions must show them."""

from typing import Any
from weakref import WeakKeyDictionary

import msgspec
import pytest
from greenlet import getcurrent
from simulation.bugs import Bug, Call, Change, at_aws, everywhere, handler, method
from simulation.known_bugs.answering import name_no_failure

from cases.case_store import CaseFiles
from ledger.cases import Case, CaseMarker, JournalEntry, counted_once
from ledger.store import DynamoCases


def _journal_alone(call: Call, TransactItems: Any, **rest: Any) -> Any:  # noqa: N803
    """The entry of the journal is one call, marker and moves are another."""
    first = TransactItems[0].get("Put", {}).get("Item", {}).get("pk", {}).get("S", "")
    if first.startswith("M#"):
        call(TransactItems=[TransactItems[1]], **rest)
        TransactItems = [TransactItems[0], *TransactItems[2:]]  # noqa: N806
    return call(TransactItems=TransactItems, **rest)


def _nobody_waits(original: Call, store: DynamoCases, name: str) -> Case | None:
    case: Case | None = original(store, name)
    return msgspec.structs.replace(case, waiting=()) if case else None


def _stops_waiting_first(original: Call, store: DynamoCases, marker: CaseMarker, entry: Any,
                         moves: Any) -> bool:  # fmt: skip
    """A message stops waiting as soon as it is taken, before it has woken others."""
    done = bool(original(store, marker, entry, moves))
    for move in moves if done else ():
        case = store.case(move.case)
        for one in case.waiting if case else ():
            if one.message == marker.message:
                store.end_waiting(move.case, one, expires=1)
    return done


def _effects_once() -> Change:
    """Only the delivery that committed a message writes its files, and no later one."""
    by_worker: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
    # Workers are greenlets: they take turns at any call.
    commit, write = DynamoCases.commit_case, CaseFiles.write

    def remember(self: DynamoCases, marker: CaseMarker, *given: Any) -> bool:
        done = commit(self, marker, *given)
        if done:
            by_worker.setdefault(getcurrent(), set()).add(marker.entry)
        return done

    def write_once(self: CaseFiles, entry: JournalEntry) -> tuple[str, ...]:
        if entry.entry not in by_worker.get(getcurrent(), ()):
            return ()
        return write(self, entry)

    def change(patched: pytest.MonkeyPatch) -> None:
        patched.setattr(DynamoCases, "commit_case", remember)
        patched.setattr(CaseFiles, "write", write_once)

    return change


def _each_counts(found: dict[str, int], group: Any, move: Any) -> dict[str, int]:
    """Every decision of a group counts, as if it were the first."""
    return dict.fromkeys(found, 1)


GROUPS = [Bug("each decision of a group counts", everywhere(counted_once, _each_counts))]

CASES = [
    Bug("the journal's entry is another call",
        at_aws("transact_write_items", _journal_alone)),
    Bug("who waits is not woken", method(DynamoCases, "case", _nobody_waits)),
    Bug("who is woken waits no more before it has woken others",
        method(DynamoCases, "commit_case", _stops_waiting_first)),
    Bug("what follows a decision is written at its first try only", _effects_once()),
    Bug("the handler of cases names no failure", handler("decide", name_no_failure)),
]  # fmt: skip
