"""What publish hands to the providers and to scan, besides the numbers.

- The month's audit sample, for moderators. The key that drew it is published after the month.
- Statements of reasons in batches, as the transparency database of the Commission accepts them, and
  the harmonised report of a year that is over, written once, if each of its numbers is proved.
- Snapshots of fingerprints of confirmed posts, with which rules of copies compare. A snapshot
  follows from the decisions and fingerprints of the last weeks, so it is made from nothing each
  time. It is private: only scan reads it.
- The sender's receipt of a file whose last worker died after the last range.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched

import msgspec

from cases.kinds import CaseNumbers
from dsa.indicators import About
from dsa.report import LEDGER, Period, Report, report_files
from dsa.report_entries import Entries
from dsa.report_proof import WrittenReport, prove
from dsa.statement import BATCH
from ledger import findings
from ledger.cases import JournalEntry
from ledger.codes import OperatorError
from ledger.draws import NEWEST, DrawLimit, Draws, draw_limit, draws_key, read_draws
from ledger.keys import (
    SENTINEL,
    audit_file_key,
    copies_key,
    report_key,
    statement_batch_key,
    statements_of_day,
)
from ledger.objects import S3Objects
from ledger.store import DynamoStore
from ledger.texts import encode_json, encode_json_lines, utc
from ledger.units import ReceiptCounts, rule_key, sum_records
from publish.publish_run import PublishRun, PublishStep
from publish.summary import PeriodKind, days_before, days_between, month_of
from rules.pack import Mode, Pack
from rules.pack_parts import ALGORITHM, Fingerprinted, copy_groups
from rules.pinned import rule_digest


class PublishedKey(msgspec.Struct, frozen=True):
    """The key of a month's sample: anyone who has the posts can draw it again."""

    month: str
    key: str
    rank: str = "the first 32 hex digits of HMAC-SHA-256 under the key, over provider/post"


@dataclass(frozen=True)
class BucketStep(PublishStep):
    """A step that writes into one bucket."""

    objects: S3Objects
    bucket: str


class Samples(BucketStep):
    """Merges the day's part into each month's audit sample, in the bucket that providers read."""

    def day_counted(self, run: PublishRun, provider: str, day: str) -> None:
        """Merge the day's posts into the provider's sample of the month.

        The stored sample is read before the posts, and replaced only if it is still the same. If
        an author is erased in between, the erasure wins, and the next run merges again.
        """
        key = audit_file_key(provider, day[:7])
        before, etag = self.objects.get_with_etag(self.bucket, key) or (b"", None)
        posts = run.context.store.samples(provider, day)
        if posts and (after := merged_samples(before, posts)) != before:
            self.objects.put_if(self.bucket, key, after, etag)

    def end(self, run: PublishRun) -> None:
        """Publish the keys of the months that are over."""
        for month in {day[:7] for day in run.days if month_of(day).last_day <= run.closed}:
            if key := run.context.store.audit_key(month):
                published = encode_json(PublishedKey(month, key))
                run.context.public.put(f"audit/{month}.json", published)


def merged_samples(before: bytes, posts: Sequence[findings.SampledPost]) -> bytes:
    r"""Return the posts with the smallest ranks of a sample and of more posts, as JSON Lines.

    >>> merged_samples(b"", [("p-1", "ff", "k:b"), ("p-2", "0a", "k:a")] * 2)
    b'{"post":"p-2","rank":"0a","account":"k:a"}\n{"post":"p-1","rank":"ff","account":"k:b"}\n'
    """
    earlier = [msgspec.json.decode(line, type=findings.SampleLine) for line in before.splitlines()]
    known = [*(findings.SampleLine(*post) for post in posts), *earlier]
    accounts = {line.post: line.account for line in known}
    smallest = findings.merge_samples([[(line.post, line.rank) for line in known]])
    return encode_json_lines(
        findings.SampleLine(post, rank, accounts[post]) for post, rank in smallest
    )


