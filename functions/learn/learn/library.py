"""What was taken of each feed, kept privately: titles and summaries serve to find, never to show.

`factchecks/feeds/<digest>.jsonl` holds the checks of one feed, `factchecks/catalogue.json` names
those that count now. Only the catalogue is ever changed, by compare-and-swap.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO

import msgspec

from claims.check import Entry
from claims.feeds.admission import with_topic
from claims.feeds.spool import CheckChange, Spool
from claims.text.topics import lists_digest
from ledger.errors import OperatorError
from ledger.ports import Objects
from ledger.records.json_text import encode_json

CATALOGUE_KEY = "factchecks/catalogue.json"

CHANGE_DAYS = 22
"""Days for which a change is told to findings: a file that was cut before may be read for 20.

S3 counts a day from the midnight after it, and both of a file's ends are counted so: 22.
"""


class Feed(msgspec.Struct, frozen=True):
    """A feed as it was taken last: which object, its checks, and what was refused of it.

    `lists` names the lists that gave its checks their topics; feeds of before name none.
    """

    version: str
    taken: str
    checks: int
    refused: dict[str, int]
    at: str
    lists: str = ""


class Pending(msgspec.Struct, frozen=True):
    """What an import changed, and when: findings by the index before may still come."""

    changes: str
    at: str


class Catalogue(msgspec.Struct, frozen=True):
    """The feeds that count, and the index that was made of them.

    `changes` stay for CHANGE_DAYS: a unit that was cut before keeps the index of its set, and may
    come back from the dead letters.
    """

    feeds: dict[str, Feed] = {}
    index: str = ""
    languages: tuple[str, ...] = ()
    changes: tuple[Pending, ...] = ()


@dataclass(frozen=True, slots=True)
class Library:
    """The feeds in the out bucket, beside what providers read and out of their reach."""

    objects: Objects
    bucket: str

    def catalogue(self) -> tuple[Catalogue, str | None]:
        """The catalogue with its ETag; an empty one before the first import."""
        found = self.objects.get_with_etag(self.bucket, CATALOGUE_KEY)
        if found is None:
            return Catalogue(), None
        return msgspec.json.decode(found[0], type=Catalogue), found[1]

    def move(self, catalogue: Catalogue, etag: str | None) -> bool:
        """Put another catalogue in place of the one with that ETag; False if another was faster."""
        return self.objects.put_if(self.bucket, CATALOGUE_KEY, encode_json(catalogue), etag)

    def keep(self, entries: Iterable[Entry]) -> str:
        """Keep the checks of a feed; their digest."""
        return self._put_new("feeds", msgspec.json.Encoder().encode_lines(entries))

    def checks(self, catalogue: Catalogue) -> Spool:
        """The checks of all feeds that a catalogue names."""
        return Spool(self._under_lists(feed) for _, feed in sorted(catalogue.feeds.items()))

    def keep_changes(self, changes: Sequence[CheckChange]) -> str:
        """Keep what an import changed; its digest."""
        return self._put_new("changes", msgspec.json.Encoder().encode_lines(changes))

    def changes(self, digest: str) -> list[CheckChange]:
        """What an import changed. Raises OperatorError if it is gone."""
        lines = self._lines("changes", digest)
        return [msgspec.json.decode(line, type=CheckChange) for line in lines]

    def _under_lists(self, feed: Feed) -> Iterable[Entry]:
        """Yield the checks of a feed, under topics of the lists that this version has."""
        entries = self._read(feed.taken)
        return entries if feed.lists == lists_digest() else map(with_topic, entries)

    def _read(self, digest: str) -> Iterable[Entry]:
        decoder = msgspec.json.Decoder(Entry)
        return map(decoder.decode, self._lines("feeds", digest))

    def _lines(self, folder: str, digest: str) -> Iterable[bytes]:
        data = self.objects.get(self.bucket, _key(folder, digest))
        if data is None:
            raise OperatorError(f"{_key(folder, digest)} is gone from the out bucket")
        return BytesIO(data)

    def _put_new(self, folder: str, data: bytes) -> str:
        digest = sha256(data).hexdigest()
        self.objects.put_new(self.bucket, _key(folder, digest), data)
        return digest


def _key(folder: str, digest: str) -> str:
    return f"factchecks/{folder}/{digest}.jsonl"
