"""Published checks as a moderator sees them: whose word it is, and where to read it."""

from collections.abc import Iterator

from claims.feeds.dates import days_between
from ledger.records.finding import Finding
from terang.terminal_text import show_controls

LONG_BEFORE_DAYS = 365
"""A check this much older than the post is told to be so."""


def checks_of(finding: Finding) -> Iterator[str]:
    """A line for each check whose claim a finding's post repeats, the nearest first."""
    for check in finding.checks:
        day = check.date or "no date"
        stated = f" ({check.stated})" if check.stated.casefold() != check.rating else ""
        yield show_controls(f"{check.publisher}, {day}: {check.rating}{stated}: {check.claim}")
        yield f"  {show_controls(check.url)}{_age(check.date, finding.published_at[:10])}"


def _age(checked: str, published: str) -> str:
    days = days_between(checked, published)
    if days is None or days <= LONG_BEFORE_DAYS:
        return ""
    return f", checked {days // 365} years before the post"
