"""The public bucket as publish sees it: what stands, and how it is replaced.

The JSON of a summary is written after its page and its CSV, so whoever finds it finds all three;
a run that died half-way finds it missing or old, and writes the same bytes again.
"""

import re
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec

from ledger.errors import OperatorError
from ledger.keys import factchecks_facts_key
from ledger.pointer import read_pointer
from ledger.ports import Objects
from publish.catalogue import Catalogue
from publish.periods import PeriodKind
from publish.published_index import PublishedIndex
from publish.site.spreadsheet import encode_csv
from publish.summary import Summary, decode_summary, encode_summary, journal_path, summary_path
from rules.rule_set import KnownSets, RuleSet, SetError

SUMMARY_KEY = re.compile(r"summaries/(?P<provider>[^/]+)/(?P<period>[^/.]+)\.json")
SET_KEY = re.compile(r"sets/(?P<digest>[0-9a-f]{8,64})\.json")


@dataclass(slots=True)
class SummaryBucket:
    """The public bucket, and the summaries that were read from it or written to it."""

    objects: Objects
    bucket: str
    known_sets: KnownSets = field(default_factory=KnownSets)
    summaries: dict[str, Summary] = field(default_factory=dict)
    names: dict[str, set[str]] = field(default_factory=dict)

    def look(self) -> None:
        """List the summaries that stand; until then none is known."""
        for key in self.objects.keys(self.bucket, "summaries/"):
            if found := SUMMARY_KEY.fullmatch(key):
                self.names.setdefault(found["provider"], set()).add(found["period"])

    def catalogue(self) -> Catalogue:
        """Return all published sets, and which one is in force. Read those that are new to us."""
        found = map(SET_KEY.fullmatch, self.objects.keys(self.bucket, "sets/"))
        digests = [key["digest"] for key in found if key]
        try:
            sets = self.known_sets.read(digests, lambda digest: self._must(f"sets/{digest}.json"))
        except SetError as error:
            raise OperatorError(f"a published set cannot be read: {error}") from error
        pointer = read_pointer(self.objects, self.bucket)
        return Catalogue(sets, pointer.set if pointer else "")

    def index_of(self, published: RuleSet) -> PublishedIndex | None:
        """What stands beside the index of checks that a set names, if it names one."""
        if not published.factchecks:
            return None
        data = self.objects.get(self.bucket, factchecks_facts_key(published.factchecks))
        return msgspec.json.decode(data, type=PublishedIndex) if data else None

    def periods(self, provider: str, kind: PeriodKind) -> list[str]:
        """The days, months or campaigns of a provider that stand, in order."""
        return sorted(name for name in self.names.get(provider, ()) if kind_of(name) is kind)

    def standing(self, provider: str, period: str) -> Summary | None:
        """The summary that stands, if one does."""
        path = summary_path(provider, period)
        if path not in self.summaries and period in self.names.get(provider, ()):
            self.summaries[path] = decode_summary(self._must(f"{path}.json"))
        return self.summaries.get(path)

    def put(self, key: str, data: bytes) -> bool:
        """Write unless the same bytes stand, so that no version is made for nothing."""
        if self.objects.get(self.bucket, key) == data:
            return False
        self.objects.put(self.bucket, key, data)
        return True

    def put_summary(self, summary: Summary, page: str) -> bool:
        """Put a summary's page, its CSV, and last the JSON; whether one of them was not there."""
        written = [
            self.put(f"{summary.path}.html", page.encode()),
            self.put(f"{summary.path}.csv", encode_csv(summary)),
            self.put(f"{summary.path}.json", encode_summary(summary)),
        ]
        self.summaries[summary.path] = summary
        self.names.setdefault(summary.provider, set()).add(summary.period)
        return any(written)

    def keep(self, standing: Summary) -> None:
        """Keep an earlier revision, and the journal that it folds, beside what will replace them.

        A journal that was already replaced, by a run that died thereafter, was kept by that run.
        """
        ending = f"r{standing.revision}"
        path = f"{standing.path}.json"
        self.objects.put_new(self.bucket, f"{standing.path}.{ending}.json", self._must(path))
        if standing.kind != PeriodKind.DAY or standing.provider == "all":
            return
        path = journal_path(standing.provider, standing.period)
        data = self._must(f"{path}.jsonl")
        if sha256(data).hexdigest() == standing.journal[0].sha256:
            self.objects.put_new(self.bucket, f"{path}.{ending}.jsonl", data)

    def _must(self, key: str) -> bytes:
        data = self.objects.get(self.bucket, key)
        if data is None:
            raise OperatorError(f"{key} was listed in the public bucket and is gone")
        return data


def kind_of(name: str) -> PeriodKind:
    """What period a name stands for.

    >>> kind_of("2026-11-25").value, kind_of("2026-11").value, kind_of("november-2026").value
    ('day', 'month', 'campaign')
    """
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", name):
        return PeriodKind.DAY
    return PeriodKind.MONTH if re.fullmatch(r"\d{4}-\d{2}", name) else PeriodKind.CAMPAIGN
