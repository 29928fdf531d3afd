"""Erasing an author: findings become stubs, words and ids go, and every number stays.

What names the author's posts goes last: whoever is killed on the way and begins again finds by it
what is left.
"""

from collections import Counter
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from datetime import timedelta

from ledger.clock import Clock
from ledger.privacy.erasure import ErasureStore
from ledger.privacy.pseudonyms import PseudonymKeys
from terang.repair.erasing_buckets import BucketTraces, ErasingBuckets
from terang.repair.erasing_table import (
    Author,
    ErasingTable,
    TableTraces,
    waiting_without_words,
    without_words,
)

TOMBSTONE_DAYS = 30
"""How long what comes of an erased author is put as stubs.

A file that waits in the drop bucket may be read for 22 days, and a dead letter comes for 14.
"""

ROUNDS = 5
"""How often all is looked at, until a look finds nothing: workers go on meanwhile."""

RECENT_DAYS = 2
"""Stubs whose units may still be on their way to the out bucket."""


@dataclass(slots=True)
class Erased:
    """What was turned or deleted, by kind; what is under way; whether a last look found nothing.

    `under_way` counts parts of translated files; `waiting_files` are keys of the drop bucket.
    """

    counts: Counter[str] = field(default_factory=Counter)
    under_way: int = 0
    waiting_files: list[str] = field(default_factory=list)
    is_clean: bool = False


@dataclass(frozen=True, slots=True)
class Erasure:
    """Erases one author of one provider, over the ports of a stack."""

    store: ErasureStore
    table: ErasingTable
    buckets: ErasingBuckets
    keys: PseudonymKeys
    clock: Clock
    provider: str

    @property
    def dry_run(self) -> bool:
        """Whether nothing is written."""
        return self.buckets.dry_run

    def erase(self, account: str, posts: Set[str] = frozenset()) -> Erased:
        """Erase the author by account; `posts` are ids that the provider knows besides.

        Tombstones go first, under every key that is kept and those of the coming days.
        """
        if not self.dry_run:
            self.keys.make_ahead(TOMBSTONE_DAYS)
        accounts = {one.of(account) for one in self.keys.kept(self.provider)}
        expires = int((self.clock.now() + timedelta(days=TOMBSTONE_DAYS)).timestamp())
        for pseudonym in sorted(accounts):
            self._write(self.store.put_tombstone, self.provider, pseudonym, expires)
        known, done = set(posts), Erased()
        for _ in range(1 if self.dry_run else ROUNDS):
            counts = self._round(accounts, known, done)
            done.counts += counts
            done.is_clean = not counts.total()
            if done.is_clean:
                break
        done.waiting_files = self.buckets.waiting_files()
        return done

    def _round(self, accounts: Set[str], known: set[str], done: Erased) -> Counter[str]:
        """Look at everything once, and take out what is there."""
        author = Author(self.provider, accounts, known)
        stored, files = self.table.traces(author), self.buckets.traces(accounts)
        known |= files.posts | {one.post for _, one in stored.findings.values()}
        known |= {one.post for _, posts in stored.samples for one in posts if author.has(one)}
        related = stored.related(known)
        counts = self.buckets.clean_cases(related, stored.erased)
        counts += self._clean_entries(stored, known, related)
        counts += self._clean_samples(stored, author)
        counts += self.buckets.clean_posts(accounts, stored.erased, known)
        counts += self._delete_parts(files, done)
        return counts + self._turn(stored)

    def _clean_entries(
        self, stored: TableTraces, posts: Set[str], related: Set[str]
    ) -> Counter[str]:
        """What people wrote about the posts, in entries and in messages that wait."""
        counts = Counter[str]()
        for item, entry in stored.entries:
            theirs = entry.post in posts or not related.isdisjoint(entry.entry.cases)
            if theirs and (less := without_words(entry)) != entry:
                counts["entries"] += self._write(self.table.replace, item, less)
        for item, waiting in stored.waiting:
            if (less_said := waiting_without_words(waiting, related)) != waiting:
                counts["waiting"] += self._write(self.table.replace, item, less_said)
        return counts

    def _clean_samples(self, stored: TableTraces, author: Author) -> Counter[str]:
        counts = Counter[str]()
        for item, sample in stored.samples:
            kept = [one for one in sample if not author.has(one)]
            counts["samples"] += self._write(self.table.replace, item, kept)
        return counts

    def _delete_parts(self, files: BucketTraces, done: Erased) -> Counter[str]:
        deleted, done.under_way = self.buckets.delete_parts(files.parts)
        return Counter(parts=deleted) if deleted else Counter()

    def _turn(self, stored: TableTraces) -> Counter[str]:
        """Turn whole findings into stubs, and look after those that are."""
        counts = Counter[str]()
        for _, finding in stored.findings.values():
            counts["findings"] += self._write(self.table.turn, finding)
        for one in stored.excerpts & stored.erased:
            if one in stored.stubs:
                self._write(self.table.delete_excerpt, one)
            counts["excerpts"] += 1
        recent = (self.clock.now() - timedelta(days=RECENT_DAYS)).date().isoformat()
        both = [*(one for _, one in stored.findings.values()), *stored.stubs.values()]
        for unit in sorted({one.unit for one in both if one.found_at[:10] >= recent}):
            self._write(self.buckets.hand_out, unit)
        return counts

    def _write[**P](self, action: Callable[P, object], *told: P.args, **named: P.kwargs) -> int:
        """Do it, unless nothing is to be written; 1, for one thing done."""
        if not self.dry_run:
            action(*told, **named)
        return 1
