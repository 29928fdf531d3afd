"""Publish the index of the accepted checks, and put it in force: the published set names it."""

from collections import Counter
from dataclasses import dataclass

import msgspec

from claims.building import build_index
from claims.feeds.spool import Spool
from claims.index.index import ClaimIndex, PublishedChange, facts_of
from claims.text.topics import lists, lists_digest
from learn.library import FeedCatalogue, Library
from ledger.clock import Clock
from ledger.errors import OperatorError
from ledger.keys import factchecks_facts_key, factchecks_key, factchecks_lists_key
from ledger.pointer import put_in_force, set_key
from ledger.ports import Objects
from ledger.records.json_text import encode_json
from matcher import load_set
from rules.factchecks import FACTCHECKS, pack_yaml
from rules.rule_set import with_factchecks


@dataclass(frozen=True, slots=True)
class IndexPublisher:
    """Writes indexes to the public bucket, and moves the pointer to a set with the newest one."""

    objects: Objects
    clock: Clock
    library: Library
    public_bucket: str
    notice_hours: int

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
            PublishedChange(change.url, str(change.change), pending.at[:10])
            for pending in catalogue.changes
            for change in self.library.changes(pending.changes)
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
        catalogue = self.library.catalogue()[0]
        rule_set = None if before is None else load_set(before)
        following = with_factchecks(
            rule_set, catalogue.index, catalogue.languages, self.clock.now(), self.notice_hours
        )
        if before is not None and rule_set and rule_set.factchecks == catalogue.index:
            is_same = load_set(following).packs == rule_set.packs
            return before if is_same else following
        return following
