"""The CSV of a summary (RFC 4180): one number a line, safe to open in a spreadsheet.

The zip file of a summary: all that is needed to add its numbers up again, and a manifest.

Its paths are those of the site, so the unpacked folder can be checked like a copy of the site. A
day's zip only names its sets, which are larger than all else and the same for many days. The same
facts give the same bytes: entries are in order, without dates, and stored as they are, since
another release of a compressor writes other bytes.

The public bucket: which summaries are published, and how they are replaced.

The JSON of a summary is written after its page and its CSV, so a reader who finds it finds all
three. If a run dies in between, the JSON is missing or old, and the next run writes the same bytes.
"""

import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from io import BytesIO

import msgspec
from msgspec import UNSET

from ledger.aws.objects import S3Objects
from ledger.closing import read_pointer
from ledger.keys import SENTINEL, factchecks_facts_key
from ledger.refusals import OperatorError
from ledger.texts import escape_csv_formula, replace_controls
from phrases import LANGUAGES
from publish.case_numbers import CLOCKS
from publish.folding import measures
from publish.page_words import page_path
from publish.periods import PeriodKind, SummaryPeriod, percentiles
from publish.precision import Errors, RuleErrors
from publish.set_catalogue import PublishedIndex, PublishedSets
from publish.summary import Standing, Summary, decode_summary, encode_summary, summary_path
from rules.rule_set import KnownSets, RuleSet, SetError

HEADER = ("period", "provider", "measure", "key", "value")


def encode_csv(summary: Summary) -> bytes:
    """Return the summary as `period,provider,measure,key,value`, in UTF-8."""
    rows = [",".join(HEADER)]
    for measure, key, value in csv_rows(summary):
        cells = (summary.period, summary.provider, measure, key, value)
        rows.append(",".join(csv_cell(part) for part in cells))
    return ("\r\n".join(rows) + "\r\n").encode()


def csv_rows(summary: Summary) -> Iterator[tuple[str, str, int | float | str]]:
    """Yield all numbers of a summary, with their errors, as (measure, key, value)."""
    yield "revision", "", summary.revision
    yield "provisional", "", int(summary.provisional)
    yield from measures(summary.numbers)
    yield "open_files", "", len(summary.open_files)
    yield "left_out", "", len(summary.left_out)
    if summary.sentinel:
        yield "sentinel_found", "", summary.sentinel.found
        yield "sentinel_missed", "", len(summary.sentinel.missed)
    yield from _errors(summary.errors)
    yield from measures(summary.cases, "cases.")
    for clock in CLOCKS:
        took = percentiles(getattr(summary.cases, f"{clock}_seconds"))
        yield f"{clock}_median_hours", "", _blank(took.median_hours)
        yield f"{clock}_p90_hours", "", _blank(took.p90_hours)
    if summary.standing:
        yield from _standing(summary.standing)


def _errors(errors: Errors) -> Iterator[tuple[str, str, int | float | str]]:
    """Yield the errors of all rules, then of each rule; blank until the first decision."""
    for name, value in _figures(errors):
        yield name, "", value
    for rule, of_rule in sorted(errors.by_rule.items()):
        for name, value in _figures(of_rule):
            yield f"{name}_by_rule", rule, value


def _figures(errors: RuleErrors) -> Iterator[tuple[str, float | str]]:
    """Yield the figures of a rule by name; those that are absent from the JSON are left out."""
    for name in RuleErrors.__struct_fields__:
        value = getattr(errors, name)
        if value is not UNSET:
            yield name, _blank(value)


def _standing(standing: Standing) -> Iterator[tuple[str, str, int | float | str]]:
    """Yield open cases by age, and the results of earlier months' findings."""
    for age, count in standing.ages():
        yield "open_findings", age, count
    for name in ("open_notices", "open_complaints", "open_disputes", "open_orders"):
        yield name, "", getattr(standing, name)
    for cohort in standing.cohorts:
        yield "cohort_live", cohort.month, cohort.live
        for name, value in _figures(cohort.errors):
            yield f"cohort_{name}", cohort.month, value
        for stratum, found in sorted(cohort.strata.items()):
            key = f"{cohort.month}/{stratum}"
            for name in ("prevalence", "recall"):
                share = getattr(found, name)
                yield f"cohort_{name}", key, _blank(share.share)
                yield f"cohort_{name}_low", key, _blank(share.low)
                yield f"cohort_{name}_high", key, _blank(share.high)


