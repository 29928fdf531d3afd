"""The public log in the table: its head, the keys of its months, and what it says of units."""

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.aws.privacy_store import work_of
from ledger.aws.table import Table, record_of
from ledger.aws.unit_store import unpacked
from ledger.records.log_head import LogHead
from ledger.records.receipt import Receipt

LOG = work_of("_log")


@dataclass(frozen=True, slots=True)
class DynamoLogStore:
    """The port LogStore."""

    table: Table

    def log_head(self, origin: str) -> LogHead | None:
        """Return the head of a log, if it has one."""
        return record_of(self.table.get(LOG, f"head#{origin}"), LogHead)

    def move_log_head(self, before: LogHead | None, head: LogHead) -> bool:
        """Move the head of a log. Return False, and move nothing, if `before` is not its head."""
        place = (LOG, f"head#{head.origin}")
        if before is None:
            return self.table.transact(
                self.table.put_if_absent(*place, head, log_head=_name_of(head))
            )
        put = self.table.put_action(*place, head, log_head=_name_of(head))["Put"]
        condition = {
            "ConditionExpression": "log_head = :before",
            "ExpressionAttributeValues": {":before": {"S": _name_of(before)}},
        }
        return self.table.transact({"Put": put | condition})

    def log_key(self, month: str) -> bytes | None:
        """Return the key of a month's findings in the log, if it is still kept."""
        item = self.table.get(LOG, f"key#{month}")
        return item["key"]["B"] if item else None

    def put_log_key(self, month: str, key: bytes, expires: int) -> bytes:
        """Put the key of a month if it has none yet; return the one that is stored afterwards."""
        new = self.table.put_if_absent(LOG, f"key#{month}", key=key, expires=expires)
        return key if self.table.transact(new) else self.log_key(month) or key

    def log_keys(self, now: float) -> dict[str, bytes]:
        """Return the keys that have not expired, by month. DynamoDB deletes them up to days later.

        `now` is in seconds since 1970.
        """
        kept = (item for item in self.table.query(LOG, "key#") if int(item["expires"]["N"]) > now)
        return {item["sk"]["S"].removeprefix("key#"): item["key"]["B"] for item in kept}

    def logged_units(
        self, provider: str, day: str, shard: str
    ) -> Iterator[tuple[Receipt | None, list[str]]]:
        """Yield receipts of a day, and ids of findings; a receipt's ids may come after it.

        A shard is the first digit of the ids of units or batches.
        """
        for item in self.table.query(f"J#{provider}#{day}#{shard}", "receipt#"):
            yield record_of(item, Receipt), unpacked(item.get("ids"))


def _name_of(head: LogHead) -> str:
    return f"{head.size} {head.root}"