class Statements(BucketStep):
    """Writes batches of statements and yearly reports into the bucket that providers read."""

    def day_published(
        self, run: PublishRun, provider: str, day: str, entries: Sequence[JournalEntry]
    ) -> None:
        """Write the batches of a day on which anybody took a measure."""
        del run
        if any(entry.measures for entry in entries):
            self.batch(provider, day)

    def batch(self, provider: str, day: str) -> None:
        """Write the batches of a day that are missing or incomplete.

        Decide writes each statement with its decision, so batches of a day that is over never
        change; those of an open day grow.
        """
        prefix = statements_of_day(provider, day)
        keys = self.objects.keys(self.bucket, prefix)
        for number, batch in enumerate(batched(keys, BATCH), 1):
            key = statement_batch_key(provider, day, number)
            puids = [name.removeprefix(prefix).removesuffix(".json") for name in batch]
            data = self.objects.get(self.bucket, key)
            before = msgspec.json.decode(data)["statements"] if data is not None else ()
            if [statement["puid"] for statement in before] != puids:
                statements = [msgspec.Raw(self._read(name)) for name in batch]
                self.objects.put(self.bucket, key, encode_json({"statements": statements}))

    def _read(self, key: str) -> bytes:
        data = self.objects.get(self.bucket, key)
        if data is None:
            raise OperatorError(f"{key} was listed in the out bucket and is gone")
        return data

    def end(self, run: PublishRun) -> None:
        """Write the yearly report of each provider once the year is over."""
        for provider in sorted({*run.providers} - {SENTINEL}):
            run.result.unproved += self._report(run, provider, year_over(run.closed))

    def _report(self, run: PublishRun, provider: str, year: str) -> list[str]:
        """Write the report of a year if it is not there yet, from the published days.

        Return what could not be proved; then nothing is written. An entry counts on the day of its
        commit, so a year that is over no longer changes.
        """
        public, store = run.context.public, run.context.store
        days = [day for day in public.periods(provider, PeriodKind.DAY) if day[:4] == year]
        done = report_key(provider, year, LEDGER)
        if not days or done in self.objects.keys(self.bucket, done):
            return []
        entries = [entry for day in days for entry in store.journal_entries(provider, day)]
        months = public.published_in(provider, PeriodKind.MONTH, f"{year}-01", f"{year}-12")
        reporting = Report(
            period=Period.year(int(year)),
            entries=Entries.of(entries),
            inspected={m.period: m.numbers.inspected for m in months if m.numbers.inspected},
            about=About(name=provider, published=run.context.clock.now().date()),
        )
        files = report_files(reporting, provider)
        differences = prove(WrittenReport.read(files)).differences
        if differences:
            return [f"{provider} {year}: {difference}" for difference in differences]
        # The ledger is written last: its presence means that the report is complete.
        for name in sorted(files, key=lambda name: name == LEDGER):
            self.objects.put(self.bucket, report_key(provider, year, name), files[name])
        return []


def year_over(closed: str) -> str:
    """Return the last year of which every day is closed.

    >>> year_over("2026-12-30"), year_over("2026-12-31")
    ('2025', '2026')
    """
    year = int(closed[:4])
    return str(year if closed[5:] == "12-31" else year - 1)


SNAPSHOT_DAYS = findings.COPY_DAYS - 4
"""How old a finding may be: S3 keeps a snapshot for a day and its earlier versions for another, and
each may end a day late."""

WRITTEN_AFTER = timedelta(minutes=50)
"""How old a snapshot must be to be replaced: runs are an hour apart, but not to the second."""

KEPT_FOR = timedelta(hours=20)
"""How old a snapshot becomes that does not change: S3 deletes it after a day."""

MOST_ROWS = 4_000
"""Fingerprints of one snapshot: those of the newest decisions. They take 0.9 MB."""


class Snapshots(BucketStep):
    """Renews what the rules of copies of each provider compare posts with, in the work bucket."""

    def end(self, run: PublishRun) -> None:
        """Renew the snapshots of all providers.

        People may have decided something on the days with cases, and on those that are open.
        """
        now, public = run.context.clock.now(), run.context.public
        days = days_between(days_before(run.today, SNAPSHOT_DAYS), run.today)
        for provider in run.providers:
            packs = run.catalogue.in_force.packs_of(provider, now.date())
            published = {day: public.published(provider, day) for day in days}
            decided = [
                day
                for day, summary in published.items()
                if day > run.closed or (summary and summary.cases != CaseNumbers())
            ]
            self.renew(run.context.store, provider, packs, decided, now)

    def renew(
        self,
        store: DynamoStore,
        provider: str,
        packs: Sequence[Pack],
        days: Sequence[str],
        now: datetime,
    ) -> bool:
        """Write a provider's snapshot if it has changed. Return whether it was written.

        `days` are those of the last SNAPSHOT_DAYS on which people may have decided anything. The
        stored one is read before the table, and replaced only if it did not change meanwhile. If an
        author is erased in between, the erasure wins, and the next run writes.
        """
        rules = _rules_of(packs)
        if not rules:
            return False
        data, etag = self.objects.get_with_etag(self.bucket, copies_key(provider)) or (b"", None)
        stored = msgspec.json.decode(data, type=findings.CopySnapshot) if data else None
        age = now - datetime.fromisoformat(stored.at) if stored else timedelta.max
        if stored and not stored.erased and timedelta() <= age < WRITTEN_AFTER:
            return False
        first = days_before(now.date().isoformat(), SNAPSHOT_DAYS)
        rows = confirmed_fingerprints(store, provider, rules, days, first)
        snapshot = findings.CopySnapshot(utc(now), ALGORITHM, rows)
        before = stored or findings.CopySnapshot("", ALGORITHM)
        is_same = msgspec.structs.replace(before, at=snapshot.at) == snapshot
        if is_same and (stored is None or timedelta() <= age < KEPT_FOR):
            return False
        encoded = msgspec.json.encode(snapshot)
        return self.objects.put_if(self.bucket, copies_key(provider), encoded, etag)


