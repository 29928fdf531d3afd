"""Take messages of two queues: files of the out bucket to announce, and events for webhooks.

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

from announce.announcements import AnyAnnouncement, Tested, announcements_of, is_announced
from announce.webhooks import WebhookSender
from ledger.aws.queue import send_messages
from ledger.clock import Clock, utc
from ledger.ports import Objects
from ledger.records.identity import digest
from ledger.records.webhook import Webhooks

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

    objects: Objects
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
