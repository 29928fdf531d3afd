"""A DynamoDB table: items, put, put if absent, transactions, and queries over all pages.

What the stores of the table share: the table, a clock, and the partitions of several of them.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import batched
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from ledger.codes import SchemaNewerError
from ledger.texts import Clock, SystemClock

type Item = dict[str, Any]
"""An item in DynamoDB's notation: `{"pk": {"S": …}, …}`."""

SCHEMA = 1
"""The form of records, which each says. A change that earlier code would misread needs the next."""


def item_of(pk: str, sk: str, record: Any = None, **attributes: Any) -> Item:
    """Return an item with its record as JSON, and attributes of str, int, bool or bytes."""
    item = key_of(pk, sk)
    if record is not None:
        item["record"] = {"S": msgspec.json.encode(record).decode()}
        item["schema"] = {"N": str(SCHEMA)}
    return item | {name: typed(value) for name, value in attributes.items()}


def record_of[T](item: Item | None, kind: type[T]) -> T | None:
    """Return the record of an item, or None if there is no item or it has no record.

    Raises SchemaNewerError for a record that a later release wrote in a newer form.

    >>> record_of(item_of("p", "s", 7), int), record_of(None, int)
    (7, None)
    """
    if item is None or "record" not in item:
        return None
    schema = int(item["schema"]["N"])
    if schema > SCHEMA:
        raise SchemaNewerError(schema, SCHEMA)
    return msgspec.json.decode(item["record"]["S"], type=kind)


def key_of(pk: str, sk: str) -> Item:
    """Return the key of an item."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def typed(value: Any) -> Item:
    """Return a value with its type, in DynamoDB's notation."""
    match value:
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case bytes():
            return {"B": value}
        case _:
            return {"S": str(value)}


type Pair = tuple[Item, Item | None]

PAIRS = 25
"""Pairs in one transaction of findings: 50 of the 100 actions that DynamoDB takes."""

ABSENT = "attribute_not_exists(pk)"
"""The condition that an item does not exist."""

THREADS = 8
_TRIES = 8
_GET = 100  # keys of one BatchGetItem


