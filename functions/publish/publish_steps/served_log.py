"""The public log as it is served, the one way in which it grows, and what it says so far.

Only files of the public bucket that will not change any more belong into it.

The order of growth is that of Sunlight: stage the files, move the head in the table by
compare-and-swap, write the files, read them back, sign the head, and serve the checkpoint last.
Providers get copies of what was served. A run that dies anywhere leaves a head that the next run
brings up. Two runs at once cannot both move the head, and a head that lost is never signed. A
served checkpoint is only replaced by that of a head that extends it.

What a log says is a fold of its leaves, kept in the work bucket. It is a note and never a fact: a
lost or old one costs time, and is made again from the log.
"""

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import msgspec
import rfc8785

import tlog
from ledger.codes import OperatorError
from ledger.keys import log_checkpoint_key
from ledger.log_store import DynamoLogStore, LogHead
from ledger.objects import S3Objects

PERIOD_FILE = re.compile(r"(?P<room>summaries|journal)/(?P<provider>[^/]+)/(?P<period>[^/.]+)\..+")
REVISION = re.compile(r"\.r(?P<revision>\d+)\.")

ENDINGS = {"json": "summary", "jsonl": "journal", "csv": "sheet", "html": "page", "zip": "archive"}
"""What the files of a period are, by their ending."""

STANDING_FILES = (
    (re.compile(r"sets/[0-9a-f]{64}\.json"), "set"),
    (re.compile(r"packs/[^/]+/\d+\.yaml"), "pack"),
    (re.compile(r"signs/[0-9a-f]+\.json"), "sign"),
    (re.compile(r"factchecks/.+\.(json|claims)"), "factchecks"),
    (re.compile(r"audit/.+\.json"), "audit-key"),
    (re.compile(r"schemas/.+\.json"), "schema"),
    (re.compile(r"log/(verify|recount)\.py"), "program"),
)
"""Files that are written once, or with a release. They belong to no period."""

OF_THE_LOG = re.compile(r"log/(\d+/)?(checkpoint|vkey|tile/.+)|log/lists/.+")
"""The files of the log itself, which no leaf and no list names."""


class PeriodFile(NamedTuple):
    """A file of a period. `revision` is 0 unless the file is an earlier revision that was kept."""

    provider: str
    period: str
    of: str
    revision: int


def period_file(path: str) -> PeriodFile | None:
    """Return what a path is a file of, or None if it is of no period.

    >>> period_file("summaries/acme/2026-11.r2.json")
    PeriodFile(provider='acme', period='2026-11', of='summary', revision=2)
    >>> period_file("journal/acme/2026-11-25.1.jsonl")
    PeriodFile(provider='acme', period='2026-11-25', of='journal', revision=0)
    >>> period_file("index.html")
    """
    match = PERIOD_FILE.fullmatch(path)
    if match is None:
        return None
    kept = REVISION.search(path)
    revision = int(kept["revision"]) if kept else 0
    of = ENDINGS.get(path.rpartition(".")[2], "other")
    return PeriodFile(match["provider"], match["period"], of, revision)


def standing_file(path: str) -> str | None:
    """Return the sort of a file that belongs to no period, or None if it does not belong here.

    >>> standing_file("packs/one-time-codes/3.yaml"), standing_file("sets/current.json")
    ('pack', None)
    """
    return next((of for pattern, of in STANDING_FILES if pattern.fullmatch(path)), None)


def checking_programs() -> dict[str, bytes]:
    """Return the programs that check the log and the numbers, by path. They ship with the log.

    They are published as they are, and never imported: what checks shares no code with the rest.
    """
    layer = Path(tlog.__file__).parent
    return {f"log/{name}": (layer / name).read_bytes() for name in ("verify.py", "recount.py")}


AT_ONCE = 1 << 16
"""Leaves that one head adds: 256 bundles and as many tiles, some 20 MB in memory."""

type Staged = dict[str, bytes]
"""The files that a new head needs, by their path below the folder of the log."""


class LogRefusedError(OperatorError):
    """The log cannot grow without contradicting its served head: the operator must look."""


