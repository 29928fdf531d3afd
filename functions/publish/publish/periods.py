"""Days, months and campaigns as ISO text in UTC."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

SETTLING = timedelta(hours=2)
"""How long after its end a day is closed: work begun before midnight is committed by then."""

LOOK_BACK_DAYS = 35
"""How many closed days are looked at again: any month's first day and four days more."""


class PeriodKind(StrEnum):
    """What a summary covers."""

    DAY = "day"
    MONTH = "month"
    CAMPAIGN = "campaign"


@dataclass(frozen=True, slots=True)
class SummaryPeriod:
    """A named range of days, both ends included."""

    kind: PeriodKind
    name: str
    first_day: str
    last_day: str


class _Dated(Protocol):
    @property
    def from_(self) -> date: ...
    @property
    def until(self) -> date: ...


def day_period(day: str) -> SummaryPeriod:
    """Return the period of one day."""
    return SummaryPeriod(PeriodKind.DAY, day, day, day)


def month_of(day: str) -> SummaryPeriod:
    """Return the month of a day.

    >>> month_of("2024-02-03").last_day
    '2024-02-29'
    """
    first = date.fromisoformat(day).replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return SummaryPeriod(PeriodKind.MONTH, day[:7], first.isoformat(), last.isoformat())


def campaign_period(name: str, dates: Iterable[_Dated]) -> SummaryPeriod:
    """Return the period from the first to the last day on which a pack of it is in force."""
    found = list(dates)
    first, last = min(days.from_ for days in found), max(days.until for days in found)
    return SummaryPeriod(PeriodKind.CAMPAIGN, name, first.isoformat(), last.isoformat())


def last_closed_day(now: datetime) -> str:
    """Return the newest day that ended two hours ago or more.

    >>> last_closed_day(datetime.fromisoformat("2026-11-26T01:59Z"))
    '2026-11-24'
    >>> last_closed_day(datetime.fromisoformat("2026-11-26T02:00Z"))
    '2026-11-25'
    """
    return ((now - SETTLING).date() - timedelta(days=1)).isoformat()


def days_between(first: str, last: str) -> list[str]:
    """Return all days from the first to the last, both included; [] if last is before first.

    >>> days_between("2026-11-30", "2026-12-01")
    ['2026-11-30', '2026-12-01']
    """
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [(start + timedelta(days=n)).isoformat() for n in range((end - start).days + 1)]


def days_before(day: str, count: int) -> str:
    """Return the day `count` days earlier.

    >>> days_before("2026-12-01", 1)
    '2026-11-30'
    """
    return (date.fromisoformat(day) - timedelta(days=count)).isoformat()


def months_before(month: str, count: int) -> str:
    """Return the month `count` months earlier.

    >>> months_before("2026-02", 3), months_before("2026-11", -2)
    ('2025-11', '2027-01')
    """
    number = int(month[:4]) * 12 + int(month[5:]) - 1 - count
    return f"{number // 12:04d}-{number % 12 + 1:02d}"
