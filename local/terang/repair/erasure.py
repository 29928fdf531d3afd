"""Finds the items of the table that hold an author's data, and removes it.

Erases an author: findings become stubs, words and ids are removed, and every number stays.

Data that names the author's posts is removed last, so an erasure that was killed can start again
and find the rest.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from ledger.aws.objects import StoredVersion, error_code
from ledger.aws.store import DynamoStore, PseudonymKeys
from ledger.aws.table import Item, Table, record_of
from ledger.cases import CaseEntry, WaitingMessage
from ledger.findings import Finding
from ledger.privacy import FindingFingerprint, SampledPost, stub_of
from ledger.texts import Clock
from rules.pack_parts import Fingerprinted, copy_groups
from terang.repair.erase_buckets import BucketEraser

ERASED = "erased"
"""Replaces a reason where a message must have one."""


@dataclass(frozen=True, slots=True)
class ErasedAuthor:
    """The author to erase: by pseudonyms, and by posts where a pseudonym's key is gone.

    `posts` grows during the search, because the findings name more posts.
    """

    provider: str
    accounts: Set[str]
    posts: Set[str]

    def wrote(self, record: Finding | SampledPost) -> bool:
        """Return whether a finding or a post of a sample is the author's."""
        return record.account in self.accounts or record.post in self.posts


@dataclass(slots=True)
class TableTraces:
    """The result of one search of the table.

    `findings` are whole ones of the author; `stubs` are all stubs of the provider, of any author;
    `excerpts` are the cases that have a text.
    """

    findings: dict[str, tuple[Item, Finding]] = field(default_factory=dict)
    stubs: dict[str, Finding] = field(default_factory=dict)
    excerpts: set[str] = field(default_factory=set)
    entries: list[tuple[Item, CaseEntry]] = field(default_factory=list)
    waiting: list[tuple[Item, WaitingMessage]] = field(default_factory=list)
    samples: list[tuple[Item, list[SampledPost]]] = field(default_factory=list)
    fingerprints: list[tuple[Item, list[FindingFingerprint]]] = field(default_factory=list)

    @property
    def erased(self) -> set[str]:
        """The findings that are stubs or will be."""
        return self.findings.keys() | self.stubs.keys()

    def related(self, posts: Set[str]) -> set[str]:
        """Return every case that is linked to an erased finding or notice, or to one of the posts.

        Entries link cases to each other, so the search goes on until it finds no more.
        """
        related = self.erased
        while True:
            more = {
                case
                for _, entry in self.entries
                if entry.post in posts
                or (entry.journal_entry.type == "notice" and not entry.post)  # erased before
                or not related.isdisjoint(entry.journal_entry.cases)
                for case in entry.journal_entry.cases
            }
            if more <= related:
                return related
            related |= more

    def add(self, item: Item, author: ErasedAuthor) -> None:
        """Add an item, if it can be the author's."""
        pk, sk = item["pk"]["S"], item["sk"]["S"]
        if pk.startswith(f"J#{author.provider}#") and sk.startswith("sample#"):
            posts = record_of(item, list[SampledPost]) or []
            if any(author.wrote(post) for post in posts):
                self.samples.append((item, posts))
        elif pk.startswith(f"J#{author.provider}#") and sk.startswith("copies#"):
            self.fingerprints.append((item, record_of(item, list[FindingFingerprint]) or []))
        elif pk.startswith("C#") and sk == "excerpt" and "text" in item:
            self.excerpts.add(pk[2:])
        elif pk.startswith("C#"):
            self._add_record(item, sk, author)

    def _add_record(self, item: Item, sk: str, author: ErasedAuthor) -> None:
        match _record(item, sk):
            case Finding() as finding if finding.provider == author.provider:
                if finding.is_erased:
                    self.stubs[finding.finding] = finding
                elif author.wrote(finding):
                    self.findings[finding.finding] = item, finding
            case CaseEntry() as entry if entry.journal_entry.provider == author.provider:
                self.entries.append((item, entry))
            case WaitingMessage() as message if message.provider == author.provider:
                self.waiting.append((item, message))


