"""A message's fields as the journal keeps them: all but its words on a person."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from decide.facts import REFERENCES, Facts
from ledger.cases.messages import BaseCaseMessage
from ledger.clock import utc

KEPT_APART = frozenset({"id", "findings", "finding", "post", "url", "reason"})
"""Fields that are not in the journal: they stand in the case, where they can be erased."""


def entry_fields(message: BaseCaseMessage, facts: Facts) -> dict[str, Any]:
    """The fields of a journal entry that a message gives, under their names there."""
    fields: dict[str, Any] = {}
    for name in message.__struct_fields__:
        value = getattr(message, name)
        if value is None or name in KEPT_APART:
            continue
        if name in REFERENCES:
            fields[name] = facts.id_of(name, value)
        elif name == "keyword":
            fields["keywords"] = (value,)
        else:
            fields[name] = _plain(value)
    return fields


def _plain(value: Any) -> Any:
    """Times and days as text, codes as their words; everything else as it is."""
    match value:
        case datetime():
            return utc(value)
        case date():
            return value.isoformat()
        case StrEnum():
            return str(value)
        case tuple():
            return tuple(_plain(one) for one in value)
        case _:
            return value
