"""The table on DynamoDB: what is written once stays, and nothing is ever incremented."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ledger.aws.case_store import DynamoCases, open_index_keys
from ledger.aws.table import (
    Item,
    Pair,
    Table,
    item_of,
    record_of,
    shards,
)
from ledger.records.finding import Finding
from ledger.records.identity import check_id
from ledger.records.manifest import FirstTry, Manifest, Marker, OpenFile, RangeRow, Source
from ledger.records.provider import Provider
from ledger.records.receipt import Receipt

IDS_PER_PAGE = 4_000
"""Ids of findings in one page of a receipt: 32 bytes each, far under the 400 KB of an item."""


@dataclass(frozen=True, slots=True)
class DynamoStore(DynamoCases):
    """The port `Store` on a table with the keys `pk` and `sk`.

    Each item holds its record as one JSON string under `record`, beside the few attributes that a
    condition, an index or the time to live needs.
    """

    @classmethod
    def of(cls, client: Any, name: str) -> "DynamoStore":
        """The store of a table, on a DynamoDB client."""
        return cls(Table(client, name))

    def provider(self, provider: str) -> Provider | None:
        """One provider, if it is registered."""
        return record_of(self.table.get(f"P#{provider}", "provider"), Provider)

    def providers(self) -> list[Provider]:
        """All providers, sorted by id."""
        names = [item["sk"]["S"] for item in self.table.query("P#", "")]
        return [found for name in names if (found := self.provider(name))]

    def put_provider(self, provider: Provider) -> None:
        """Register a provider, or change it."""
        self.table.put("P#", provider.provider)
        self.table.put(f"P#{provider.provider}", "provider", provider)

    def manifest(self, file: str) -> tuple[Manifest, list[Source]] | None:
        """A sealed manifest and the sources its ranges are cut from."""
        manifest = record_of(self.table.get(f"F#{file}", "manifest"), Manifest)
        if manifest is None:
            return None
        if not manifest.translated:
            return manifest, [manifest.dropped]
        return manifest, self.table.records(f"F#{file}", "part#", Source)

    def seal(self, manifest: Manifest, sources: Sequence[Source], expires: int) -> bool:
        """Put a manifest if absent, its parts before it, and list its file as open."""
        key = f"F#{manifest.file}"
        if manifest.translated:
            for number, source in enumerate(sources):
                self.table.put(key, f"part#{number:08}", source, expires=expires)
        opened = OpenFile(manifest.file, manifest.day, manifest.ranges)
        work = _work(manifest.provider)
        return self.table.transact(
            self.table.new(key, "manifest", manifest, expires=expires),
            self.table.over(work, f"file#{manifest.file}", opened, expires=expires),
        )

    def marker(self, unit: str) -> Marker | None:
        """Whether the unit was committed, and where."""
        return record_of(self.table.get(f"U#{unit}", "unit"), Marker)

    def first_try(self, unit: str) -> FirstTry | None:
        """By which rules the unit was first tried, if it had findings then."""
        return record_of(self.table.get(f"U#{unit}", "try"), FirstTry)

    def record_first_try(self, unit: str, own: FirstTry) -> FirstTry:
        """Say by which rules the unit is tried, if absent; the first word, which stays."""
        if self.table.transact(self.table.new(f"U#{unit}", "try", own)):
            return own
        return self.first_try(unit) or own

    def put_findings(self, pairs: Sequence[tuple[Finding, str]], expires: int) -> list[Finding]:
        """Put findings with their excerpts if absent; the findings as they stand afterwards."""
        stored = self.table.put_pairs([self._pair(found, text, expires) for found, text in pairs])
        return [
            record_of(item, Finding) or given
            for item, (given, _) in zip(stored, pairs, strict=True)
        ]

    def _pair(self, found: Finding, text: str, expires: int) -> Pair:
        key = f"C#{found.finding}"
        finding = item_of(key, "finding", found, **open_index_keys(found))
        if found.is_erased:
            return finding, None
        return finding, item_of(key, "excerpt", text=text, expires=expires)

    def put_check_uses(self, findings: Sequence[Finding]) -> None:
        """Note for each check which of these findings propose a label with it."""
        self.table.put_all(
            item_of(f"K#{check_id(check.url)}", f"{one.provider}#{one.finding}")
            for one in findings
            for check in one.checks
        )

    def check_uses(self, check: str) -> list[tuple[str, str]]:
        """The providers and ids of the findings that propose a label with a check, by its link."""
        items = self.table.query(f"K#{check_id(check)}", "")
        found = (item["sk"]["S"].partition("#") for item in items)
        return [(provider, finding) for provider, _, finding in found]

    def put_finding_ids(self, marker: Marker, ids: Sequence[str]) -> None:
        """Put the pages of a receipt, before it."""
        key, sort = _receipt_key(marker)
        for page, first in enumerate(range(0, len(ids), IDS_PER_PAGE)):
            packed = b"".join(bytes.fromhex(one) for one in ids[first : first + IDS_PER_PAGE])
            self.table.put(key, f"{sort}#{page:08}", ids=packed)

    def commit_unit(
        self,
        marker: Marker,
        receipt: Receipt,
        file: str,
        row: RangeRow | None,
        tried: FirstTry | None = None,
    ) -> bool:
        """Put marker, receipt and range row in one transaction; False if the marker stood."""
        puts = [
            self.table.new(f"U#{marker.unit}", "unit", marker),
            self.table.new(*_receipt_key(marker), receipt),
        ]
        if row is not None:
            puts.append(self.table.new(f"F#{file}", f"range#{row.number:08}", row))
        if tried is not None:
            puts.append(self.table.new(f"U#{marker.unit}", "try", tried))
        return self.table.transact(*puts)

    def put_range(self, file: str, row: RangeRow) -> None:
        """Put the row of a range whose unit is known, or that owns no line, if absent."""
        self.table.transact(self.table.new(f"F#{file}", f"range#{row.number:08}", row))

    def range_row(self, file: str, number: int) -> RangeRow | None:
        """The row of one range, once it is committed."""
        return record_of(self.table.get(f"F#{file}", f"range#{number:08}"), RangeRow)

    def ranges(self, file: str) -> list[RangeRow]:
        """The rows of a file, by number."""
        return self.table.records(f"F#{file}", "range#", RangeRow)

    def range_count(self, file: str) -> int:
        """How many rows a file has: cheaper than the rows."""
        return self.table.count(f"F#{file}", "range#")

    def receipt(self, marker: Marker) -> Receipt:
        """The receipt of a committed unit."""
        found = record_of(self.table.get(*_receipt_key(marker)), Receipt)
        if found is None:
            raise LookupError(f"unit {marker.unit} has a marker and no receipt")
        return found

    def receipts(self, provider: str, day: str) -> list[Receipt]:
        """All receipts of a provider and day, by unit."""
        found = [
            record
            for shard in shards()
            for item in self.table.query(f"J#{provider}#{day}#{shard}", "receipt#")
            if (record := record_of(item, Receipt))
        ]
        return sorted(found, key=lambda receipt: receipt.unit)

    def findings_of(self, marker: Marker) -> list[tuple[Finding, str | None]]:
        """A unit's findings by id, each with its excerpt while that is kept."""
        key, sort = _receipt_key(marker)
        packed = b"".join(item["ids"]["B"] for item in self.table.query(key, f"{sort}#"))
        ids = [packed[at : at + 32].hex() for at in range(0, len(packed), 32)]
        keys = [(f"C#{one}", kind) for one in ids for kind in ("finding", "excerpt")]
        items = self.table.get_many(keys)
        return [
            (finding, items.get((f"C#{one}", "excerpt"), {}).get("text", {}).get("S"))
            for one in sorted(ids)
            if (finding := record_of(items.get((f"C#{one}", "finding")), Finding))
        ]

    def files(self, provider: str) -> list[OpenFile]:
        """Return the provider's files of the last weeks, closed or not, by day and id."""
        closed = {
            item["sk"]["S"].removeprefix("closed#"): item["day"]["S"]
            for item in self._work_items(provider, "closed#")
        }
        found = [
            opened
            for item in self._work_items(provider, "file#")
            if (opened := record_of(item, OpenFile))
        ]
        filled = [msgspec.structs.replace(one, closed=closed.get(one.file, "")) for one in found]
        return sorted(filled, key=lambda one: (one.day, one.file))

    def close_file(self, provider: str, file: str, day: str, expires: int) -> None:
        """Say that the last range of a file was committed by that day; the first word stays."""
        new = self.table.new(_work(provider), f"closed#{file}", day=day, expires=expires)
        self.table.transact(new)

    def floods(self, provider: str, day: str) -> dict[str, bool]:
        """Return the rules under flood guard that day, and whether somebody lifted it."""
        prefix, found = f"flood#{day}#", dict[str, bool]()
        for item in self._work_items(provider, prefix):
            rule = item["sk"]["S"].removeprefix(prefix)
            found[rule] = found.get(rule, False) or item["lifted"]["BOOL"]
        return found

    def put_flood(self, provider: str, day: str, rule: str, expires: int) -> bool:
        """Put a rule under flood guard for a day; False if it was or had been."""
        new = self.table.new(_work(provider), f"flood#{day}#{rule}", lifted=False, expires=expires)
        return self.table.transact(new)

    def lift_flood(self, provider: str, day: str, rule: str, expires: int) -> None:
        """Somebody looked: the rule proposes again that day."""
        self.table.put(_work(provider), f"flood#{day}#{rule}", lifted=True, expires=expires)

    def moderator_aliases(self, provider: str, month: str) -> dict[str, str]:
        """The letters of a provider's month by moderator."""
        prefix = f"letter#{month}#"
        return {
            item["moderator"]["S"]: item["sk"]["S"].removeprefix(prefix)
            for item in self._work_items(provider, prefix)
        }

    def put_moderator_alias(
        self, provider: str, month: str, letter: str, moderator: str, expires: int
    ) -> bool:
        """Give a letter to a moderator; False if another has it."""
        key = f"letter#{month}#{letter}"
        new = self.table.new(_work(provider), key, moderator=moderator, expires=expires)
        return self.table.transact(new)

    def audit_key(self, month: str) -> str | None:
        """The key of a month's audit sample in hex, if any post was sampled."""
        found = self.table.get(_work("_audit"), month) or self.table.get("P#_audit", month)
        return found["key"]["S"] if found else None

    def put_audit_key(self, month: str, key: str, expires: int) -> None:
        """Leave the key of a month's audit sample for whoever publishes it after the month."""
        self.table.put(_work("_audit"), month, key=key, expires=expires)

    def _work_items(self, provider: str, prefix: str) -> Iterator[Item]:
        """Yield the items on a provider's work whose sort key starts so.

        Earlier releases kept them in the partition of the registration. What stands there came
        first, so it comes last here, and wins where only one of two can be kept.
        """
        yield from self.table.query(_work(provider), prefix)
        yield from self.table.query(f"P#{provider}", prefix)


def _work(provider: str) -> str:
    """Return the partition of what functions note about a provider's files, floods and people.

    It is not the partition of the registration: no function may write that one.
    """
    return f"W#{provider}"


def _receipt_key(marker: Marker) -> tuple[str, str]:
    shard = marker.unit[0]
    return f"J#{marker.provider}#{marker.day}#{shard}", f"receipt#{marker.unit}"
