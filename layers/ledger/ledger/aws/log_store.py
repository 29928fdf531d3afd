"""The public log in the table: its head, the keys of its months, and what it says of units."""

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.aws.privacy_store import work_of
from ledger.aws.table import Table, put_where, record_of
from ledger.aws.unit_store import unpacked
from ledger.records.log_head import LogHead
from ledger.records.receipt import Receipt

LOG = work_of("_log")


@dataclass(frozen=True, slots=True)
class DynamoLogStore:
    """The port LogStore."""

    table: Table

    def log_head(self, origin: str) -> LogHead | None:
        return record_of(self.table.get(LOG, f"head#{origin}"), LogHead)

    def move_log_head(self, before: LogHead | None, head: LogHead) -> bool:
        put = self.table.put_action(LOG, f"head#{head.origin}", head, log_head=_name_of(head))
        if before is None:
            return self.table.transact(put_where(put, "attribute_not_exists(pk)"))
        return self.table.transact(put_where(put, "log_head = :before", before=_name_of(before)))

    def log_key(self, month: str) -> bytes | None:
        item = self.table.get(LOG, f"key#{month}")
        return item["key"]["B"] if item else None

    def put_log_key(self, month: str, key: bytes, expires: int) -> bytes:
        new = self.table.put_if_absent(LOG, f"key#{month}", key=key, expires=expires)
        return key if self.table.transact(new) else self.log_key(month) or key

    def log_keys(self, now: float) -> dict[str, bytes]:
        """Return the keys by month that have not expired at `now`, in seconds since 1970."""
        kept = (item for item in self.table.query(LOG, "key#") if int(item["expires"]["N"]) > now)
        return {item["sk"]["S"].removeprefix("key#"): item["key"]["B"] for item in kept}

    def logged_units(
        self, provider: str, day: str, shard: str
    ) -> Iterator[tuple[Receipt | None, list[str]]]:
        for item in self.table.query(f"J#{provider}#{day}#{shard}", "receipt#"):
            yield record_of(item, Receipt), unpacked(item.get("ids"))


def _name_of(head: LogHead) -> str:
    return f"{head.size} {head.root}"