@dataclass(frozen=True, slots=True)
class Table:
    """One table with the keys `pk` and `sk`."""

    client: Any
    name: str

    def put(self, pk: str, sk: str, record: Any = None, **attributes: Any) -> None:
        """Put one item, replacing an existing one."""
        item = item_of(pk, sk, record, **attributes)
        self.client.put_item(TableName=self.name, Item=item)

    def put_all(self, items: Iterable[Item]) -> None:
        """Put items in any order, replacing existing ones."""
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda item: self.client.put_item(TableName=self.name, Item=item), items))

    def put_action(self, pk: str, sk: str, record: Any = None, **attributes: Any) -> Item:
        """Return the action that puts an item, replacing an existing one."""
        return {"Put": {"TableName": self.name, "Item": item_of(pk, sk, record, **attributes)}}

    def put_if_absent(self, pk: str, sk: str, record: Any = None, **attributes: Any) -> Item:
        """Return the action that puts an item only where none is."""
        return put_where(self.put_action(pk, sk, record, **attributes), ABSENT)

    def put_new(self, pk: str, sk: str, record: Any = None, **attributes: Any) -> bool:
        """Put one item where none is; return whether none was."""
        return self.transact(self.put_if_absent(pk, sk, record, **attributes))

    def if_absent(self, pk: str, sk: str) -> Item:
        """Return the condition that an item does not exist."""
        condition = {"Key": key_of(pk, sk), "ConditionExpression": ABSENT}
        return {"ConditionCheck": {"TableName": self.name, **condition}}

    def remove_attributes(self, pk: str, sk: str, *attributes: str) -> Item:
        """Return the action that takes attributes from an existing item."""
        removed = f"REMOVE {', '.join(attributes)}"
        return self._update(pk, sk, UpdateExpression=removed)

    def set_attributes(self, pk: str, sk: str, **attributes: str | int) -> Item:
        """Return the action that sets attributes of an existing item."""
        return self._update(
            pk,
            sk,
            UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in attributes),
            ExpressionAttributeValues={f":{n}": typed(value) for n, value in attributes.items()},
        )

    def get(self, pk: str, sk: str) -> Item | None:
        """Return one item, read consistently."""
        answer = self.client.get_item(TableName=self.name, Key=key_of(pk, sk), ConsistentRead=True)
        return answer.get("Item") or None

    def query(self, pk: str, prefix: str) -> Iterator[Item]:
        """Yield items of a partition whose sort key has the prefix, in order, read consistently."""
        for page in self._pages(pk, prefix):
            yield from page["Items"]

    def between(self, pk: str, start: str, end: str) -> Iterator[Item]:
        """Yield items of a partition whose sort key lies between these, in order."""
        values = {"pk": pk, "start": start, "end": end}
        for page in self._query("pk = :pk AND sk BETWEEN :start AND :end", values):
            yield from page["Items"]

    def listed(self, index: str, value: str, limit: int) -> list[tuple[str, str, str]]:
        """Return the first entries of a sparse index under a value: its sort key, `pk` and `sk`.

        The index `name` has the keys `name_pk` and `name_sk`. It may lag behind the table.
        """
        pages = self.client.get_paginator("query").paginate(
            TableName=self.name,
            IndexName=index,
            KeyConditionExpression=f"{index}_pk = :value",
            ExpressionAttributeValues={":value": {"S": value}},
            PaginationConfig={"MaxItems": limit},
        )
        items = (item for page in pages for item in page["Items"])
        return [(item[f"{index}_sk"]["S"], item["pk"]["S"], item["sk"]["S"]) for item in items]

    def count(self, pk: str, prefix: str) -> int:
        """Return how many items `query` would yield."""
        return sum(page["Count"] for page in self._pages(pk, prefix, Select="COUNT"))

    def records[T](self, pk: str, prefix: str, kind: type[T]) -> list[T]:
        """Return the records of the items that `query` yields, in order."""
        records = (record_of(item, kind) for item in self.query(pk, prefix))
        return [record for record in records if record is not None]

    def get_many(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Item]:
        """Return the items that exist under these keys, read consistently."""
        found: dict[tuple[str, str], Item] = {}
        for batch in batched(keys, _GET):
            wanted, pauses = [key_of(pk, sk) for pk, sk in batch], _pauses()
            while wanted:
                pause = next(pauses, None)
                if pause is None:
                    raise OSError(f"the table did not give {len(wanted)} of its items")
                request = {self.name: {"Keys": wanted, "ConsistentRead": True}}
                answer = self.client.batch_get_item(RequestItems=request)
                for item in answer["Responses"].get(self.name, ()):
                    found[item["pk"]["S"], item["sk"]["S"]] = item
                left = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
                if len(left) < len(wanted):
                    pauses = _pauses()  # it gives some at a time: only standing still counts
                if left:
                    pause()
                wanted = left
        return found

    def transact_all(self, *actions: Item) -> bool:
        """Do all actions or none; return False if the condition of any action failed."""
        return self.transact(*actions, watched=len(actions))

    def transact(self, *actions: Item, watched: int = 1) -> bool:
        """Do all actions or none; return False if a condition of the first `watched` failed.

        Raises OSError for every other reason, after waiting out conflicts with other transactions.
        """
        for pause in _pauses():
            reasons = self._cancelled(actions)
            if reasons is None:
                return True
            if any(reason.get("Code") == "ConditionalCheckFailed" for reason in reasons[:watched]):
                return False
            _only_conflicts(reasons)
            pause()
        raise OSError("other transactions kept the items busy")

    def put_pairs(self, pairs: Sequence[Pair]) -> list[Item | None]:
        """Put pairs whose first item is absent; return the existing first item of each other pair.

        A pair may have no second item. When a transaction of 25 pairs is cancelled, those that
        exist are taken out and the rest is tried again.
        """
        batches = list(batched(pairs, PAIRS))
        if len(batches) < 2:  # one transaction needs no threads
            return [stood for batch in batches for stood in self._put_batch(batch)]
        with ThreadPoolExecutor(THREADS) as pool:
            return [stood for result in pool.map(self._put_batch, batches) for stood in result]

    def _put_batch(self, pairs: tuple[Pair, ...]) -> list[Item | None]:
        stood: list[Item | None] = [None] * len(pairs)
        left = list(range(len(pairs)))
        for pause in _pauses():
            firsts = [put_where(self._put_of(pairs[place][0]), ABSENT) for place in left]
            seconds = [self._put_of(second) for place in left if (second := pairs[place][1])]
            reasons = self._cancelled([*firsts, *seconds]) if left else None
            if reasons is None:
                return stood
            exists = [
                place
                for place, reason in zip(left, reasons[: len(left)], strict=True)
                if reason.get("Code") == "ConditionalCheckFailed"
            ]
            for place in exists:
                first = pairs[place][0]
                stood[place] = self.get(first["pk"]["S"], first["sk"]["S"])
            left = [place for place in left if place not in exists]
            if not exists:
                _only_conflicts(reasons)
                pause()
        raise OSError("other transactions kept the findings busy")

    def _put_of(self, item: Item) -> Item:
        return {"Put": {"TableName": self.name, "Item": item}}

    def _cancelled(self, actions: Sequence[Item]) -> list[Item] | None:
        """Run a transaction; return None, or why each action was cancelled."""
        try:
            self.client.transact_write_items(TransactItems=list(actions))
        except ClientError as error:
            if error.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            reasons: list[Item] = error.response["CancellationReasons"]
            return reasons
        return None

    def _update(self, pk: str, sk: str, **options: Any) -> Item:
        """Return an update that creates no item: one that is gone must not come back empty."""
        return {
            "Update": {
                "TableName": self.name,
                "Key": key_of(pk, sk),
                "ConditionExpression": "attribute_exists(pk)",
                **options,
            }
        }

    def _pages(self, pk: str, prefix: str, **options: Any) -> Iterator[Item]:
        if not prefix:
            return self._query("pk = :pk", {"pk": pk}, **options)
        condition = "pk = :pk AND begins_with(sk, :prefix)"
        return self._query(condition, {"pk": pk, "prefix": prefix}, **options)

    def _query(self, condition: str, values: dict[str, str], **options: Any) -> Iterator[Item]:
        pages: Iterable[Item] = self.client.get_paginator("query").paginate(
            TableName=self.name,
            KeyConditionExpression=condition,
            ExpressionAttributeValues={f":{name}": typed(value) for name, value in values.items()},
            ConsistentRead=True,
            **options,
        )
        return iter(pages)


