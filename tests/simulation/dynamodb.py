"""DynamoDB in memory, with the rules that a store can break.

A transaction is all or nothing, has at most 100 actions and 4 MB, and no two actions on one item. A
cancelled one has a reason for each action. With the same token it succeeds again for ten minutes.
Items have at most 400 KB, keys 2,048 and 1,024 bytes, numbers 38 digits. A read that is not
consistent returns the item of some calls ago.

Source: Amazon DynamoDB Developer Guide, "Quotas" and "DynamoDB transactions: how it works".
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from simulation.answers import cancelled, invalid, refusal
from simulation.conditions import holds, updated

type Item = dict[str, Any]
type Key = tuple[str, str]

ACTIONS = 100
TRANSACTION_BYTES = 4 * 1024 * 1024
ITEM_BYTES = 400 * 1024
PARTITION_KEY_BYTES, SORT_KEY_BYTES = 2_048, 1_024
NUMBER_DIGITS = 38
GET_KEYS = 100
TOKEN_SECONDS = 600


@dataclass(slots=True)
class _Slot:
    """An item, the item that it replaced, and the call that wrote it."""

    item: Item | None = None
    before: Item | None = None
    written: int = 0


@dataclass(slots=True)
class DynamoDB:
    """Tables with the keys `pk` and `sk`. `stale_calls` is how long an inconsistent read lags
    behind; `page_items` makes pages short, as 1 MB of items does for a query, and 16 MB for a
    batch."""

    seconds: Callable[[], float] = lambda: 0.0
    stale_calls: int = 0
    page_items: int = 1_000
    tables: dict[str, dict[str, dict[str, _Slot]]] = field(default_factory=dict)
    _calls: int = 0
    _tokens: dict[str, tuple[float, Any]] = field(default_factory=dict)

    def create_table(self, TableName: str, **_: Any) -> Item:
        self.tables[TableName] = {}
        return {}

    def delete_table(self, TableName: str) -> Item:
        del self.tables[TableName]
        return {}

    def put_item(self, TableName: str, Item: Item, **condition: Any) -> Item:
        self._calls += 1
        self._check(Item, "PutItem")
        if not holds(self._standing(TableName, Item), condition):
            raise refusal("ConditionalCheckFailedException", "PutItem")
        self._write(TableName, Item, Item)
        return {}

    def delete_item(self, TableName: str, Key: Item, **condition: Any) -> Item:
        self._calls += 1
        if not holds(self._standing(TableName, Key), condition):
            raise refusal("ConditionalCheckFailedException", "DeleteItem")
        self._write(TableName, Key, None)
        return {}

    def get_item(self, TableName: str, Key: Item, ConsistentRead: bool = False) -> Item:
        self._calls += 1
        item = self._read(TableName, Key, ConsistentRead)
        return {} if item is None else {"Item": _copy(item)}

    def batch_get_item(self, RequestItems: dict[str, Any]) -> Item:
        self._calls += 1
        count = sum(len(request["Keys"]) for request in RequestItems.values())
        if not 0 < count <= GET_KEYS:
            raise invalid("BatchGetItem", f"{count} keys")
        found, left = {}, {}
        for table, request in RequestItems.items():
            keys = request["Keys"]
            if len({_key(key) for key in keys}) < len(keys):
                raise invalid("BatchGetItem", "duplicate keys")
            asked, rest = keys[: self.page_items], keys[self.page_items :]
            items = [self._read(table, key, _consistent(request)) for key in asked]
            found[table] = [_copy(item) for item in items if item is not None]
            if rest:
                left[table] = request | {"Keys": rest}
        return {"Responses": found, "UnprocessedKeys": left}

    def query(self, TableName: str, ExpressionAttributeValues: Item, **asked: Any) -> Item:
        """`pk = :pk`, perhaps with a prefix or bounds of `sk`; or a partition of an index."""
        self._calls += 1
        values = {name: value["S"] for name, value in ExpressionAttributeValues.items()}
        if "IndexName" in asked:
            found = self._listed(TableName, asked["IndexName"], *values.values())
        else:
            prefix = values.get(":prefix", "")
            start, end = values.get(":start", ""), values.get(":end", "\U0010ffff")
            every = self._partition(TableName, values[":pk"], prefix, _consistent(asked))
            found = (one for one in every if start <= one[0][1] <= end)
        return self._page([item for _, item in sorted(found)], asked)

    def scan(self, TableName: str, **asked: Any) -> Item:
        self._calls += 1
        table = self._table(TableName, "Scan")
        found = [item for pk in table for _, item in self._partition(TableName, pk, "", True)]
        return self._page(found, asked)

    def transact_write_items(self, TransactItems: list[Item], ClientRequestToken: str = "") -> Item:
        self._calls += 1
        actions = [_action(one) for one in TransactItems]
        self._check_transaction(actions)
        said, done = self._tokens.get(ClientRequestToken, (-TOKEN_SECONDS, None))
        if ClientRequestToken and self.seconds() - said < TOKEN_SECONDS:
            if done != actions:
                raise refusal("IdempotentParameterMismatchException", "TransactWriteItems")
            return {}
        held = [holds(self._standing(one["TableName"], item), one) for _, one, item in actions]
        if not all(held):
            raise cancelled(["None" if good else "ConditionalCheckFailed" for good in held])
        for kind, one, item in actions:
            if kind != "ConditionCheck":
                standing = self._standing(one["TableName"], item)
                self._write(one["TableName"], item, _written(kind, one, item, standing))
        if ClientRequestToken:
            self._tokens[ClientRequestToken] = (self.seconds(), actions)
        return {}

    def _check_transaction(self, actions: list[tuple[str, Item, Item]]) -> None:
        if not 0 < len(actions) <= ACTIONS:
            raise invalid("TransactWriteItems", f"{len(actions)} actions")
        keys = [(one["TableName"], *_key(item)) for _, one, item in actions]
        if len(set(keys)) < len(keys):
            raise invalid("TransactWriteItems", "two actions on one item")
        for kind, _, item in actions:
            if kind == "Put":
                self._check(item, "TransactWriteItems")
        if sum(size_of(item) for _, _, item in actions) > TRANSACTION_BYTES:
            raise invalid("TransactWriteItems", "more than 4 MB")

    def _check(self, item: Item, operation: str) -> None:
        pk, sk = _key(item)
        if not pk or not sk:
            raise invalid(operation, "an empty key")
        if len(pk.encode()) > PARTITION_KEY_BYTES or len(sk.encode()) > SORT_KEY_BYTES:
            raise invalid(operation, "a key beyond its bounds")
        if size_of(item) > ITEM_BYTES:
            raise invalid(operation, "an item of more than 400 KB")
        for value in item.values():
            if len(value.get("N", "").strip("-").replace(".", "")) > NUMBER_DIGITS:
                raise invalid(operation, "a number of more than 38 digits")

    def _table(self, name: str, operation: str) -> dict[str, dict[str, _Slot]]:
        if name not in self.tables:
            raise refusal("ResourceNotFoundException", operation)
        return self.tables[name]

    def _slot(self, table: str, key: Item) -> _Slot | None:
        pk, sk = _key(key)
        return self._table(table, "")[pk].get(sk) if pk in self._table(table, "") else None

    def _standing(self, table: str, key: Item) -> Item | None:
        slot = self._slot(table, key)
        return slot.item if slot else None

    def _read(self, table: str, key: Item, consistent: bool) -> Item | None:
        slot = self._slot(table, key)
        return self._seen(slot, consistent) if slot else None

    def _seen(self, slot: _Slot, consistent: bool) -> Item | None:
        fresh = consistent or self._calls - slot.written > self.stale_calls
        return slot.item if fresh else slot.before

    def _write(self, table: str, key: Item, item: Item | None) -> None:
        pk, sk = _key(key)
        slot = self._table(table, "").setdefault(pk, {}).setdefault(sk, _Slot())
        slot.before, slot.item, slot.written = (slot.item, None if item is None else _copy(item),
                                                self._calls)  # fmt: skip

    def _partition(self, table: str, pk: str, prefix: str,
                   consistent: bool) -> Iterator[tuple[Key, Item]]:  # fmt: skip
        for sk, slot in sorted(self._table(table, "Query").get(pk, {}).items()):
            item = self._seen(slot, consistent)
            if item is not None and sk.startswith(prefix):
                yield (pk, sk), item

    def _listed(self, table: str, index: str, partition: str) -> Iterator[tuple[Key, Item]]:
        """A sparse index is named by the start of its keys: `open` by `open_pk` and `open_sk`."""
        for slots in self._table(table, "Query").values():
            for slot in slots.values():
                item = self._seen(slot, consistent=False)
                if item and item.get(f"{index}_pk", {}).get("S") == partition:
                    yield (item[f"{index}_sk"]["S"], item["pk"]["S"]), item

    def _page(self, found: list[Item], asked: Item) -> Item:
        start = asked.get("ExclusiveStartKey", {}).get("place", 0)
        page = found[start : start + self.page_items]
        end = start + len(page)
        more = {"LastEvaluatedKey": {"place": end}} if end < len(found) else {}
        items = {} if asked.get("Select") == "COUNT" else {"Items": [_copy(item) for item in page]}
        return {"Count": len(page)} | items | more


def _action(one: Item) -> tuple[str, Item, Item]:
    """The kind of a transaction's action, its parameters, and the item or key that it names."""
    [(kind, told)] = one.items()
    return kind, told, told["Item"] if kind == "Put" else told["Key"]


def _written(kind: str, told: Item, item: Item, standing: Item | None) -> Item | None:
    """The stored item after an action, or None after a deletion."""
    match kind:
        case "Put":
            return item
        case "Update":
            return updated(standing or item, told)
    return None


def _copy(item: Item) -> Item:
    return {name: dict(value) for name, value in item.items()}


def _key(item: Item) -> Key:
    return item["pk"]["S"], item["sk"]["S"]


def _consistent(asked: Item) -> bool:
    return bool(asked.get("ConsistentRead", False))


def size_of(item: Item) -> int:
    """Bytes as DynamoDB counts them: names and values, numbers two digits a byte."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Item) -> int:
    [(kind, held)] = value.items()
    match kind:
        case "S":
            return len(held.encode())
        case "N":
            return len(held) // 2 + 1
        case "B":
            return len(held)
        case "L":
            return 3 + sum(1 + _value_size(one) for one in held)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_size(one) for name, one in held.items())
        case _:
            return 1
