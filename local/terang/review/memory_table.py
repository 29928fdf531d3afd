"""A table in memory, for the desk at home: what `ledger.aws` asks of DynamoDB, and no more."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from ledger.aws.table import Item, Table, item_of

type Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class MemoryTable(Table):
    """Holds items by partition and sort key. Nothing in it expires.

    `keep`, if given, gets the items of each write before the write is done.
    """

    client: Any = None
    name: str = "memory"
    keep: list[Callable[[Sequence[Item]], None]] = field(default_factory=list)
    _items: dict[str, dict[str, Item]] = field(default_factory=dict)
    _lock: RLock = field(default_factory=RLock)

    def put(self, pk: str, sk: str, record: Any = None, **attributes: Any) -> None:
        self._write([item_of(pk, sk, record, **attributes)])

    def put_all(self, items: Iterable[Item]) -> None:
        self._write([*items])

    def get(self, pk: str, sk: str) -> Item | None:
        return self._items.get(pk, {}).get(sk)

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Item]:
        return {key: item for key in keys if (item := self.get(*key))}

    def query(self, pk: str, prefix: str) -> Iterator[Item]:
        return (item for sk, item in self._sorted(pk) if sk.startswith(prefix))

    def between(self, pk: str, start: str, end: str) -> Iterator[Item]:
        return (item for sk, item in self._sorted(pk) if start <= sk <= end)

    def listed(self, index: str, value: str, limit: int) -> list[tuple[str, str, str]]:
        pk_name, sk_name = f"{index}_pk", f"{index}_sk"
        with self._lock:
            found = sorted(
                (item[sk_name]["S"], pk, sk)
                for pk, items in self._items.items()
                for sk, item in items.items()
                if item.get(pk_name, {}).get("S") == value
            )
        return found[:limit]

    def _sorted(self, pk: str) -> list[tuple[str, Item]]:
        with self._lock:
            return sorted(self._items.get(pk, {}).items())

    def _write(self, items: Sequence[Item]) -> None:
        with self._lock:
            for keep in self.keep:
                keep(items)
            for item in items:
                self._items.setdefault(item["pk"]["S"], {})[item["sk"]["S"]] = item

    def _cancelled(self, actions: Sequence[Item]) -> list[Item] | None:
        """Do all actions, or none and return why: a condition that does not hold."""
        with self._lock:
            pairs = [self._pair(action) for action in actions]
            held = [_holds(before, told) for before, told, _ in pairs]
            if not all(held):
                return [{"Code": "None" if good else "ConditionalCheckFailed"} for good in held]
            self._write([after for _, _, after in pairs if after is not None])
        return None

    def _pair(self, action: Item) -> tuple[Item, Item, Item | None]:
        """Return the stored item, the parameters of the action, and the item after it."""
        [(kind, told)] = action.items()
        key = told["Item"] if kind == "Put" else told["Key"]
        before = self.get(key["pk"]["S"], key["sk"]["S"]) or {}
        match kind:
            case "Put":
                return before, told, told["Item"]
            case "Update":
                return before, told, _updated(before, told)
        return before, told, None


def _updated(item: Item, told: Item) -> Item:
    """Return an item after `SET a = :a, …` or `REMOVE a, …`."""
    verb, _, names = told["UpdateExpression"].partition(" ")
    if verb == "REMOVE":
        return {name: value for name, value in item.items() if name not in names.split(", ")}
    values = told["ExpressionAttributeValues"]
    return item | {name.removeprefix(":"): value for name, value in values.items()}


def _holds(item: Item, told: Item) -> bool:
    """Return whether the condition of an action holds for the stored item, {} if there is none."""
    values = told.get("ExpressionAttributeValues", {})
    terms = told.get("ConditionExpression", "").split(" OR ")
    return any(_term_holds(item, term, values) for term in terms)


def _term_holds(item: Item, term: str, values: Item) -> bool:
    """Return whether `f(name)`, `name = :value` or `name <= :value` holds; no condition does."""
    if not term:
        return True
    function, _, name = term.rstrip(")").partition("(")
    if name:
        return (name in item) == (function == "attribute_exists")
    name, operator, wanted = term.split()
    stored, value = item.get(name), values[wanted]
    return stored is not None and (
        stored == value if operator == "=" else stored["S"] <= value["S"]
    )
