"""The clock, and times as RFC 3339 writes them."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol

_LEAP_SECOND = re.compile(
    r"(?P<minute>\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d):60(\.\d+)?(?P<offset>[Zz]|[+-]\d\d:\d\d)", re.ASCII
)


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the current time in UTC."""


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock; `today`, if given, replaces the date and keeps the time of day."""

    today: date | None = None

    def now(self) -> datetime:
        """Return the current time in UTC."""
        moment = datetime.now(UTC)
        return moment if self.today is None else datetime.combine(self.today, moment.timetz())


def clock_from_setting(today: str) -> SystemClock:
    """Return the clock that the setting TODAY asks for; empty means the machine's own."""
    return SystemClock(date.fromisoformat(today) if today else None)


def utc(moment: datetime) -> str:
    """Return a time as RFC 3339 in UTC, to the second.

    >>> utc(datetime.fromisoformat("2026-11-25T07:00:00+07:00"))
    '2026-11-25T00:00:00Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def utc_exactly(moment: datetime) -> str:
    """Return a time as RFC 3339 in UTC with microseconds, so that texts sort as times do.

    >>> utc_exactly(datetime.fromisoformat("2026-11-25T07:00:00+07:00"))
    '2026-11-25T00:00:00.000000Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def before_leap_second(value: str) -> str:
    """Return a time in its leap second as the last instant before it; any other text unchanged.

    RFC 3339 has a second 60 at 23:59 UTC, in any offset. Python has none. The last microsecond of
    the same minute keeps the day.

    Source: RFC 3339, section 5.7.

    >>> before_leap_second("2016-12-31T15:59:60.5-08:00")
    '2016-12-31T15:59:59.999999-08:00'
    >>> before_leap_second("2016-12-31T12:00:60Z")
    '2016-12-31T12:00:60Z'
    """
    match = _LEAP_SECOND.fullmatch(value)
    if match is None:
        return value
    text = f"{match['minute']}:59.999999{match['offset']}"
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return value
    return text if (moment.hour, moment.minute) == (23, 59) else value
