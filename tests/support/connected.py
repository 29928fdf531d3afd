"""What other moderation tools send, with their tables, as events/connect has them."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from support.case_world import CaseWorld
from support.sample_messages import SENT

from adapters import translate
from ledger.numbers import pseudonym_of
from ledger.texts import utc
from terang.case_queue import in_waves

CONNECT = Path(__file__).parents[2] / "events/connect"


def table_of(tool: str) -> dict[str, Any]:
    table: dict[str, Any] = json.loads((CONNECT / f"{tool}-table.json").read_text())
    return table


def sent_by(tool: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CONNECT / f"{tool}.jsonl").read_text().splitlines()]


def read(tool: str, body: dict[str, Any], **table: Any) -> list[dict[str, Any]]:
    """The messages of what a tool sends, by the sample's table with changes."""
    at = body.get("received_at", utc(SENT))
    known = table_of(tool) | table
    return [*translate(tool, body, known, lambda who: pseudonym_of(b"k", who), at)]


def decided(*sent: Iterable[dict[str, Any]]) -> CaseWorld:
    """A provider that sends messages, one time after the other, and no posts."""
    world = CaseWorld()
    for messages in sent:
        for wave in in_waves([*messages]):
            world.decide(*wave)
    return world
