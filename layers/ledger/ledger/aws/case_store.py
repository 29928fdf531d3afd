"""The cases in the table. An entry is put once, and a message moves all its cases or none."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice

from ledger.aws.flood_store import (
    DynamoFloods,
    held_partition_of,
    opened_partitions,
)
from ledger.aws.table import Item, record_of, shards
from ledger.cases.case import Case, CaseEntry, CaseMarker, CaseMove, JournalEntry, WaitingMessage
from ledger.records.finding import Finding

OPEN_INDEX = "open"

SEVERITY_RANKS = {"high": "0", "medium": "1", "low": "2"}


@dataclass(frozen=True, slots=True)
class DynamoCases(DynamoFloods):
    """The ports CaseStore and OpenFindingStore, and the case entries of the journal."""

    def case(self, case: str) -> Case | None:
        items = {item["sk"]["S"]: item for item in self.table.query(f"C#{case}", "")}
        # Keys are padded to four digits: as text, the 10,000th would sort after the 1,000th.
        numbers = sorted((key for key in items if key.isdigit()), key=int)
        entries = [entry for key in numbers if (entry := record_of(items[key], CaseEntry))]
        finding = record_of(items.get("finding"), Finding)
        waiting = [
            message
            for key, item in items.items()
            if key.startswith("waits#") and (message := record_of(item, WaitingMessage))
        ]
        if not entries and finding is None and not waiting:
            return None
        excerpt = items.get("excerpt", {})
        expires = excerpt.get("expires", {}).get("N")
        return Case(
            case,
            entries=tuple(entries),
            finding=finding,
            excerpt=self._kept_text(excerpt),
            excerpt_expires=int(expires) if expires else None,
            waiting=tuple(waiting),
        )

    def case_marker(self, message: str) -> CaseMarker | None:
        return record_of(self.table.get(f"M#{message}", "message"), CaseMarker)

    def entry_of(self, marker: CaseMarker) -> JournalEntry:
        entry = record_of(self.table.get(*_journal_key(marker)), JournalEntry)
        if entry is None:
            raise LookupError(f"the message {marker.message} has a marker but no entry")
        return entry

    def commit_case(
        self, marker: CaseMarker, entry: JournalEntry, moves: Sequence[CaseMove]
    ) -> bool:
        return self.table.transact_all(
            self.table.put_if_absent(f"M#{marker.message}", "message", marker),
            self.table.put_if_absent(*_journal_key(marker), entry),
            *(action for move in moves for action in self._actions(move)),
        )

    def _actions(self, move: CaseMove) -> Iterator[Item]:
        key = f"C#{move.case}"
        if move.entry is not None:
            yield self.table.put_if_absent(key, f"{move.entry.number:04}", move.entry)
        if move.closes:
            yield self.table.remove_attributes(key, "finding", "open_pk", "open_sk")
        if move.reopens is not None and (keys := open_index_keys(move.reopens)):
            yield self.table.set_attributes(key, "finding", **keys)
        if move.forgets:  # the text is gone at once, the empty item when it expires
            yield self.table.put_action(key, "excerpt", expires=move.excerpt_expires)
        elif move.excerpt_expires is not None:
            yield self.table.set_attributes(key, "excerpt", expires=move.excerpt_expires)

    def put_waiting(self, case: str, waiting: WaitingMessage, expires: int) -> WaitingMessage:
        key = f"C#{case}", f"waits#{waiting.message}"
        stored = record_of(self.table.get(*key), WaitingMessage)
        if stored is None:
            self.table.transact_all(
                self.table.put_action(*key, waiting, expires=expires),
                self.table.if_absent(f"M#{waiting.message}", "message"),
            )
        return stored or waiting

    def end_waiting(self, case: str, waiting: WaitingMessage, expires: int) -> None:
        """Stop keeping a message: no role deletes items, so an empty one stays until it expires."""
        self.table.put(f"C#{case}", f"waits#{waiting.message}", expires=expires)

    def journal_entries(self, provider: str, day: str) -> list[JournalEntry]:
        entries = [
            entry
            for shard in shards()
            for entry in self.table.records(f"J#{provider}#{day}#{shard}", "entry#", JournalEntry)
        ]
        return sorted(entries, key=lambda entry: entry.entry)

    def open_findings(self, provider: str, limit: int) -> list[Finding]:
        """Return the first open findings by severity, reach and age.

        The index only lists: each finding is read from the table, and those decided since are left
        out.
        """
        return self._first(self.open_partitions(provider), limit)

    def open_partitions(self, provider: str) -> list[str]:
        """Return the partitions that list a provider's open findings: one in earlier releases."""
        opened = opened_partitions(self.flood_holds(provider), provider, shards())
        return [provider, *(_open_partition(provider, shard) for shard in shards()), *opened]

    def _first(self, partitions: Sequence[str], limit: int) -> list[Finding]:
        listed = [self.table.listed(OPEN_INDEX, partition, limit) for partition in partitions]
        keys = [(pk, sk) for _, pk, sk in islice(merge(*listed), limit)]
        items = self.table.get_many(keys)
        return [
            finding
            for key in keys
            if "open_pk" in items.get(key, {}) and (finding := record_of(items[key], Finding))
        ]

    def excerpts(self, findings: Sequence[str]) -> dict[str, str]:
        items = self.table.get_many([(f"C#{finding}", "excerpt") for finding in findings])
        texts = {pk[2:]: self._kept_text(item) for (pk, _), item in items.items()}
        return {finding: text for finding, text in texts.items() if text is not None}

    def _kept_text(self, item: Item) -> str | None:
        """Return an excerpt's text until it expires. DynamoDB deletes it up to days later."""
        expires = item.get("expires", {}).get("N")
        is_over = expires is not None and int(expires) <= self.clock.now().timestamp()
        text: str | None = item.get("text", {}).get("S")
        return None if is_over else text

    def with_entries(self, findings: Sequence[str]) -> set[str]:
        items = self.table.get_many([(f"C#{finding}", f"{1:04}") for finding in findings])
        return {pk[2:] for pk, _ in items}


def _journal_key(marker: CaseMarker) -> tuple[str, str]:
    return f"J#{marker.provider}#{marker.day}#{marker.entry[0]}", f"entry#{marker.entry}"


def open_index_keys(finding: Finding) -> dict[str, str]:
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
