"""Files of the out bucket without what they hold of an author: pure, bytes in and bytes out."""

from collections.abc import Set
from typing import Any

import msgspec

from ledger.privacy.erasure import stub_of
from ledger.records.finding import Finding
from ledger.records.json_text import encode_json, encode_json_lines

WHY_NO_REASON = "The reason was erased together with the author of the post."
"""What a statement says instead of a reason, which may quote the post."""

EXPLANATIONS = ("illegal_content_explanation", "incompatible_content_explanation")

type Row = dict[str, Any]


def rows_of(data: bytes) -> list[Row]:
    """The objects of JSON Lines."""
    return [msgspec.json.decode(line, type=Row) for line in data.splitlines()]


def findings_without(data: bytes, accounts: Set[str], erased: Set[str]) -> bytes:
    """A unit's findings with those of the author as stubs; the same bytes if there is none."""
    rows = rows_of(data)
    theirs = [
        row["account"] in accounts or (row["account"] != "" and row["finding"] in erased)
        for row in rows
    ]
    if not any(theirs):
        return data
    return encode_json_lines(
        msgspec.to_builtins(stub_of(msgspec.convert(row, Finding))) if gone else row
        for row, gone in zip(rows, theirs, strict=True)
    )


def sample_without(data: bytes, accounts: Set[str], posts: Set[str]) -> bytes:
    """A month's sample without the posts of the author."""
    rows = rows_of(data)
    kept = [row for row in rows if row.get("account") not in accounts and row["post"] not in posts]
    return data if len(kept) == len(rows) else encode_json_lines(kept)


def statement_without(data: bytes) -> bytes:
    """A statement of reasons without the reason that a person wrote."""
    statement = msgspec.json.decode(data, type=Row)
    told = _explained(statement)
    return data if told == statement else encode_json(told)


def batch_without(data: bytes, related: Set[str]) -> bytes:
    """A batch whose statements on these decisions have lost their reasons."""
    batch = msgspec.json.decode(data, type=dict[str, list[Row]])
    told = [_explained(one) if one["puid"] in related else one for one in batch["statements"]]
    return data if told == batch["statements"] else encode_json(batch | {"statements": told})


def _explained(statement: Row) -> Row:
    return {
        name: WHY_NO_REASON if name in EXPLANATIONS else value for name, value in statement.items()
    }