def _blank(value: float | None) -> float | str:
    return "" if value is None else value


def csv_cell(value: float | str) -> str:
    r"""Return a number as it is, and a text quoted, without formulas or control characters.

    >>> [csv_cell(value) for value in (12, "plain", "=1+1", " ＝1")]
    ['12', '"plain"', '"\'=1+1"', '"\' ＝1"']
    """
    if isinstance(value, int | float):
        return str(value)
    return '"' + escape_csv_formula(replace_controls(value)).replace('"', '""') + '"'


ARCHIVE_BYTES = 64 * 1024 * 1024
"""The most that the files of an archive may have together. Larger periods have none: their journal
is fetched file by file."""

FIRST_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest date that a zip file can hold."""

Read = Callable[[str], bytes | None]


def archive_of(summary: Summary, encoded: bytes, read: Read) -> bytes | None:
    """Return the zip file of a closed summary; None if it is too large or a file is missing.

    `encoded` is the summary's JSON. Its CSV comes from the summary, since it is not written yet;
    `read` returns the other files that it sums up.
    """
    files = {
        f"{summary.path}.json": encoded,
        f"{summary.path}.csv": encode_csv(summary),
    }
    total = sum(map(len, files.values()))
    for path in sorted(_needed(summary) - files.keys()):
        data = read(path)
        if data is None and path.startswith("summaries/"):
            continue  # a provider may have nothing on a day
        if data is None:
            return None
        total += len(data)
        if total > ARCHIVE_BYTES:
            return None
        files[path] = data
    manifest = {
        "title": "Terang",
        "summary": summary.path,
        "revision": summary.revision,
        "files": [
            {"path": path, "bytes": len(data), "sha256": sha256(data).hexdigest()}
            for path, data in sorted(files.items())
        ],
        "sets": [
            {"path": path, "sha256": digest}
            for digest in sorted(summary.numbers.sets)
            if (path := f"sets/{digest}.json") not in files
        ],
    }
    files["manifest.json"] = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    return _zipped(files)


def _needed(summary: Summary) -> set[str]:
    """Return the paths of the files that a summary sums up."""
    paths = {file.path for file in summary.journal}
    if summary.kind is not PeriodKind.DAY:
        paths |= {f"sets/{digest}.json" for digest in summary.numbers.sets}
    names = [summary.period, *(part.name for part in summary.days)]
    providers = [summary.provider, *(part.name for part in summary.providers)]
    stems = {summary_path(provider, name) for provider in providers for name in names}
    if summary.sentinel:
        stems |= {summary_path(SENTINEL, name) for name in names}
    earlier = {f"{summary.path}.r{summary.revision - 1}"}
    if summary.standing and (before := summary.standing.before):
        carried = [summary_path(provider, before.period) for provider in providers]
        earlier |= {*carried, *(f"{stem}.r{before.revision}" for stem in carried)}
    paths |= {f"{stem}.{kind}" for stem in stems for kind in ("json", "csv")}
    return paths | {f"{stem}.json" for stem in earlier}


def _zipped(files: dict[str, bytes]) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for path, data in sorted(files.items()):
            entry = zipfile.ZipInfo(path, FIRST_DATE)
            entry.create_system = 3  # the same on every machine
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return made.getvalue()


SUMMARY_KEY = re.compile(r"summaries/(?P<provider>[^/]+)/(?P<period>[^/.]+)\.json")
SET_KEY = re.compile(r"sets/(?P<digest>[0-9a-f]{8,64})\.json")


@dataclass(slots=True)
class SummaryBucket:
    """The public bucket, and the summaries that were read from it or written to it.

    `names` holds the published periods of each provider; it is empty before `list_summaries`.
    """

    objects: S3Objects
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
        """Return whether a summary has its page in each language."""
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

        Another release may write other fields. The log names their
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
