"""Whether a statement of reasons would be taken by the DSA Transparency Database, checked offline.

Source: the validator of its API, schema of 2025-07-01.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from dsa.statement import taxonomy
from dsa.statement.fields import ANSWERED, FIELDS, REQUIRED, RESTRICTIONS
from dsa.statement.problem import Problem
from ledger.foreign_text import is_blank

BATCH = 100
"""Statements that one request may hold."""

_OTHERS = (
    ("decision_visibility", "DECISION_VISIBILITY_OTHER", "decision_visibility_other", True),
    ("decision_monetary", "DECISION_MONETARY_OTHER", "decision_monetary_other", True),
    ("content_type", "CONTENT_TYPE_OTHER", "content_type_other", True),
    ("category_specification", "KEYWORD_OTHER", "category_specification_other", False),
)
"""Field, its code for something else, the field that describes it, and whether it must be there."""

_OF_ILLEGAL = ("illegal_content_legal_ground", "illegal_content_explanation")
_OF_INCOMPATIBLE = ("incompatible_content_ground", "incompatible_content_explanation")


def schema_problems(statement: Mapping[str, Any]) -> Iterator[Problem]:
    """What the database would refuse, or drop without a word; each field's first problem.

    An empty string, an empty array and null are the same as nothing.

    >>> [problem.field for problem in schema_problems({"puid": "a b"})][:3]
    ['puid', 'decision_ground', 'category']
    """
    for field, value in statement.items():
        holds = FIELDS.get(field)
        if holds is None:
            if field not in ANSWERED:
                yield Problem(field, "unknown_field", "no field of the schema of 2025-07-01")
        elif is_there(value):
            problem = holds.problem(field, value)
            if problem:
                yield problem
    for field in REQUIRED:
        if not is_there(statement.get(field)):
            yield Problem(field, "required", "must be there")
    if not any(is_there(statement.get(field)) for field in RESTRICTIONS):
        allowed = ", ".join(RESTRICTIONS)
        yield Problem("decision_visibility", "no_restriction", f"at least one of {allowed}")
    yield from _others(statement)
    yield from _grounds(statement)
    if is_there(statement.get("source_identity")) and (
        statement.get("source_type") == taxonomy.VOLUNTARY
    ):
        yield _dropped("source_identity", f"source_type is {taxonomy.VOLUNTARY}")


def is_there(value: object) -> bool:
    """Return whether a field says anything. The database trims texts, so a blank one does not."""
    return not is_blank(value) if isinstance(value, str) else value not in (None, [], {})


def _others(statement: Mapping[str, Any]) -> Iterator[Problem]:
    for field, code, described_in, required in _OTHERS:
        value = statement.get(field)
        chosen = code in value if isinstance(value, list | str) else False
        described = is_there(statement.get(described_in))
        if chosen and required and not described:
            yield Problem(described_in, "required", f"{field} says {code}: say which")
        if described and not chosen:
            yield _dropped(described_in, f"{field} does not say {code}")


def _grounds(statement: Mapping[str, Any]) -> Iterator[Problem]:
    ground = statement.get("decision_ground")
    for mine, fields in (
        (taxonomy.ILLEGAL, _OF_ILLEGAL),
        (taxonomy.INCOMPATIBLE, _OF_INCOMPATIBLE),
    ):
        for field in fields:
            there = is_there(statement.get(field))
            if ground == mine and not there:
                yield Problem(field, "required", f"decision_ground is {mine}")
            if ground in (taxonomy.ILLEGAL, taxonomy.INCOMPATIBLE) and ground != mine and there:
                yield _dropped(field, f"decision_ground is {ground}")
    if ground == taxonomy.ILLEGAL and is_there(statement.get("incompatible_content_illegal")):
        yield _dropped("incompatible_content_illegal", f"decision_ground is {ground}")


def _dropped(field: str, because: str) -> Problem:
    return Problem(field, "dropped", f"the database drops it, since {because}")
