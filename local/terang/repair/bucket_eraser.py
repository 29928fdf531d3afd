"""Erases an author from the buckets: files for the provider, parts, and samples."""

from collections import Counter
from collections.abc import Callable, Collection, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any

import msgspec

from ledger.findings import CopySnapshot, Finding, stub_of
from ledger.keys import HOLDS_EXCERPTS, copies_key, findings_key
from ledger.objects import S3Objects, StoredVersion
from ledger.store import DynamoStore
from ledger.texts import encode_json, encode_json_lines, utc
from rules.pack_parts import ALGORITHM

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
        cleaned = ("decisions", "statements", clean_statement), ("entries", "labels", clean_label)
        for kind, name, clean in cleaned:
            for key, versions in self._versions(kind).items():
                if _stem(key) in related:
                    counts[name] += self._clean(versions, clean)
        counts["batches"] += self._clean_all("statements", partial(clean_batch, related=related))
        return counts

    def clean_posts(self, accounts: Set[str], erased: Set[str], posts: Set[str]) -> Counter[str]:
        """Clean the files that name posts: the months' samples, and findings."""
        samples = partial(clean_sample, accounts=accounts, posts=posts)
        files = partial(clean_findings, accounts=accounts, erased=erased)
        return Counter(
            samples=self._clean_all("audit", samples),
            files=self._clean_all("findings", files, HOLDS_EXCERPTS),
        )

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

    def _clean_all(self, kind: str, clean: Clean, tags: str = "") -> int:
        return sum(self._clean(files, clean, tags) for files in self._versions(kind).values())

    def _clean(self, versions: list[StoredVersion], clean: Clean, tags: str = "") -> bool:
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


def clean_label(data: bytes) -> bytes:
    """Remove the address of the post from an announced entry."""
    entry = msgspec.json.decode(data, type=JsonRow)
    return encode_json({**entry, "url": ""}) if entry.get("url") else data


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
