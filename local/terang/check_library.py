"""A folder of checks on this machine: the feeds as they were taken, and the index built of them."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from claims.errors import BadIndexError
from claims.index import Index, build_index
from claims.merging import merge
from claims.shelving import Entry


class _Pointer(msgspec.Struct, frozen=True):
    digest: str
    checks: dict[str, int]


class Changes(NamedTuple):
    """What a feed brings against what it brought before: checks by link and claim."""

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

    def replace(self, feed: str, entries: Iterable[Entry]) -> Index:
        """Put a feed in place of its earlier self, and build the index of all feeds."""
        path = self._path(feed)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, msgspec.json.Encoder().encode_lines(entries))
        data = build_index(self._entries())
        index = Index(data)
        write_whole(self._folder / f"{index.digest}.claims", data)
        pointer = msgspec.json.encode(_Pointer(index.digest, index.totals))
        write_whole(self._folder / "current.json", pointer)
        return index

    def changes(self, feed: str, entries: Iterable[Entry]) -> Changes:
        """What `replace` would change of a feed."""
        path = self._path(feed)
        before = _by_key(_read(path)) if path.exists() else {}
        after = _by_key(entries)
        kept = before.keys() & after.keys()
        corrected = sum(before[key].check != after[key].check for key in kept)
        return Changes(len(after) - len(kept), corrected, len(before) - len(kept))

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

    def _path(self, feed: str) -> Path:
        return self._folder / "feeds" / f"{hashlib.sha256(feed.encode()).hexdigest()[:16]}.jsonl"

    def _entries(self) -> Iterable[Entry]:
        """All checks of all feeds, as they are merged."""
        return merge(map(_read, sorted((self._folder / "feeds").glob("*.jsonl"))))


def _read(path: Path) -> Iterator[Entry]:
    with path.open("rb") as lines:
        for line in lines:
            yield msgspec.json.decode(line, type=Entry)


def _by_key(entries: Iterable[Entry]) -> dict[tuple[str, str], Entry]:
    return {(entry.check.url, entry.check.claim.casefold()): entry for entry in merge([entries])}


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that nobody ever reads half of it."""
    part = path.with_suffix(".part")
    part.write_bytes(data)
    part.replace(path)
