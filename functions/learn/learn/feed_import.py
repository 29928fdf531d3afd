"""An import of published checks: a feed in, an index and the set that names it out.

Everything is written once under its digest, except the catalogue and the pointer, which move by
compare-and-swap. So whatever a crashed import or two at once leave behind, the next one completes.
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
from learn.activate_index import IndexActivator
from learn.library import CHANGE_DAYS, FeedCatalogue, ImportedFeed, Library, PendingChanges
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
"""A feed uploaded here replaces the one of its name, and may withdraw any number of checks."""

LARGEST_BYTES = 1 << 30
TRIES = 5
FEWEST, SHARE = 20, 0.5
"""A feed of at least so many checks that loses more than this share of them was probably cut off,
not corrected: it is refused until somebody confirms it."""
STRANGERS = 100
"""Untrusted hosts that a receipt names, those with most checks first."""


class ImportReceipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """The result of importing one version of a feed: `taken`, or `refused` with its code.

    `checks` were accepted; `refused` and `told` (accepted although something is missing) count by
    code; `strangers` counts what was refused by untrusted host. `index` names the new index,
    `total` its checks. `corrected` and `withdrawn` count earlier checks, and `reopened` the
    findings that this attempt opened again because of them. No words of a check are in it.
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
class ImportResult:
    """A feed was `taken`, `known`, `refused` (with a code) or `gone`."""

    outcome: str
    receipt: ImportReceipt | None = None


@dataclass(frozen=True, slots=True)
class FeedImporter:
    """Imports feeds over the ports."""

    objects: Objects
    clock: Clock
    library: Library
    activator: IndexActivator
    reopening: Reopening
    trust: Trust
    work_bucket: str
    out_bucket: str
    public_bucket: str

    def import_feed(self, key: str) -> ImportResult:
        """Import the newest version of a feed. A repeat only makes sure that everything is done.

        The version that an event names does not matter: events come in any order.
        """
        try:
            source = self.objects.head(self.work_bucket, key)
        except ObjectGoneError:
            return ImportResult("gone")
        name = key.removeprefix(CONFIRMED).removeprefix(PREFIX)
        known = self.library.catalogue()[0].feeds.get(name)
        if known is not None and known.version == _version(source):
            self.activator.activate_index()
            self._report_changes()
            return ImportResult("known")
        if source.size > LARGEST_BYTES:
            return self._refuse(name, source, "too_large", f"above {LARGEST_BYTES:,} bytes")
        try:
            with self.objects.open(source) as stream:
                admitted = admit(read_feed(stream), self.trust)
        except ObjectGoneError:
            return ImportResult("gone")
        except ObjectChangedError as changed:  # the event of the newer version imports it
            raise OSError("the feed was uploaded again while it was read") from changed
        except FeedError as error:
            return self._refuse(name, source, "unreadable", str(error))
        if known is not None and not key.startswith(CONFIRMED):
            left = len(admitted.entries)
            if known.checks >= FEWEST and left < known.checks * SHARE:
                why = f"{left:,} checks where there were {known.checks:,}: see {CONFIRMED}"
                return self._refuse(name, source, "shrinks", why)
        return self._accept(name, source, admitted)

    def _accept(self, name: str, source: Source, admitted: Admitted) -> ImportResult:
        at = utc(self.clock.now())
        feed = ImportedFeed(
            version=_version(source),
            taken=self.library.keep(admitted.entries),
            checks=len(admitted.entries),
            refused=_largest_first(admitted.refused),
            at=at,
            lists=lists_digest(),
        )
        for _ in range(TRIES):
            before, etag = self.library.catalogue()
            after = msgspec.structs.replace(before, feeds=before.feeds | {name: feed})
            entries = self.library.checks(after)
            changed = changes(self.library.checks(before), entries)
            after = self._with_index(self._with_changes(after, changed, at), entries)
            if self.library.move(after, etag):
                break
        else:
            raise OSError("other imports kept the catalogue busy")
        self.activator.activate_index()
        reported = self._report_changes()
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
            total=len(entries),
            corrected=kinds[ChangeKind.CORRECTED],
            withdrawn=kinds[ChangeKind.WITHDRAWN],
            reopened=reported["reopened"],
        )
        return self._put_receipt(receipt)

    def _with_changes(
        self, catalogue: FeedCatalogue, changed: list[CheckChange], at: str
    ) -> FeedCatalogue:
        """Return the catalogue with these changes, and without those older than CHANGE_DAYS."""
        oldest = utc(self.clock.now() - timedelta(days=CHANGE_DAYS))
        pending = [changes for changes in catalogue.changes if changes.at >= oldest]
        if changed:
            pending.append(PendingChanges(self.library.keep_changes(changed), at))
        return msgspec.structs.replace(catalogue, changes=tuple(pending))

    def _report_changes(self) -> Counter[str]:
        """Report each recent change to the findings that it concerns; a repeat reports nothing."""
        return self.reopening.report(
            (pending.at, change)
            for pending in self.library.catalogue()[0].changes
            for change in self.library.changes(pending.changes)
        )

    def _with_index(self, catalogue: FeedCatalogue, entries: Spool) -> FeedCatalogue:
        """Publish the index of these checks, and return the catalogue that names it."""
        data = build_index(entries)
        index = ClaimIndex(data)
        self.objects.put_new(self.public_bucket, factchecks_key(index.digest), data)
        self.objects.put_new(self.public_bucket, factchecks_lists_key(lists_digest()), lists())
        refused = Counter[str]()
        for feed in catalogue.feeds.values():
            refused.update(feed.refused)
        changed = [
            ChangedCheck(change.url, str(change.change), pending.at[:10])
            for pending in catalogue.changes
            for change in self.library.changes(pending.changes)
        ]
        facts = facts_of(index, refused, changed)
        key = factchecks_facts_key(index.digest)
        self.objects.put(self.public_bucket, key, encode_json(facts))
        return msgspec.structs.replace(
            catalogue, index=index.digest, languages=tuple(sorted(index.totals))
        )

    def _refuse(self, name: str, source: Source, code: str, why: str) -> ImportResult:
        """Tell the operator why a feed was not accepted; its earlier checks stay."""
        at, version = utc(self.clock.now()), _version(source)
        receipt = ImportReceipt(name, version, "refused", at, source.size, code, why)
        return self._put_receipt(receipt)

    def _put_receipt(self, receipt: ImportReceipt) -> ImportResult:
        name = digest("import", receipt.feed, receipt.version)
        key = f"receipts/factchecks/{receipt.at[:10]}/{name}.json"
        self.objects.put(self.out_bucket, key, encode_json(receipt))
        return ImportResult(receipt.status, receipt)


def _version(source: Source) -> str:
    return source.version or source.etag


def _largest_first(counted: Counter[str]) -> dict[str, int]:
    """Return the STRANGERS largest counts; equal ones by name, so that a repeat says the same.

    >>> _largest_first(Counter(b=2, a=2, c=3))
    {'c': 3, 'a': 2, 'b': 2}
    """
    ordered = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return {str(name): count for name, count in ordered[:STRANGERS]}
