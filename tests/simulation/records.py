"""What a run left behind, read from the services themselves and by no code of the store's."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from simulation.fabric import Fabric

type Record = dict[str, Any]


@dataclass(slots=True)
class Records:
    """The table, sorted by what the items are; ids are those of units, findings and files."""

    receipts: dict[str, Record] = field(default_factory=dict)
    days: dict[str, str] = field(default_factory=dict)
    pages: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    findings: dict[str, Record] = field(default_factory=dict)
    excerpts: dict[str, str] = field(default_factory=dict)
    markers: dict[str, Record] = field(default_factory=dict)
    manifests: dict[str, Record] = field(default_factory=dict)
    parts: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    rows: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    closed: set[str] = field(default_factory=set)
    twice: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, fabric: Fabric) -> "Records":
        """Sort everything that stands in the table."""
        records = cls()
        for pk, slots in sorted(fabric.dynamodb.tables[fabric.world.table].items()):
            for sk, slot in sorted(slots.items()):
                if slot.item is not None:
                    records._add(pk, sk, slot.item)
        return records

    def _add(self, pk: str, sk: str, item: Record) -> None:
        record = json.loads(item["record"]["S"]) if "record" in item else {}
        name = pk.partition("#")[2]
        match pk[0], sk.partition("#")[0]:
            case "J", "receipt" if sk.count("#") == 1:
                if record["unit"] in self.receipts:
                    self.twice.append(record["unit"])
                self.receipts[record["unit"]] = record
                self.days[record["unit"]] = pk.split("#")[2]
            case "J", "receipt":
                packed = item["ids"]["B"]
                ids = [packed[at : at + 32].hex() for at in range(0, len(packed), 32)]
                self.pages[f"{pk.split('#')[2]}/{sk.split('#')[1]}"] += ids
            case "C", "finding":
                self.findings[name] = record
            case "C", "excerpt":
                self.excerpts[name] = item["text"]["S"]
            case "U", "unit":
                self.markers[name] = record
            case "F", "manifest":
                self.manifests[name] = record
            case "F", "part":
                self.parts[name].append(record)
            case "F", "range":
                self.rows[name].append(record)
            case "P", "closed":
                self.closed.add(sk.partition("#")[2])


def objects_of(fabric: Fabric, bucket: str, prefix: str = "") -> dict[str, bytes]:
    """The newest version of each object of a bucket."""
    return {
        key: versions[-1].data
        for key, versions in sorted(fabric.s3.buckets[bucket].items())
        if versions and not versions[-1].is_marker and key.startswith(prefix)
    }
