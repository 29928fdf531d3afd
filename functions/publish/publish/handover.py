"""The month's audit sample for moderators, and the key that drew it, published after the month.

Writes what a provider's rules of copies compare with: fingerprints of confirmed posts.

A snapshot follows from the decisions and fingerprints of the last weeks, so it is made from nothing
each time. It is private: only scan reads it.

Writes what a provider hands to the Commission: batches of statements, and the yearly report.

The transparency database accepts a day's statements of reasons in batches. The harmonised report of
a year that is over is written once, if each of its numbers is proved.

Pauses a rule for a provider whose moderators find it wrong too often.

A new set keeps the rule in shadow and gives the figures as the reason; earlier sets stay as they
are. Only a higher version of the pack with other rules ends the pause.

The sentinel post: a harmless post that the stack sends itself each day, and must find.

It takes the way of any post: queue, scan, rules in force, table, summary. Its text is here and in
`packs/sentinel.yaml`, for everybody to read. A day has one message, so a repeat counts once.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import batched
from typing import NamedTuple

import msgspec

from dsa.indicators import About
from dsa.report import LEDGER, Period, Report, report_files
from dsa.report_entries import Entries
from dsa.report_proof import WrittenReport, prove
from dsa.statement import BATCH
from ledger.aws.objects import S3Objects
from ledger.aws.store import DynamoStore
from ledger.closing import NO_SET, put_in_force
from ledger.keys import (
    audit_file_key,
    copies_key,
    report_key,
    statement_batch_key,
    statements_of_day,
)
from ledger.privacy import (
    COPY_DAYS,
    ConfirmedFingerprint,
    CopySnapshot,
    SampledPost,
    SampleLine,
    merge_samples,
)
from ledger.provider import SENTINEL
from ledger.refusals import OperatorError
from ledger.texts import encode_json, encode_json_lines, utc
from publish.periods import PeriodKind, days_before
from publish.precision import RuleErrors, errors_of
from publish.public_bucket import SummaryBucket
from publish.summary import Standing
from rules.pack import Pack
from rules.pack_parts import ALGORITHM, Fingerprinted, copy_groups
from rules.rule_set import Paused, RuleSet, SetError, load_set, with_pauses


class PublishedKey(msgspec.Struct, frozen=True):
    """The key of a month's sample: anyone who has the posts can draw it again."""

    month: str
    key: str
    rank: str = "the first 32 hex digits of HMAC-SHA-256 under the key, over provider/post"


@dataclass(frozen=True, slots=True)
class OutBucket:
    """The bucket that providers read."""

    objects: S3Objects
    name: str


def hand_out(
    out: OutBucket, provider: str, month: str, sampled: Callable[[], Sequence[SampledPost]]
) -> None:
    """Merge posts into the provider's sample of the month.

    The stored sample is read before the posts, and replaced only if it is still the same. If
    an author is erased in between, the erasure wins, and the next run merges again.
    """
    key = audit_file_key(provider, month)
    before, etag = out.objects.get_with_etag(out.name, key) or (b"", None)
    posts = sampled()
    if posts and (after := merged_samples(before, posts)) != before:
        out.objects.put_if(out.name, key, after, etag)


def merged_samples(before: bytes, posts: Sequence[SampledPost]) -> bytes:
    r"""Return the posts with the smallest ranks of a sample and of more posts, as JSON Lines.

    >>> merged_samples(b"", [SampledPost("p-1", "ff", "k:b"), SampledPost("p-2", "0a", "k:a")] * 2)
    b'{"post":"p-2","rank":"0a","account":"k:a"}\n{"post":"p-1","rank":"ff","account":"k:b"}\n'
    """
    earlier = [msgspec.json.decode(line, type=SampleLine) for line in before.splitlines()]
    known = [*(SampleLine(*post) for post in posts), *earlier]
    accounts = {line.post: line.account for line in known}
    smallest = merge_samples([[(line.post, line.rank) for line in known]])
    return encode_json_lines(SampleLine(post, rank, accounts[post]) for post, rank in smallest)


def encode_key(month: str, key: str) -> bytes:
    """Return the published form of the key of a month's sample."""
    return encode_json(PublishedKey(month, key))


def key_path(month: str) -> str:
    """Return the path of the key of a month's sample.

    >>> key_path("2026-11")
    'audit/2026-11.json'
    """
    return f"audit/{month}.json"


