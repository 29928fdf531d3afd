"""Checks a deployed stack: the table against itself and against two buckets."""

import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from terang.remote import Remote
from terang.repair.bucket_checks import Get, PublicCopy, out_differences
from terang.repair.dead_letters import messages_in
from terang.repair.difference import Difference
from terang.repair.table_checks import case_differences, unit_differences
from terang.repair.table_snapshot import TableSnapshot

type ReportProgress = Callable[[str, int, int], None]
"""Takes the kind of object, how many were read, and how many there are (0 if unknown)."""

NUMBERS = ("summaries/", "journal/", "sets/")
THREADS = 8


@dataclass(frozen=True, slots=True)
class FsckResult:
    """The differences, how much was checked, and how many messages are under way."""

    differences: list[Difference]
    counted: dict[str, int]
    under_way: int


@dataclass(frozen=True, slots=True)
class StackCheck:
    """A check of a stack; `sqs` and `dynamodb` are clients."""

    remote: Remote
    dynamodb: Any
    sqs: Any
    progress: ReportProgress

    def run(self, folder: Path) -> FsckResult:
        """Check everything once. The public bucket's numbers are copied into the folder."""
        under_way = self._under_way()
        table = TableSnapshot()
        for items in self._table_pages():
            table.add(items)
            self.progress("items of the table", table.items, 0)
        public = self._copy_public(folder)
        out, now = self.remote.outputs["OutBucket"], self.remote.clock.now()
        keys = set(self.remote.objects.keys(out, "out/"))
        today = now.date().isoformat()
        differences = [
            *unit_differences(table, quiet=not under_way),
            *case_differences(table),
            *out_differences(table, keys, self._reader(out), today, self.remote.excerpt_days),
        ]
        self.progress("summaries recounted", 0, 0)
        differences += public.differences(table, now)
        counted = {
            "items": table.items,
            "receipts": len(table.receipts),
            "findings": len(table.findings),
            "entries": len(table.entries),
            "files": len(table.manifests),
            "objects": len(keys) + len(public.keys),
            "summaries": len(public.summaries()),
        }
        return FsckResult(differences, counted, under_way)

    def _table_pages(self) -> Iterator[list[dict[str, Any]]]:
        pages = self.dynamodb.get_paginator("scan").paginate(
            TableName=self.remote.outputs["Table"], ConsistentRead=True
        )
        for page in pages:
            yield page["Items"]

    def _copy_public(self, folder: Path) -> PublicCopy:
        bucket = self.remote.outputs["PublicBucket"]
        keys = self.remote.objects.keys(bucket, "")
        read = self._reader(bucket)
        wanted = [key for key in keys if key.startswith(NUMBERS) and not key.endswith(".html")]
        for key in wanted:
            (folder / key).parent.mkdir(parents=True, exist_ok=True)

        def copy(key: str) -> None:
            (folder / key).write_bytes(read(key))

        with ThreadPoolExecutor(THREADS) as pool:
            for number, _ in enumerate(pool.map(copy, wanted), 1):
                self.progress("published files", number, len(wanted))
        return PublicCopy(folder, set(keys))

    def _reader(self, bucket: str) -> Get:
        return lambda key: self.remote.objects.get(bucket, key) or b""

    def _under_way(self) -> int:
        outputs = self.remote.outputs
        return sum(
            messages_in(self.sqs, outputs[name]) for name in ("UnitsUrl", "PostsUrl", "CasesUrl")
        )


def check_twice(remote: Remote, progress: ReportProgress) -> FsckResult:
    """Return the differences of a stack that two checks find.

    A stack at work changes between two reads, so one check may name a false difference.
    """
    check = StackCheck(remote, boto3.client("dynamodb"), boto3.client("sqs"), progress)
    first = _run_once(check)
    if not first.differences:
        return first
    second = _run_once(check)
    in_both = [difference for difference in second.differences if difference in first.differences]
    return FsckResult(in_both, second.counted, second.under_way)


def _run_once(check: StackCheck) -> FsckResult:
    with tempfile.TemporaryDirectory(prefix="terang-fsck-") as folder:
        return check.run(Path(folder))
