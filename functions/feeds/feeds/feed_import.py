"""Import a feed of published checks: build the index again, put it in force, and report changes.

Feeds and indexes are written once under their digests. The catalogue and the pointer move by
compare-and-swap. Receipts and the facts of an index are written again by each import. So the next
import completes the work of one that crashed, or of two at once.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from io import BytesIO

import msgspec

from claims.admission import (
    Admitted,
    ChangeKind,
    CheckChange,
    PublishedChange,
    Spool,
    Trust,
    admit,
    build_index,
    changes,
    facts_of,
    with_topic,
)
from claims.check_finder import ClaimIndex
from claims.fact_check import FeedCheck, FeedError, read_feed
from claims.topics import lists, lists_digest
from feeds.reopening import Reopening
from ledger.closing import put_in_force, set_key
from ledger.codes import ObjectChangedError, ObjectGoneError, OperatorError
from ledger.findings import digest
from ledger.keys import factchecks_facts_key, factchecks_key, factchecks_lists_key
from ledger.objects import S3Objects
from ledger.texts import Clock, encode_json, utc
from ledger.units import Source
from rules.pinned import FACTCHECKS, pack_yaml
from rules.rule_set import load_set, with_factchecks

PREFIX = "factchecks/"
CONFIRMED = "factchecks/confirmed/"
"""A feed under this prefix may lack any number of the checks that it had before."""
CATALOGUE_KEY = "factchecks/catalogue.json"

LARGEST_BYTES = 1 << 30
TRIES = 5
FEWEST, SHARE = 20, 0.5
"""A feed of at least FEWEST checks that loses more than this SHARE of them was probably cut off by
mistake: it is refused until somebody confirms it."""
MOST_COUNTS = 100
"""The most hosts, or codes, that a receipt counts. The largest counts come first."""
CHANGE_DAYS = 22
"""Days for which a change is reported to findings: an older file may still be read for 20 days.

