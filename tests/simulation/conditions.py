"""Expressions, as far as a store may use them; any other is an error, and loud."""

import re
from typing import Any

_EXISTS = re.compile(r"attribute_(?P<no>not_)?exists\((?P<path>[#\w]+)\)")
_EQUALS = re.compile(r"(?P<path>[#\w]+) = (?P<value>:\w+)")


def holds(item: dict[str, Any] | None, asked: dict[str, Any]) -> bool:
    """Whether the condition of a call holds for the stored item; true if it has no condition.

    >>> holds(None, {"ConditionExpression": "attribute_not_exists(pk)"})
    True
    >>> holds({"pk": {"S": "a"}}, {"ConditionExpression": "attribute_not_exists(pk)"})
    False
    >>> asked = {"ConditionExpression": "n = :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}
    >>> holds({"n": {"N": "1"}}, asked), holds(None, asked)
    (True, False)
    """
    expression = asked.get("ConditionExpression", "")
    parts = [part for part in expression.split(" AND ") if part]
    return all(_part_holds(item or {}, part.strip("() ") + _closing(part), asked) for part in parts)


def updated(item: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """The item after an update: `SET a = :b`, or `REMOVE a, b`.

    >>> updated({"n": {"N": "1"}, "o": {"N": "2"}}, {"UpdateExpression": "REMOVE n, p"})
    {'o': {'N': '2'}}
    """
    kind, _, rest = asked["UpdateExpression"].partition(" ")
    if kind == "REMOVE":
        gone = set(rest.split(", "))
        return {name: value for name, value in item.items() if name not in gone}
    if kind == "SET" and (found := _EQUALS.fullmatch(rest)):
        return item | {found["path"]: asked["ExpressionAttributeValues"][found["value"]]}
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
    raise NotImplementedError(f"the condition {part!r}")
