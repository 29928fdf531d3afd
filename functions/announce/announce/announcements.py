"""The events that a file in the out bucket announces: ids, codes and counts, never text.

The same file gives the same events with the same ids, so a receiver recognises a repeat.

Take messages of two queues: files of the out bucket to announce, and events for webhooks.

A file's events go to the bus. If its provider has a webhook, each event then goes into the queue of
webhooks, so that a receiver that is slow or fails delays no bus, and repeats that event alone. What
fails comes again after a wait.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import batched
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from announce.webhooks import WebhookSender
from ledger.aws.objects import S3Objects, send_messages
from ledger.cases import AnnouncedEntry
from ledger.findings import digest, is_id
from ledger.keys import Webhooks, is_provider_id
from ledger.texts import Clock, json_schema, utc

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
                timestamp=msgspec.json.decode(page[0]).get("found_at", ""),
                provider=provider,
                key=key,
                data=FoundFindings(rows),
            )
        return
    common = {
        "id": digest("announcement", key),
        "timestamp": msgspec.json.decode(data).get("at", ""),
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


WAITS = (5, 300, 1_800, 7_200, 18_000, 36_000, 36_000, 36_000, 36_000)
"""Seconds until a failed message comes again, by how often it was received: two days in all.

If the delivery after the last wait fails too, its queue moves the message to the dead letters.
"""

_PUT = 10  # EventBridge: entries of one PutEvents


class WebhookMessage(msgspec.Struct, frozen=True):
    """An event on its way to the webhook of its provider."""

    provider: str
    id: str
    body: str


@dataclass(frozen=True, slots=True)
class Announcer:
    """Puts events on the bus and sends them. `webhooks` returns the registered ones."""

    objects: S3Objects
    sqs: Any
    events: Any
    webhooks: Callable[[], Webhooks]
    sender: WebhookSender
    out_bucket: str
    webhooks_queue_url: str
    bus: str

    def announce(self, body: str) -> int:
        """Announce the files that a message of S3 names. Return how many events are on the bus."""
        message = msgspec.json.decode(body, type=dict[str, Any])
        # S3's test event has no records.
        return sum(map(self._announce, message.get("Records", ())))

    def send(self, body: str) -> int:
        """Send the event of a message to its webhook. Return 0 if that was removed meanwhile.

        Raises WebhookError if the receiver did not take the event.
        """
        message = msgspec.json.decode(body, type=WebhookMessage)
        webhook = self.webhooks().get(message.provider)
        if webhook is None:
            return 0
        self.sender.send(webhook, message.id, message.body.encode())
        return 1

    def test(self, provider: str, clock: Clock) -> None:
        """Send the event `webhook.test`. Raises LookupError if the provider has no webhook."""
        now = utc(clock.now())
        event = Tested(id=digest("test", provider, now), timestamp=now, provider=provider, key="")
        self.sender.send(self.webhooks()[provider], event.id, msgspec.json.encode(event))

    def _announce(self, record: dict[str, Any]) -> int:
        """Announce the file that an event of S3 names. One that has expired announces nothing."""
        key = unquote_plus(record["s3"]["object"]["key"])
        if record["s3"]["bucket"]["name"] != self.out_bucket or not is_announced(key):
            return 0
        data = self.objects.get(self.out_bucket, key)
        if data is None:
            return 0
        announced = 0
        for batch in batched(announcements_of(key, data), _PUT):
            self._put(batch)
            send_messages(self.sqs, self.webhooks_queue_url, self._for_webhooks(batch))
            announced += len(batch)
        return announced

    def _put(self, batch: tuple[AnyAnnouncement, ...]) -> None:
        entries = [
            {
                "EventBusName": self.bus,
                "Source": "terang",
                "DetailType": event.type,
                "Detail": msgspec.json.encode(event).decode(),
            }
            for event in batch
        ]
        answer = self.events.put_events(Entries=entries)
        if answer["FailedEntryCount"]:
            raise OSError(f"the bus did not take {answer['FailedEntryCount']} events")

    def _for_webhooks(self, batch: tuple[AnyAnnouncement, ...]) -> Iterator[bytes]:
        webhooks = self.webhooks()
        for event in batch:
            if event.provider in webhooks:
                body = msgspec.json.encode(event).decode()
                yield msgspec.json.encode(WebhookMessage(event.provider, event.id, body))


def wait_after(receives: int) -> int:
    """Return in how many seconds a message that failed comes again.

    >>> wait_after(1), wait_after(10)
    (5, 36000)
    """
    return WAITS[min(receives, len(WAITS)) - 1]
