"""The table on DynamoDB: written once, never incremented.

`docs/architecture.md` lists all keys. An item holds its record as JSON under `record`, next to the
attributes that a condition, an index or the time to live needs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ledger.aws.case_store import DynamoCases
from ledger.aws.finding_store import DynamoFindings
from ledger.aws.flood_store import DynamoFloods
from ledger.aws.privacy_store import DynamoPrivacy
from ledger.aws.rows import journal_of, work_of
from ledger.aws.table import Table, record_of, shards
from ledger.aws.unit_store import DynamoUnits, range_place
from ledger.clock import Clock, SystemClock
from ledger.records.manifest import Manifest, OpenFile, RangeRow, Source
from ledger.records.provider import Provider
from ledger.records.receipt import Receipt


@dataclass(frozen=True, slots=True)
class DynamoStore(DynamoUnits, DynamoFindings, DynamoCases, DynamoFloods, DynamoPrivacy):
    """The stores of the table in one object; here are the ports ProviderStore and FileStore."""

    @classmethod
    def of(cls, client: Any, name: str, clock: Clock | None = None) -> "DynamoStore":
        return cls(Table(client, name), clock or SystemClock())

    def provider(self, provider: str) -> Provider | None:
        return record_of(self.table.get(f"P#{provider}", "provider"), Provider)

    def providers(self) -> list[Provider]:
        names = [item["sk"]["S"] for item in self.table.query("P#", "")]
        return [provider for name in names if (provider := self.provider(name))]

    def put_provider(self, provider: Provider) -> None:
        self.table.put("P#", provider.provider)
        self.table.put(f"P#{provider.provider}", "provider", provider)

    def manifest(self, file: str) -> tuple[Manifest, list[Source]] | None:
        manifest = record_of(self.table.get(f"F#{file}", "manifest"), Manifest)
        if manifest is None:
            return None
        if not manifest.translated:
            return manifest, [manifest.dropped]
        return manifest, self.table.records(f"F#{file}", "part#", Source)

    def seal(self, manifest: Manifest, sources: Sequence[Source], expires: int) -> bool:
        """Put the parts before the manifest that names them."""
        key = f"F#{manifest.file}"
        if manifest.translated:
            for number, source in enumerate(sources):
                self.table.put(key, f"part#{number:08}", source, expires=expires)
        opened = OpenFile(manifest.file, manifest.day, manifest.ranges)
        work = work_of(manifest.provider)
        return self.table.transact(
            self.table.put_if_absent(key, "manifest", manifest, expires=expires),
            self.table.put_action(work, f"file#{manifest.file}", opened, expires=expires),
        )

    def put_range(self, file: str, row: RangeRow) -> None:
        self.table.transact(self.table.put_if_absent(f"F#{file}", range_place(row.number), row))

    def range_row(self, file: str, number: int) -> RangeRow | None:
        return record_of(self.table.get(f"F#{file}", range_place(number)), RangeRow)

    def ranges(self, file: str) -> list[RangeRow]:
        return self.table.records(f"F#{file}", "range#", RangeRow)

    def range_count(self, file: str) -> int:
        return self.table.count(f"F#{file}", "range#")

    def files(self, provider: str) -> list[OpenFile]:
        closed = {
            item["sk"]["S"].removeprefix("closed#"): item["day"]["S"]
            for item in self.work_items(provider, "closed#")
        }
        files = [
            msgspec.structs.replace(file, closed=closed.get(file.file, ""))
            for item in self.work_items(provider, "file#")
            if (file := record_of(item, OpenFile))
        ]
        return sorted(files, key=lambda file: (file.day, file.file))

    def close_file(self, provider: str, file: str, day: str, expires: int) -> None:
        new = self.table.put_if_absent(
            work_of(provider), f"closed#{file}", day=day, expires=expires
        )
        self.table.transact(new)

    def receipts(self, provider: str, day: str) -> Iterator[Receipt]:
        """Read shard by shard, each in the order of its keys: units by their first digit."""
        for shard in shards():
            for item in self.table.query(journal_of(provider, day, shard), "receipt#"):
                if receipt := record_of(item, Receipt):
                    yield receipt
