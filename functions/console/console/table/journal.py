"""The last weeks of a provider's journal: what people did, kept by this worker between requests."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta

from ledger.aws.store import DynamoStore
from ledger.aws.table import shards
from ledger.cases.case import JournalEntry

TODAY_SECONDS = 20
PAST_SECONDS = 600
"""How long the entries of a day are used: nearly all entries are of today."""

THREADS = 16


@dataclass(slots=True)
class RecentJournal:
    """Reads days of the journal; `seconds` is a clock that only goes on."""

    store: DynamoStore
    seconds: Callable[[], float]
    _days: dict[tuple[str, str], tuple[float, list[JournalEntry]]] = field(default_factory=dict)

    def entries(self, provider: str, today: date, days: int) -> Iterator[JournalEntry]:
        """Yield the entries of the last days, today's included, in the order of time."""
        names = [(today - timedelta(days=back)).isoformat() for back in reversed(range(days))]
        stale = [day for day in names if self._is_stale(provider, day, today)]
        parts = [(day, shard) for day in stale for shard in shards()]
        with ThreadPoolExecutor(THREADS) as pool:
            read = pool.map(lambda part: self.store.shard_entries(provider, *part), parts)
            fresh: dict[str, list[JournalEntry]] = {day: [] for day in stale}
            for (day, _), entries in zip(parts, read, strict=True):
                fresh[day] += entries
        for day, entries in fresh.items():
            in_order = sorted(entries, key=lambda entry: (entry.at, entry.entry))
            self._days[provider, day] = self.seconds(), in_order
        for day in names:
            yield from self._days[provider, day][1]

    def _is_stale(self, provider: str, day: str, today: date) -> bool:
        known = self._days.get((provider, day))
        kept = TODAY_SECONDS if day == today.isoformat() else PAST_SECONDS
        return known is None or self.seconds() - known[0] > kept
