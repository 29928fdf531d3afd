"""The journal entry of a message: its fields, without those that only its case keeps."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from ledger.cases.case import JournalEntry, case_id
from ledger.cases.messages import BaseCaseMessage
from ledger.clock import utc

REFERENCES = {
    "decision": "decision",
    "complaint": "complaint",
    "dispute": "dispute",
    "notice": "notice",
    "follows": "order",
    "group": "group",
}
"""The fields that hold another message's id, and the type of that message."""

KEPT_APART = frozenset({"id", "findings", "finding", "post", "url", "reason", "reason_language"})
"""Fields that only the case keeps, where they can be erased, and not the journal."""


def entry_of(message: BaseCaseMessage, provider: str, at: datetime, **more: Any) -> JournalEntry:
    """Return the journal entry of a message: its own fields, and `more` that replaces them."""
    return JournalEntry(
        entry=case_id(message.type_name, provider, message.id),
        type=message.type_name,
        provider=provider,
        at=utc(at),
        **(_journal_fields(message, provider) | more),
    )


def _journal_fields(message: BaseCaseMessage, provider: str) -> dict[str, Any]:
    """Return a message's fields by the names that they have in the journal entry."""
    fields: dict[str, Any] = {}
    for name in message.__struct_fields__:
        value = getattr(message, name)
        if value is None or name in KEPT_APART:
            continue
        if name in REFERENCES:
            fields[name] = case_id(REFERENCES[name], provider, value)
        elif name == "keyword":
            fields["keywords"] = (value,)
        else:
            fields[name] = _as_text(value)
    return fields


def _as_text(value: Any) -> Any:
    """Return times, days and codes as text, and everything else as it is."""
    match value:
        case datetime():
            return utc(value)
        case date():
            return value.isoformat()
        case StrEnum():
            return str(value)
        case tuple():
            return tuple(map(_as_text, value))
        case _:
            return value
