"""A finished run as `terang fsck` finds a stack, and ways to spoil it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from simulation.clients import Client, DirectTransport
from simulation.cluster import Cluster
from simulation.records import Records, objects_of
from support.world import DAY, StandingClock

from ledger.objects import S3Objects
from terang.repair.dead_letters import FsckResult, check_once

if TYPE_CHECKING:
    from terang.remote import Remote


@dataclass
class Deployed:
    """A finished run as `terang fsck` finds a stack, and ways to spoil it."""

    cluster: Cluster
    outputs: dict[str, str]
    objects: S3Objects
    clock: StandingClock
    excerpt_days: int = 30

    def look(self, folder: Path) -> FsckResult:
        dynamodb = Client(self.cluster.dynamodb, DirectTransport())
        sqs = Client(self.cluster.sqs, DirectTransport())
        return check_once(cast("Remote", self), dynamodb, sqs, lambda *_: None, folder)

    @property
    def records(self) -> Records:
        return Records.of(self.cluster)

    @property
    def table(self) -> dict[str, Any]:
        return self.cluster.dynamodb.tables[self.cluster.world.table]

    def item(self, pk: str, sk: str) -> dict[str, Any]:
        found: dict[str, Any] = self.table[pk][sk].item
        return found

    def remove(self, pk: str, sk: str) -> None:
        self.table[pk][sk].item = None

    def put(self, pk: str, sk: str, item: dict[str, Any]) -> None:
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        self.cluster.dynamodb._write(self.cluster.world.table, key, item | key)

    def change(self, pk: str, sk: str, **changes: Any) -> None:
        item = self.item(pk, sk)
        record = json.loads(item["record"]["S"]) | changes
        self.put(pk, sk, item | {"record": {"S": json.dumps(record)}})

    def keys(self, output: str, part: str) -> list[str]:
        return [key for key in objects_of(self.cluster, self.outputs[output]) if part in key]

    def drop(self, output: str, part: str) -> None:
        del self.cluster.s3.buckets[self.outputs[output]][self.keys(output, part)[0]]

    def rewrite(self, output: str, part: str, change: Callable[[bytes], bytes]) -> None:
        key, bucket = self.keys(output, part)[0], self.outputs[output]
        self.objects.put(bucket, key, change(self.objects.get(bucket, key) or b""))

    def unit(self, kind: str, *, found: bool) -> tuple[str, str, str]:
        """A unit of that kind, with findings or without, and its receipt's keys."""
        for unit, receipt in self.records.receipts.items():
            if (receipt["kind"], bool(receipt["recorded"])) == (kind, found):
                return unit, f"J#acme#{DAY}#{unit[0]}", f"receipt#{unit}"
        raise LookupError(kind)

    def file(self) -> str:
        return next(name for name, one in self.records.manifests.items() if one["ranges"] > 2)

    def finding(self) -> str:
        return next(iter(self.records.findings))

    def entry(self, kind: str) -> tuple[str, dict[str, Any]]:
        return next(
            (name, one) for name, one in self.records.entries.items() if one["type"] == kind
        )
