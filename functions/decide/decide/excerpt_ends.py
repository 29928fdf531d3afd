"""When the excerpt of a finding ends, in seconds since 1970, once people act on it.

A measure can be contested for six months (DSA Art. 20(1), 21), and an excerpt is what both sides
then look at; without a measure nobody needs it for long.
"""

from datetime import datetime, timedelta

from ledger.cases.case import JournalEntry
from ledger.cases.transitions import CaseState

DISMISSED_DAYS = 7
MEASURE_DAYS = 184 + 14
"""The longest six months, and two weeks for what was sent on their last day."""

HELD_DAYS = 366
"""An open complaint or dispute holds an excerpt: a year, so that one without an end has one."""

ANSWERED_DAYS = 14


def after_decision(entry: JournalEntry, now: datetime) -> int | None:
    """The end after a decision; None leaves it as it is."""
    if is_forgotten(entry):
        return _in_days(now, 0)
    if entry.verdict == "dismissed":
        return _in_days(now, DISMISSED_DAYS)
    if entry.measures is not None:
        return _in_days(now, MEASURE_DAYS)
    return None


def is_forgotten(entry: JournalEntry) -> bool:
    """Whether nobody may look at the excerpt again: suspected abuse of a child."""
    return entry.escalation == "child_abuse"


def while_contested(now: datetime) -> int:
    """The end while a complaint or a dispute is open."""
    return _in_days(now, HELD_DAYS)


def after_answer(decision: JournalEntry, state: CaseState, now: datetime) -> int:
    """The end when the last open complaint or dispute about a decision has its answer."""
    soon = _in_days(now, ANSWERED_DAYS)
    if decision.measures is None or state is CaseState.OVERTURNED:
        return soon
    return max(soon, _in_days(datetime.fromisoformat(decision.at), MEASURE_DAYS))


def _in_days(start: datetime, days: int) -> int:
    return int((start + timedelta(days=days)).timestamp())