SNAPSHOT_DAYS = COPY_DAYS - 4
"""How old a finding may be: S3 keeps a snapshot for a day and its earlier versions for another, and
each may end a day late."""

WRITTEN_AFTER = timedelta(minutes=50)
"""How old a snapshot must be to be replaced: runs are an hour apart, but not to the second."""

KEPT_FOR = timedelta(hours=20)
"""How old a snapshot becomes that does not change: S3 deletes it after a day."""

MOST_ROWS = 4_000
"""Fingerprints of one snapshot: those of the newest decisions. They take 0.9 MB."""


@dataclass(frozen=True, slots=True)
class SnapshotBucket:
    """The snapshots in the work bucket."""

    objects: S3Objects
    bucket: str

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
        stored = msgspec.json.decode(data, type=CopySnapshot) if data else None
        age = now - datetime.fromisoformat(stored.at) if stored else timedelta.max
        if stored and not stored.erased and timedelta() <= age < WRITTEN_AFTER:
            return False
        first = days_before(now.date().isoformat(), SNAPSHOT_DAYS)
        rows = confirmed_fingerprints(store, provider, rules, days, first)
        snapshot = CopySnapshot(utc(now), ALGORITHM, rows)
        before = stored or CopySnapshot("", ALGORITHM)
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
) -> tuple[ConfirmedFingerprint, ...]:
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


def _newest(texts: Mapping[str, set[Fingerprinted]]) -> Iterator[ConfirmedFingerprint]:
    """Yield the first text of each group; of too many, those that were decided last."""
    firsts: list[tuple[Fingerprinted, str]] = []
    for name, of_rule in texts.items():
        groups = copy_groups(of_rule)
        firsts += [(text, name) for text in of_rule if groups[text.id] == text.id]
    for text, name in sorted(firsts)[-MOST_ROWS:]:
        _, decision, _ = text.id.split()
        yield ConfirmedFingerprint(name, decision, text.fingerprint)


def _rules_of(packs: Sequence[Pack]) -> dict[str, list[str]]:
    """Return the rules of copies by each rule whose confirmed posts they use: also their own."""
    rules: dict[str, list[str]] = {}
    for pack in packs:
        for rule in pack.rules:
            for of in (rule.copies, rule.id) if rule.copies else ():
                rules.setdefault(f"{pack.id}/{of}", []).append(f"{pack.id}/{rule.id}")
    return rules


def batch_statements(out: OutBucket, provider: str, day: str) -> None:
    """Write the batches of a day that are missing or incomplete.

    Decide writes each statement with its decision, so batches of a day that is over never change;
    those of an open day grow.
    """
    prefix = statements_of_day(provider, day)
    keys = out.objects.keys(out.name, prefix)
    for number, batch in enumerate(batched(keys, BATCH), 1):
        key = statement_batch_key(provider, day, number)
        puids = [name.removeprefix(prefix).removesuffix(".json") for name in batch]
        if _puids(out.objects.get(out.name, key)) != puids:
            statements = [msgspec.Raw(_read(out, name)) for name in batch]
            out.objects.put(out.name, key, encode_json({"statements": statements}))


def _puids(data: bytes | None) -> list[str]:
    if data is None:
        return []
    return [statement["puid"] for statement in msgspec.json.decode(data)["statements"]]


def _read(out: OutBucket, key: str) -> bytes:
    data = out.objects.get(out.name, key)
    if data is None:
        raise OperatorError(f"{key} was listed in the out bucket and is gone")
    return data