def shards() -> str:
    """Return the shards of a journal day or of the open findings: the first hex digit of an id."""
    return "0123456789abcdef"


def put_where(action: Item, condition: str, **values: Any) -> Item:
    """Return a put on this condition; `values` are those that it names."""
    where: Item = {"ConditionExpression": condition}
    if values:  # DynamoDB takes no empty map
        where["ExpressionAttributeValues"] = {
            f":{name}": typed(value) for name, value in values.items()
        }
    return {"Put": action["Put"] | where}


def _only_conflicts(reasons: Sequence[Item]) -> None:
    """Raise unless waiting can help: no reason, a conflict or a throttle."""
    passing = {"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
    codes = {reason.get("Code", "None") for reason in reasons}
    if not codes <= passing:
        raise OSError(f"the transaction was cancelled: {', '.join(sorted(codes - passing))}")


def _pauses() -> Iterator[Callable[[], None]]:
    """Yield a pause for each try, until waiting is useless: doubling, with jitter."""
    for attempt in range(_TRIES):
        longest = 0.05 * 2**attempt
        yield partial(_sleep_up_to, longest)


def _sleep_up_to(seconds: float) -> None:
    time.sleep(random.uniform(0, seconds))  # noqa: S311 - jitter keeps no secret


@dataclass(frozen=True, slots=True)
class TableRows:
    """A table, and the clock by which texts in it end."""

    table: Table
    clock: Clock = field(default_factory=SystemClock)


def work_of(provider: str) -> str:
    """Return the partition in which functions note a provider's files, floods and letters.

    No function may write the partition of the registration.
    """
    return f"W#{provider}"


LOG, AUDIT_KEYS = "L#log", "L#audit"
"""The partitions of the public log and of the audit samples' keys. Publish alone reads them."""


def journal_of(provider: str, day: str, shard: str) -> str:
    """Return the partition of one shard of a provider's day, by the first digit of ids."""
    return f"J#{provider}#{day}#{shard}"
