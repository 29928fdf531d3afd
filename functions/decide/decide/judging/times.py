"""Bounds on the times that a message states: its own arrival, and what it is about.

Numbers are made of these times: how long somebody waited for a decision, and how long it took. A
provider's clock may run apart from ours, so each bound is wider by `SKEW`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from decide.facts import Facts
from ledger.cases.case import JournalEntry
from ledger.cases.messages import BaseCaseMessage
from ledger.cases.refusal import CaseCode, CaseRefusal
from ledger.clock import utc

SKEW = timedelta(minutes=5)
_SKEW = "5 minutes"
OLDEST = timedelta(days=731)
"""The oldest notice, order or suspension that is taken: two years, of which one is a leap year."""


def after_arrival(message: BaseCaseMessage, facts: Facts) -> Iterator[CaseRefusal]:
    """Refuse each time that lies after the message was first sent: nobody reports what is to come.

    Days alone, such as the end of a measure, may lie ahead.
    """
    arrived = facts.arrived
    latest = (_day(arrived.at) + timedelta(days=1) if arrived.by_day else arrived.at) + SKEW
    for name in message.__struct_fields__:
        stated = getattr(message, name)
        if isinstance(stated, datetime) and stated > latest:
            why = f"at most {utc(latest)} is allowed: {_SKEW} after the message was first sent"
            yield CaseRefusal(CaseCode.TIME_FUTURE, name, advice=_advice(name, stated, why))


def before(
    message: BaseCaseMessage, facts: Facts, start: datetime, what: str, *names: str
) -> Iterator[CaseRefusal]:
    """Refuse each of these fields whose time lies before `what` it is about began.

    A message speaks of nothing that began after it was sent. Where our own clocks say so, one of
    them was wrong, and the bound is the sending.
    """
    start = min(start, facts.arrived.at)
    earliest = (_day(start) if facts.arrived.by_day else start) - SKEW
    for name in names:
        stated = getattr(message, name)
        if stated is not None and stated < earliest:
            why = f"at least {utc(earliest)} is allowed: {_SKEW} before {what}"
            yield CaseRefusal(CaseCode.TIME_EARLY, name, advice=_advice(name, stated, why))


def too_old(message: BaseCaseMessage, facts: Facts, name: str) -> Iterator[CaseRefusal]:
    """Refuse a time years before the message: a mistyped year would outweigh all other waits."""
    oldest = facts.arrived.at - OLDEST
    return before(message, facts, oldest, "the last two years began", name)


def began(entry: JournalEntry, field: str) -> datetime:
    """Return a time that an entry states, or that of its commit if the entry states a later one.

    Earlier releases bounded no time: what they took must not shut out all that follows.
    """
    return datetime.fromisoformat(min(getattr(entry, field), entry.at))


def _advice(name: str, stated: datetime, allowed: str) -> str:
    return f"{name} is {utc(stated)}; {allowed}"


def _day(moment: datetime) -> datetime:
    """Return the start of a day: a trial's clock has the day of the trial, and no time of it."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