class LogBusyError(Exception):
    """Another run moved the head meanwhile. The next run adds the missing leaves."""


@dataclass(frozen=True, slots=True)
class ServedLog:
    """One log in the public bucket, under `folder` such as `log/`.

    Each of `providers` gets a copy of each checkpoint in its part of the out bucket.
    """

    objects: S3Objects
    store: DynamoLogStore
    signer: tlog.Signer
    origin: str
    public: str
    work: str
    out: str
    providers: Sequence[str] = ()
    folder: str = "log/"

    def head(self) -> LogHead:
        """Return the head, after everything that it needs is served.

        Raises LogBusyError if another run moved the head meanwhile; LogRefusedError if the served
        checkpoint is ahead of the head or contradicts it, or the log has another name or key.
        """
        vkey = self.read("vkey")
        if vkey is not None and vkey != self.vkey:
            raise self.refusal_of(vkey)
        first = LogHead(self.origin, 0, tlog.EMPTY_ROOT.hex(), "")
        head = self.store.log_head(self.origin) or first
        self._serve(head)
        return head

    @property
    def vkey(self) -> bytes:
        """Return the line by which others know the key of the log."""
        return tlog.verifier_key(self.origin, self.signer.public_key()).encode() + b"\n"

    def refusal_of(self, vkey: bytes | None) -> LogRefusedError:
        """Return why the log cannot grow under the key that is served: another name or key."""
        name = (vkey or b"").decode(errors="replace").partition("+")[0]
        if name in {"", self.origin}:
            return LogRefusedError("the log was signed by another key: a new key needs a new log")
        names = f"is named {name}, this stack's is {self.origin}"
        return LogRefusedError(f"the log at {self.folder} {names}: its address changed")

    def files(self, head: LogHead) -> tlog.LogFiles:
        """Return the files of the log of this head."""
        return tlog.LogFiles(head.size, self.read)

    def read(self, path: str) -> bytes | None:
        """Return a file of the log."""
        return self.objects.get(self.public, self.folder + path)

    def append(self, before: LogHead, leaves: Iterable[bytes], at: str) -> LogHead:
        """Add leaves to the log of a head that is served. Return its new head, served.

        Raises LogBusyError if another run moved the head; LogRefusedError if the tiles that are
        served are not those of the head.
        """
        try:
            tree = tlog.GrowingTree.read(before.size, bytes.fromhex(before.root), self.read)
        except tlog.LogDamagedError as error:
            raise LogRefusedError(f"{error}: restore their last versions") from error
        for leaf in leaves:
            tree.add(leaf)
        staged: Staged = tree.finish()
        head = LogHead(self.origin, tree.size, tree.root().hex(), max(at, before.at))
        self.objects.put(self.work, self._staged_key(head), msgspec.msgpack.encode(staged))
        self.store.move_log_head(before if before.size else None, head)
        if self.store.log_head(self.origin) != head:  # an answer may be lost: only the table knows
            raise LogBusyError
        self._serve(head)
        return head

    def adopt(self) -> None:
        """Make the served checkpoint the head again, after the table was restored.

        Raises LogRefusedError if it is not signed by the log's key, or its tiles are not all there.
        """
        note = self.read("checkpoint")
        if note is None or not tlog.is_signed_by(note, self.signer):
            raise LogRefusedError("no checkpoint with a signature of the log's key is served")
        served, before = tlog.parse_checkpoint(note), self.store.log_head(self.origin)
        size = before.size if before else 0
        files = tlog.LogFiles(served.size, self.read)
        try:
            tlog.GrowingTree.read(served.size, served.root, self.read)
            if before and files.root(0, size).hex() != before.root:
                raise LogRefusedError("the served log does not continue the one in the table")
        except tlog.LogDamagedError as error:
            raise LogRefusedError(str(error)) from error
        if served.size > size:
            at = before.at if before else ""
            head = LogHead(self.origin, served.size, served.root.hex(), at)
            self.store.move_log_head(before, head)

    def _serve(self, head: LogHead) -> None:
        """Write what a head needs and is not served yet. The checkpoint comes last."""
        found = self.objects.get_with_etag(self.public, self.folder + "checkpoint")
        first = tlog.Checkpoint(self.origin, 0, tlog.EMPTY_ROOT)
        served = tlog.parse_checkpoint(found[0]) if found else first
        checkpoint = tlog.Checkpoint(self.origin, head.size, bytes.fromhex(head.root))
        if served == checkpoint:
            return
        if served.origin != self.origin or served.size >= head.size:
            if self.store.log_head(self.origin) not in {head, None}:
                raise LogBusyError
            raise LogRefusedError(
                f"the log of {head.size} leaves in the table is not the one that is served, of"
                f" {served.size}: after a restored table, see docs/log.md"
            )
        staged = self._staged(head)
        for path, data in staged.items():
            self.objects.put_new(self.public, self.folder + path, data)
        self._verify(served, head, staged)
        self.objects.put_new(self.public, self.folder + "vkey", self.vkey)
        note = tlog.sign_checkpoint(checkpoint, self.signer)
        etag = found[1] if found else None
        self.objects.put_if(self.public, self.folder + "checkpoint", note, etag)
        if self.read("checkpoint") != note:
            return  # another run has served a later head
        for provider in self.providers:
            self.objects.put(self.out, log_checkpoint_key(provider, self.folder, head.size), note)
            self.objects.put(self.out, log_checkpoint_key(provider, self.folder), note)

    def _verify(self, served: tlog.Checkpoint, head: LogHead, staged: Staged) -> None:
        """Read back the written files. Refuse a head that does not extend the served log."""
        for path, data in staged.items():
            if self.read(path) != data:
                raise OSError(f"{path} of the log was written and reads otherwise")
        try:
            tlog.GrowingTree.read(head.size, bytes.fromhex(head.root), self.read)
            root = self.files(head).root(0, served.size) if served.size else tlog.EMPTY_ROOT
        except tlog.LogDamagedError as error:
            raise LogRefusedError(str(error)) from error
        if root != served.root:
            raise LogRefusedError("the log in the table does not continue the one that is served")

    def _staged(self, head: LogHead) -> Staged:
        data = self.objects.get(self.work, self._staged_key(head))
        if data is None:
            raise LogRefusedError(f"{self._staged_key(head)} is gone from the work bucket")
        staged: Staged = msgspec.msgpack.decode(data, type=Staged)
        return staged

    def _staged_key(self, head: LogHead) -> str:
        return f"log/staged/{self.folder}{head.size:012}-{head.root}"


