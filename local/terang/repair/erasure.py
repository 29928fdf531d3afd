"""Erases an author: findings become stubs, words and ids are removed, and every number stays.

`TableEraser` and `bucket_eraser` find what holds the author's data, and remove it everywhere. Data
that names the author's posts is removed last, so an erasure that was killed can start again and
find the rest.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from cases.trials import group_names
from ledger.cases import CaseEntry, WaitingMessage
from ledger.draws import DrawnFinding
from ledger.finding_store import DynamoFindings
from ledger.findings import Finding, FindingFingerprint, SampledPost, stub_of
from ledger.numbers import ReportWords
from ledger.objects import error_code
from ledger.store import PseudonymKeys
from ledger.table import Item, Table, key_of, record_of
from ledger.texts import Clock, in_days
from terang.repair.bucket_eraser import BucketEraser

ERASED = "erased"
"""Replaces a reason where a message must have one."""


@dataclass(slots=True)
class TableTraces:
    """The result of one search of the table for an author of a provider.

    `accounts` are the author's pseudonyms. `posts`, for those whose key is gone, grows meanwhile,
    because the findings name more posts. `findings` are whole ones of the author; `stubs` are all
    stubs of the provider, of any author; `excerpts` are the cases that have a text. `drawn` are all
    drawn findings of the provider's trials, by rule.
    """

    provider: str
    accounts: Set[str]
    posts: Set[str]
    findings: dict[str, Finding] = field(default_factory=dict)
    stubs: dict[str, Finding] = field(default_factory=dict)
    excerpts: set[str] = field(default_factory=set)
    entries: list[tuple[Item, CaseEntry]] = field(default_factory=list)
    waiting: list[tuple[Item, WaitingMessage]] = field(default_factory=list)
    samples: list[tuple[Item, list[SampledPost]]] = field(default_factory=list)
    fingerprints: list[tuple[Item, list[FindingFingerprint]]] = field(default_factory=list)
    drawn: dict[str, list[tuple[Item, DrawnFinding]]] = field(default_factory=dict)
    reports: list[tuple[Item, ReportWords]] = field(default_factory=list)

    @property
    def erased(self) -> set[str]:
        """The findings that are stubs or will be."""
        return self.findings.keys() | self.stubs.keys()

    def wrote(self, record: Finding | SampledPost) -> bool:
        """Return whether a finding or a post of a sample is the author's."""
        return record.account in self.accounts or record.post in self.posts

    def related(self) -> set[str]:
        """Return every case that is linked to an erased finding or notice, or to one of the posts.

        Entries link cases to each other, so the search goes on until it finds no more.
        """
        related = self.erased
        while True:
            more = {
                case
                for _, entry in self.entries
                if entry.post in self.posts
                or entry.lost_post  # erased before
                or not related.isdisjoint(entry.journal_entry.cases)
                for case in entry.journal_entry.cases
            }
            if more <= related:
                return related
            related |= more

    def add(self, item: Item) -> None:
        """Add an item, if it can be the author's."""
        pk, sk = item["pk"]["S"], item["sk"]["S"]
        if pk.startswith("C#"):
            self._add_case(item, pk[2:], sk)
        elif pk.startswith(f"J#{self.provider}#") and sk.startswith("sample#"):
            posts = record_of(item, list[SampledPost]) or []
            if any(map(self.wrote, posts)):
                self.samples.append((item, posts))
        elif pk.startswith(f"J#{self.provider}#") and sk.startswith("copies#"):
            self.fingerprints.append((item, record_of(item, list[FindingFingerprint]) or []))
        elif (pk, sk[:6]) == (f"T#{self.provider}", "drawn#") and (
            one := record_of(item, DrawnFinding)
        ):
            self.drawn.setdefault(one.rule, []).append((item, one))
        elif pk == f"R#{self.provider}" and (words := record_of(item, ReportWords)):
            self.reports.append((item, words))

    def _add_case(self, item: Item, case: str, sk: str) -> None:
        if sk == "excerpt" and "text" in item:
            self.excerpts.add(case)
        elif sk == "finding" and (finding := record_of(item, Finding)):
            if finding.provider == self.provider and finding.is_erased:
                self.stubs[case] = finding
            elif finding.provider == self.provider and self.wrote(finding):
                self.findings[case] = finding
        elif sk.isdigit() and (entry := record_of(item, CaseEntry)):
            if entry.journal_entry.provider == self.provider:
                self.entries.append((item, entry))
        elif sk.startswith("waits#"):
            message = record_of(item, WaitingMessage)
            if message and message.provider == self.provider:
                self.waiting.append((item, message))


