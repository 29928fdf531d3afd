"""Bugs in cases: seeds of the scenario with decisions must show them."""

from typing import Any
from weakref import WeakKeyDictionary, WeakSet

import msgspec
import pytest
from greenlet import getcurrent
from simulation.bugs import Bug, Call, Change, at_aws, both, everywhere, handler, method
from simulation.known_bugs.answering import name_no_failure

from decide.effects import Effects
from ledger.aws.case_store import DynamoCases
from ledger.aws.store import DynamoStore
from ledger.cases.case import Case, CaseMarker, counted_once
from ledger.records.identity import digest


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


class _Watched:
    """The last work of each worker, by its greenlet, since workers take turns at any call."""

    def __init__(self) -> None:
        self.message: WeakKeyDictionary[Any, str] = WeakKeyDictionary()
        self.committed: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
        self.looks: WeakKeyDictionary[Any, dict[tuple[str, str], Any]] = WeakKeyDictionary()
        self.looked: WeakSet[Any] = WeakSet()


def _stops_waiting_first(
    original: Call, store: DynamoCases, marker: CaseMarker, entry: Any, moves: Any
) -> bool:
    """A message stops waiting as soon as it is taken, before it has woken others."""
    done = bool(original(store, marker, entry, moves))
    for move in moves if done else ():
        case = store.case(move.case)
        for one in case.waiting if case else ():
            if one.message == marker.message:
                store.end_waiting(move.case, one, expires=1)
    return done


def _one_look() -> Change:
    """After a message began to wait, nothing is read again: the first reads are used."""
    seen = _Watched()
    wait, marker_of = DynamoCases.put_waiting, DynamoCases.case_marker

    def wait_and_stop_looking(self: DynamoCases, *given: Any) -> Any:
        kept = wait(self, *given)
        seen.looked.add(getcurrent())
        return kept

    def looked_once(owner: type, name: str) -> Change:
        def look(original: Call, store: Any, key: str) -> Any:
            looks = seen.looks.setdefault(getcurrent(), {})
            if getcurrent() not in seen.looked or (name, key) not in looks:
                looks[name, key] = original(store, key)
            return looks[name, key]

        return method(owner, name, look)

    def next_message(self: DynamoCases, message: str) -> Any:
        worker = getcurrent()
        if seen.message.get(worker) != message:
            seen.message[worker] = message
            seen.looked.discard(worker)
            seen.looks[worker] = {}
        return None if worker in seen.looked else marker_of(self, message)

    def change(patched: pytest.MonkeyPatch) -> None:
        patched.setattr(DynamoCases, "put_waiting", wait_and_stop_looking)
        patched.setattr(DynamoCases, "case_marker", next_message)

    return both(change, looked_once(DynamoCases, "case"), looked_once(DynamoStore, "marker"))


def _own_waiting_unseen() -> Change:
    """A repeated message does not see that an earlier delivery of it waits."""
    seen = _Watched()
    case, marker_of = DynamoCases.case, DynamoCases.case_marker

    def next_message(self: DynamoCases, message: str) -> Any:
        seen.message[getcurrent()] = message
        return marker_of(self, message)

    def look(self: DynamoCases, name: str) -> Case | None:
        stored = case(self, name)
        if stored is None:
            return None
        message = seen.message.get(getcurrent())
        others = tuple(waiting for waiting in stored.waiting if waiting.message != message)
        return msgspec.structs.replace(stored, waiting=others)

    def change(patched: pytest.MonkeyPatch) -> None:
        patched.setattr(DynamoCases, "case_marker", next_message)
        patched.setattr(DynamoCases, "case", look)

    return change


def _effects_once() -> Change:
    """Only the delivery that committed a message writes its files, and no later one."""
    seen = _Watched()
    commit, apply = DynamoCases.commit_case, Effects.apply

    def remember(self: DynamoCases, marker: Any, *given: Any) -> bool:
        done = commit(self, marker, *given)
        if done:
            seen.committed.setdefault(getcurrent(), set()).add(marker.message)
        return done

    def apply_once(self: Effects, message: Any, provider: str) -> tuple[str, ...]:
        name = digest("message", provider, message.id)
        if name not in seen.committed.get(getcurrent(), ()):
            return ()
        return apply(self, message, provider)

    def change(patched: pytest.MonkeyPatch) -> None:
        patched.setattr(DynamoCases, "commit_case", remember)
        patched.setattr(Effects, "apply", apply_once)

    return change


def _each_counts(found: dict[str, int], group: Any, move: Any) -> dict[str, int]:
    """Every decision of a group counts, as if it were the first."""
    return dict.fromkeys(found, 1)


GROUPS = [Bug("each decision of a group counts", everywhere(counted_once, _each_counts))]

CASES = [
    Bug("the journal's entry is another call",
        at_aws("transact_write_items", _journal_alone), shows=38),
    Bug("who waits is not woken", method(DynamoCases, "case", _nobody_waits)),
    Bug("who is woken waits no more before it has woken others",
        method(DynamoCases, "commit_case", _stops_waiting_first), shows=81),
    Bug("what one waits for is not looked for once more", _one_look(), shows=836),
    Bug("a message that waited is not known when it comes again", _own_waiting_unseen(),
        shows=2386),
    Bug("what follows a decision is written at its first try only", _effects_once(), shows=10),
    Bug("the handler of cases names no failure", handler("decide", name_no_failure), shows=23),
]  # fmt: skip
