"""The input and the output of every judgement: facts, and steps of cases that make an entry."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from ledger.cases import entries
from ledger.cases.case import Case, CaseEntry, CaseMove, JournalEntry, case_id
from ledger.cases.messages import Audit, BaseCaseMessage
from ledger.cases.refusal import CaseCode, CaseRefusal, EarlierMove
from ledger.cases.transitions import NEW, TRANSITIONS, CaseKind, CaseState, Move
from ledger.records.finding import Finding
from ledger.records.flood import FloodQuestion


@dataclass(frozen=True, slots=True)
class PackFacts:
    """The fields that decisions take from a pack; `other` explains the keyword `OTHER`."""

    ground: str = ""
    ground_text: str = ""
    ground_url: str = ""
    keywords: tuple[str, ...] = ()
    other: str = ""


@dataclass(frozen=True, slots=True)
class FirstSent:
    """When a message was first sent, however often it was repeated or delayed afterwards.

    `by_day` means that the clock of a trial gave the moment: only its day is right.
    """

    at: datetime
    by_day: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """All that `judge` knows: the provider, the moment, and the cases that exist, by id.

    `first_sent` bounds the times that the message states. `in_receipts` holds the findings
    that a receipt counts, `packs` the fields of each finding's pack. `sampled` is whether the post
    of an audit was drawn, `question` the question of the flood guard that is answered. `territory`
    is the provider's.
    """

    provider: str
    now: datetime
    first_sent: FirstSent
    cases: Mapping[str, Case] = field(default_factory=dict)
    in_receipts: frozenset[str] = frozenset()
    packs: Mapping[str, PackFacts] = field(default_factory=dict)
    sampled: bool = False
    question: FloodQuestion | None = None
    territory: tuple[str, ...] = ()

    def id_of(self, reference: str, message: str) -> str:
        """Return the id of the case to which a field of a message refers."""
        return case_id(entries.REFERENCES[reference], self.provider, message)

    def finding(self, finding: str) -> Finding | None:
        """Return a finding, if it exists."""
        case = self.cases.get(finding)
        return case.finding if case else None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A message that is taken: its entry, and its moves of cases."""

    entry: JournalEntry
    moves: tuple[CaseMove, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One move of one case; `case` is None if the message opens it."""

    id: str
    case: Case | None
    kind: CaseKind
    move: Move
    closes: bool = False
    excerpt_expires: int | None = None
    forgets: bool = False

    @property
    def outcome(self) -> CaseState | CaseCode:
        """Return the next state, or the code of the refusal, from the table of transitions."""
        return TRANSITIONS[self.kind, self.case.state if self.case else NEW][self.move]


def entry_of(message: BaseCaseMessage, facts: Facts, **more: Any) -> JournalEntry:
    """Return the journal entry of a message: its own fields, and `more` from the judge."""
    return entries.entry_of(message, facts.provider, facts.now, **more)


def refusals_of(steps: Iterable[Step], field: str) -> Iterator[CaseRefusal]:
    """Yield a refusal for each step that the table refuses; `field` names the case."""
    for step in steps:
        code, case = step.outcome, step.case
        if isinstance(code, CaseCode) and case is not None:
            waits_for = case.case if code is CaseCode.OUT_OF_ORDER else ""
            first = _who_was_first(case) if code is CaseCode.DECIDED_ALREADY else None
            yield CaseRefusal(code, field, first=first, waits_for=waits_for)


def unknown(field: str, waits_for: str = "") -> CaseRefusal:
    """Return the refusal of a reference to an unknown case; `waits_for` names one that may come."""
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
    group: Step | None = None,
) -> Acceptance:
    """Return the judgement of these steps.

    `excerpts` change only when excerpts expire. `group` is the step by which a group of decisions
    counts: the message's entry does not list the case of the group, and the entry of that case
    keeps no words.
    """
    steps = tuple(steps)
    entry = msgspec.structs.replace(entry, cases=tuple(step.id for step in steps))
    moves = [_move(step, entry, message) for step in steps]
    if group is not None:
        moves.append(without_words(_move(group, entry, message)))
    return Acceptance(entry, (*moves, *excerpts))


def without_words(move: CaseMove) -> CaseMove:
    """Return a move whose entry keeps no words and no address."""
    if move.entry is None:
        return move
    entry = msgspec.structs.replace(move.entry, reason="", post="", url="")
    return msgspec.structs.replace(move, entry=entry)


def group_step(group: str, case: Case | None, move: Move) -> Step:
    """Return the step of the group of a decision; `case` is None before its first decision."""
    return Step(group, case, CaseKind.GROUP, move)


def _who_was_first(case: Case) -> EarlierMove | None:
    """Return the last of the moves that can be made only once until a case is reopened."""
    once = (Move.DECIDE, Move.ANSWER, Move.CLOSE)
    entries = [entry.journal_entry for entry in case.entries if entry.move in once]
    return earlier_move(entries[-1]) if entries else None


def _move(step: Step, entry: JournalEntry, message: BaseCaseMessage) -> CaseMove:
    case_entry = CaseEntry(
        number=step.case.next_number if step.case else 1,
        move=step.move,
        state=str(step.outcome),
        journal_entry=entry,
        message=message.id,
        reason=getattr(message, "reason", None) or "",
        post=getattr(message, "post", None) or "",
        url=getattr(message, "url", None) or "",
        reason_language=getattr(message, "reason_language", None) or "",
    )
    return CaseMove(step.id, case_entry, step.closes, step.excerpt_expires, step.forgets)


def audit_id(provider: str, message: Audit) -> str:
    """Return the case of a post and month, so that a second verdict on it is refused."""
    return case_id("audit", provider, f"{message.month}/{message.post}")