def origin_of(public_url: str, bucket: str) -> str:
    """Return the name of a stack's log: its public address without the scheme, or its bucket.

    >>> origin_of("https://terang.example/", "b"), origin_of("", "terang-public-1")
    ('terang.example/log', 'terang-public-1/log')
    """
    return f"{public_url.partition('://')[2].strip('/') or bucket}/log"


class KnownDay(msgspec.Struct):
    """The newest facts of a provider's day, and the ranges of its leaves."""

    facts: str
    ranges: list[tuple[int, int]]


class KnownFile(msgspec.Struct, frozen=True, array_like=True):
    """The digest of a file, and the index of the newest leaf that names it."""

    sha256: str
    index: int


class ListedFile(msgspec.Struct, frozen=True, array_like=True):
    """The digest and size of a file without a leaf, and the etag under which it was read."""

    etag: str
    sha256: str
    size: int


class KnownLog(msgspec.Struct):
    """The fold of the first `size` leaves, without those that were pruned.

    `files` holds the newest leaf of each path, `etags` those under which the bucket had these
    bytes. `days` has keys `provider/day`. At `open_day` begin the leaves of a day that no leaf has
    ended, because a run had no time left. `runs` holds the size after the last run of each day.
    `newest_list` is the digest of the newest list, and `listed` what it was made from.
    """

    origin: str
    size: int = 0
    root: str = tlog.EMPTY_ROOT.hex()
    files: dict[str, KnownFile] = {}
    etags: dict[str, str] = {}
    days: dict[str, KnownDay] = {}
    open_day: int = 0
    runs: dict[str, int] = {}
    at: str = ""
    newest_list: str = ""
    listed: dict[str, ListedFile] = {}

    def add(self, data: bytes) -> None:
        """Add the next leaf."""
        leaf = tlog.decode_leaf(data)
        match leaf:
            case tlog.PublishedLeaf() | tlog.ReportLeaf():
                self.files[leaf.path] = KnownFile(leaf.sha256, self.size)
            case tlog.DayLeaf():
                name = f"{leaf.provider}/{leaf.day}"
                day = self.days.setdefault(name, KnownDay("", []))
                day.facts = leaf.facts
                day.ranges.append((self.open_day, self.size))
            case tlog.RunLeaf():
                self.at, self.newest_list = leaf.at, leaf.list or self.newest_list
                self.runs[leaf.at[:10]] = self.size + 1
            case _:
                pass
        self.size += 1
        if not isinstance(leaf, tlog.UnitLeaf | tlog.FindingLeaf | tlog.ReceiptLeaf | tlog.RunLeaf):
            self.open_day = self.size

    def size_on(self, day: str) -> int:
        """Return how many leaves the log had at the end of a day."""
        return max((size for on, size in self.runs.items() if on <= day), default=0)

    def logged(self, provider: str, day: str, files: tlog.LogFiles) -> set[bytes]:
        """Return the digests of a day's leaves, and of those that no leaf has ended."""
        known = self.days.get(f"{provider}/{day}")
        ranges = [*(known.ranges if known else ()), (self.open_day, self.size)]
        return {sha256(leaf).digest() for first, end in ranges for leaf in files.leaves(first, end)}

    def unfinished(self, files: tlog.LogFiles) -> tuple[str, str] | None:
        """Return the provider and day whose leaves no leaf has ended, if there is one."""
        for data in files.leaves(self.open_day, self.size):
            leaf = tlog.decode_leaf(data)
            if isinstance(leaf, tlog.UnitLeaf | tlog.FindingLeaf | tlog.ReceiptLeaf):
                return leaf.provider, leaf.day
        return None


