"""What a log says so far: a fold of its leaves, kept in the work bucket.

It is a note and never a fact. A lost or old one costs time: it is made again from the log.
"""

from collections.abc import Container
from hashlib import sha256

import msgspec
import rfc8785

from ledger.records.log_head import LogHead
from publish.transparency.published_files import OF_THE_LOG
from publish.transparency.served_log import ServedLog
from tlog.growth import LogDamagedError
from tlog.hashing import EMPTY_ROOT
from tlog.leaves import (
    DayLeaf,
    FindingLeaf,
    PublishedLeaf,
    ReceiptLeaf,
    ReportLeaf,
    RunLeaf,
    UnitLeaf,
    decode_leaf,
)
from tlog.proofs import LogFiles


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
    root: str = EMPTY_ROOT.hex()
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
        leaf = decode_leaf(data)
        match leaf:
            case PublishedLeaf() | ReportLeaf():
                self.files[leaf.path] = KnownFile(leaf.sha256, self.size)
            case DayLeaf():
                name = f"{leaf.provider}/{leaf.day}"
                day = self.days.setdefault(name, KnownDay("", []))
                day.facts = leaf.facts
                day.ranges.append((self.open_day, self.size))
            case RunLeaf():
                self.at, self.newest_list = leaf.at, leaf.list or self.newest_list
                self.runs[leaf.at[:10]] = self.size + 1
            case _:
                pass
        self.size += 1
        if not isinstance(leaf, UnitLeaf | FindingLeaf | ReceiptLeaf | RunLeaf):
            self.open_day = self.size

    def size_on(self, day: str) -> int:
        """Return how many leaves the log had at the end of a day."""
        return max((size for on, size in self.runs.items() if on <= day), default=0)

    def names(self, path: str, sha256: str, since: int) -> bool:
        """Return whether the newest leaf of a path has this digest, and is one of those `since`."""
        file = self.files.get(path)
        return file is not None and file.sha256 == sha256 and file.index >= since

    def logged(self, provider: str, day: str, files: LogFiles) -> set[bytes]:
        """Return the digests of a day's leaves, and of those that no leaf has ended."""
        known = self.days.get(f"{provider}/{day}")
        ranges = [*(known.ranges if known else ()), (self.open_day, self.size)]
        return {sha256(leaf).digest() for first, end in ranges for leaf in files.leaves(first, end)}

    def unfinished(self, files: LogFiles) -> tuple[str, str] | None:
        """Return the provider and day whose leaves no leaf has ended, if there is one."""
        for data in files.leaves(self.open_day, self.size):
            leaf = decode_leaf(data)
            if isinstance(leaf, UnitLeaf | FindingLeaf | ReceiptLeaf):
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


def note_known(log: ServedLog, known: KnownLog) -> None:
    """Keep the fold for the next run."""
    log.objects.put(log.work, _key(log), msgspec.json.encode(known))


def _noted(log: ServedLog, head: LogHead, files: LogFiles) -> KnownLog | None:
    """Return the note, if it is one of the first leaves of this log."""
    data = log.objects.get(log.work, _key(log))
    try:
        known = msgspec.json.decode(data, type=KnownLog) if data else None
        if known is None or known.origin != log.origin or known.size > head.size:
            return None
        root = files.root(0, known.size) if known.size else EMPTY_ROOT
    except (msgspec.DecodeError, LogDamagedError):
        return None
    return known if root.hex() == known.root else None


def _key(log: ServedLog) -> str:
    return f"log/known/{log.folder}known.json"
