"""The events that a file in the out bucket announces: ids, codes and counts, never text.

The same file gives the same events with the same ids, so a receiver recognises a repeat.
"""

from collections.abc import Iterator
from itertools import batched
from typing import Any

import msgspec

from ledger.cases.announced import AnnouncedEntry
from ledger.records.identity import digest, is_id
from ledger.records.json_text import json_schema
from ledger.records.provider import is_provider_id

FINDINGS_PER_EVENT = 50
"""A finding has at most 400 bytes, so ten events have 200 KB. PutEvents takes 256 KiB."""


class AnnouncedFinding(msgspec.Struct, frozen=True, omit_defaults=True):
    """A finding by its id and rule. A `live` one that is not `held` proposes to look at a post."""

    finding: str
    pack: str
    version: int
    rule: str
    mode: str
    category: str
    severity: str
    held: bool = False
    score: int | None = None


class FoundFindings(msgspec.Struct, frozen=True):
    """Findings of one unit or batch: a file of many findings makes several events."""

    findings: tuple[AnnouncedFinding, ...]


class ClosedFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """The counts of a dropped file, as its receipt has them."""

    file: str
    status: str
    code: str = ""
    repeated: bool = False
    records: int = 0
    inspected: int = 0
    refused: dict[str, int] = {}
    findings: int = 0
    by_rule: dict[str, int] = {}


class CorrectedFinding(msgspec.Struct, frozen=True, omit_defaults=True):
    """A finding whose published check was corrected or withdrawn, and the decision on it."""

    finding: str
    change: str
    superseded: bool
    decision: str = ""


class Announcement(msgspec.Struct, frozen=True, tag_field="type", kw_only=True):
    """An event. `id` is the same in every repeat, `timestamp` is when it was committed.

    `key` names the file in the out bucket with all that the provider may read.
    """

    id: str
    timestamp: str
    provider: str
    key: str

    @property
    def type(self) -> str:
        """Return the event's type."""
        return str(self.__struct_config__.tag)


class FindingsRecorded(Announcement, frozen=True, tag="findings.recorded", kw_only=True):
    """Findings were recorded."""

    data: FoundFindings


class FileClosed(Announcement, frozen=True, tag="file.closed", kw_only=True):
    """A dropped file was read to its end, or refused as a whole."""

    data: ClosedFile


class CaseMoved(Announcement, frozen=True, tag="case.moved", kw_only=True):
    """People did something about a case: `data.type` says what."""

    data: AnnouncedEntry


class CheckCorrected(Announcement, frozen=True, tag="check.corrected", kw_only=True):
    """The published check behind a finding changed."""

    data: CorrectedFinding


class Tested(Announcement, frozen=True, tag="webhook.test", kw_only=True):
    """Somebody tests the webhook."""


type AnyAnnouncement = FindingsRecorded | FileClosed | CaseMoved | CheckCorrected | Tested


def announcement_schema() -> dict[str, Any]:
    """Return the JSON Schema of an event of any type.

    >>> sorted(announcement_schema()["discriminator"]["mapping"])[:2]
    ['case.moved', 'check.corrected']
    """
    title = "An event, as Terang announces it on its bus and to webhooks"
    return json_schema(title, AnyAnnouncement)


class _Dated(msgspec.Struct, frozen=True):
    at: str = ""
    found_at: str = ""


def is_announced(key: str) -> bool:
    """Return whether a file of the out bucket announces something.

    >>> is_announced("out/acme/receipts/" + 64 * "a" + ".json")
    True
    >>> is_announced("out/acme/receipts/batches/2026-11-25/" + 64 * "a" + ".json")
    False
    """
    return bool(_split(key))


def announcements_of(key: str, data: bytes) -> Iterator[AnyAnnouncement]:
    """Yield the events of a file, by its key and content."""
    place = _split(key)
    if place is None:
        return
    provider, folder = place
    if folder == "findings":
        for page in batched(data.splitlines(), FINDINGS_PER_EVENT):
            rows = tuple(msgspec.json.decode(line, type=AnnouncedFinding) for line in page)
            yield FindingsRecorded(
                id=digest("announcement", key, *(row.finding for row in rows)),
                timestamp=msgspec.json.decode(page[0], type=_Dated).found_at,
                provider=provider,
                key=key,
                data=FoundFindings(rows),
            )
        return
    common = {
        "id": digest("announcement", key),
        "timestamp": msgspec.json.decode(data, type=_Dated).at,
        "provider": provider,
        "key": key,
    }
    match folder:
        case "receipts":
            yield FileClosed(**common, data=msgspec.json.decode(data, type=ClosedFile))
        case "entries":
            yield CaseMoved(**common, data=msgspec.json.decode(data, type=AnnouncedEntry))
        case _:
            yield CheckCorrected(**common, data=msgspec.json.decode(data, type=CorrectedFinding))


def _split(key: str) -> tuple[str, str] | None:
    """Return provider and folder of a file that is announced, or None for another file."""
    match key.split("/"):
        case ["out", provider, "receipts", name]:
            folder = "receipts"
        case ["out", provider, ("findings" | "entries" | "corrections") as folder, _, name]:
            pass
        case _:
            return None
    known = is_provider_id(provider) and is_id(name.partition(".")[0])
    return (provider, folder) if known else None
