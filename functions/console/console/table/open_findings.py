"""The open findings of a provider, listed by the index and kept by this worker between requests.

The simple version reads every open finding for every page. With 10,000 of them that takes seconds.
A finding never changes while it is open, so a worker reads each once. Which ones are open changes:
the index lists them, with a query for each partition, and the answer is used for a while.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import batched, chain

from ledger.aws.store import DynamoStore
from ledger.records.finding import Finding
from ledger.records.flood import FloodHold

LISTED_SECONDS = 20
"""How long a list is used. A decision of this console leaves the queue at once all the same."""

THREADS = 8
BATCH = 100
MOST = 20_000
"""Open findings that are listed, the most urgent of each partition."""


@dataclass(slots=True)
class OpenFindings:
    """Lists open findings; `seconds` is a clock that only goes on."""

    store: DynamoStore
    seconds: Callable[[], float]
    _listed: dict[str, tuple[float, list[str]]] = field(default_factory=dict)
    _holds: dict[str, tuple[float, list[FloodHold]]] = field(default_factory=dict)
    _known: dict[str, dict[str, Finding]] = field(default_factory=dict)

    def of(self, provider: str) -> list[Finding]:
        """Return the open findings of a provider, the most urgent first."""
        now = self.seconds()
        listed = self._listed.get(provider)
        if listed is None or now - listed[0] > LISTED_SECONDS:
            listed = self._listed[provider] = now, self._list(provider)
        known = self._read(provider, listed[1])
        return [known[name] for name in listed[1] if name in known]

    def holds(self, provider: str) -> list[FloodHold]:
        """Return the rules that the flood guard held in the last weeks, with their answers."""
        now = self.seconds()
        read = self._holds.get(provider)
        if read is None or now - read[0] > LISTED_SECONDS:
            read = self._holds[provider] = now, self.store.flood_holds(provider)
        return read[1]

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
