"""What a worker keeps of the table between requests: open findings, entries, and fingerprints.

The simple version reads every open finding for every page. With 10,000 of them that takes seconds.
A finding never changes while it is open, so a worker reads each once. Which ones are open changes:
the index lists them, with a query for each partition, and the answer is used for a while. Entries
of the last weeks and fingerprints of open findings are used for a while too.
"""

from collections.abc import Callable, Container, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from itertools import batched, chain

from desk.waiting import COPIES_SHOWN, by_post
from ledger.aws.store import DynamoStore
from ledger.aws.table import shards
from ledger.cases.case import JournalEntry
from ledger.records.finding import Finding
from ledger.records.flood import FloodHold
from rules.copies import are_copies

LISTED_SECONDS = 20
"""How long a list is used. A decision of this console leaves the queue at once all the same."""

THREADS = 8
SHARD_THREADS = 16
BATCH = 100
MOST = 20_000
"""Open findings that are listed, the most urgent of each partition."""


@dataclass(slots=True)
class _Kept[V]:
    """Values that are used for some time after they were read, by key."""

    seconds: Callable[[], float]
    _values: dict[tuple[str, ...], tuple[float, V]] = field(default_factory=dict)

    def get(self, key: tuple[str, ...], longest: float, read: Callable[[], V]) -> V:
        """Return the value of a key. Read it if it is not known, or was read too long ago."""
        now, known = self.seconds(), self._values.get(key)
        if known is None or now - known[0] > longest:
            known = self._values[key] = now, read()
        return known[1]


@dataclass(slots=True)
class OpenFindings:
    """Lists open findings; `seconds` is a clock that only goes on."""

    store: DynamoStore
    seconds: Callable[[], float]
    _listed: _Kept[list[str]] = field(init=False)
    _holds: _Kept[list[FloodHold]] = field(init=False)
    _known: dict[str, dict[str, Finding]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._listed, self._holds = _Kept(self.seconds), _Kept(self.seconds)

    def of(self, provider: str) -> list[Finding]:
        """Return the open findings of a provider, the most urgent first."""
        listed = self._listed.get((provider,), LISTED_SECONDS, partial(self._list, provider))
        known = self._read(provider, listed)
        return [known[name] for name in listed if name in known]

    def holds(self, provider: str) -> list[FloodHold]:
        """Return the rules that the flood guard held in the last weeks, with their answers."""
        read = partial(self.store.flood_holds, provider)
        return self._holds.get((provider,), LISTED_SECONDS, read)

    def _list(self, provider: str) -> list[str]:
        """Return the ids of open findings in the order of the index."""
        partitions = self.store.open_partitions(provider)
        each = MOST // len(partitions)
        with ThreadPoolExecutor(THREADS) as pool:
            parts = pool.map(lambda name: self.store.listed(name, each), partitions)
            return [name for _, name in sorted(row for part in parts for row in part)]

    def _read(self, provider: str, names: Sequence[str]) -> dict[str, Finding]:
        """Return the findings of these ids, reading those that are not known yet.

        The index may still list one that was decided a moment ago. It is left out by the state of
        its decision, or comes back as decided when its card is opened.
        """
        before = self._known.get(provider, {})
        missing = batched((name for name in names if name not in before), BATCH)
        known = {name: before[name] for name in names if name in before}
        with ThreadPoolExecutor(THREADS) as pool:
            for found in chain.from_iterable(pool.map(self.store.findings, missing)):
                if found.provider == provider and not found.is_erased:
                    known[found.finding] = found
        self._known[provider] = known
        return known


def read_excerpts(store: DynamoStore, names: Sequence[str]) -> dict[str, str]:
    """Return the excerpts that are still kept, by finding, read by several threads."""
    with ThreadPoolExecutor(THREADS) as pool:
        parts = pool.map(store.excerpts, batched(names, BATCH))
        return {name: text for part in parts for name, text in part.items()}


TODAY_SECONDS = 20
PAST_SECONDS = 600
"""How long the entries of a day are used: nearly all entries are of today."""


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
        with ThreadPoolExecutor(SHARD_THREADS) as pool:
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


KEPT_SECONDS = 60
"""How long the fingerprints of a day are used before they are read again."""


@dataclass(slots=True)
class NearCopies:
    """Finds near copies; `seconds` is a clock that only goes on.

    Limits: it compares findings of three days, the card's and its neighbours. A flood is quick, and
    a day may have 50,000 fingerprints, most of rules in shadow. Only those of open findings stay
    in memory.
    """

    store: DynamoStore
    seconds: Callable[[], float]
    _days: _Kept[dict[str, bytes]] = field(init=False)

    def __post_init__(self) -> None:
        self._days = _Kept(self.seconds)

    def of(self, finding: Finding, open_findings: Sequence[Finding]) -> list[list[Finding]]:
        """Return the findings of each near copy in the same category, the most urgent first."""
        found = date.fromisoformat(finding.found_at[:10])
        names = {each.finding for each in open_findings}
        fingerprints: dict[str, bytes] = {}
        for back in (-1, 0, 1):
            day = (found + timedelta(days=back)).isoformat()
            read = partial(self._fingerprints, finding.provider, day, names)
            fingerprints |= self._days.get((finding.provider, day), KEPT_SECONDS, read)
        own = fingerprints.get(finding.finding)
        if not own:
            return []
        copies = (
            each
            for each in open_findings
            if each.category == finding.category
            and each.post != finding.post
            and (other := fingerprints.get(each.finding))
            and are_copies(own, other)
        )
        return by_post(copies)[:COPIES_SHOWN]

    def _fingerprints(self, provider: str, day: str, wanted: Container[str]) -> dict[str, bytes]:
        read = partial(self.store.stored_fingerprints, provider, day)
        with ThreadPoolExecutor(SHARD_THREADS) as pool:
            pages = [page for part in pool.map(read, shards()) for page in part]
        return {
            each.finding: each.fingerprint
            for page in pages
            for each in page
            if each.finding in wanted
        }
