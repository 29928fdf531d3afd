"""The step of the public log: bring it up to its head, add what it lacks, and note what it says.

The leaves that a log lacks are those of closed days, of published files, and of reports.

A new key begins a new log, under `log/2/` and so on. Where the old key still exists, the old log
ends with a leaf that names the new log and its key; the proof of that leaf is published, since the
leaf is pruned one day. The new log begins with a leaf that names the last checkpoint of the old
one, and then gets leaves for everything that is published. A run that dies in between leaves work
that the next run ends.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from itertools import chain, count, islice
from secrets import token_bytes

import msgspec

import tlog
from ledger.keys import keyed, receipt_key
from ledger.texts import utc
from ledger.units import ReceiptCounts
from publish.publish_run import LogGrowth, PublishRun, PublishStep
from publish.summary import days_before
from publish_steps import served_log

ALIVE_AFTER = timedelta(hours=6)
"""When a run adds a leaf although nothing is new: an old log would look like one rolled back."""


LOG = "log"
"""What `PublishRequest.accept` names if the served log is to be taken up after a restored table."""

NEW_LOG = "new-log"
"""What it names if a new log may begin although the key of the log is lost."""


@dataclass(frozen=True, slots=True)
class PublicLog(PublishStep):
    """Adds published files to the public log. A log that cannot grow holds back nothing else.

    `log` is the log under `log/` with the key that signs now, `key_before` signed it until its key
    was changed. `has_begun` says that the key already signs a log, whose table and files may not be
    back yet.
    """

    log: served_log.ServedLog
    key_before: tlog.Signer | None = None
    has_begun: bool = False

    def end(self, run: PublishRun) -> None:
        """Publish the programs that check the log, and let it grow."""
        for path, program in served_log.checking_programs().items():
            run.context.public.put(path, program)
        at, accept = utc(run.context.clock.now()), run.request.accept
        run.result.log = LogGrowth(0, 0)
        try:
            log = newest_log(
                self.log, self.key_before, at, has_begun=self.has_begun, may_begin=NEW_LOG in accept
            )
            if LOG in accept:
                log.adopt()
            _grow(run, log, at)
        except served_log.LogBusyError:
            pass  # another run was adding at the same time: the next run adds what is missing
        except served_log.LogRefusedError as error:
            run.result.log, run.result.log_refused = None, str(error)


def _grow(run: PublishRun, log: served_log.ServedLog, at: str) -> None:
    """Add the leaves that are due, in portions, as long as there is time, and note the growth.

    The next run adds the rest. Raises LogRefusedError if the log cannot grow without contradicting
    its served head, LogBusyError if another run moved the head meanwhile.
    """
    head = log.head()
    known, before = served_log.read_known(log, head), head.size
    run.result.log = LogGrowth(before, 0)
    due_leaves = DueLeaves(run, log, known, tlog.LogFiles(known.size, log.read)).leaves()
    due, listed = set[str](), ""
    for portion, is_last in _portions(due_leaves, run.context.has_time):
        leaves = map(tlog.decode_leaf, portion)
        due |= {leaf.path for leaf in leaves if isinstance(leaf, tlog.PublishedLeaf)}
        if is_last:
            files = served_log.list_files(log, known, due)
            listed = sha256(files).hexdigest()
            since = datetime.fromisoformat(at) - datetime.fromisoformat(known.at or at)
            is_seen = known.at and since < ALIVE_AFTER
            if not portion and listed == known.newest_list and is_seen:
                break
            # Also if it is there already: the lifecycle deletes what was not written for long.
            log.objects.put(log.public, f"log/lists/{listed}.json", files)
        head = log.append(head, [*portion, tlog.encode_leaf(tlog.RunLeaf(at, listed))], at)
        run.result.log = LogGrowth(head.size, head.size - before)
    for leaf in log.files(head).leaves(known.size):
        known.add(leaf)
    known.root = head.root
    log.objects.put(log.work, served_log.known_key(log), msgspec.json.encode(known))


def _portions(
    leaves: Iterator[bytes], has_time: Callable[[], bool]
) -> Iterator[tuple[list[bytes], bool]]:
    """Yield the leaves in portions, each with whether it is the last one, which may be empty.

    End when there is no time for another one.
    """
    while (
        len(portion := list(islice(leaves, served_log.AT_ONCE))) == served_log.AT_ONCE
        and has_time()
    ):
        yield portion, False
    yield portion, True


LOGS = 9
"""The logs that a stack may have, one after the other: the template prunes no later one."""

CONFIRMED = "confirmed.tlog-proof"
"""The proof, in the folder of a log, that the log before names it."""


def newest_log(
    first: served_log.ServedLog,
    former: tlog.Signer | None,
    at: str,
    *,
    has_begun: bool = False,
    may_begin: bool,
) -> served_log.ServedLog:
    """Return the newest log. If it was signed by another key, begin the next one.

    `first` is the log under `log/` with the key that signs now, `former` the key that signed
    before, if it is known. `has_begun` says that the key already signs a log, whose table and files
    may not be back yet. `may_begin` says that a log may begin that the one before does not confirm:
    its key is lost. Raises LogRefusedError if the newest log has another name or key and
    nobody said to begin a new one, or if a log refuses to grow; LogBusyError if another run moved a
    head meanwhile.
    """
    log = first
    for number in count(2):
        following = replace(first, folder=f"log/{number}/", origin=f"{first.origin}/{number}")
        if following.read("checkpoint") is None:
            break
        log = following
    note = log.read("checkpoint")
    if note is None and has_begun and not may_begin and log.head().size == 0:
        raise served_log.LogRefusedError(
            "LogKeyArn is the key of a log, which is not here yet: put back its table and files"
            " (docs/operate.md), or begin a log with `terang publish --accept new-log`"
        )
    if note is None or (vkey := log.read("vkey")) == log.vkey:
        return log
    if number > LOGS:
        raise served_log.LogRefusedError(
            f"no rule of the public bucket prunes log/{number}/: add one"
        )
    if former is not None and tlog.is_signed_by(note, former):
        note = _end(replace(log, signer=former), following, at)
    elif not may_begin:
        raise log.refusal_of(vkey)
    if following.head().size == 0:
        old = tlog.parse_checkpoint(note)
        began = tlog.BeganLeaf(old.origin, old.size, old.root.hex())
        following.append(
            following.head(), [tlog.encode_leaf(began), tlog.encode_leaf(tlog.RunLeaf(at))], at
        )
    return following


def _end(log: served_log.ServedLog, following: served_log.ServedLog, at: str) -> bytes:
    """End a log with a leaf that names the log that continues it, and publish the proof of it.

    Return its last checkpoint.
    """
    head = log.head()
    moved = tlog.encode_leaf(
        tlog.MovedLeaf(following.origin, following.vkey.decode().removesuffix("\n"))
    )
    if moved not in log.files(head).leaves(max(0, head.size - 2)):
        head = log.append(head, [moved, tlog.encode_leaf(tlog.RunLeaf(at))], at)
    index, note = head.size - 2, log.read("checkpoint") or b""
    extra = json.dumps({"leaf": moved.decode()}).encode()
    proof = tlog.encode_proof(index, log.files(head).inclusion(index), note, extra)
    log.objects.put(log.public, following.folder + CONFIRMED, proof)
    return note


KEY_DAYS = 400
"""How long after a day the key is kept that leads from its findings to their leaves. The key is
that of the month, and ends with the last day of the month."""

RESTATED_DAYS = 365
"""After so long a published file is named again: its leaf may be pruned, and the file stays."""


@dataclass(frozen=True, slots=True)
class DueLeaves:
    """Finds the leaves that a log lacks in a run."""

    run: PublishRun
    log: served_log.ServedLog
    known: served_log.KnownLog
    files: tlog.LogFiles

    def leaves(self) -> Iterator[bytes]:
        """Yield the leaves of closed days, then those of files, then those of reports.

        A day that an earlier run could not end comes first. Nothing new is said of a day of which
        the table has lost something.
        """
        found = [(provider, day) for provider in self.run.providers for day in self.run.days]
        if (unfinished := self.known.unfinished(self.files)) in found:
            found.insert(0, unfinished)
        for provider, day in dict.fromkeys(found):
            if f"{provider}/{day}" not in self.run.result.behind:
                yield from self._day(provider, day)
        yield from map(tlog.encode_leaf, self._published())
        yield from map(tlog.encode_leaf, self._reports())

    def _day(self, provider: str, day: str) -> Iterator[bytes]:
        """Yield the leaves of a closed day that the log lacks, and a leaf that ends them."""
        context = self.run.context
        summary, seal = context.public.published(provider, day), context.seals.read(provider, day)
        if summary is None or summary.provisional or seal is None:
            return
        closed = [file.file for file in context.store.files(provider) if file.closed == day]
        facts = sha256(":".join([seal.folded.receipts_sha256, *closed]).encode()).hexdigest()
        known = self.known.days.get(f"{provider}/{day}")
        if (known and known.facts == facts) or not (seal.folded.receipts or closed):
            return
        month, store = day[:7], self.log.store
        key = store.log_key(month)  # else this run is the first that needs it
        key = key or store.put_log_key(month, token_bytes(32), key_expiry(month))
        logged = self.known.logged(provider, day, self.files)
        shards = (sorted(self._shard(provider, day, shard, key)) for shard in "0123456789abcdef")
        for leaf in chain(chain.from_iterable(shards), self._receipts(provider, day, closed)):
            if sha256(leaf).digest() not in logged:
                yield leaf
        yield tlog.encode_leaf(tlog.DayLeaf(provider, day, facts))

    def _shard(self, provider: str, day: str, shard: str, key: bytes) -> Iterator[bytes]:
        for receipt, findings in self.log.store.logged_units(provider, day, shard):
            if receipt is not None:
                yield tlog.encode_leaf(
                    tlog.UnitLeaf(
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
                yield tlog.encode_leaf(tlog.FindingLeaf(provider, day, keyed(key, finding)))

    def _receipts(self, provider: str, day: str, files: Iterable[str]) -> Iterator[bytes]:
        for file in files:
            data = self.log.objects.get(self.log.out, receipt_key(provider, file))
            if data is not None:
                counts = msgspec.json.decode(data, type=ReceiptCounts)
                read = counts.records, counts.inspected, counts.refused
                digest = sha256(data).hexdigest()
                yield tlog.encode_leaf(tlog.ReceiptLeaf(provider, day, digest, *read))

    def _published(self) -> Iterator[tlog.PublishedLeaf]:
        """Yield a leaf for each file of the public bucket that is not in the log as it is now.

        A leaf that is about to be pruned does not count.
        """
        since = self.known.size_on(days_before(self.run.today, RESTATED_DAYS))
        for path, etag in self._unnamed(self.log.public, "", since):
            part = served_log.period_file(path)
            of = part.of if part else served_log.standing_file(path)
            revision = self._revision(part) if part else 0
            if of is None or revision is None:
                continue
            if read := self._read(self.log.public, path, etag, since):
                yield tlog.PublishedLeaf(path, *read, of, revision)

    def _unnamed(self, bucket: str, prefix: str, since: int) -> Iterator[tuple[str, str]]:
        """Yield path and etag of the files that the log does not name, as far as etags tell."""
        for path, etag in sorted(self.log.objects.etags(bucket, prefix).items()):
            file = self.known.files.get(path)
            if file is None or file.index < since or self.known.etags.get(path) != etag:
                yield path, etag

    def _read(self, bucket: str, path: str, etag: str, since: int) -> tuple[str, int] | None:
        """Return digest and size of a file, or None if the log names these bytes already."""
        data = self.log.objects.get(bucket, path) or b""
        digest = sha256(data).hexdigest()
        file = self.known.files.get(path)
        if file and file.sha256 == digest and file.index >= since:
            self.known.etags[path] = etag
            return None
        return digest, len(data)

    def _revision(self, part: served_log.PeriodFile) -> int | None:
        """Return the revision that a file of a period is of, or None while the period is open."""
        if part.revision:
            return part.revision
        summary = self.run.context.public.published(part.provider, part.period)
        return None if summary is None or summary.provisional else summary.revision

    def _reports(self) -> Iterator[tlog.ReportLeaf]:
        """Yield a leaf for each file of a yearly report: its digest only."""
        for provider in self.run.providers:
            for path, etag in self._unnamed(self.log.out, f"out/{provider}/reports/", 0):
                if read := self._read(self.log.out, path, etag, 0):
                    yield tlog.ReportLeaf(path, *read)


def key_expiry(month: str) -> int:
    """Return when the key of a month is deleted, in seconds since 1970.

    >>> datetime.fromtimestamp(key_expiry("2026-11"), UTC).date().isoformat()
    '2028-01-05'
    """
    first = date.fromisoformat(f"{month}-01")
    end = (first + timedelta(days=32)).replace(day=1) + timedelta(days=KEY_DAYS)
    return int(datetime.combine(end, time(), UTC).timestamp())
