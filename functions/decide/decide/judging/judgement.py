"""The parts that every judgement is made of: steps, refusals, and the journal entry."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import msgspec

from decide.facts import REFERENCES, Facts
from ledger.cases.case import Case, CaseEntry, CaseMove, JournalEntry, case_id
from ledger.cases.messages import BaseCaseMessage
from ledger.cases.refusal import CaseCode, CaseRefusal, EarlierMove
from ledger.cases.transitions import NEW, TRANSITIONS, CaseKind, CaseState, Move
from ledger.clock import utc

KEPT_APART = frozenset({"id", "findings", "finding", "post", "url", "reason"})
"""Fields that the journal leaves out. They are kept in the case, where they can be erased."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A message that is taken: its entry, and what it moves."""

    entry: JournalEntry
    moves: tuple[CaseMove, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One move of one case; `case` is None for one that the message opens."""

    id: str
    case: Case | None
    kind: CaseKind
    move: Move
    closes: bool = False
    excerpt_expires: int | None = None
    forgets: bool = False

    @property
    def outcome(self) -> CaseState | CaseCode:
        """Return what the table of transitions says about it."""
        return TRANSITIONS[self.kind, self.case.state if self.case else NEW][self.move]


def entry_of(message: BaseCaseMessage, facts: Facts, **more: Any) -> JournalEntry:
    """Return the journal entry of a message: its own fields, and `more` from the judge."""
    kind = str(message.__struct_config__.tag)
    fields = _journal_fields(message, facts) | more
    return JournalEntry(
        entry=case_id(kind, facts.provider, message.id),
        type=kind,
        provider=facts.provider,
        at=utc(facts.now),
        **fields,
    )


def _journal_fields(message: BaseCaseMessage, facts: Facts) -> dict[str, Any]:
    """Return the fields that a message gives to its journal entry, under their names there."""
    fields: dict[str, Any] = {}
    for name in message.__struct_fields__:
        value = getattr(message, name)
        if value is None or name in KEPT_APART:
            continue
        if name in REFERENCES:
            fields[name] = facts.id_of(name, value)
        elif name == "keyword":
            fields["keywords"] = (value,)
        else:
            fields[name] = _as_text(value)
    return fields


def _as_text(value: Any) -> Any:
    """Return times, days and codes as text, and everything else as it is."""
    match value:
        case datetime():
            return utc(value)
        case date():
            return value.isoformat()
        case StrEnum():
            return str(value)
        case tuple():
            return tuple(map(_as_text, value))
        case _:
            return value


def refusals_of(steps: Iterable[Step], field: str) -> Iterator[CaseRefusal]:
    """Yield a refusal for each step that the table refuses; `field` names the case."""
    for step in steps:
        code, case = step.outcome, step.case
        if isinstance(code, CaseCode) and case is not None:
            waits_for = case.case if code is CaseCode.OUT_OF_ORDER else ""
            first = _who_was_first(case) if code is CaseCode.DECIDED_ALREADY else None
            yield CaseRefusal(code, field, first=first, waits_for=waits_for)


def unknown(field: str, waits_for: str = "") -> CaseRefusal:
    """Return the refusal of a reference to something unknown, which may still arrive."""
    return CaseRefusal(CaseCode.UNKNOWN, field, waits_for=waits_for)


def earlier_move(entry: JournalEntry) -> EarlierMove:
    """Return the pseudonym, the verdict and the time of an entry."""
    at = entry.decided_at or entry.effected_at or entry.received_at
    return EarlierMove(entry.moderator, entry.verdict or entry.outcome, at)


def taken(
    message: BaseCaseMessage,
    entry: JournalEntry,
    steps: Iterable[Step],
    excerpts: Iterable[CaseMove] = (),
) -> Judgement:
    """Return the judgement that these steps make; `excerpts` are moves of excerpts alone."""
    steps = tuple(steps)
    entry = msgspec.structs.replace(entry, cases=tuple(step.id for step in steps))
    moves = (_move(step, entry, message) for step in steps)
    return Judgement(entry, (*moves, *excerpts))


def _who_was_first(case: Case) -> EarlierMove | None:
    """Return the last move that can be made only once: after a reopening, the one made since."""
    once = (Move.DECIDE, Move.ANSWER, Move.CLOSE)
    entries = [entry.entry for entry in case.entries if entry.move in once]
    return earlier_move(entries[-1]) if entries else None


def _move(step: Step, entry: JournalEntry, message: BaseCaseMessage) -> CaseMove:
    case_entry = CaseEntry(
        number=step.case.next_number if step.case else 1,
        move=step.move,
        state=str(step.outcome),
        entry=entry,
        message=message.id,
        reason=getattr(message, "reason", None) or "",
        post=getattr(message, "post", None) or "",
        url=getattr(message, "url", None) or "",
    )
    return CaseMove(step.id, case_entry, step.closes, step.excerpt_expires, step.forgets)
