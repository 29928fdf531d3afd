"""The public bucket: which summaries are published, and how they are replaced.

The JSON of a summary is written after its page and its CSV, so a reader who finds it finds all
three. If a run dies in between, the JSON is missing or old, and the next run writes the same bytes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256

import msgspec

from ledger.errors import OperatorError
from ledger.keys import factchecks_facts_key
from ledger.pointer import read_pointer
from ledger.ports import Objects
from ledger.records.provider import SENTINEL
from phrases import LANGUAGES
from publish.catalogue import PublishedIndex, PublishedSets
from publish.periods import PeriodKind, SummaryPeriod
from publish.site.archive import archive_of
from publish.site.spreadsheet import encode_csv
from publish.site.templating import page_path
from publish.summary import Summary, decode_summary, encode_summary, summary_path
from rules.rule_set import RuleSet, SetError
from rules.set_reader import KnownSets

SUMMARY_KEY = re.compile(r"summaries/(?P<provider>[^/]+)/(?P<period>[^/.]+)\.json")
SET_KEY = re.compile(r"sets/(?P<digest>[0-9a-f]{8,64})\.json")


@dataclass(slots=True)
class SummaryBucket:
    """The public bucket, and the summaries that were read from it or written to it.

    `names` holds the published periods of each provider; it is empty before `list_summaries`.
    """

    objects: Objects
    bucket: str
    known_sets: KnownSets = field(default_factory=KnownSets)
    summaries: dict[str, Summary] = field(default_factory=dict)
    names: dict[str, set[str]] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)

    def list_summaries(self) -> None:
        """List the published summaries, and which pages and archives they have."""
        for key in self.objects.keys(self.bucket, "summaries/"):
            if match := SUMMARY_KEY.fullmatch(key):
                self.names.setdefault(match["provider"], set()).add(match["period"])
            elif key.endswith((".html", ".zip")):
                self.shown.add(key)

    def has_pages(self, summary: Summary) -> bool:
        """Return whether a summary has its page in each language: earlier releases wrote one."""
        return all(page_path(summary.path, language) in self.shown for language in LANGUAGES)

    def has_archive(self, summary: Summary) -> bool:
        """Return whether a summary has its zip file, and is the one that it holds."""
        return not summary.provisional and f"{summary.path}.zip" in self.shown

    def catalogue(self) -> PublishedSets:
        """Return all published sets and which one is in force. Only sets not yet known are read."""
        matches = map(SET_KEY.fullmatch, self.objects.keys(self.bucket, "sets/"))
        digests = [match["digest"] for match in matches if match]
        try:
            sets = self.known_sets.read(digests, lambda digest: self._read(f"sets/{digest}.json"))
        except SetError as error:
            raise OperatorError(f"a published set cannot be read: {error}") from error
        pointer = read_pointer(self.objects, self.bucket)
        return PublishedSets(sets, pointer.set if pointer else "")

    def check_index(self, in_force: RuleSet) -> PublishedIndex | None:
        """Return the facts on the index of fact-checks that a set names, if it names one."""
        if not in_force.factchecks:
            return None
        data = self.objects.get(self.bucket, factchecks_facts_key(in_force.factchecks))
        return msgspec.json.decode(data, type=PublishedIndex) if data else None

    def periods(self, provider: str, kind: PeriodKind) -> list[str]:
        """Return the published days, months or campaigns of a provider, in order."""
        return sorted(name for name in self.names.get(provider, ()) if kind_of(name) is kind)

    def published(self, provider: str, period: str) -> Summary | None:
        """Return the published summary, if there is one."""
        path = summary_path(provider, period)
        if path not in self.summaries and period in self.names.get(provider, ()):
            self.summaries[path] = decode_summary(self._read(f"{path}.json"))
        return self.summaries.get(path)

    def published_by_providers(self, period: str) -> list[Summary]:
        """Return the summaries of a period of all providers but the sentinel."""
        names = sorted(self.names.keys() - {"all", SENTINEL})
        return [summary for name in names if (summary := self.published(name, period))]

    def published_in(
        self, provider: str, kind: PeriodKind, first: str = "", last: str = "~"
    ) -> list[Summary]:
        """Return a provider's summaries of a kind, from the first name to the last, in order."""
        names = [name for name in self.periods(provider, kind) if first <= name <= last]
        return [summary for name in names if (summary := self.published(provider, name))]

    def published_before(self, provider: str, period: SummaryPeriod) -> Summary | None:
        """Return the newest summary of the same kind before a period."""
        earlier = [name for name in self.periods(provider, period.kind) if name < period.name]
        return self.published(provider, earlier[-1]) if earlier else None

    def published_after(self, provider: str, period: SummaryPeriod) -> Summary | None:
        """Return the oldest one after it."""
        later = [name for name in self.periods(provider, period.kind) if name > period.name]
        return self.published(provider, later[0]) if later else None

    def encoded(self, summary: Summary) -> bytes:
        """Return the JSON of a summary: the published bytes if they say the same.

        An earlier release may have written them without fields of this one. The log names their
        digest, and only a revision may replace them.
        """
        if self.published(summary.provider, summary.period) == summary:
            return self._read(f"{summary.path}.json")
        return encode_summary(summary)

    def put(self, key: str, data: bytes) -> bool:
        """Write unless the same bytes are there already. Return whether it was written."""
        if self.objects.get(self.bucket, key) == data:
            return False
        self.objects.put(self.bucket, key, data)
        return True

    def put_pages(self, summary: Summary, pages: Mapping[str, str]) -> bool:
        """Write a summary's pages by language. Return whether one was written."""
        written = False
        for language, page in pages.items():
            key = page_path(summary.path, language)
            written |= self.put(key, page.encode())
            self.shown.add(key)
        return written

    def put_archive(self, summary: Summary) -> None:
        """Write the zip file of a closed summary, unless its files are too large for one."""
        read = partial(self.objects.get, self.bucket)
        data = archive_of(summary, self.encoded(summary), read)
        if data is not None:
            self.put(f"{summary.path}.zip", data)
            self.shown.add(f"{summary.path}.zip")

    def put_summary(self, summary: Summary, pages: Mapping[str, str]) -> bool:
        """Write a summary's pages, its CSV, and last its JSON. Return whether one was written."""
        written = [
            self.put_pages(summary, pages),
            self.put(f"{summary.path}.csv", encode_csv(summary)),
            self.put(f"{summary.path}.json", self.encoded(summary)),
        ]
        self.summaries[summary.path] = summary
        self.names.setdefault(summary.provider, set()).add(summary.period)
        return any(written)

    def keep_revision(self, summary: Summary) -> None:
        """Copy a summary that is about to be replaced, and its journal, to `<period>.r<n>`.

        If an earlier run died after it had replaced the journal, that run made the copy.
        """
        ending = f"r{summary.revision}"
        data = self._read(f"{summary.path}.json")
        self.objects.put_new(self.bucket, f"{summary.path}.{ending}.json", data)
        if summary.kind != PeriodKind.DAY or summary.provider == "all":
            return
        for file in summary.journal:
            journal = self._read(file.path)
            if sha256(journal).hexdigest() == file.sha256:
                kept = f"{file.path.removesuffix('.jsonl')}.{ending}.jsonl"
                self.objects.put_new(self.bucket, kept, journal)

    def _read(self, key: str) -> bytes:
        data = self.objects.get(self.bucket, key)
        if data is None:
            raise OperatorError(f"{key} was listed in the public bucket and is gone")
        return data


def kind_of(name: str) -> PeriodKind:
    """Return the kind of period that a name is of.

    >>> kind_of("2026-11-25").value, kind_of("2026-11").value, kind_of("november-2026").value
    ('day', 'month', 'campaign')
    """
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", name):
        return PeriodKind.DAY
    return PeriodKind.MONTH if re.fullmatch(r"\d{4}-\d{2}", name) else PeriodKind.CAMPAIGN
