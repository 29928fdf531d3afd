"""Erases an author: findings become stubs, words and ids are removed, and every number stays.

`TableEraser` and `BucketEraser` find what holds the author's data, and remove it everywhere. Data
that names the author's posts is removed last, so an erasure that was killed can start again and
find the rest.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from ledger.cases import CaseEntry, WaitingMessage
from ledger.findings import CopySnapshot, Finding, FindingFingerprint, SampledPost, stub_of
from ledger.keys import HOLDS_EXCERPTS, copies_key, findings_key
from ledger.objects import S3Objects, StoredVersion, error_code
from ledger.store import DynamoStore, PseudonymKeys
from ledger.table import Item, Table, record_of
from ledger.texts import Clock, encode_json, encode_json_lines, in_days, utc
from rules.pack_parts import ALGORITHM, Fingerprinted, copy_groups

type Clean = Callable[[bytes], bytes]
type JsonRow = dict[str, Any]

WHY_NO_REASON = "The reason was erased together with the author of the post."
"""Replaces the reason in a statement, because a reason may quote the post."""

EXPLANATIONS = ("illegal_content_explanation", "incompatible_content_explanation")

INTAKE_AGE = timedelta(days=5)
"""Age from which parts without a manifest are leftovers: a file waits in its queue for 4 days."""


@dataclass(frozen=True, slots=True)
class BucketEraser:
    """The operator's access to the out, work and drop bucket; `provider` is the author's.

    `now` is the time by the clock of S3.
    """

    store: DynamoStore
    objects: S3Objects
    out_bucket: str
    work_bucket: str
    drop_bucket: str
    provider: str
    now: datetime
    dry_run: bool = False

    def traces(self, accounts: Set[str]) -> tuple[set[str], list[StoredVersion]]:
        """Search everything. Return the posts of an author, and the parts that hold them."""
        posts: set[str] = set()
        parts: list[StoredVersion] = []
        for kind in ("findings", "audit"):
            for version in chain.from_iterable(self._versions(kind).values()):
                rows = _rows(self._bytes(version))
                posts |= {row["post"] for row in rows if row.get("account") in accounts}
        encoded = [account.encode() for account in accounts]
        for version in self.objects.versions(self.work_bucket, "parts/"):
            data = self._bytes(version)
            if any(account in data for account in encoded):
                rows = _rows(data)
                posts |= {row["id"] for row in rows if row.get("account") in accounts}
                parts.append(version)
        return posts, parts

    def clean_cases(self, related: Set[str], erased: Set[str]) -> Counter[str]:
        """Clean what providers got about cases: delete notices and proposals, clear reasons."""
        counts = Counter[str]()
        for kind, names in {"notices": related, "proposals": erased}.items():
            for key, versions in self._versions(kind).items():
                if _stem(key) in names:
                    counts[kind] += 1
                    self._delete(versions)
        for key, versions in self._versions("decisions").items():
            if _stem(key) in related:
                counts["statements"] += self._clean(versions, clean_statement)
        for versions in self._versions("statements").values():
            counts["batches"] += self._clean(versions, partial(clean_batch, related=related))
        return counts

    def clean_posts(self, accounts: Set[str], erased: Set[str], posts: Set[str]) -> Counter[str]:
        """Clean the files that name posts: the months' samples, and findings."""
        samples = partial(clean_sample, accounts=accounts, posts=posts)
        files = partial(clean_findings, accounts=accounts, erased=erased)
        counts = Counter[str]()
        for versions in self._versions("audit").values():
            counts["samples"] += self._clean(versions, samples)
        for versions in self._versions("findings").values():
            counts["files"] += self._clean(versions, files, HOLDS_EXCERPTS)
        return counts

    def empty_snapshot(self) -> None:
        """Empty the provider's snapshot of confirmed fingerprints, in every version.

        Call it when the author's fingerprints are gone from the table. A run of publish that read
        them before can then write no snapshot; the next run writes a new one.
        """
        key = copies_key(self.provider)
        empty = CopySnapshot(utc(self.now), ALGORITHM, erased=True)
        self.objects.put(self.work_bucket, key, msgspec.json.encode(empty))
        versions = self.objects.versions(self.work_bucket, key)
        self._delete([version for version in versions if not version.is_latest])

    def delete_parts(self, parts: Collection[StoredVersion]) -> tuple[int, int]:
        """Delete parts that nobody reads any more. Return how many, and how many are kept."""
        free = [part for part in parts if not self._is_needed(part)]
        self._delete(free)
        return len(free), len(parts) - len(free)

    def waiting_files(self) -> list[str]:
        """Return the keys of the provider's files that still wait in the drop bucket, sorted.

        They hold posts as they were sent and are not searched here.
        """
        versions = self.objects.versions(self.drop_bucket, f"drop/{self.provider}/")
        return sorted({version.source.key for version in versions if not version.is_marker})

    def write_findings(self, unit: str) -> None:
        """Write a unit's file of findings as the table has them now, unless there is one.

        Its worker may have read the findings before they became stubs, and writes a file only where
        it is missing.
        """
        marker = self.store.marker(unit)
        if marker is not None:
            rows = [finding.row(excerpt) for finding, excerpt in self.store.findings_of(marker)]
            key, data = findings_key(marker), encode_json_lines(rows)
            self.objects.put_if(self.out_bucket, key, data, None, tags=HOLDS_EXCERPTS)

    def _versions(self, kind: str) -> dict[str, list[StoredVersion]]:
        by_key: dict[str, list[StoredVersion]] = {}
        for version in self.objects.versions(self.out_bucket, f"out/{self.provider}/{kind}/"):
            by_key.setdefault(version.source.key, []).append(version)
        return by_key

    def _bytes(self, version: StoredVersion) -> bytes:
        return b"" if version.is_marker else self.objects.version_bytes(version.source) or b""

    def _clean(
        self, versions: list[StoredVersion], clean: Callable[[bytes], bytes], tags: str = ""
    ) -> bool:
        """Rewrite the newest version and delete each one that names the author.

        Return whether any did.
        """
        changed = False
        for version in versions:
            data = self._bytes(version)
            cleaned = clean(data) if data else data
            if cleaned == data:
                continue
            changed = True
            # If somebody wrote a newer version meanwhile, the next round finds it.
            at, put_if = version.source, self.objects.put_if
            if not self.dry_run and (
                not version.is_latest or put_if(at.bucket, at.key, cleaned, at.etag, tags=tags)
            ):
                self.objects.delete_version(at)
        return changed

    def _delete(self, versions: Collection[StoredVersion]) -> None:
        for version in versions if not self.dry_run else ():
            self.objects.delete_version(version.source)

    def _is_needed(self, part: StoredVersion) -> bool:
        """Return whether a unit, or intake itself, may still read the part."""
        file = part.source.key.split("/")[1]
        sealed = self.store.manifest(file)
        if sealed is None:
            return self.now - part.written_at < INTAKE_AGE
        return self.store.range_count(file) < sealed[0].ranges


