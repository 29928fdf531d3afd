"""Whether IAM would let a role do something, by the role's own policies."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from template.resolved import Resolved, as_list


def allows(stack: Resolved, role: str, action: str, resource: str, **context: str) -> bool:
    """Whether any statement allows it and none denies it.

    `context` holds the request's condition keys, without their service: `prefix="out/acme/"`.
    """
    effects = {
        statement["Effect"]
        for statement in stack.statements(role)
        if _speaks_of(statement, action, resource) and _holds(statement, context)
    }
    return effects == {"Allow"}


def _speaks_of(statement: Mapping[str, Any], action: str, resource: str) -> bool:
    actions, resources = as_list(statement["Action"]), as_list(statement["Resource"])
    return any(fnmatchcase(action, one) for one in actions) and any(
        fnmatchcase(resource, one) for one in resources
    )


def _holds(statement: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    return all(
        _operator(operator, context.get(key.partition(":")[2]), as_list(wanted))
        for operator, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    )


def _operator(operator: str, given: str | None, wanted: list[str]) -> bool:
    match operator:
        case "ForAllValues:StringLike":  # also where the request has no such key
            return given is None or any(fnmatchcase(given, one) for one in wanted)
        case "StringLike":
            return given is not None and any(fnmatchcase(given, one) for one in wanted)
        case "StringEquals":
            return given in wanted
    raise NotImplementedError(operator)
