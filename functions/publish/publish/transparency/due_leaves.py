"""The leaves that a log lacks: of closed days, of published files, and of reports."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256

import msgspec

from ledger.keys import receipt_key
from ledger.ports import FileStore
from publish.periods import days_before
from publish.public_bucket import SummaryBucket
from publish.sealing import SealBucket
from publish.transparency.known_log import KnownLog
from publish.transparency.published_files import PeriodFile, period_file, standing_file
from publish.transparency.served_log import ServedLog
from tlog.leaves import (
    DayLeaf,
    FindingLeaf,
    PublishedLeaf,
    ReceiptLeaf,
    ReportLeaf,
    UnitLeaf,
    encode_leaf,
    keyed,
)
from tlog.proofs import LogFiles

KEY_DAYS = 400
"""How long after a day the key is kept that leads from its findings to their leaves. The key is
that of the month, and ends with the last day of the month."""

RESTATED_DAYS = 365
"""After so long a published file is named again: its leaf may be pruned, and the file stays."""

SHARDS = "0123456789abcdef"


class ReceiptCounts(msgspec.Struct, frozen=True):
    """The counts in the receipt of a file, as its provider got it."""

    records: int = 0
    inspected: int = 0
    refused: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class DueLeaves:
    """Finds the leaves that a log lacks on a day. `make_key` returns 32 random bytes."""

    log: ServedLog
    known: KnownLog
    files: LogFiles
    public: SummaryBucket
    seals: SealBucket
    store: FileStore
    make_key: Callable[[], bytes]
    today: str

    def leaves(
        self, providers: Sequence[str], days: Sequence[str], behind: Iterable[str]
    ) -> Iterator[bytes]:
        """Yield the leaves of closed days, then those of files, then those of reports.

        A day that an earlier run could not end comes first. `behind` names days (`provider/day`) of
        which the table has lost something: nothing new is said of them.
        """
        lost = set(behind)
        found = [(provider, day) for provider in providers for day in days]
        if (unfinished := self.known.unfinished(self.files)) in found:
            found.insert(0, unfinished)
        for provider, day in dict.fromkeys(found):
            if f"{provider}/{day}" not in lost:
                yield from self._day(provider, day)
        yield from map(encode_leaf, self._published())
        yield from map(encode_leaf, self._reports(providers))

    def _day(self, provider: str, day: str) -> Iterator[bytes]:
        """Yield the leaves of a closed day that the log lacks, and a leaf that ends them."""
        summary, seal = self.public.published(provider, day), self.seals.read(provider, day)
        if summary is None or summary.provisional or seal is None:
            return
        closed = [file.file for file in self.store.files(provider) if file.closed == day]
        facts = sha256(":".join([seal.folded.receipts_sha256, *closed]).encode()).hexdigest()
        known = self.known.days.get(f"{provider}/{day}")
        if (known and known.facts == facts) or not (seal.folded.receipts or closed):
            return
        key, logged = self._key(day), self.known.logged(provider, day, self.files)
        for shard in SHARDS:
            for leaf in sorted(self._shard(provider, day, shard, key)):
                if sha256(leaf).digest() not in logged:
                    yield leaf
        for leaf in self._receipts(provider, day, closed):
            if sha256(leaf).digest() not in logged:
                yield leaf
        yield encode_leaf(DayLeaf(provider, day, facts))

    def _shard(self, provider: str, day: str, shard: str, key: bytes) -> Iterator[bytes]:
        for receipt, findings in self.log.store.logged_units(provider, day, shard):
            if receipt is not None:
                yield encode_leaf(
                    UnitLeaf(
                        provider=provider,
                        day=day,
                        unit=keyed(key, receipt.unit),
                        records=receipt.records,
                        accepted=receipt.inspected,
                        refused=receipt.refused,
                        messages=receipt.messages,
                    )
                )
            for finding in findings:
                yield encode_leaf(FindingLeaf(provider, day, keyed(key, finding)))

    def _receipts(self, provider: str, day: str, files: Iterable[str]) -> Iterator[bytes]:
        for file in files:
            data = self.log.objects.get(self.log.out, receipt_key(provider, file))
            if data is not None:
                counts = msgspec.json.decode(data, type=ReceiptCounts)
                digest = sha256(data).hexdigest()
                yield encode_leaf(
                    ReceiptLeaf(
                        provider, day, digest, counts.records, counts.inspected, counts.refused
                    )
                )

    def _published(self) -> Iterator[PublishedLeaf]:
        """Yield a leaf for each file of the public bucket that is not in the log as it is now.

        A leaf that is about to be pruned does not count.
        """
        since = self.known.size_on(days_before(self.today, RESTATED_DAYS))
        objects, bucket = self.log.objects, self.log.public
        for path, etag in sorted(objects.etags(bucket, "").items()):
            if self._is_named(path, etag, since):
                continue
            part = period_file(path)
            of = part.of if part else standing_file(path)
            revision = self._revision(part) if part else 0
            if of is None or revision is None:
                continue
            data = objects.get(bucket, path) or b""
            digest = sha256(data).hexdigest()
            if self.known.names(path, digest, since):
                self.known.etags[path] = etag
            else:
                yield PublishedLeaf(path, digest, len(data), of, revision)

    def _is_named(self, path: str, etag: str, since: int = 0) -> bool:
        """Return whether the log names a file as it is now, as far as its etag tells."""
        file = self.known.files.get(path)
        return file is not None and file.index >= since and self.known.etags.get(path) == etag

    def _revision(self, part: PeriodFile) -> int | None:
        """Return the revision that a file of a period is of, or None while the period is open."""
        if part.revision:
            return part.revision
        summary = self.public.published(part.provider, part.period)
        return None if summary is None or summary.provisional else summary.revision

    def _reports(self, providers: Iterable[str]) -> Iterator[ReportLeaf]:
        """Yield a leaf for each file of a yearly report: its digest only."""
        objects, bucket = self.log.objects, self.log.out
        for provider in providers:
            for path, etag in sorted(objects.etags(bucket, f"out/{provider}/reports/").items()):
                if self._is_named(path, etag):
                    continue
                data = objects.get(bucket, path) or b""
                digest = sha256(data).hexdigest()
                if self.known.names(path, digest, since=0):
                    self.known.etags[path] = etag
                else:
                    yield ReportLeaf(path, digest, len(data))

    def _key(self, day: str) -> bytes:
        """Return the key of the day's month; the first run that needs it makes it."""
        month, store = day[:7], self.log.store
        return store.log_key(month) or store.put_log_key(month, self.make_key(), expiry(month))


def expiry(month: str) -> int:
    """Return when the key of a month is deleted, in seconds since 1970.

    >>> datetime.fromtimestamp(expiry("2026-11"), UTC).date().isoformat()
    '2028-01-05'
    """
    first = date.fromisoformat(f"{month}-01")
    end = (first + timedelta(days=32)).replace(day=1) + timedelta(days=KEY_DAYS)
    return int(datetime.combine(end, time(), UTC).timestamp())
