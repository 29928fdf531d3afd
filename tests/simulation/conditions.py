"""Expressions, as far as a store may use them; any other is an error, and loud."""

import re
from typing import Any

_EXISTS = re.compile(r"attribute_(?P<no>not_)?exists\((?P<path>[#\w]+)\)")
_EQUALS = re.compile(r"(?P<path>[#\w]+) = (?P<value>:\w+)")
_AT_MOST = re.compile(r"(?P<path>[#\w]+) <= (?P<value>:\w+)")


def holds(item: dict[str, Any] | None, asked: dict[str, Any]) -> bool:
    """Whether the condition of a call holds for the stored item; true if it has no condition.

    >>> holds(None, {"ConditionExpression": "attribute_not_exists(pk)"})
    True
    >>> holds({"pk": {"S": "a"}}, {"ConditionExpression": "attribute_not_exists(pk)"})
    False
    >>> asked = {"ConditionExpression": "n = :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}
    >>> holds({"n": {"N": "1"}}, asked), holds(None, asked)
    (True, False)
    >>> values = {"ExpressionAttributeValues": {":s": {"S": "b"}}}
    >>> asked = {"ConditionExpression": "s <= :s OR n = :s", **values}
    >>> [holds({"s": {"S": text}}, asked) for text in "abc"]
    [True, True, False]
    """
    expression = asked.get("ConditionExpression", "")
    if " OR " in expression:
        if " AND " in expression:
            raise NotImplementedError(f"the condition {expression!r}")
        return any(_part_holds(item or {}, part, asked) for part in expression.split(" OR "))
    parts = [part for part in expression.split(" AND ") if part]
    return all(_part_holds(item or {}, part.strip("() ") + _closing(part), asked) for part in parts)


def updated(item: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """The item after an update: `SET a = :b, c = :d`, or `REMOVE a, b`.

    >>> updated({"n": {"N": "1"}, "o": {"N": "2"}}, {"UpdateExpression": "REMOVE n, p"})
    {'o': {'N': '2'}}
    """
    kind, _, rest = asked["UpdateExpression"].partition(" ")
    if kind == "REMOVE":
        gone = set(rest.split(", "))
        return {name: value for name, value in item.items() if name not in gone}
    sets = [_EQUALS.fullmatch(part) for part in rest.split(", ")]
    if kind == "SET" and all(sets):
        values = asked["ExpressionAttributeValues"]
        return item | {found["path"]: values[found["value"]] for found in sets if found}
    raise NotImplementedError(f"the update {asked['UpdateExpression']!r}")


def _closing(part: str) -> str:
    return ")" if "exists(" in part else ""


def _part_holds(item: dict[str, Any], part: str, asked: dict[str, Any]) -> bool:
    names = asked.get("ExpressionAttributeNames", {})
    if found := _EXISTS.fullmatch(part):
        stands = names.get(found["path"], found["path"]) in item
        return stands is not bool(found["no"])
    if found := _EQUALS.fullmatch(part):
        path = names.get(found["path"], found["path"])
        return bool(item.get(path) == asked["ExpressionAttributeValues"][found["value"]])
    if found := _AT_MOST.fullmatch(part):
        path = names.get(found["path"], found["path"])
        most = asked["ExpressionAttributeValues"][found["value"]]["S"]
        return path in item and bool(item[path]["S"] <= most)
    raise NotImplementedError(f"the condition {part!r}")
