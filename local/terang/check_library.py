"""A folder of checks on this machine: the feeds as they were taken, and the index built of them."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from claims.admission import with_topic
from claims.errors import BadIndexError
from claims.index import Index, build_index
from claims.merging import Change, changes
from claims.progress import Progress, silent
from claims.shelving import Entry
from claims.spool import Spool


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
    ) -> tuple[Index, Changes]:
        """Put a feed in place of its earlier self, and build the index of all feeds."""
        before = self._checks()
        path = self._folder / "feeds" / f"{hashlib.sha256(feed.encode()).hexdigest()[:16]}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, (msgspec.json.encode(entry) + b"\n" for entry in entries))
        after = self._checks()
        data = build_index(after, progress)
        index = Index(data)
        write_whole(self._folder / f"{index.digest}.claims", [data])
        pointer = msgspec.json.encode(_Pointer(index.digest, index.totals))
        write_whole(self._folder / "current.json", [pointer])
        kinds = [one.change for one in changes(before, after)]
        gone = kinds.count(Change.WITHDRAWN)
        new = after.links() - before.links() + gone
        return index, Changes(new, kinds.count(Change.CORRECTED), gone)

    def current(self) -> Index:
        """The index in use.

        Raises:
            BadIndexError: there is none, or its bytes are not those that its name promises.
        """
        try:
            pointer = msgspec.json.decode(
                (self._folder / "current.json").read_bytes(), type=_Pointer
            )
            data = (self._folder / f"{pointer.digest}.claims").read_bytes()
        except (OSError, msgspec.MsgspecError) as error:
            raise BadIndexError(f"{self._folder}: no index; import a feed first") from error
        index = Index(data)
        if index.digest != pointer.digest:
            raise BadIndexError(f"{self._folder}: the index is not what its name promises")
        return index

    def _checks(self) -> Spool:
        """All checks of all feeds, as they are merged."""
        return Spool(map(_read, sorted((self._folder / "feeds").glob("*.jsonl"))))


def _read(path: Path) -> Iterator[Entry]:
    with path.open("rb") as lines:
        yield from map(with_topic, map(msgspec.json.Decoder(Entry).decode, lines))


def write_whole(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file so that nobody ever reads half of it."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.writelines(pieces)
    part.replace(path)
