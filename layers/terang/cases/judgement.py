"""Judge a message by its facts: steps of cases that make an entry, and bounds on stated times.

Pure: no clock, no store. `ledger.cases` says which moves a case allows.

Published numbers are computed from the times that a message states: how long a post waited for a
decision, and how long the decision took. A provider's clock may differ from ours, so each bound is
wider by `SKEW`.

An excerpt is kept as long as a measure can be contested, which is six months (DSA Art. 20(1), 21),
since both sides then look at it. Without a measure nobody needs it for long.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from cases import case_message
from cases.case_facts import Acceptance, Facts
from cases.case_message import BaseCaseMessage
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
)
from ledger.dsa_codes import CaseCode, CaseRefusal, EarlierMove
from ledger.texts import utc

SKEW = timedelta(minutes=5)
OLDEST = timedelta(days=731)
"""The greatest age of a notice, order or suspension: two years, one of them a leap year."""

MEASURE_DAYS = 184 + 14
"""The longest six months, and two weeks for a complaint that was sent on the last day."""


def judge(message: BaseCaseMessage, facts: Facts) -> Acceptance | CaseRefusal:
    """Return the judgement of a message by these facts; newer facts may change it.

    If the author of one of the posts was erased, the entries keep no words and no address.
    """
    judged = next(after_arrival(message, facts), None) or message.judge(facts)
    is_erased = any(case.is_erased for case in facts.cases.values())
    if isinstance(judged, Acceptance) and is_erased:
        return Acceptance(judged.entry, tuple(map(_without_words, judged.moves)))
    return judged


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
    """Return the journal entry of a message: its own fields, and `more` from its judgement."""
    return case_message.entry_of(message, facts.provider, facts.now, **more)


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
        moves.append(_without_words(_move(group, entry, message)))
    return Acceptance(entry, (*moves, *excerpts))


def _without_words(move: CaseMove) -> CaseMove:
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


def in_days(start: datetime, days: int) -> int:
    """Return the moment so many days later, in seconds since 1970."""
    return int((start + timedelta(days=days)).timestamp())


def _day(moment: datetime) -> datetime:
    """Return the start of a day: the clock of a trial has the right day only."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
