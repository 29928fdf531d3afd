"""What a run left behind, read from the services themselves and by no code of the store's."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from simulation.cluster import Cluster

from terang.repair import TableSnapshot

type Record = dict[str, Any]


@dataclass(slots=True)
class Records:
    """The table's items by kind, and by the ids of units, findings and files. `members` are the
    units that a receipt counts: the messages of a batch, or the unit itself."""

    receipts: dict[str, Record] = field(default_factory=dict)
    days: dict[str, str] = field(default_factory=dict)
    pages: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    findings: dict[str, Record] = field(default_factory=dict)
    excerpts: dict[str, str] = field(default_factory=dict)
    markers: dict[str, Record] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)
    manifests: dict[str, Record] = field(default_factory=dict)
    parts: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    rows: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    closed: set[str] = field(default_factory=set)
    sampled: set[str] = field(default_factory=set)
    twice: list[str] = field(default_factory=list)
    entries: dict[str, Record] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    questions: set[tuple[str, str]] = field(default_factory=set)
    listed: dict[str, str] = field(default_factory=dict)
    ledger: TableSnapshot = field(default_factory=TableSnapshot)

    @classmethod
    def of(cls, cluster: Cluster) -> "Records":
        """Sort all items of the table."""
        records = cls()
        for pk, slots in sorted(cluster.dynamodb.tables[cluster.world.table].items()):
            for sk, slot in sorted(slots.items()):
                if slot.item is not None:
                    records._add(pk, sk, slot.item)
                    records.ledger.add([slot.item])
        return records

    def _add(self, pk: str, sk: str, item: Record) -> None:
        record = json.loads(item["record"]["S"]) if "record" in item else {}
        kind, name = pk[0], pk.partition("#")[2]
        sort = sk.partition("#")[0]
        if "open_pk" in item:
            self.listed[name] = item["open_pk"]["S"]
        if kind == "J":
            self._add_to_journal(pk.split("#")[2], sk, record, item)
        elif (kind, sort) == ("C", "excerpt"):
            self.excerpts |= {name: item["text"]["S"]} if "text" in item else {}
        elif (kind, sort) == ("C", "waits"):
            self.waiting |= {sk} if record else set()
        elif (kind, sort) == ("W", "closed"):
            self.closed.add(sk.partition("#")[2])
        elif (kind, sort) == ("W", "flood"):
            _, day, rule = sk.split("#")
            self.questions.add((day, rule))
        elif (kind, sort) in {("F", "part"), ("F", "range")}:
            (self.parts if sort == "part" else self.rows)[name].append(record)
        elif sort == "unit" and "begun" in item:
            self.begun.add(name)
        else:
            one_of_a_kind = {"finding": self.findings, "unit": self.markers,
                             "manifest": self.manifests}  # fmt: skip
            one_of_a_kind.get(sort, {})[name] = record

    def _add_to_journal(self, day: str, sk: str, record: Record, item: Record) -> None:
        unit = sk.split("#")[1]
        if sk.startswith("entry#"):
            self.entries[unit] = record
        elif sk.startswith("sample#"):
            self.sampled.add(unit)
        elif sk.count("#") == 1:
            if unit in self.receipts:
                self.twice.append(unit)
            self.receipts[unit], self.days[unit] = record, day
            self.members[unit] = _ids(item, "units") or [unit]
            self.pages[f"{day}/{unit}"] += _ids(item, "ids")
        else:
            self.pages[f"{day}/{unit}"] += _ids(item, "ids")


def _ids(item: Record, name: str) -> list[str]:
    packed = item[name]["B"] if name in item else b""
    return [packed[at : at + 32].hex() for at in range(0, len(packed), 32)]


def objects_of(cluster: Cluster, bucket: str, prefix: str = "") -> dict[str, bytes]:
    return {
        key: versions[-1].data
        for key, versions in sorted(cluster.s3.buckets[bucket].items())
        if versions and not versions[-1].is_marker and key.startswith(prefix)
    }
