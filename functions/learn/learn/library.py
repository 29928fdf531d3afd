"""The accepted checks of each feed. They stay private: titles and summaries are never shown.

`factchecks/feeds/<digest>.jsonl` holds the checks of one feed. `factchecks/catalogue.json` names
the files in use; only it is ever changed, by compare-and-swap.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO

import msgspec

from claims.check import FeedCheck
from claims.feeds.admission import with_topic
from claims.feeds.spool import CheckChange, Spool
from claims.text.topics import lists_digest
from ledger.errors import OperatorError
from ledger.ports import Objects
from ledger.records.json_text import encode_json

CATALOGUE_KEY = "factchecks/catalogue.json"

CHANGE_DAYS = 22
"""Days for which a change is reported to findings: an older file may still be read for 20 days.

S3 counts a day from the midnight after it, and both of a file's ends are counted so: 22.
"""


class ImportedFeed(msgspec.Struct, frozen=True):
    """A feed as last imported.

    `version` is that of the upload, `taken` the digest of the accepted checks, `checks` their
    number. `refused` counts the others by code. `lists` names the lists that gave its checks their
    topics; feeds of earlier releases name none.
    """

    version: str
    taken: str
    checks: int
    refused: dict[str, int]
    at: str
    lists: str = ""


class PendingChanges(msgspec.Struct, frozen=True):
    """The digest of an import's changes, and its time: findings by the old index may still come."""

    changes: str
    at: str


class FeedCatalogue(msgspec.Struct, frozen=True):
    """The feeds in use, and the index that was built from them.

    `changes` stay for CHANGE_DAYS: a unit that returns from the dead-letter queue still uses the
    older index.
    """

    feeds: dict[str, ImportedFeed] = {}
    index: str = ""
    languages: tuple[str, ...] = ()
    changes: tuple[PendingChanges, ...] = ()


@dataclass(frozen=True, slots=True)
class Library:
    """The feeds in the out bucket, where providers cannot read them."""

    objects: Objects
    bucket: str

    def catalogue(self) -> tuple[FeedCatalogue, str | None]:
        """Return the catalogue with its ETag; an empty one before the first import."""
        stored = self.objects.get_with_etag(self.bucket, CATALOGUE_KEY)
        if stored is None:
            return FeedCatalogue(), None
        return msgspec.json.decode(stored[0], type=FeedCatalogue), stored[1]

    def move(self, catalogue: FeedCatalogue, etag: str | None) -> bool:
        """Replace the catalogue with that ETag. Return False if another import was faster."""
        return self.objects.put_if(self.bucket, CATALOGUE_KEY, encode_json(catalogue), etag)

    def keep(self, checks: Iterable[FeedCheck]) -> str:
        """Store the checks of a feed. Return their digest."""
        return self._put_new("feeds", msgspec.json.Encoder().encode_lines(checks))

    def checks(self, catalogue: FeedCatalogue) -> Spool:
        """Return the checks of all feeds that a catalogue names."""
        return Spool(self._checks(feed) for _, feed in sorted(catalogue.feeds.items()))

    def keep_changes(self, changes: Sequence[CheckChange]) -> str:
        """Store the changes of an import. Return their digest."""
        return self._put_new("changes", msgspec.json.Encoder().encode_lines(changes))

    def changes(self, digest: str) -> list[CheckChange]:
        """Return the changes of an import. Raises OperatorError if their file is missing."""
        lines = self._lines("changes", digest)
        return [msgspec.json.decode(line, type=CheckChange) for line in lines]

    def _checks(self, feed: ImportedFeed) -> Iterable[FeedCheck]:
        """Return the checks of a feed, with topics by the lists of this version."""
        checks = map(msgspec.json.Decoder(FeedCheck).decode, self._lines("feeds", feed.taken))
        return checks if feed.lists == lists_digest() else map(with_topic, checks)

    def _lines(self, folder: str, digest: str) -> Iterable[bytes]:
        data = self.objects.get(self.bucket, _key(folder, digest))
        if data is None:
            raise OperatorError(f"{_key(folder, digest)} is missing from the out bucket")
        return BytesIO(data)

    def _put_new(self, folder: str, data: bytes) -> str:
        digest = sha256(data).hexdigest()
        self.objects.put_new(self.bucket, _key(folder, digest), data)
        return digest


def _key(folder: str, digest: str) -> str:
    return f"factchecks/{folder}/{digest}.jsonl"
