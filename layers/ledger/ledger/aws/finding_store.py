"""Findings in the table, with their excerpts, and the index that lists the open ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice

from ledger.aws.flood_store import DynamoFloods, held_partition_of, opened_partitions
from ledger.aws.rows import TableRows
from ledger.aws.table import Item, Pair, item_of, record_of, shards
from ledger.aws.unit_store import receipt_place, unpacked
from ledger.records.finding import Finding
from ledger.records.identity import check_id
from ledger.records.manifest import Marker

OPEN_INDEX = "open"

SEVERITY_RANKS = {"high": "0", "medium": "1", "low": "2"}

IDS_PER_PAGE = 4_000
"""Ids of findings in one page of a receipt: 32 bytes each, far under the 400 KB of an item."""


@dataclass(frozen=True, slots=True)
class DynamoFindings(TableRows):
    """The ports FindingStore and OpenFindingStore."""

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
        item = item_of(key, "finding", finding, **open_list_keys(finding))
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
        items, now = self.table.get_many(keys), self.clock.now()
        return [
            (finding, kept_text(items.get((f"C#{name}", "excerpt"), {}), now))
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

    def open_findings(self, provider: str, limit: int) -> list[Finding]:
        """The index only lists: findings are read from the table, without those decided since."""
        listed = [self.listed(partition, limit) for partition in self.open_partitions(provider)]
        keys = [(f"C#{name}", "finding") for _, name in islice(merge(*listed), limit)]
        items = self.table.get_many(keys)
        return [
            finding
            for key in keys
            if "open_pk" in items.get(key, {}) and (finding := record_of(items[key], Finding))
        ]

    def open_partitions(self, provider: str) -> list[str]:
        """Return the partitions that list a provider's open findings: one in earlier releases."""
        holds = DynamoFloods(self.table).flood_holds(provider)
        opened = opened_partitions(holds, provider, shards())
        return [provider, *(_open_partition(provider, shard) for shard in shards()), *opened]

    def listed(self, partition: str, limit: int) -> list[tuple[str, str]]:
        """Return the first findings that a partition lists, in order: sort key and id."""
        rows = self.table.listed(OPEN_INDEX, partition, limit)
        return [(sort, pk.removeprefix("C#")) for sort, pk, _ in rows]

    def findings(self, names: Sequence[str]) -> list[Finding]:
        """Return the findings of these ids that exist, in any order."""
        items = self.table.get_many([(f"C#{name}", "finding") for name in names])
        return [finding for item in items.values() if (finding := record_of(item, Finding))]

    def excerpts(self, findings: Sequence[str]) -> dict[str, str]:
        items = self.table.get_many([(f"C#{finding}", "excerpt") for finding in findings])
        now = self.clock.now()
        texts = {pk[2:]: kept_text(item, now) for (pk, _), item in items.items()}
        return {finding: text for finding, text in texts.items() if text is not None}

    def with_entries(self, findings: Sequence[str]) -> set[str]:
        items = self.table.get_many([(f"C#{finding}", f"{1:04}") for finding in findings])
        return {pk[2:] for pk, _ in items}


def kept_text(excerpt: Item, now: datetime) -> str | None:
    """Return an excerpt's text until it expires. DynamoDB deletes it up to days later."""
    expires = excerpt.get("expires", {}).get("N")
    is_over = expires is not None and int(expires) <= now.timestamp()
    text: str | None = excerpt.get("text", {}).get("S")
    return None if is_over else text


def open_list_keys(finding: Finding) -> dict[str, str]:
    """Return the keys under which an open finding is listed: severity, then reach, then age.

    Nobody decides on a finding that is in shadow or erased, so it has none. One that the flood
    guard holds is listed apart, until a person opens its rule.

    One partition of an index takes 1,000 writes a second, and a write that the index refuses fails
    in the table too. A file is scanned at 100,000 posts a second: findings in one post of a hundred
    would fill the partition of a provider. Sixteen partitions take 16,000 writes.
    """
    if finding.mode != "live" or finding.is_erased:
        return {}
    shard = finding.finding[0]
    partition = (
        held_partition_of(finding) if finding.held else _open_partition(finding.provider, shard)
    )
    reach = 10**12 - min(finding.reach or 0, 10**12)
    rank = SEVERITY_RANKS[finding.severity]
    return {
        "open_pk": partition,
        "open_sk": f"{rank}#{reach:013}#{finding.found_at}#{finding.finding}",
    }


def _open_partition(provider: str, shard: str) -> str:
    return f"{provider}#{shard}"
