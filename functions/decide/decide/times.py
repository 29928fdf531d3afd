"""The bounds on the times that a message states, and the ends of excerpts.

Published numbers are computed from the stated times: how long a post waited for a decision, and how
long the decision took. A provider's clock may differ from ours, so each bound is wider by `SKEW`.

An excerpt is kept as long as a measure can be contested, which is six months (DSA Art. 20(1), 21),
since both sides then look at it. Without a measure nobody needs it for long.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from decide.judgement import Facts
from ledger.cases.case import JournalEntry
from ledger.cases.messages import BaseCaseMessage
from ledger.cases.refusal import CaseCode, CaseRefusal
from ledger.cases.transitions import CaseState
from ledger.clock import utc

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

    Earlier releases did not bound times. Without this, a time in the future that they took would
    make every later message too early.
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
