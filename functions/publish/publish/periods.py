"""Shares with their intervals, percentiles, and why one of them is blank.

Without its interval, nobody can tell a share of 3 in 4 from one of 300 in 400. Intervals are
Wilson's score intervals at 95 %: they stay between 0 and 1, are valid near both ends, and do not
shrink to a point if all or none of a few were counted.

Days, months and campaigns as ISO text in UTC.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from statistics import quantiles
from typing import Annotated

import msgspec

from dsa import wilson_interval
from ledger.units import counts, says
from phrases import to_translate
from rules.pack import Pack

DIGITS = 4
"""Decimals of a published share: a hundredth of a per cent, and the same bytes everywhere."""


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """A share with its 95 % interval; blank with a note where too little is known."""

    share: Annotated[float | None, says("The share, 0 to 1; null where blank.")] = None
    low: Annotated[float | None, says("Lower end of its 95 % interval.")] = None
    high: Annotated[float | None, says("Upper end of its 95 % interval.")] = None
    note: Annotated[str, says("Why it is blank, or empty.")] = ""


class Estimate(Share, frozen=True, kw_only=True):
    """A share of a count."""

    count: Annotated[int, counts("How many of them it is true of.")] = 0
    of: Annotated[int, counts("How many were counted.")] = 0


class Percentiles(msgspec.Struct, frozen=True):
    """How long something took: hours, of so many; null where none ended."""

    of: Annotated[int, counts("How many ended.")] = 0
    median_hours: Annotated[float | None, says("Half took no longer.")] = None
    p90_hours: Annotated[float | None, says("Nine of ten took no longer.")] = None


def estimate(count: int, of: int, at_least: int = 1) -> Estimate:
    """Return the share with its interval, or blank with the reason if fewer were counted.

    >>> estimate(81, 263).low, estimate(81, 263).high
    (0.2553, 0.3662)
    >>> estimate(3, 4, at_least=20).note
    'only 4 of the 20 that are needed'
    >>> estimate(3, 20, at_least=20).share, estimate(0, 0).note
    (0.15, 'none yet')
    """
    if of < at_least or not of:
        note = f"only {of} of the {at_least} that are needed" if of else to_translate("none yet")
        return Estimate(count=count, of=of, note=note)
    low, high = (round(end, DIGITS) for end in wilson_interval(count, of))
    return Estimate(count=count, of=of, share=round(count / of, DIGITS), low=low, high=high)


def percentiles(seconds: Mapping[str, int]) -> Percentiles:
    """Return the median and the ninth decile of durations, given as a tally of seconds.

    Deciles are interpolated between durations (`statistics.quantiles`, method "inclusive").

    >>> percentiles({"3600": 1, "7200": 2}).median_hours
    2.0
    """
    durations = [int(length) for length, count in seconds.items() for _ in range(count)]
    if not durations:
        return Percentiles()
    if len(durations) == 1:
        durations *= 2  # one duration is each of its percentiles
    deciles = quantiles(durations, n=10, method="inclusive")
    return Percentiles(sum(seconds.values()), _hours(deciles[4]), _hours(deciles[8]))


def rounded_seconds(seconds: float) -> int:
    """Return a duration with three significant digits, too coarse to identify a moment.

    >>> rounded_seconds(4.6), rounded_seconds(86_399), rounded_seconds(-3)
    (5, 86400, 0)
    """
    whole = max(0, round(seconds))
    step: int = 10 ** max(0, len(str(whole)) - 3)
    return (whole + step // 2) // step * step


def _hours(seconds: float) -> float:
    return round(seconds / 3600, 3)


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


def campaign_period(name: str, packs: Iterable[Pack]) -> SummaryPeriod:
    """Return the period from the first to the last day on which a pack of it is in force."""
    dates = [pack.in_force for pack in packs]
    first, last = min(days.from_ for days in dates), max(days.until for days in dates)
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