def _stem(key: str) -> str:
    """Return the decision or finding that a file is named after: `<id>.json`, `<id>.en.txt`."""
    return key.rpartition("/")[2].partition(".")[0]


def _rows(data: bytes) -> list[JsonRow]:
    return [msgspec.json.decode(line, type=JsonRow) for line in data.splitlines()]


def clean_findings(data: bytes, accounts: Set[str], erased: Set[str]) -> bytes:
    """Replace the author's findings in a unit's file by stubs; the same bytes if it has none."""
    rows = _rows(data)
    is_authors = [
        row["account"] in accounts or (row["account"] != "" and row["finding"] in erased)
        for row in rows
    ]
    if not any(is_authors):
        return data
    return encode_json_lines(
        msgspec.to_builtins(stub_of(msgspec.convert(row, Finding))) if erase else row
        for row, erase in zip(rows, is_authors, strict=True)
    )


def clean_sample(data: bytes, accounts: Set[str], posts: Set[str]) -> bytes:
    """Remove the author's posts from a month's sample."""
    rows = _rows(data)
    kept = [row for row in rows if row.get("account") not in accounts and row["post"] not in posts]
    return data if len(kept) == len(rows) else encode_json_lines(kept)


def clean_statement(data: bytes) -> bytes:
    """Replace the reason that a person wrote in a statement of reasons."""
    statement = msgspec.json.decode(data, type=JsonRow)
    cleaned = _without_reason(statement)
    return data if cleaned == statement else encode_json(cleaned)


def clean_batch(data: bytes, related: Set[str]) -> bytes:
    """Replace the reasons of statements on these decisions in a batch."""
    batch = msgspec.json.decode(data, type=dict[str, list[JsonRow]])
    statements = batch["statements"]
    cleaned = [_without_reason(row) if row["puid"] in related else row for row in statements]
    return data if cleaned == statements else encode_json(batch | {"statements": cleaned})


def _without_reason(statement: JsonRow) -> JsonRow:
    return {
        name: WHY_NO_REASON if name in EXPLANATIONS else value for name, value in statement.items()
    }


ERASED = "erased"
"""Replaces a reason where a message must have one."""


@dataclass(slots=True)
class TableTraces:
    """The result of one search of the table for an author of a provider.

    `accounts` are the author's pseudonyms. `posts`, for those whose key is gone, grows meanwhile,
    because the findings name more posts. `findings` are whole ones of the author; `stubs` are all
    stubs of the provider, of any author; `excerpts` are the cases that have a text.
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
                or (entry.journal_entry.type == "notice" and not entry.post)  # erased before
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
        """Replace a finding by its stub and delete its excerpt, in one transaction."""
        stub = self.table.put_action(f"C#{finding.finding}", "finding", stub_of(finding))
        self.delete_excerpt(finding.finding, stub)

    def delete_excerpt(self, finding: str, *more: Item) -> None:
        """Delete the excerpt of a finding, in one transaction with more actions."""
        key = {"pk": {"S": f"C#{finding}"}, "sk": {"S": "excerpt"}}
        self.table.transact(*more, {"Delete": {"TableName": self.table.name, "Key": key}})


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
        counts += self.buckets.clean_posts(accounts, stored.erased, known)
        deleted, result.under_way = self.buckets.delete_parts(parts)
        counts["parts"] += deleted
        return counts + self._make_stubs(stored)

    def _clean_entries(self, stored: TableTraces, related: Set[str]) -> Counter[str]:
        """Remove what people wrote about the posts in entries and in waiting messages."""
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
            counted = [one for fingerprints in listed for one in fingerprints]
            groups = copy_groups(
                {Fingerprinted(one.finding, one.fingerprint) for one in counted if one.fingerprint},
                {one.finding: one.group for one in counted if one.group},
            )
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