def _record(item: Item, sk: str) -> Finding | CaseEntry | WaitingMessage | None:
    if sk == "finding":
        return record_of(item, Finding)
    if sk.isdigit():
        return record_of(item, CaseEntry)
    return record_of(item, WaitingMessage) if sk.startswith("waits#") else None


@dataclass(frozen=True, slots=True)
class TableEraser:
    """The operator's access to the table: nothing else overwrites entries or deletes items."""

    table: Table

    def traces(self, author: ErasedAuthor) -> TableTraces:
        """Search the whole table, with consistent reads."""
        traces = TableTraces()
        for item in self._items():
            traces.add(item, author)
        return traces

    def is_counted(self, item: Item) -> bool:
        """The receipt of an item with fingerprints is stored."""
        name = item["sk"]["S"].split("#")[1]
        return self.table.get(item["pk"]["S"], f"receipt#{name}") is not None

    def replace(self, item: Item, record: Any) -> bool:
        """Replace the record of an item. Return False if it changed since it was read."""
        new = item | {"record": {"S": msgspec.json.encode(record).decode()}}
        try:
            self.table.client.put_item(
                TableName=self.table.name,
                Item=new,
                ConditionExpression="#record = :read",
                ExpressionAttributeNames={"#record": "record"},
                ExpressionAttributeValues={":read": item["record"]},
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def make_stub(self, finding: Finding) -> None:
        """Replace a finding by its stub and delete its excerpt, in one transaction."""
        key = f"C#{finding.finding}"
        self.table.transact(
            self.table.put_action(key, "finding", stub_of(finding)), self._deletion(key, "excerpt")
        )

    def delete_excerpt(self, finding: str) -> None:
        """Delete the excerpt of a finding that is a stub already."""
        self.table.transact(self._deletion(f"C#{finding}", "excerpt"))

    def _items(self) -> Iterator[Item]:
        pages = self.table.client.get_paginator("scan")
        for page in pages.paginate(TableName=self.table.name, ConsistentRead=True):
            yield from page["Items"]

    def _deletion(self, pk: str, sk: str) -> Item:
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        return {"Delete": {"TableName": self.table.name, "Key": key}}


def entry_without_words(entry: CaseEntry) -> CaseEntry:
    """Return the entry without the reason that a person wrote, and without the post.

    >>> from ledger.cases import JournalEntry
    >>> made = JournalEntry("e", "acme", "2026-11-25T12:00:00Z", type="notice")
    >>> entry_without_words(CaseEntry(1, "open", "open", made, "n-1", post="p1")).post
    ''
    """
    return msgspec.structs.replace(entry, reason="", post="", url="")


def message_without_words(waiting: WaitingMessage, related: Set[str]) -> WaitingMessage:
    """Return the message without its reason, if it is about one of the related cases."""
    message = msgspec.json.decode(waiting.line)
    if "reason" not in message or related.isdisjoint(message.get("findings", ())):
        return waiting
    line = msgspec.json.encode(message | {"reason": ERASED})
    return msgspec.structs.replace(waiting, line=line)


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
    """Erases one author of one provider of a stack."""

    store: DynamoStore
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
        stored, (own_posts, parts) = self.table.traces(author), self.buckets.traces(accounts)
        known |= own_posts | {finding.post for _, finding in stored.findings.values()}
        known |= {post.post for _, posts in stored.samples for post in posts if author.wrote(post)}
        related = stored.related(known)
        counts = self.buckets.clean_cases(related, stored.erased)
        counts += self._clean_entries(stored, known, related)
        counts += self._clean_samples(stored, author)
        counts += self._clean_fingerprints(stored)
        counts += self.buckets.clean_posts(accounts, stored.erased, known)
        counts += self._delete_parts(parts, result)
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

    def _delete_parts(self, parts: Sequence[StoredVersion], result: ErasureResult) -> Counter[str]:
        deleted, result.under_way = self.buckets.delete_parts(parts)
        return Counter(parts=deleted) if deleted else Counter()

    def _make_stubs(self, stored: TableTraces) -> Counter[str]:
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
