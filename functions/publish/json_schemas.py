"""The JSON Schemas of what is published, made from the records themselves."""

from typing import Any

import msgspec

from public_journal import JournalLine
from summary import Summary

PUBLISHED = {
    "schemas/summary.json": (Summary, "A summary of Terang"),
    "schemas/journal.json": (JournalLine, "A line of Terang's public journal"),
}


def json_schemas() -> dict[str, bytes]:
    """Each schema under its path, as indented JSON.

    >>> sorted(json_schemas())
    ['schemas/journal.json', 'schemas/summary.json']
    """
    return {path: _encoded(record, title) for path, (record, title) in PUBLISHED.items()}


def _encoded(record: Any, title: str) -> bytes:
    dialect = "https://json-schema.org/draft/2020-12/schema"
    schema = {"$schema": dialect, "title": title, **msgspec.json.schema(record)}
    return msgspec.json.format(msgspec.json.encode(schema, order="sorted"), indent=2) + b"\n"
