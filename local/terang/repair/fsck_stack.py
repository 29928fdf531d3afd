"""A deployed stack as `terang fsck` looks at it: the table, two buckets, what is under way."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terang.remote import Remote
from terang.repair.fsck_cases import case_differences
from terang.repair.fsck_difference import Difference
from terang.repair.fsck_ledger import Ledger
from terang.repair.fsck_out import out_differences
from terang.repair.fsck_public import Public
from terang.repair.fsck_units import unit_differences
from terang.repair.redriving import messages_in

type Tell = Callable[[str, int, int], None]
"""Hears of progress: what is read, how much of it, and how much there is (0: nobody knows)."""

NUMBERS = ("summaries/", "journal/", "sets/")
THREADS = 8


@dataclass(frozen=True, slots=True)
class Looked:
    """One look: the differences, how much was looked at, and how many messages are under way."""

    differences: list[Difference]
    counted: dict[str, int]
    under_way: int


@dataclass(frozen=True, slots=True)
class Stack:
    """What is looked at; `sqs` and `dynamodb` are clients."""

    remote: Remote
    dynamodb: Any
    sqs: Any
    tell: Tell

    def look(self, folder: Path) -> Looked:
        """Look at everything once. The public bucket's numbers are copied into the folder."""
        under_way = self._under_way()
        ledger = Ledger()
        for items in self._table():
            ledger.add(items)
            self.tell("items of the table", ledger.items, 0)
        public = self._public(folder)
        out, now = self.remote.outputs["OutBucket"], self.remote.clock.now()
        keys = set(self.remote.objects.keys(out, "out/"))
        found = [
            *unit_differences(ledger, quiet=not under_way),
            *case_differences(ledger),
            *out_differences(
                ledger, keys, self._reader(out), now.date().isoformat(), self.remote.excerpt_days
            ),
        ]
        self.tell("summaries recounted", 0, 0)
        found += public.differences(ledger, now)
        counted = {
            "items": ledger.items,
            "receipts": len(ledger.receipts),
            "findings": len(ledger.findings),
            "entries": len(ledger.entries),
            "files": len(ledger.manifests),
            "objects": len(keys) + len(public.keys),
            "summaries": len(public.summaries()),
        }
        return Looked(found, counted, under_way)

    def _table(self) -> Iterator[list[dict[str, Any]]]:
        pages = self.dynamodb.get_paginator("scan").paginate(
            TableName=self.remote.outputs["Table"], ConsistentRead=True
        )
        for page in pages:
            yield page["Items"]

    def _public(self, folder: Path) -> Public:
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
                self.tell("published files", number, len(wanted))
        return Public(folder, set(keys))

    def _reader(self, bucket: str) -> Callable[[str], bytes]:
        return lambda key: self.remote.objects.get(bucket, key) or b""

    def _under_way(self) -> int:
        """Messages that wait, or that somebody works on."""
        outputs = self.remote.outputs
        return sum(
            messages_in(self.sqs, outputs[name]) for name in ("UnitsUrl", "PostsUrl", "CasesUrl")
        )