@dataclass(frozen=True, slots=True)
class YearReports:
    """Writes reports of the published days into the bucket that providers read.

    An entry counts on the day of its commit, so a year that is over no longer changes.
    """

    store: DynamoStore
    public: SummaryBucket
    out: OutBucket
    today: date

    def write(self, provider: str, closed: str) -> list[str]:
        """Write the report of the last year that is over by a closed day, if it is not there yet.

        Return what could not be proved; then nothing is written.
        """
        year = _year_over(closed)
        days = [day for day in self.public.periods(provider, PeriodKind.DAY) if day[:4] == year]
        done = report_key(provider, year, LEDGER)
        if not days or done in self.out.objects.keys(self.out.name, done):
            return []
        entries = [entry for day in days for entry in self.store.journal_entries(provider, day)]
        reporting = Report(
            period=Period.year(int(year)),
            entries=Entries.of(entries),
            inspected=self._inspected(provider, year),
            about=About(name=provider, published=self.today),
        )
        files = report_files(reporting, provider)
        differences = prove(WrittenReport.read(files)).differences
        if differences:
            return [f"{provider} {year}: {difference}" for difference in differences]
        # The ledger is written last: its presence means that the report is complete.
        for name in sorted(files, key=lambda name: name == LEDGER):
            self.out.objects.put(self.out.name, report_key(provider, year, name), files[name])
        return []

    def _inspected(self, provider: str, year: str) -> dict[str, int]:
        months = self.public.published_in(provider, PeriodKind.MONTH, f"{year}-01", f"{year}-12")
        return {m.period: m.numbers.inspected for m in months if m.numbers.inspected}


def _year_over(closed: str) -> str:
    """Return the last year of which every day is closed.

    >>> _year_over("2026-12-30"), _year_over("2026-12-31")
    ('2025', '2026')
    """
    year = int(closed[:4])
    return str(year if closed[5:] == "12-31" else year - 1)


AT_LEAST = 10
"""Decided findings of one provider below which no rule is paused."""


class Pause(NamedTuple):
    """A rule (`pack/rule`) to keep in shadow for a provider, and why."""

    provider: str
    rule: str
    why: str


def due(provider: str, standing: Standing, in_force: RuleSet, below: float) -> Iterator[Pause]:
    """Yield the rules in force that must be paused for a provider and are not yet.

    A version is judged by all of its findings in the cohorts, of whatever month. It is paused if
    even the upper end of its precision's interval is below `below`.
    """
    decided = _by_rule(standing)
    paused = {pause.rule for pause in in_force.settings_of(provider).paused}
    for pack in in_force.packs:
        for rule in pack.rules:
            found = decided.get(f"{pack.id}/{pack.version}/{rule.id}", RuleErrors())
            name = f"{pack.id}/{rule.id}"
            why = _why_paused(found, pack.version, standing.day, below)
            if why and name not in paused:
                yield Pause(provider, name, why)


def _by_rule(standing: Standing) -> Mapping[str, RuleErrors]:
    whole = Counter[str]()
    for cohort in standing.cohorts:
        whole.update(cohort.by_rule)
    return errors_of(whole).by_rule


def _why_paused(found: RuleErrors, version: int, day: str, below: float) -> str:
    """Return why a rule is wrong too often; empty if it is not, or if too few were decided."""
    decided, precision, high = found.decided, found.precision, found.high
    if decided is None or precision is None or high is None:
        return ""
    if decided < AT_LEAST or high >= below:
        return ""
    return (
        f"of {decided} findings of version {version} that people decided by {day},"
        f" {round(precision * decided)} stand: at best {100 * high:.0f}%"
        " with 95% confidence"
    )


def pause(objects: S3Objects, bucket: str, pauses: list[Pause], now: datetime) -> str:
    """Put a set with these pauses in force on top of the set in force. Return its digest.

    Raises OperatorError while others keep publishing sets, or if no set exists.
    """

    def make_next(before: bytes | None) -> bytes:
        if before is None:
            raise OperatorError(NO_SET)
        since = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        try:
            return with_pauses(
                load_set(before),
                [(pause.provider, Paused(pause.rule, since, pause.why)) for pause in pauses],
            )
        except SetError as error:
            raise OperatorError(f"nothing can be paused in the set in force: {error}") from error

    return put_in_force(objects, bucket, make_next, now)


TEXT = "Sentinel post of Terang: the paper lantern at the end of the pier is lit."


def sentinel_post(day: str) -> str:
    """Return the message of a day.

    >>> sentinel_post("2026-11-25")[:48]
    '{"id": "sentinel-2026-11-25", "account": "sentin'
    """
    return json.dumps(
        {
            "id": f"{SENTINEL}-{day}",
            "account": SENTINEL,
            "text": TEXT,
            "language": "en",
            "audience": "public",
            "published_at": f"{day}T00:00:00Z",
        }
    )


def send_sentinel(store: DynamoStore, day: str, send: Callable[[str], object]) -> None:
    """Send the sentinel post of a day, unless its receipt is there."""
    if not any(True for _ in store.receipts(SENTINEL, day)):
        send(sentinel_post(day))
