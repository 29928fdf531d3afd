"""An import of published checks: a feed in, an index and the set that names it out.

Everything is written once under its digest, but for the catalogue and the pointer, which move by
compare-and-swap. So a try that died, or two at once, leave nothing that the next does not mend.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from claims.building import build_index
from claims.errors import FeedError
from claims.feeds.admission import Admitted, admit
from claims.feeds.feed import read_feed
from claims.feeds.publishers import Trust
from claims.feeds.spool import ChangeKind, CheckChange, Spool, changes
from claims.index.index import ChangedCheck, ClaimIndex, facts_of
from claims.text.topics import lists, lists_digest
from learn.activate_index import PutInForce
from learn.import_result import ImportReceipt, counted
from learn.library import CHANGE_DAYS, Catalogue, Feed, Library, Pending
from learn.reopening import Reopening
from ledger.clock import Clock, utc
from ledger.errors import ObjectChangedError, ObjectGoneError
from ledger.keys import factchecks_facts_key, factchecks_key, factchecks_lists_key
from ledger.ports import Objects
from ledger.records.identity import digest
from ledger.records.json_text import encode_json
from ledger.records.manifest import Source

PREFIX = "factchecks/"
CONFIRMED = "factchecks/confirmed/"
"""A feed that is put here is the one of that name, and may withdraw as much as it will."""

LARGEST_BYTES = 1 << 30
TRIES = 5
FEWEST, SHARE = 20, 0.5
"""A feed of so many checks that loses more than this share of them was cut off, more likely than
corrected: it is refused until somebody confirms it."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A feed was `taken`, `known`, `refused` (with a code) or `gone`."""

    outcome: str
    receipt: ImportReceipt | None = None


@dataclass(frozen=True, slots=True)
class Learner:
    """Takes feeds over the ports."""

    objects: Objects
    clock: Clock
    library: Library
    in_force: PutInForce
    reopening: Reopening
    trust: Trust
    work_bucket: str
    out_bucket: str
    public_bucket: str

    def learn(self, key: str) -> Lesson:
        """Take the newest version of a feed; the same one again only makes sure that all is there.

        Which version an event names does not matter: events come in any order.
        """
        try:
            source = self.objects.head(self.work_bucket, key)
        except ObjectGoneError:
            return Lesson("gone")
        name = key.removeprefix(CONFIRMED).removeprefix(PREFIX)
        standing = self.library.catalogue()[0].feeds.get(name)
        if standing is not None and standing.version == _version(source):
            self.in_force.make_sure()
            self._tell_changes()
            return Lesson("known")
        if source.size > LARGEST_BYTES:
            return self._refuse(name, source, "too_large", f"above {LARGEST_BYTES:,} bytes")
        try:
            with self.objects.open(source) as stream:
                admitted = admit(read_feed(stream), self.trust)
        except ObjectGoneError:
            return Lesson("gone")
        except ObjectChangedError as changed:  # a newer version is there: it is asked for again
            raise OSError("the feed was put again while it was read") from changed
        except FeedError as error:
            return self._refuse(name, source, "unreadable", str(error))
        if standing is not None and not key.startswith(CONFIRMED):
            left = len(admitted.entries)
            if standing.checks >= FEWEST and left < standing.checks * SHARE:
                why = f"{left:,} checks where there were {standing.checks:,}: see {CONFIRMED}"
                return self._refuse(name, source, "shrinks", why)
        return self._take(name, source, admitted)

    def _take(self, name: str, source: Source, admitted: Admitted) -> Lesson:
        at, counts = utc(self.clock.now()), counted(admitted)
        feed = Feed(
            version=_version(source),
            taken=self.library.keep(admitted.entries),
            checks=len(admitted.entries),
            refused=counts["refused"],
            at=at,
            lists=lists_digest(),
        )
        for _ in range(TRIES):
            before, etag = self.library.catalogue()
            after = msgspec.structs.replace(before, feeds=before.feeds | {name: feed})
            entries = self.library.checks(after)
            changed = changes(self.library.checks(before), entries)
            after = self._indexed(self._with_changes(after, changed, at), entries)
            if self.library.move(after, etag):
                break
        else:
            raise OSError("other imports kept the catalogue busy")
        self.in_force.make_sure()
        told = self._tell_changes()
        kinds = Counter(one.change for one in changed)
        receipt = ImportReceipt(
            feed=name,
            version=feed.version,
            status="taken",
            at=at,
            bytes=source.size,
            checks=feed.checks,
            refused=counts["refused"],
            told=counts["told"],
            strangers=counts["strangers"],
            index=after.index,
            total=len(entries),
            corrected=kinds[ChangeKind.CORRECTED],
            withdrawn=kinds[ChangeKind.WITHDRAWN],
            reopened=told["reopened"],
        )
        return self._tell(receipt)

    def _with_changes(self, catalogue: Catalogue, changed: list[CheckChange], at: str) -> Catalogue:
        """The catalogue with what changed lately; what is long told is let go."""
        oldest = utc(self.clock.now() - timedelta(days=CHANGE_DAYS))
        pending = [one for one in catalogue.changes if one.at >= oldest]
        if changed:
            pending.append(Pending(self.library.keep_changes(changed), at))
        return msgspec.structs.replace(catalogue, changes=tuple(pending))

    def _tell_changes(self) -> Counter[str]:
        """Tell findings of each change of late; who was told is known."""
        return self.reopening.tell(
            (pending.at, change)
            for pending in self.library.catalogue()[0].changes
            for change in self.library.changes(pending.changes)
        )

    def _indexed(self, catalogue: Catalogue, entries: Spool) -> Catalogue:
        """The catalogue with the index of these checks, which then stands in the public bucket."""
        data = build_index(entries)
        index = ClaimIndex(data)
        self.objects.put_new(self.public_bucket, factchecks_key(index.digest), data)
        self.objects.put_new(self.public_bucket, factchecks_lists_key(lists_digest()), lists())
        refused = Counter[str]()
        for feed in catalogue.feeds.values():
            refused.update(feed.refused)
        key = factchecks_facts_key(index.digest)
        changed = [
            ChangedCheck(one.url, str(one.change), pending.at[:10])
            for pending in catalogue.changes
            for one in self.library.changes(pending.changes)
        ]
        facts = facts_of(index, refused, changed)
        self.objects.put(self.public_bucket, key, encode_json(facts))
        return msgspec.structs.replace(
            catalogue, index=index.digest, languages=tuple(sorted(index.totals))
        )

    def _refuse(self, name: str, source: Source, code: str, why: str) -> Lesson:
        """Tell the operator why a feed was not taken; what was there stays."""
        at, version = utc(self.clock.now()), _version(source)
        return self._tell(ImportReceipt(name, version, "refused", at, source.size, code, why))

    def _tell(self, receipt: ImportReceipt) -> Lesson:
        name = digest("import", receipt.feed, receipt.version)
        key = f"receipts/factchecks/{receipt.at[:10]}/{name}.json"
        self.objects.put(self.out_bucket, key, encode_json(receipt))
        return Lesson(receipt.status, receipt)


def _version(source: Source) -> str:
    return source.version or source.etag
