"""The JSON Schemas of what is published, made from the records themselves."""

from typing import Any

import msgspec

from publish.journal.case_line import CaseLine
from publish.journal.public_journal import JournalLine
from publish.summary import Summary

PUBLISHED: dict[str, tuple[str, tuple[type[msgspec.Struct], ...]]] = {
    "schemas/summary.json": ("A summary of Terang", (Summary,)),
    "schemas/journal.json": (
        "A line of Terang's public journal: a receipt, or what somebody did about a case",
        (JournalLine, CaseLine),
    ),
}

STABLE_NAMES = {"LeftOutReason": "Fault", "NumberChange": "Change", "PeriodKind": "Kind"}
"""Classes that have another name in the published schemas, so that these do not change."""


def json_schemas() -> dict[str, bytes]:
    """Each schema under its path, as indented JSON.

    >>> sorted(json_schemas())
    ['schemas/journal.json', 'schemas/summary.json']
    """
    return {path: _encoded(title, records) for path, (title, records) in PUBLISHED.items()}


def _encoded(title: str, records: tuple[type[msgspec.Struct], ...]) -> bytes:
    dialect = "https://json-schema.org/draft/2020-12/schema"
    found, components = msgspec.json.schema_components(records, ref_template="#/$defs/{name}")
    shown = list(found)
    body: dict[str, Any] = shown[0] if len(shown) == 1 else {"anyOf": shown}
    schema = {"$schema": dialect, "title": title, **body, "$defs": components}
    text = msgspec.json.encode(schema).decode()
    for name, stable in STABLE_NAMES.items():
        text = text.replace(f'"{name}"', f'"{stable}"').replace(f'/{name}"', f'/{stable}"')
    schema = msgspec.json.decode(text)
    return msgspec.json.format(msgspec.json.encode(schema, order="sorted"), indent=2) + b"\n"
