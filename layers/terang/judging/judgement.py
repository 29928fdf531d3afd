"""The input and the output of every judgement: facts, and steps of cases that make an entry.

The bounds on the times that a message states, and the ends of excerpts.

Published numbers are computed from the stated times: how long a post waited for a decision, and how
long the decision took. A provider's clock may differ from ours, so each bound is wider by `SKEW`.

An excerpt is kept as long as a measure can be contested, which is six months (DSA Art. 20(1), 21),
since both sides then look at it. Without a measure nobody needs it for long.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ledger import case_reading as entries
from ledger.case_messages import Audit, BaseCaseMessage
from ledger.cases import (
    NEW,
    TRANSITIONS,
    Case,
    CaseEntry,
    CaseKind,
    CaseMove,
    CaseState,
    JournalEntry,
    Move,
    case_id,
)
from ledger.dsa_codes import CaseCode, CaseRefusal, EarlierMove
from ledger.findings import Finding, FloodQuestion
from ledger.texts import utc


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


SKEW = timedelta(minutes=5)
OLDEST = timedelta(days=731)
"""The greatest age of a notice, order or suspension: two years, one of them a leap year."""

DISMISSED_DAYS = 7
MEASURE_DAYS = 184 + 14
"""The longest six months, and two weeks for a complaint that was sent on the last day."""

CONTESTED_DAYS = 366
"""How long an open complaint or dispute keeps an excerpt. Even a forgotten one ends."""

ANSWERED_DAYS = 14


def after_arrival(message: BaseCaseMessage, facts: Facts) -> Iterator[CaseRefusal]:
    """Refuse times that the message states and that are later than its first sending.

    Days, such as the end of a measure, and the deadline of an order may be in the future.
    """
    sent = facts.first_sent
    latest = (_day(sent.at) + timedelta(days=1) if sent.by_day else sent.at) + SKEW
    for name in message.__struct_fields__:
        stated = getattr(message, name)
        if isinstance(stated, datetime) and stated > latest and name != "due_at":
            advice = (
                f"{name} is {utc(stated)}; at most {utc(latest)} is allowed:"
                " 5 minutes after the message was first sent"
            )
            yield CaseRefusal(CaseCode.TIME_FUTURE, name, advice=advice)


def before(
    message: BaseCaseMessage, facts: Facts, start: datetime, event: str, *names: str
) -> Iterator[CaseRefusal]:
    """Refuse each of these fields whose time is before the `event` at `start`.

    An event cannot begin after the message about it was sent. If the clocks disagree, the time of
    sending is the bound.
    """
    start = min(start, facts.first_sent.at)
    earliest = (_day(start) if facts.first_sent.by_day else start) - SKEW
    for name in names:
        stated = getattr(message, name)
        if stated is not None and stated < earliest:
            advice = (
                f"{name} is {utc(stated)}; at least {utc(earliest)} is allowed:"
                f" 5 minutes before {event}"
            )
            yield CaseRefusal(CaseCode.TIME_EARLY, name, advice=advice)


def too_old(message: BaseCaseMessage, facts: Facts, name: str) -> Iterator[CaseRefusal]:
    """Refuse a time over two years old (`time_early`): a mistyped year distorts waiting times."""
    oldest = facts.first_sent.at - OLDEST
    return before(message, facts, oldest, "the last two years began", name)


def stated_at(entry: JournalEntry, field: str) -> datetime:
    """Return a time that an entry states, or the time of its commit if the stated one is later.

    The clock of who stated it may be ahead by SKEW, and must not make a later message too early.
    """
    return datetime.fromisoformat(min(getattr(entry, field), entry.at))


def excerpt_end_after_decision(entry: JournalEntry, now: datetime) -> int | None:
    """Return when the excerpt expires after a decision, in seconds since 1970; None: unchanged."""
    if is_forgotten(entry):
        return _in_days(now, 0)
    if entry.verdict == "dismissed":
        return _in_days(now, DISMISSED_DAYS)
    if entry.measures is not None:
        return _in_days(now, MEASURE_DAYS)
    return None


def is_forgotten(entry: JournalEntry) -> bool:
    """Return whether nobody may see the excerpt again: suspected abuse of a child."""
    return entry.escalation == "child_abuse"


def excerpt_end_while_contested(now: datetime) -> int:
    """Return when the excerpt expires while a complaint or a dispute is open."""
    return _in_days(now, CONTESTED_DAYS)


def excerpt_end_after_answer(decision: JournalEntry, state: CaseState, now: datetime) -> int:
    """Return when the excerpt expires after the last open complaint or dispute was answered."""
    soon = _in_days(now, ANSWERED_DAYS)
    if decision.measures is None or state is CaseState.OVERTURNED:
        return soon
    return max(soon, _in_days(datetime.fromisoformat(decision.at), MEASURE_DAYS))


def _in_days(start: datetime, days: int) -> int:
    return int((start + timedelta(days=days)).timestamp())


def _day(moment: datetime) -> datetime:
    """Return the start of a day: the clock of a trial has the right day only."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
