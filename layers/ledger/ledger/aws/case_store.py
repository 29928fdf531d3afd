"""The cases in the table. An entry is put once, and a message moves all its cases or none."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ledger.aws.finding_store import kept_text, open_list_keys
from ledger.aws.rows import TableRows, journal_of
from ledger.aws.table import Item, record_of, shards
from ledger.cases.case import Case, CaseEntry, CaseMarker, CaseMove, JournalEntry, WaitingMessage
from ledger.records.finding import Finding


@dataclass(frozen=True, slots=True)
class DynamoCases(TableRows):
    """The port CaseStore, and the case entries of the journal."""

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
            excerpt=kept_text(excerpt, self.clock.now()),
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
        if move.reopens is not None and (keys := open_list_keys(move.reopens)):
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
            entry for shard in shards() for entry in self.shard_entries(provider, day, shard)
        ]
        return sorted(entries, key=lambda entry: entry.entry)

    def shard_entries(self, provider: str, day: str, shard: str) -> list[JournalEntry]:
        """Return the case entries of one shard of a provider's day."""
        return self.table.records(journal_of(provider, day, shard), "entry#", JournalEntry)


def _journal_key(marker: CaseMarker) -> tuple[str, str]:
    return journal_of(marker.provider, marker.day, marker.entry[0]), f"entry#{marker.entry}"
