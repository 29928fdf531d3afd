"""Open findings whose posts say nearly the same, by the fingerprints that scan keeps."""

from collections.abc import Callable, Container, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial

from desk.waiting import COPIES_SHOWN, by_post
from ledger.aws.store import DynamoStore
from ledger.aws.table import shards
from ledger.records.finding import Finding
from rules.copies import are_copies

KEPT_SECONDS = 60
"""How long the fingerprints of a day are used before they are read again."""

THREADS = 16


@dataclass(slots=True)
class NearCopies:
    """Finds near copies; `seconds` is a clock that only goes on.

    Limits: it compares findings of three days, the card's and its neighbours. A flood is quick, and
    a day may have 50,000 fingerprints, most of rules in shadow. Only those of open findings stay
    in memory.
    """

    store: DynamoStore
    seconds: Callable[[], float]
    _days: dict[tuple[str, str], tuple[float, dict[str, bytes]]] = field(default_factory=dict)

    def of(self, finding: Finding, open_findings: Sequence[Finding]) -> list[list[Finding]]:
        """Return the findings of each near copy in the same category, the most urgent first."""
        found = date.fromisoformat(finding.found_at[:10])
        names = {each.finding for each in open_findings}
        fingerprints: dict[str, bytes] = {}
        for back in (-1, 0, 1):
            day = (found + timedelta(days=back)).isoformat()
            fingerprints |= self._fingerprints(finding.provider, day, names)
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
        known = self._days.get((provider, day))
        if known is None or self.seconds() - known[0] > KEPT_SECONDS:
            read = partial(self.store.stored_fingerprints, provider, day)
            with ThreadPoolExecutor(THREADS) as pool:
                pages = [page for part in pool.map(read, shards()) for page in part]
            fingerprints = {
                each.finding: each.fingerprint
                for page in pages
                for each in page
                if each.finding in wanted
            }
            known = self._days[provider, day] = self.seconds(), fingerprints
        return known[1]
