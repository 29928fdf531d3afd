"""Whether IAM would let a role do something, by the role's own policies."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from template.resolved import PSEUDO, Resolved, as_list

OURS = {"ResourceAccount": PSEUDO["AWS::AccountId"]}
"""Where a request says nothing else, what it touches is the stack's own."""


type Given = str | tuple[str, ...] | None


def allows(stack: Resolved, role: str, action: str, resource: str, **context: Given) -> bool:
    """Whether any statement allows it and none denies it. `context` holds the request's condition
    keys, without their service: `prefix="out/acme/"`."""
    effects = {
        statement["Effect"]
        for statement in stack.statements(role)
        if _speaks_of(statement, action, resource) and _holds(statement, OURS | context)
    }
    return effects == {"Allow"}


def matches(pattern: str, given: str) -> bool:
    """Whether a pattern of IAM matches: `*` is any text, `?` any character, all else itself.

    >>> matches("out/a[b]/*", "out/a[b]/x/y"), matches("out/a?c/*", "out/ac/x")
    (True, False)
    """
    return _compiled(pattern).fullmatch(given) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = (".*" if sign == "*" else "." if sign == "?" else re.escape(sign) for sign in pattern)
    return re.compile("".join(parts), re.DOTALL)


def _speaks_of(statement: Mapping[str, Any], action: str, resource: str) -> bool:
    actions, resources = as_list(statement["Action"]), as_list(statement["Resource"])
    return any(matches(one, action) for one in actions) and any(
        matches(one, resource) for one in resources
    )


def _holds(statement: Mapping[str, Any], context: Mapping[str, Given]) -> bool:
    return all(_operator(operator, context.get(key.partition(":")[2]), as_list(wanted))
               for operator, keys in statement.get("Condition", {}).items()
               for key, wanted in keys.items())  # fmt: skip


def _operator(operator: str, given: Given, wanted: list[str]) -> bool:
    match operator:
        case "ForAllValues:StringLike":  # also where the request has no such key
            values = as_list(given) if isinstance(given, str) else given or ()
            return all(any(matches(one, value) for one in wanted) for value in values)
        case "StringLike":
            return isinstance(given, str) and any(matches(one, given) for one in wanted)
        case "StringEquals" | "ForAnyValue:StringEquals":
            return given in wanted
        case "StringNotEquals":  # also where the request has no such key
            return given not in wanted
    raise NotImplementedError(operator)
