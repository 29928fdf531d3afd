"""The clock of the machine, or one that stands on a fixed day for trials."""

from dataclasses import dataclass
from datetime import UTC, date, datetime


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's time in UTC; `today`, if given, replaces the date and keeps the time of day."""

    today: date | None = None

    def now(self) -> datetime:
        """The moment."""
        moment = datetime.now(UTC)
        return moment if self.today is None else datetime.combine(self.today, moment.timetz())


def clock_of(today: str) -> SystemClock:
    """The clock that the setting TODAY asks for: empty for the machine's own.

    >>> clock_of("2026-11-25").now().date().isoformat()
    '2026-11-25'
    """
    return SystemClock(date.fromisoformat(today) if today else None)
