"""Where the buckets hold something of an author, and how every version of it is taken out."""

from collections import Counter
from collections.abc import Callable, Collection, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from ledger.aws.objects import S3Objects, StoredVersion
from ledger.aws.store import DynamoStore
from ledger.keys import HOLDS_EXCERPTS, findings_key
from ledger.records.finding import finding_row
from ledger.records.json_text import encode_json_lines
from terang.repair.erasing_words import (
    batch_without,
    findings_without,
    rows_of,
    sample_without,
    statement_without,
)

type Cleaning = Callable[[bytes], bytes]

INTAKE_AGE = timedelta(days=5)
"""Age from which parts without a manifest are left over: a file waits in its queue for 4 days."""


@dataclass(slots=True)
class BucketTraces:
    """What one look at the buckets found: posts of the author, and parts that hold them."""

    posts: set[str] = field(default_factory=set)
    parts: list[StoredVersion] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ErasingBuckets:
    """The operator's hand on the out, work and drop bucket; `provider` is the author's.

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

    def traces(self, accounts: Set[str]) -> BucketTraces:
        """Look at all that names an author."""
        traces = BucketTraces()
        for kind in ("findings", "audit"):
            for versions in self._of(kind).values():
                for one in versions:
                    rows = rows_of(self._bytes(one))
                    traces.posts |= {row["post"] for row in rows if row.get("account") in accounts}
        wanted = [account.encode() for account in accounts]
        for one in self.objects.versions(self.work_bucket, "parts/"):
            data = self._bytes(one)
            if any(account in data for account in wanted):
                rows = rows_of(data)
                traces.posts |= {row["id"] for row in rows if row.get("account") in accounts}
                traces.parts.append(one)
        return traces

    def clean_cases(self, related: Set[str], erased: Set[str]) -> Counter[str]:
        """What is told of cases: notices and proposals go, statements lose their reasons."""
        counts = Counter[str]()
        for kind, names in {"notices": related, "proposals": erased}.items():
            for key, versions in self._of(kind).items():
                if _name(key) in names:
                    counts[kind] += 1
                    self._delete(versions)
        for key, versions in self._of("decisions").items():
            if _name(key) in related:
                counts["statements"] += self._clean(versions, statement_without)
        for versions in self._of("statements").values():
            counts["batches"] += self._clean(versions, partial(batch_without, related=related))
        return counts

    def clean_posts(self, accounts: Set[str], erased: Set[str], posts: Set[str]) -> Counter[str]:
        """The files that name posts: months' samples, and what was handed out."""
        counts = Counter[str]()
        sample = partial(sample_without, accounts=accounts, posts=posts)
        for versions in self._of("audit").values():
            counts["samples"] += self._clean(versions, sample)
        found = partial(findings_without, accounts=accounts, erased=erased)
        for versions in self._of("findings").values():
            counts["files"] += self._clean(versions, found, HOLDS_EXCERPTS)
        return counts

    def delete_parts(self, parts: Collection[StoredVersion]) -> tuple[int, int]:
        """Delete parts that nobody reads any more; how many, and how many are still needed."""
        free = [one for one in parts if not self._is_needed(one)]
        self._delete(free)
        return len(free), len(parts) - len(free)

    def waiting_files(self) -> list[str]:
        """Return the keys of the provider's files that still wait in the drop bucket, sorted.

        They hold posts as they came, and nobody looks into them here. A key with several versions
        is there once.
        """
        found = self.objects.versions(self.drop_bucket, f"drop/{self.provider}/")
        return sorted({one.source.key for one in found if not one.is_marker})

    def hand_out(self, unit: str) -> None:
        """Make sure that a unit's file stands as the table has it now.

        Its worker may have read the findings when they were whole; it puts a file only where none
        is.
        """
        marker = self.store.marker(unit)
        if marker is not None:
            rows = [finding_row(*one) for one in self.store.findings_of(marker)]
            key, data = findings_key(marker), encode_json_lines(rows)
            self.objects.put_if(self.out_bucket, key, data, None, tags=HOLDS_EXCERPTS)

    def _of(self, kind: str) -> dict[str, list[StoredVersion]]:
        """All versions of one kind in the provider's part of the out bucket, by key."""
        found: dict[str, list[StoredVersion]] = {}
        for one in self.objects.versions(self.out_bucket, f"out/{self.provider}/{kind}/"):
            found.setdefault(one.source.key, []).append(one)
        return found

    def _bytes(self, one: StoredVersion) -> bytes:
        return b"" if one.is_marker else self.objects.version_bytes(one.source) or b""

    def _clean(
        self, versions: Collection[StoredVersion], cleaning: Cleaning, tags: str = ""
    ) -> bool:
        """Write the newest version anew, and delete each that holds something; whether any did."""
        touched = False
        for one in versions:
            data = self._bytes(one)
            clean = cleaning(data) if data else data
            if clean == data:
                continue
            touched = True
            # Whoever wrote it in between is met in the next round.
            if not self.dry_run and (not one.is_latest or self._put(one, clean, tags)):
                self.objects.delete_version(one.source)
        return touched

    def _put(self, one: StoredVersion, data: bytes, tags: str) -> bool:
        source = one.source
        return self.objects.put_if(source.bucket, source.key, data, source.etag, tags=tags)

    def _delete(self, versions: Collection[StoredVersion]) -> None:
        for one in versions if not self.dry_run else ():
            self.objects.delete_version(one.source)

    def _is_needed(self, part: StoredVersion) -> bool:
        """Whether a unit, or intake itself, may still ask for the part."""
        file = part.source.key.split("/")[1]
        sealed = self.store.manifest(file)
        if sealed is None:
            return self.now - part.written_at < INTAKE_AGE
        return self.store.range_count(file) < sealed[0].ranges


def _name(key: str) -> str:
    """What a file is named after: a decision or a finding."""
    return key.rpartition("/")[2].partition(".")[0]
