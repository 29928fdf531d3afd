"""The table on DynamoDB: written once, never incremented.

`docs/architecture.md` lists all keys. An item holds its record as JSON under `record`, next to the
attributes that a condition, an index or the time to live needs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ledger.aws.case_store import open_index_keys
from ledger.aws.privacy_store import work_of
from ledger.aws.table import Pair, Table, item_of, record_of, shards
from ledger.aws.unit_store import DynamoUnits, range_place, receipt_place, unpacked
from ledger.clock import Clock, SystemClock
from ledger.records.finding import Finding
from ledger.records.identity import check_id
from ledger.records.manifest import Manifest, Marker, OpenFile, RangeRow, Source
from ledger.records.provider import Provider
from ledger.records.receipt import Receipt

IDS_PER_PAGE = 4_000
"""Ids of findings in one page of a receipt: 32 bytes each, far under the 400 KB of an item."""


@dataclass(frozen=True, slots=True)
class DynamoStore(DynamoUnits):
    """All ports of the table. Texts end by the clock."""

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
            for item in self.table.query(f"J#{provider}#{day}#{shard}", "receipt#"):
                if receipt := record_of(item, Receipt):
                    yield receipt

    def put_findings(self, pairs: Sequence[tuple[Finding, str]], expires: int) -> list[Finding]:
        existing = self.table.put_pairs(
            [self._pair(finding, excerpt, expires) for finding, excerpt in pairs]
        )
        return [
            record_of(item, Finding) or given
            for item, (given, _) in zip(existing, pairs, strict=True)
        ]

    def _pair(self, finding: Finding, excerpt: str, expires: int) -> Pair:
        key = f"C#{finding.finding}"
        item = item_of(key, "finding", finding, **open_index_keys(finding))
        if finding.is_erased:
            return item, None
        return item, item_of(key, "excerpt", text=excerpt, expires=expires)

    def put_finding_ids(self, marker: Marker, ids: Sequence[str]) -> None:
        key, sort = receipt_place(marker)
        for page, first in enumerate(range(0, len(ids), IDS_PER_PAGE)):
            packed = b"".join(bytes.fromhex(name) for name in ids[first : first + IDS_PER_PAGE])
            self.table.put(key, f"{sort}#{page:08}", ids=packed)

    def findings_of(self, marker: Marker) -> list[tuple[Finding, str | None]]:
        key, sort = receipt_place(marker)
        if marker.batch:  # the item of its receipt holds the ids
            ids = unpacked((self.table.get(key, sort) or {}).get("ids"))
        else:
            pages = self.table.query(key, f"{sort}#")
            ids = [name for page in pages for name in unpacked(page["ids"])]
        keys = [(f"C#{name}", kind) for name in ids for kind in ("finding", "excerpt")]
        items = self.table.get_many(keys)
        return [
            (finding, self._kept_text(items.get((f"C#{name}", "excerpt"), {})))
            for name in sorted(ids)
            if (finding := record_of(items.get((f"C#{name}", "finding")), Finding))
        ]

    def put_grounds(self, findings: Sequence[Finding]) -> None:
        self.table.put_all(
            item_of(f"K#{check_id(ground)}", f"{finding.provider}#{finding.finding}")
            for finding in findings
            for ground in finding.rests_on
        )

    def findings_on(self, check: str) -> list[tuple[str, str]]:
        items = self.table.query(f"K#{check_id(check)}", "")
        uses = (item["sk"]["S"].partition("#") for item in items)
        return [(provider, finding) for provider, _, finding in uses]
