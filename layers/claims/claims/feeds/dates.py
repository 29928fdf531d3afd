"""Days of checks: many feeds write them in their own way, or not at all."""

import re
from datetime import date

_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")


def day_of(value: str) -> str:
    """The day that a date or time begins with, as YYYY-MM-DD; empty if there is none.

    >>> [day_of(one) for one in ("2026-03-09T10:00:00+07:00", "2026-3-9", "March 9", "2026-02-30")]
    ['2026-03-09', '2026-03-09', '', '']
    """
    found = _DAY.match(value.strip())
    if found is None:
        return ""
    try:
        return date(int(found[1]), int(found[2]), int(found[3])).isoformat()
    except ValueError:
        return ""


def days_between(earlier: str, later: str) -> int | None:
    """Days from one day to another; nothing where either is unknown.

    >>> days_between("2020-01-01", "2026-01-01"), days_between("", "2026-01-01")
    (2192, None)
    """
    if not earlier or not later:
        return None
    return (date.fromisoformat(later) - date.fromisoformat(earlier)).days
