"""Erases an author: findings become stubs, words and ids are removed, and every number stays.

Data that names the author's posts is removed last, so an erasure that was killed can start again
and find the rest.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from datetime import timedelta

from ledger.aws.table import Item
from ledger.clock import Clock
from ledger.privacy.copies import FindingFingerprint
from ledger.privacy.erasure import ErasureStore
from ledger.privacy.pseudonyms import PseudonymKeys
from rules.copies import Fingerprinted, copy_groups
from terang.repair.erase_buckets import BucketEraser, BucketTraces
from terang.repair.erase_table import (
    ErasedAuthor,
    TableEraser,
    TableTraces,
    entry_without_words,
    message_without_words,
)

type StoredFingerprints = tuple[Item, list[FindingFingerprint]]


TOMBSTONE_DAYS = 30
"""How long later posts of an erased author are stored as stubs.

A file may be read from the drop bucket for 22 days, and a dead letter may come for 14.
"""

ROUNDS = 5
"""How many searches are made at most: workers may add data meanwhile."""

RECENT_DAYS = 2
"""Stubs whose units may still be on their way to the out bucket."""


@dataclass(slots=True)
class ErasureResult:
    """How much was changed or deleted, by kind, and whether the last search found nothing.

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
    table: TableEraser
    buckets: BucketEraser
    keys: PseudonymKeys
    clock: Clock
    provider: str

    @property
    def dry_run(self) -> bool:
        """Whether nothing is written."""
        return self.buckets.dry_run

    def erase(self, account: str, posts: Set[str] = frozenset()) -> ErasureResult:
        """Erase the author by account; `posts` are further ids that the provider knows.

        Tombstones come first, under every kept key and those of the coming days.
        """
        if not self.dry_run:
            self.keys.make_ahead(TOMBSTONE_DAYS)
        accounts = {key.of(account) for key in self.keys.kept(self.provider)}
        expires = int((self.clock.now() + timedelta(days=TOMBSTONE_DAYS)).timestamp())
        for pseudonym in sorted(accounts):
            self._write(self.store.put_tombstone, self.provider, pseudonym, expires)
        known, result = set(posts), ErasureResult()
        for _ in range(1 if self.dry_run else ROUNDS):
            counts = self._round(accounts, known, result)
            result.counts += counts
            result.is_clean = not counts.total()
            if result.is_clean:
                break
        self._write(self.buckets.empty_snapshot)
        result.waiting_files = self.buckets.waiting_files()
        return result

    def _round(self, accounts: Set[str], known: set[str], result: ErasureResult) -> Counter[str]:
        """Search everything once, and remove all traces. Adds the posts it finds to `known`."""
        author = ErasedAuthor(self.provider, accounts, known)
        stored, files = self.table.traces(author), self.buckets.traces(accounts)
        known |= files.posts | {finding.post for _, finding in stored.findings.values()}
        known |= {post.post for _, posts in stored.samples for post in posts if author.wrote(post)}
        related = stored.related(known)
        counts = self.buckets.clean_cases(related, stored.erased)
        counts += self._clean_entries(stored, known, related)
        counts += self._clean_samples(stored, author)
        counts += self._clean_fingerprints(stored)
        counts += self.buckets.clean_posts(accounts, stored.erased, known)
        counts += self._delete_parts(files, result)
        return counts + self._make_stubs(stored)

    def _clean_entries(
        self, stored: TableTraces, posts: Set[str], related: Set[str]
    ) -> Counter[str]:
        """Remove what people wrote about the posts in entries and in waiting messages."""
        counts = Counter[str]()
        for item, entry in stored.entries:
            is_about = entry.post in posts or not related.isdisjoint(entry.journal_entry.cases)
            if is_about and (cleaned := entry_without_words(entry)) != entry:
                counts["entries"] += self._write(self.table.replace, item, cleaned)
        for item, waiting in stored.waiting:
            if (message := message_without_words(waiting, related)) != waiting:
                counts["waiting"] += self._write(self.table.replace, item, message)
        return counts

    def _clean_samples(self, stored: TableTraces, author: ErasedAuthor) -> Counter[str]:
        counts = Counter[str]()
        for item, sample in stored.samples:
            kept = [post for post in sample if not author.wrote(post)]
            counts["samples"] += self._write(self.table.replace, item, kept)
        return counts

    def _clean_fingerprints(self, stored: TableTraces) -> Counter[str]:
        """Remove the fingerprints of the author's posts, and note the groups of their days."""
        counts, days = Counter[str](), defaultdict[str, list[StoredFingerprints]](list)
        for item, fingerprints in stored.fingerprints:
            days[item["pk"]["S"].rpartition("#")[0]].append((item, fingerprints))
        for day in days.values():
            every = [one for _, fingerprints in day for one in fingerprints]
            if not any(one.fingerprint and one.finding in stored.erased for one in every):
                continue
            counted = [
                one
                for item, fingerprints in day
                if self.table.is_counted(item)
                for one in fingerprints
            ]
            groups = copy_groups(
                {Fingerprinted(one.finding, one.fingerprint) for one in counted if one.fingerprint},
                {one.finding: one.group for one in counted if one.group},
            )
            for item, fingerprints in day:
                noted = [
                    FindingFingerprint(
                        one.finding,
                        one.rule,
                        b"" if one.finding in stored.erased else one.fingerprint,
                        groups.get(one.finding, one.finding),
                    )
                    for one in fingerprints
                ]
                if noted != fingerprints:
                    counts["fingerprints"] += self._write(self.table.replace, item, noted)
        return counts

    def _delete_parts(self, files: BucketTraces, result: ErasureResult) -> Counter[str]:
        deleted, result.under_way = self.buckets.delete_parts(files.parts)
        return Counter(parts=deleted) if deleted else Counter()

    def _make_stubs(self, stored: TableTraces) -> Counter[str]:
        """Replace whole findings by stubs, and remove the remains of earlier stubs."""
        counts = Counter[str]()
        for _, finding in stored.findings.values():
            counts["findings"] += self._write(self.table.make_stub, finding)
        for name in stored.excerpts & stored.erased:
            if name in stored.stubs:
                self._write(self.table.delete_excerpt, name)
            counts["excerpts"] += 1
        recent = (self.clock.now() - timedelta(days=RECENT_DAYS)).date().isoformat()
        stubs = [*(finding for _, finding in stored.findings.values()), *stored.stubs.values()]
        for unit in sorted({finding.unit for finding in stubs if finding.found_at[:10] >= recent}):
            self._write(self.buckets.write_findings, unit)
        return counts

    def _write[**P](self, action: Callable[P, object], *args: P.args, **named: P.kwargs) -> int:
        """Call the action unless this is a dry run. Return 1, the number of changes."""
        if not self.dry_run:
            action(*args, **named)
        return 1
