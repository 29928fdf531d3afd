"""The clock of the machine, and moments as RFC 3339 writes them."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """The moment, in UTC."""


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's time in UTC; `today`, if given, replaces the date and keeps the time of day."""

    today: date | None = None

    def now(self) -> datetime:
        """The moment."""
        moment = datetime.now(UTC)
        return moment if self.today is None else datetime.combine(self.today, moment.timetz())


def clock_from_setting(today: str) -> SystemClock:
    """The clock that the setting TODAY asks for: empty for the machine's own.

    >>> clock_from_setting("2026-11-25").now().date().isoformat()
    '2026-11-25'
    """
    return SystemClock(date.fromisoformat(today) if today else None)


_LEAP_SECOND = re.compile(
    r"(?P<minute>\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d):60(\.\d+)?(?P<offset>[Zz]|[+-]\d\d:\d\d)", re.ASCII
)


def before_leap_second(value: str) -> str:
    """Return a time in its leap second as the last instant before it; any other text as it is.

    RFC 3339 has a second 60 at 23:59 UTC, in whatever offset it is written. Python has none. The
    last microsecond of the same minute keeps the day.

    Source: RFC 3339, section 5.7.

    >>> before_leap_second("2016-12-31T23:59:60Z")
    '2016-12-31T23:59:59.999999Z'
    >>> before_leap_second("2016-12-31T15:59:60.5-08:00")
    '2016-12-31T15:59:59.999999-08:00'
    >>> before_leap_second("2016-12-31T12:00:60Z")
    '2016-12-31T12:00:60Z'
    """
    found = _LEAP_SECOND.fullmatch(value)
    if found is None:
        return value
    text = f"{found['minute']}:59.999999{found['offset']}"
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return value
    return text if (moment.hour, moment.minute) == (23, 59) else value


def utc(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second.

    >>> utc(datetime.fromisoformat("2026-11-25T07:00:00+07:00"))
    '2026-11-25T00:00:00Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
