"""A folder of checks on this machine: the feeds as they were taken, and the index built of them."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from claims.building import build_index
from claims.check import Entry
from claims.errors import BadIndexError, FeedError
from claims.feeds.admission import with_topic
from claims.feeds.spool import ChangeKind, Spool, changes
from claims.index.index import ClaimIndex
from claims.index.index_file import digest_of
from claims.score.thresholds import Progress, silent
from ledger.records.identity import is_id
from terang.checks.index_check import sound_index


class _Pointer(msgspec.Struct, frozen=True):
    digest: str
    checks: dict[str, int]


class Changes(NamedTuple):
    """What an import changes of the pages in an index, each counted once whatever it checks."""

    new: int
    corrected: int
    gone: int


class CheckLibrary:
    """`feeds/` holds what was taken of each feed; `current.json` names the index in use.

    A feed that is imported again replaces what it brought before: a check that is gone from it is
    gone from the index. The feeds hold titles and summaries too; the index does not show them.
    """

    def __init__(self, folder: Path):
        self._folder = folder

    def replace(
        self, feed: str, entries: Iterable[Entry], progress: Progress = silent
    ) -> tuple[ClaimIndex, Changes]:
        """Put a feed in place of its earlier self, and build the index of all feeds."""
        before = self.checks()
        path = self._folder / "feeds" / f"{hashlib.sha256(feed.encode()).hexdigest()[:16]}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, (msgspec.json.encode(entry) + b"\n" for entry in entries))
        after = self.checks()
        data = build_index(after, progress)
        index = ClaimIndex(data)
        write_whole(self._folder / f"{index.digest}.claims", [data])
        pointer = msgspec.json.encode(_Pointer(index.digest, index.totals))
        write_whole(self._folder / "current.json", [pointer])
        kinds = [one.change for one in changes(before, after)]
        gone = kinds.count(ChangeKind.WITHDRAWN)
        new = after.links() - before.links() + gone
        return index, Changes(new, kinds.count(ChangeKind.CORRECTED), gone)

    def current(self) -> ClaimIndex:
        """Return the index in use.

        Its digest is compared before anything in it is read.

        Raises:
            BadIndexError: There is none, its bytes are not those that its name promises, or they
                are not a sound index.
        """
        digest = self._pointer().digest
        try:
            data = _regular(self._folder / f"{digest}.claims").read_bytes()
        except OSError as error:
            raise BadIndexError(f"{self._folder}: cannot read {digest}.claims") from error
        if digest_of(data) != digest:
            raise BadIndexError(f"{self._folder}: the index is not what its name promises")
        try:
            return sound_index(data)
        except BadIndexError as error:
            raise BadIndexError(f"{self._folder}: {error}") from error

    def _pointer(self) -> _Pointer:
        path = self._folder / "current.json"
        if not path.exists():
            raise BadIndexError(f"{self._folder}: no index; import a feed first")
        try:
            pointer = msgspec.json.decode(_regular(path).read_bytes(), type=_Pointer)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise BadIndexError(f"{path} cannot be read: import a feed again") from error
        if not is_id(pointer.digest):
            raise BadIndexError(f"{path} names no index: import a feed again")
        return pointer

    def checks(self) -> Spool:
        """Return all checks of all feeds, merged. Raises FeedError if a feed is damaged."""
        return Spool(map(_read, sorted((self._folder / "feeds").glob("*.jsonl"))))


def _read(path: Path) -> Iterator[Entry]:
    """Yield the checks of a feed as they were taken. Raises FeedError if the file is damaged."""
    decoder = msgspec.json.Decoder(Entry)
    with _regular(path).open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield with_topic(decoder.decode(line))
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                raise FeedError(f"{path}:{number} is damaged: import its feed again") from None


def _regular(path: Path) -> Path:
    """Return the path of a regular file: a pipe would be waited for. Raises OSError for another."""
    if path.exists() and not path.is_file():
        raise OSError(f"{path} is not a file")
    return path


def write_whole(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file so that nobody ever reads half of it."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.writelines(pieces)
    part.replace(path)
