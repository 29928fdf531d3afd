"""An item of the table in DynamoDB's own notation, with its record as JSON."""

from typing import Any

import msgspec

from ledger.errors import SchemaNewerError

type Item = dict[str, Any]
"""An item as DynamoDB writes it: `{"pk": {"S": …}, …}`."""

SCHEMA = 1
"""The form of the records. A change that earlier code would misread makes it the next number."""


def item_of(pk: str, sk: str, record: Any = None, **attributes: Any) -> Item:
    """An item with its record and the record's form, and attributes of str, int, bool or bytes."""
    item = key_of(pk, sk)
    if record is not None:
        item["record"] = {"S": msgspec.json.encode(record).decode()}
        item["schema"] = {"N": str(SCHEMA)}
    return item | {name: typed(value) for name, value in attributes.items()}


def record_of[T](item: Item | None, kind: type[T]) -> T | None:
    """The record of an item, or nothing where there is no item or it has none.

    Raises SchemaNewerError for a record of a form that a later release wrote.

    >>> record_of({"record": {"S": "7"}}, int), record_of(None, int)
    (7, None)
    """
    if item is None or "record" not in item:
        return None
    schema = int(item.get("schema", {"N": "1"})["N"])
    if schema > SCHEMA:
        raise SchemaNewerError(schema, SCHEMA)
    return msgspec.json.decode(item["record"]["S"], type=kind)


def key_of(pk: str, sk: str) -> Item:
    """The key of an item."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def typed(value: Any) -> Item:
    """A value with its type."""
    match value:
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case bytes():
            return {"B": value}
        case _:
            return {"S": str(value)}
