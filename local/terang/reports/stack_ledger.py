"""Reads the entries of a report's period from a deployed stack."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

from rich.progress import track

from dsa.report.entries import Entries
from dsa.report.report import Period
from ledger.cases.case import JournalEntry
from terang.console import Screen
from terang.remote import Remote

THREADS = 8
"""Days that are read at once; each takes sixteen short queries."""

console = Screen(stderr=True)


def read_ledger(stack: str, provider: str, period: Period) -> tuple[Entries, dict[str, int]]:
    """Return all entries of a provider and period, and how many posts were inspected by month.

    Raises OperatorError if there is no such stack.
    """
    store = Remote.find(stack).store

    def read(day: str) -> tuple[list[JournalEntry], int]:
        receipts = store.receipts(provider, day)
        return store.journal_entries(provider, day), sum(receipt.inspected for receipt in receipts)

    days = [day.isoformat() for day in days_of(period)]
    entries: list[JournalEntry] = []
    inspected = Counter[str]()
    with ThreadPoolExecutor(THREADS) as pool:
        results = track(pool.map(read, days), "reading days", len(days), console=console)
        for day, (of_day, counted) in zip(days, results, strict=True):
            entries += of_day
            inspected[day[:7]] += counted
    return Entries.of(entries), dict(+inspected)


def days_of(period: Period) -> Iterator[date]:
    """Yield the days of a period, both ends included.

    >>> [str(day) for day in days_of(Period(date(2026, 2, 28), date(2026, 3, 1)))]
    ['2026-02-28', '2026-03-01']
    """
    for number in range((period.last - period.first).days + 1):
        yield period.first + timedelta(days=number)