def confirmed_fingerprints(
    store: DynamoStore,
    provider: str,
    rules: Mapping[str, Sequence[str]],
    days: Sequence[str],
    first: str,
) -> tuple[findings.ConfirmedFingerprint, ...]:
    """Return one fingerprint of each group of confirmed posts that rules of copies look for.

    `rules` has the rules of copies by the rule (`pack/rule`) that a person confirmed, `days` those
    of decisions; findings before the day `first` are left out. Each group has the fingerprint of
    its first decision. A decision that was overturned confirms nothing.
    """
    entries = [entry for day in days for entry in store.journal_entries(provider, day)]
    overturned = {entry.decision for entry in entries if entry.overturns}
    confirming = [
        entry
        for entry in entries
        if entry.type == "decision"
        and entry.verdict == "confirmed"
        and entry.entry not in overturned
    ]
    by_finding = {case: (entry.at, entry.entry) for entry in confirming for case in entry.cases}
    found_days = {day for entry in confirming for day in entry.found_days}
    texts: dict[str, set[Fingerprinted]] = {}
    for day in sorted(day for day in found_days if day >= first):
        for made in store.fingerprints(provider, day):
            pack, _, rule, _ = made.rule.split("/")
            if made.fingerprint and (confirmation := by_finding.get(made.finding)):
                text = Fingerprinted(" ".join((*confirmation, made.finding)), made.fingerprint)
                for name in rules.get(f"{pack}/{rule}", ()):
                    texts.setdefault(name, set()).add(text)
    return tuple(sorted(_newest(texts)))


def _newest(texts: Mapping[str, set[Fingerprinted]]) -> Iterator[findings.ConfirmedFingerprint]:
    """Yield the first text of each group; of too many, those that were decided last."""
    firsts: list[tuple[Fingerprinted, str]] = []
    for name, of_rule in texts.items():
        groups = copy_groups(of_rule)
        firsts += [(text, name) for text in of_rule if groups[text.id] == text.id]
    for text, name in sorted(firsts)[-MOST_ROWS:]:
        _, decision, _ = text.id.split()
        yield findings.ConfirmedFingerprint(name, decision, text.fingerprint)


def _rules_of(packs: Sequence[Pack]) -> dict[str, list[str]]:
    """Return the rules of copies by each rule whose confirmed posts they use: also their own."""
    rules: dict[str, list[str]] = {}
    for pack in packs:
        for rule in pack.rules:
            for of in (rule.copies, rule.id) if rule.copies else ():
                rules.setdefault(f"{pack.id}/{of}", []).append(f"{pack.id}/{rule.id}")
    return rules


class TrialDraws(BucketStep):
    """Renews the draws of each provider's trials, in the work bucket."""

    def end(self, run: PublishRun) -> None:
        """Write the draws of each provider that differ from those in force.

        Nothing more is drawn for a provider that is not registered any more.
        """
        drawing = {key.split("/")[1] for key in self.objects.keys(self.bucket, "draws/")}
        for provider in sorted(drawing | {*run.providers}):
            draws = Draws(dict(_limits(run, provider)) if provider in run.providers else {})
            if draws != read_draws(self.objects.get, self.bucket, provider):
                data = msgspec.json.encode(draws, order="sorted")
                for name in filter(None, (draws.digest, NEWEST)):
                    self.objects.put(self.bucket, draws_key(provider, name), data)


def _limits(run: PublishRun, provider: str) -> Iterator[tuple[str, DrawLimit]]:
    """Yield the limits of the rules in force that are on trial, by the fuller of two days."""
    store, now = run.context.store, run.context.clock.now()
    going = {one.rule: one.matching for one in store.trials(provider) if not one.is_over(now)}
    if not going:
        return
    found, high = Counter[str](), Counter[str]()
    for day in (days_before(run.today, 1), run.today):
        counts = sum_records(ReceiptCounts, store.receipts(provider, day))
        found |= Counter(counts.by_rule)
        high |= Counter(counts.high)
    for pack in run.catalogue.in_force.packs:
        for rule in pack.rules:
            if going.get(name := f"{pack.id}/{rule.id}") == rule_digest(pack, rule):
                key = rule_key(pack.id, pack.version, rule.id, Mode.SHADOW)
                yield name, DrawLimit(pack.version, draw_limit(found[key]), draw_limit(high[key]))


@dataclass(frozen=True, slots=True)
class OpenFiles(PublishStep):
    """Asks each open file to close: if its last worker died, nobody else writes the receipt.

    It comes after the numbers: a file that cannot be closed must not hold back any.
    """

    close: Callable[[str], object]

    def end(self, run: PublishRun) -> None:
        """Close what can be closed."""
        for provider in run.providers:
            for file in run.context.store.files(provider):
                if not file.closed:
                    self.close(file.file)
