"""Import a feed of published checks: build the index again, and report the changed checks.

Feeds and indexes are written once under their digests. The catalogue and the pointer move by
compare-and-swap. Receipts and the facts of an index are written again by each import. So the next
import completes the work of one that crashed, or of two at once.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from claims.feeds.admission import Admitted, admit
from claims.feeds.feed import read_feed
from claims.feeds.publishers import Trust
from claims.feeds.reviews import FeedError
from claims.feeds.spool import ChangeKind, CheckChange, changes
from claims.text.topics import lists_digest
from learn.index_publisher import IndexPublisher
from learn.library import CHANGE_DAYS, FeedCatalogue, ImportedFeed, Library, PendingChanges
from learn.reopening import Reopening, ReopeningStore
from ledger.clock import Clock, utc
from ledger.errors import ObjectChangedError, ObjectGoneError
from ledger.ports import Objects
from ledger.records.identity import digest
from ledger.records.json_text import encode_json
from ledger.records.manifest import Source

PREFIX = "factchecks/"
CONFIRMED = "factchecks/confirmed/"
"""A feed under this prefix may lack any number of the checks that it had before."""

LARGEST_BYTES = 1 << 30
TRIES = 5
FEWEST, SHARE = 20, 0.5
"""A feed of at least FEWEST checks that loses more than this SHARE of them was probably cut off by
mistake: it is refused until somebody confirms it."""
MOST_COUNTS = 100
"""The most hosts, or codes, that a receipt counts. The largest counts come first."""


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
    """Imports feeds over the ports."""

    objects: Objects
    clock: Clock
    library: Library
    publisher: IndexPublisher
    reopening: Reopening
    trust: Trust
    work_bucket: str
    out_bucket: str

    def import_feed(self, key: str) -> FeedOutcome:
        """Import the newest version of a feed. A repeat completes what an earlier attempt left.

        The version in an event does not matter: events come in any order.
        """
        try:
            source = self.objects.head(self.work_bucket, key)
        except ObjectGoneError:
            return FeedOutcome("gone")
        name = key.removeprefix(CONFIRMED).removeprefix(PREFIX)
        known = self.library.catalogue()[0].feeds.get(name)
        if known is not None and known.version == _version(source):
            self.publisher.activate()
            self._report_changes()
            return FeedOutcome("known")
        if source.size > LARGEST_BYTES:
            return self._refuse(name, source, "too_large", f"above {LARGEST_BYTES:,} bytes")
        try:
            with self.objects.open(source) as stream:
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
        at = utc(self.clock.now())
        feed = ImportedFeed(
            version=_version(source),
            taken=self.library.keep(admitted.checks),
            checks=len(admitted.checks),
            refused=_largest_first(admitted.refused),
            at=at,
            lists=lists_digest(),
        )
        for _ in range(TRIES):
            before, etag = self.library.catalogue()
            after = msgspec.structs.replace(before, feeds=before.feeds | {name: feed})
            checks = self.library.checks(after)
            changed = changes(self.library.checks(before), checks)
            after = self.publisher.publish(self._with_changes(after, changed, at), checks)
            if self.library.move(after, etag):
                break
        else:
            raise OSError(f"other imports changed the catalogue {TRIES} times")
        self.publisher.activate()
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
            total=len(checks),
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
        """Report each recent change to the findings with that check; a repeat reports nothing."""
        return self.reopening.report(
            (pending.at, change)
            for pending in self.library.catalogue()[0].changes
            for change in self.library.changes(pending.changes)
        )

    def _refuse(self, name: str, source: Source, code: str, why: str) -> FeedOutcome:
        """Tell the operator why a feed was not accepted; its earlier checks stay."""
        at, version = utc(self.clock.now()), _version(source)
        receipt = ImportReceipt(name, version, "refused", at, source.size, code, why)
        return self._put_receipt(receipt)

    def _put_receipt(self, receipt: ImportReceipt) -> FeedOutcome:
        name = digest("import", receipt.feed, receipt.version)
        key = f"receipts/factchecks/{receipt.at[:10]}/{name}.json"
        self.objects.put(self.out_bucket, key, encode_json(receipt))
        return FeedOutcome(receipt.status, receipt)


def importer_over(
    store: ReopeningStore,
    objects: Objects,
    clock: Clock,
    *,
    work_bucket: str,
    out_bucket: str,
    public_bucket: str,
    notice_hours: int,
    trusted_publishers: str,
) -> FeedImporter:
    """Return the importer over ports. `trusted_publishers` are domains with commas in between."""
    library = Library(objects, out_bucket)
    return FeedImporter(
        objects=objects,
        clock=clock,
        library=library,
        publisher=IndexPublisher(objects, clock, library, public_bucket, notice_hours),
        reopening=Reopening(store, objects, clock, out_bucket),
        trust=Trust(domain for domain in trusted_publishers.split(",") if domain.strip()),
        work_bucket=work_bucket,
        out_bucket=out_bucket,
    )


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