@dataclass(frozen=True, slots=True)
class TableEraser:
    """The operator's access to the table: nothing else overwrites entries or deletes items."""

    table: Table

    def traces(self, provider: str, accounts: Set[str], posts: Set[str]) -> TableTraces:
        """Search the whole table, with consistent reads."""
        traces = TableTraces(provider, accounts, posts)
        pages = self.table.client.get_paginator("scan")
        for page in pages.paginate(TableName=self.table.name, ConsistentRead=True):
            for item in page["Items"]:
                traces.add(item)
        return traces

    def is_counted(self, item: Item) -> bool:
        """The receipt of an item with fingerprints is stored."""
        name = item["sk"]["S"].split("#")[1]
        return self.table.get(item["pk"]["S"], f"receipt#{name}") is not None

    def replace(self, item: Item, record: Any) -> None:
        """Replace the record of an item, unless it changed since it was read."""
        try:
            self.table.client.put_item(
                TableName=self.table.name,
                Item=item | {"record": {"S": msgspec.json.encode(record).decode()}},
                ConditionExpression="#record = :read",
                ExpressionAttributeNames={"#record": "record"},
                ExpressionAttributeValues={":read": item["record"]},
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise

    def make_stub(self, finding: Finding) -> None:
        """Replace a finding by its stub; delete its excerpt and the row that leads to it."""
        stub = self.table.put_action(f"C#{finding.finding}", "finding", stub_of(finding))
        row = self._delete(*DynamoFindings(self.table).post_row(finding))
        self.table.transact(stub, self._delete(f"C#{finding.finding}", "excerpt"), row)

    def delete_excerpt(self, finding: str) -> None:
        """Delete the excerpt of a finding."""
        self.table.transact(self._delete(f"C#{finding}", "excerpt"))

    def _delete(self, pk: str, sk: str) -> Item:
        return {"Delete": {"TableName": self.table.name, "Key": key_of(pk, sk)}}


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

    table: TableEraser
    buckets: BucketEraser
    keys: PseudonymKeys
    clock: Clock

    def erase(self, account: str, posts: Set[str] = frozenset()) -> ErasureResult:
        """Erase the author by account; `posts` are further ids that the provider knows.

        Tombstones come first, under every kept key and those of the coming days.
        """
        buckets = self.buckets
        self._write(self.keys.make_ahead, TOMBSTONE_DAYS)
        accounts = {key.of(account) for key in self.keys.kept(buckets.provider)}
        expires = in_days(self.clock.now(), TOMBSTONE_DAYS)
        for pseudonym in sorted(accounts):
            self._write(buckets.store.put_tombstone, buckets.provider, pseudonym, expires)
        known, result = set(posts), ErasureResult()
        for _ in range(1 if buckets.dry_run else ROUNDS):
            counts = self._round(accounts, known, result)
            result.counts += counts
            result.is_clean = not counts.total()
            if result.is_clean:
                break
        self._write(buckets.empty_snapshot)
        result.waiting_files = buckets.waiting_files()
        return result

    def _round(self, accounts: Set[str], known: set[str], result: ErasureResult) -> Counter[str]:
        """Search everything once, and remove all traces. Adds the posts it finds to `known`."""
        stored = self.table.traces(self.buckets.provider, accounts, known)
        own_posts, parts = self.buckets.traces(accounts)
        known |= own_posts | {finding.post for finding in stored.findings.values()}
        known |= {post.post for _, posts in stored.samples for post in posts if stored.wrote(post)}
        related = stored.related()
        counts = self.buckets.clean_cases(related, stored.erased)
        counts += self._clean_entries(stored, related)
        for item, sample in stored.samples:
            kept = [post for post in sample if not stored.wrote(post)]
            counts["samples"] += self._write(self.table.replace, item, kept)
        counts += self._clean_fingerprints(stored)
        counts += self._clean_drawn(stored)
        counts += self.buckets.clean_posts(accounts, stored.erased, known)
        deleted, result.under_way = self.buckets.delete_parts(parts)
        counts["parts"] += deleted
        return counts + self._make_stubs(stored)

    def _clean_entries(self, stored: TableTraces, related: Set[str]) -> Counter[str]:
        """Remove what people wrote about the posts in entries, messages and reports."""
        counts = Counter[str]()
        for item, entry in stored.entries:
            is_about = not related.isdisjoint(entry.journal_entry.cases)
            is_about |= entry.post in stored.posts
            cleaned = msgspec.structs.replace(entry, reason="", post="", url="")
            if is_about and cleaned != entry:
                counts["entries"] += self._write(self.table.replace, item, cleaned)
        for item, waiting in stored.waiting:
            message = msgspec.json.decode(waiting.line)
            is_about = not related.isdisjoint(message.get("findings", ()))
            if is_about and message.get("reason", ERASED) != ERASED:
                line = msgspec.json.encode(message | {"reason": ERASED})
                replaced = msgspec.structs.replace(waiting, line=line)
                counts["waiting"] += self._write(self.table.replace, item, replaced)
        for item, words in stored.reports:
            if words.post in stored.posts:
                nothing = msgspec.structs.replace(
                    words, url="", text="", name="", email="", post=""
                )
                counts["reports"] += self._write(self.table.replace, item, nothing)
        return counts

    def _clean_fingerprints(self, stored: TableTraces) -> Counter[str]:
        """Remove the fingerprints of the author's posts, and note the groups of their days."""
        counts = Counter[str]()
        days = defaultdict[str, list[tuple[Item, list[FindingFingerprint]]]](list)
        for item, fingerprints in stored.fingerprints:
            days[item["pk"]["S"].rpartition("#")[0]].append((item, fingerprints))
        for day in days.values():
            every = [one for _, fingerprints in day for one in fingerprints]
            if not any(one.fingerprint and one.finding in stored.erased for one in every):
                continue
            listed = [fingerprints for item, fingerprints in day if self.table.is_counted(item)]
            groups = group_names([one for fingerprints in listed for one in fingerprints])
            for item, fingerprints in day:
                noted = [
                    one._replace(
                        fingerprint=b"" if one.finding in stored.erased else one.fingerprint,
                        group=groups.get(one.finding, one.finding),
                    )
                    for one in fingerprints
                ]
                if noted != fingerprints:
                    counts["fingerprints"] += self._write(self.table.replace, item, noted)
        return counts

    def _clean_drawn(self, stored: TableTraces) -> Counter[str]:
        """Remove the fingerprints of the author's drawn posts, and note the groups of each trial.

        So what people judged stays as it was: copies of one text still count once.
        """
        counts = Counter[str]()
        for rows in stored.drawn.values():
            if all(one.is_forgotten for _, one in rows if one.finding in stored.erased):
                continue
            groups = group_names([one for _, one in rows])
            for item, one in rows:
                group, noted = groups[one.finding], one
                if one.finding in stored.erased:
                    noted = one.forgotten(group)
                elif one.fingerprint:
                    noted = msgspec.structs.replace(one, group=group)
                if noted != one:
                    counts["drawn"] += self._write(self.table.replace, item, noted)
        return counts

    def _make_stubs(self, stored: TableTraces) -> Counter[str]:
        counts = Counter[str]()
        for finding in stored.findings.values():
            counts["findings"] += self._write(self.table.make_stub, finding)
        for name in stored.excerpts & stored.erased:
            if name in stored.stubs:
                self._write(self.table.delete_excerpt, name)
            counts["excerpts"] += 1
        recent = (self.clock.now() - timedelta(days=RECENT_DAYS)).date().isoformat()
        stubs = (stored.findings | stored.stubs).values()
        for unit in sorted({finding.unit for finding in stubs if finding.found_at[:10] >= recent}):
            self._write(self.buckets.write_findings, unit)
        return counts

    def _write[**P](self, action: Callable[P, object], *args: P.args, **named: P.kwargs) -> int:
        """Call the action unless this is a dry run. Return 1, the number of changes."""
        if not self.buckets.dry_run:
            action(*args, **named)
        return 1