S3 counts a day from the midnight after it, and both of a file's ends are counted so: 22.
"""


class ImportedFeed(msgspec.Struct, frozen=True):
    """A feed as last imported.

    `version` is that of the upload, `taken` the digest of the accepted checks, `checks` their
    number. `refused` counts the others by code. `lists` names the lists that gave its checks their
    topics.
    """

    version: str
    taken: str
    checks: int
    refused: dict[str, int]
    at: str
    lists: str


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
    """The accepted checks of each feed, and the index of them all that the set in force names.

    Feeds lie in the out bucket, where providers cannot read them: titles and summaries are never
    shown. `factchecks/feeds/<digest>.jsonl` holds the checks of one feed, the catalogue names the
    files in use. Indexes lie in the public bucket.
    """

    objects: S3Objects
    clock: Clock
    out_bucket: str
    public_bucket: str
    notice_hours: int

    def catalogue(self) -> tuple[FeedCatalogue, str | None]:
        """Return the catalogue with its ETag; an empty one before the first import."""
        stored = self.objects.get_with_etag(self.out_bucket, CATALOGUE_KEY)
        if stored is None:
            return FeedCatalogue(), None
        return msgspec.json.decode(stored[0], type=FeedCatalogue), stored[1]

    def move(self, catalogue: FeedCatalogue, etag: str | None) -> bool:
        """Replace the catalogue with that ETag. Return False if another import was faster."""
        return self.objects.put_if(self.out_bucket, CATALOGUE_KEY, encode_json(catalogue), etag)

    def keep(self, folder: str, items: Iterable[FeedCheck | CheckChange]) -> str:
        """Store the checks of a feed, or the changes of an import. Return their digest."""
        data = msgspec.json.Encoder().encode_lines(items)
        name = sha256(data).hexdigest()
        self.objects.put_new(self.out_bucket, _key(folder, name), data)
        return name

    def checks(self, catalogue: FeedCatalogue) -> Spool:
        """Return the checks of all feeds that a catalogue names."""
        return Spool(self._checks(feed) for _, feed in sorted(catalogue.feeds.items()))

    def changes(self, catalogue: FeedCatalogue) -> Iterable[tuple[str, CheckChange]]:
        """Yield each recent change with the time when it became known, the oldest first."""
        for pending in catalogue.changes:
            for line in self._lines("changes", pending.changes):
                yield pending.at, msgspec.json.decode(line, type=CheckChange)

    def _checks(self, feed: ImportedFeed) -> Iterable[FeedCheck]:
        """Return the checks of a feed, with topics by the lists of this version."""
        checks = map(msgspec.json.Decoder(FeedCheck).decode, self._lines("feeds", feed.taken))
        return checks if feed.lists == lists_digest() else map(with_topic, checks)

    def _lines(self, folder: str, name: str) -> Iterable[bytes]:
        data = self.objects.get(self.out_bucket, _key(folder, name))
        if data is None:
            raise OperatorError(f"{_key(folder, name)} is missing from the out bucket")
        return BytesIO(data)

    def publish(self, catalogue: FeedCatalogue, checks: Spool) -> FeedCatalogue:
        """Publish the index of these checks, and return the catalogue that names it."""
        data = build_index(checks)
        index = ClaimIndex(data)
        self.objects.put_new(self.public_bucket, factchecks_key(index.digest), data)
        self.objects.put_new(self.public_bucket, factchecks_lists_key(lists_digest()), lists())
        refused = Counter[str]()
        for feed in catalogue.feeds.values():
            refused.update(feed.refused)
        changed = [
            PublishedChange(change.url, str(change.change), at[:10])
            for at, change in self.changes(catalogue)
        ]
        facts = facts_of(index, refused, changed)
        self.objects.put(self.public_bucket, factchecks_facts_key(index.digest), encode_json(facts))
        languages = tuple(sorted(index.totals))
        return msgspec.structs.replace(catalogue, index=index.digest, languages=languages)

    def activate(self) -> None:
        """Make sure that the set in force names the catalogue's index, and publish its pack.

        The catalogue is read again for each attempt: of two imports, the later one's index wins.
        """
        digest = put_in_force(self.objects, self.public_bucket, self._next_set, self.clock.now())
        data = self.objects.get(self.public_bucket, set_key(digest))
        if data is None:
            raise OperatorError(f"the set {digest} is missing from the public bucket")
        for pack in load_set(data, digest).packs:
            if pack.id == FACTCHECKS:
                key = f"packs/{FACTCHECKS}/{pack.version}.yaml"
                self.objects.put_new(self.public_bucket, key, pack_yaml(pack))

    def _next_set(self, before: bytes | None) -> bytes:
        """Return the next set, or `before` unchanged if its index and its packs would stay."""
        catalogue = self.catalogue()[0]
        rule_set = None if before is None else load_set(before)
        following = with_factchecks(
            rule_set, catalogue.index, catalogue.languages, self.clock.now(), self.notice_hours
        )
        if before is not None and rule_set and rule_set.factchecks == catalogue.index:
            is_same = load_set(following).packs == rule_set.packs
            return before if is_same else following
        return following


def _key(folder: str, name: str) -> str:
    return f"factchecks/{folder}/{name}.jsonl"


class ImportReceipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """The result of importing one version of a feed: `taken`, or `refused` with its code.

    `checks` is how many checks were accepted. `refused` counts the others by code, `strangers`
    those of untrusted hosts by host, and `told` the accepted ones that lack something, by code.
    `total` counts the checks of the new index. `corrected` and `withdrawn` count earlier checks,
    `reopened` the findings that they reopened. The receipt holds no words of a check.
    """

    feed: str
    version: str
    status: str
    at: str
    bytes: int
    code: str = ""
    why: str = ""
    checks: int = 0
    refused: dict[str, int] = {}
    told: dict[str, int] = {}
    strangers: dict[str, int] = {}
    index: str = ""
    total: int = 0
    corrected: int = 0
    withdrawn: int = 0
    reopened: int = 0


@dataclass(frozen=True, slots=True)
class FeedOutcome:
    """A feed was `taken`, `known`, `refused` (with a code) or `gone`."""

    status: str
    receipt: ImportReceipt | None = None


@dataclass(frozen=True, slots=True)
class FeedImporter:
    """Imports feeds of published checks into the work bucket."""

    library: Library
    reopening: Reopening
    trust: Trust
    work_bucket: str

    def import_feed(self, key: str) -> FeedOutcome:
        """Import the newest version of a feed. A repeat completes what an earlier attempt left.

        The version in an event does not matter: events come in any order.
        """
        try:
            source = self.library.objects.head(self.work_bucket, key)
        except ObjectGoneError:
            return FeedOutcome("gone")
        name = key.removeprefix(CONFIRMED).removeprefix(PREFIX)
        known = self.library.catalogue()[0].feeds.get(name)
        if known is not None and known.version == _version(source):
            self._put_in_force()
            return FeedOutcome("known")
        if source.size > LARGEST_BYTES:
            return self._refuse(name, source, "too_large", f"above {LARGEST_BYTES:,} bytes")
        try:
            with self.library.objects.open(source) as stream:
                admitted = admit(read_feed(stream), self.trust)
        except ObjectGoneError:
            return FeedOutcome("gone")
        except ObjectChangedError as changed:  # the event of the newer version imports it
            raise OSError("the feed was uploaded again while it was read") from changed
        except FeedError as error:
            return self._refuse(name, source, "unreadable", str(error))
        if known is not None and not key.startswith(CONFIRMED):
            checks = len(admitted.checks)
            if known.checks >= FEWEST and checks < known.checks * SHARE:
                why = f"{checks:,} checks where there were {known.checks:,}: see {CONFIRMED}"
                return self._refuse(name, source, "shrinks", why)
        return self._accept(name, source, admitted)

    def _accept(self, name: str, source: Source, admitted: Admitted) -> FeedOutcome:
        at = utc(self.library.clock.now())
        taken, number = self.library.keep("feeds", admitted.checks), len(admitted.checks)
        refused = _largest_first(admitted.refused)
        feed = ImportedFeed(_version(source), taken, number, refused, at, lists_digest())
        for _ in range(TRIES):
            before, etag = self.library.catalogue()
            after = msgspec.structs.replace(before, feeds=before.feeds | {name: feed})
            checks = self.library.checks(after)
            changed = changes(self.library.checks(before), checks)
            oldest = utc(self.library.clock.now() - timedelta(days=CHANGE_DAYS))
            pending = [known for known in before.changes if known.at >= oldest]
            if changed:
                pending.append(PendingChanges(self.library.keep("changes", changed), at))
            after = msgspec.structs.replace(after, changes=tuple(pending))
            after = self.library.publish(after, checks)
            if self.library.move(after, etag):
                break
        else:
            raise OSError(f"other imports changed the catalogue {TRIES} times")
        reported = self._put_in_force()
        kinds = Counter(change.change for change in changed)
        receipt = ImportReceipt(
            feed=name,
            version=feed.version,
            status="taken",
            at=at,
            bytes=source.size,
            checks=feed.checks,
            refused=feed.refused,
            told=_largest_first(admitted.incomplete),
            strangers=_largest_first(admitted.strangers),
            index=after.index,
            total=len(checks),
            corrected=kinds[ChangeKind.CORRECTED],
            withdrawn=kinds[ChangeKind.WITHDRAWN],
            reopened=reported["reopened"],
        )
        return self._put_receipt(receipt)

    def _put_in_force(self) -> Counter[str]:
        """Activate the index and report each recent change; a repeat reports nothing."""
        self.library.activate()
        return self.reopening.report(self.library.changes(self.library.catalogue()[0]))

    def _refuse(self, name: str, source: Source, code: str, why: str) -> FeedOutcome:
        """Tell the operator why a feed was not accepted; its earlier checks stay."""
        at, version = utc(self.library.clock.now()), _version(source)
        receipt = ImportReceipt(name, version, "refused", at, source.size, code, why)
        return self._put_receipt(receipt)

    def _put_receipt(self, receipt: ImportReceipt) -> FeedOutcome:
        name = digest("import", receipt.feed, receipt.version)
        key = f"receipts/factchecks/{receipt.at[:10]}/{name}.json"
        self.library.objects.put(self.library.out_bucket, key, encode_json(receipt))
        return FeedOutcome(receipt.status, receipt)


def _version(source: Source) -> str:
    return source.version or source.etag


def _largest_first(counted: Counter[str]) -> dict[str, int]:
    """Return the MOST_COUNTS largest counts; equal ones by name, so that a repeat says the same.

    >>> _largest_first(Counter(b=2, a=2, c=3))
    {'c': 3, 'a': 2, 'b': 2}
    >>> len(_largest_first(Counter(map(str, range(1_000)))))
    100
    """
    ordered = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return {str(name): count for name, count in ordered[:MOST_COUNTS]}
