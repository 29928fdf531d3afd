"""What a judge says: the entry and the moves of a message that is taken, or why it is not."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from decide.facts import Facts
from decide.judging.entry_fields import entry_fields
from ledger.cases.case import Case, CaseEntry, CaseMove, JournalEntry, case_id
from ledger.cases.messages import BaseCaseMessage
from ledger.cases.refusal import CaseCode, CaseRefusal, EarlierMove
from ledger.cases.transitions import NEW, TRANSITIONS, CaseKind, CaseState, Move
from ledger.clock import utc


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
        """What the table says of it."""
        return TRANSITIONS[self.kind, self.case.state if self.case else NEW][self.move]


def entry_of(message: BaseCaseMessage, facts: Facts, **more: Any) -> JournalEntry:
    """The journal entry of a message, with what the judge adds to the message's own fields."""
    kind = str(message.__struct_config__.tag)
    fields = entry_fields(message, facts) | more
    return JournalEntry(
        entry=case_id(kind, facts.provider, message.id),
        type=kind,
        provider=facts.provider,
        at=utc(facts.now),
        **fields,
    )


def refusals_of(steps: Iterable[Step], field: str) -> Iterator[CaseRefusal]:
    """Why the table refuses a step; `field` is the message's that names the case."""
    for step in steps:
        code, case = step.outcome, step.case
        if isinstance(code, CaseCode) and case is not None:
            waits = case.case if code is CaseCode.OUT_OF_ORDER else ""
            first = who_was_first(case) if code is CaseCode.DECIDED_ALREADY else None
            yield CaseRefusal(code, field, first=first, waits_for=waits)


def unknown(field: str, waits_for: str = "") -> CaseRefusal:
    """What the message refers to is not here; another message may still bring it."""
    return CaseRefusal(CaseCode.UNKNOWN, field, waits_for=waits_for)


def who_was_first(case: Case) -> EarlierMove | None:
    """Who made the move that can be made once; after a case was opened again, who did it since."""
    once = (Move.DECIDE, Move.ANSWER, Move.CLOSE)
    made = [one.entry for one in case.entries if one.move in once]
    return first_of(made[-1]) if made else None


def first_of(entry: JournalEntry) -> EarlierMove:
    """The pseudonym, the verdict and the time of an entry."""
    at = entry.decided_at or entry.effected_at or entry.received_at
    return EarlierMove(entry.moderator, entry.verdict or entry.outcome, at)


def taken(
    message: BaseCaseMessage,
    entry: JournalEntry,
    steps: Iterable[Step],
    excerpts: Iterable[CaseMove] = (),
) -> Judgement:
    """The judgement that these steps make; `excerpts` are moves of excerpts alone."""
    steps = tuple(steps)
    entry = msgspec.structs.replace(entry, cases=tuple(step.id for step in steps))
    moves = (_move(step, entry, message) for step in steps)
    return Judgement(entry, (*moves, *excerpts))


def _move(step: Step, entry: JournalEntry, message: BaseCaseMessage) -> CaseMove:
    made = CaseEntry(
        number=step.case.next_number if step.case else 1,
        move=step.move,
        state=str(step.outcome),
        entry=entry,
        message=message.id,
        reason=getattr(message, "reason", None) or "",
        post=getattr(message, "post", None) or "",
        url=getattr(message, "url", None) or "",
    )
    return CaseMove(step.id, made, step.closes, step.excerpt_expires, step.forgets)