def list_files(log: ServedLog, known: KnownLog, due: Container[str]) -> bytes:
    """Return the list of the published files that have no leaf, as canonical JSON.

    Files whose path is `due` get a leaf in this run. Only files with a new etag are read.
    """
    before, known.listed = known.listed, {}
    for path, etag in sorted(log.objects.etags(log.public, "").items()):
        if path in known.files or path in due or OF_THE_LOG.fullmatch(path):
            continue
        file = before.get(path)
        if file is None or file.etag != etag:
            found = log.objects.get_with_etag(log.public, path)
            if found is None:  # deleted meanwhile
                continue
            data, etag = found
            file = ListedFile(etag, sha256(data).hexdigest(), len(data))
        known.listed[path] = file
    return rfc8785.dumps(
        [
            {"path": path, "sha256": file.sha256, "size": file.size}
            for path, file in known.listed.items()
        ]
    )


def read_known(log: ServedLog, head: LogHead) -> KnownLog:
    """Return the fold of all leaves of a head: from the note, and from the leaves after it."""
    files = log.files(head)
    known = _noted(log, head, files)
    if known is None:
        first = files.first_kept()
        known = KnownLog(log.origin, size=first, open_day=first)
    for leaf in files.leaves(known.size):
        known.add(leaf)
    known.root = head.root
    return known


def _noted(log: ServedLog, head: LogHead, files: tlog.LogFiles) -> KnownLog | None:
    """Return the note, if it is one of the first leaves of this log."""
    data = log.objects.get(log.work, known_key(log))
    try:
        known = msgspec.json.decode(data, type=KnownLog) if data else None
        if known is None or known.origin != log.origin or known.size > head.size:
            return None
        root = files.root(0, known.size) if known.size else tlog.EMPTY_ROOT
    except (msgspec.DecodeError, tlog.LogDamagedError):
        return None
    return known if root.hex() == known.root else None


def known_key(log: ServedLog) -> str:
    """Return the key of the note in the work bucket."""
    return f"log/known/{log.folder}known.json"
