"""The queues: deliveries from SQS, who sent them, and the queue of units."""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import batched
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from ledger.clock import Clock
from ledger.errors import OperatorError, TerangError, logged
from ledger.ports import ProviderStore
from ledger.records.manifest import RangeMessage
from ledger.records.provider import Provider, is_provider_id

RESERVE_SECONDS = 20
"""Time that must be left to begin a delivery. With less it is handed back, and comes again."""

ATTRIBUTES = ("provider", "first_sender", "first_sent")


class TimeReserveError(OperatorError):
    """Too little time is left to begin: the delivery comes again."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery: its queue, body, sender, attributes and when it was sent.

    `id` is the message's name in SQS, `receives` how often it was delivered, this time included.
    """

    queue_arn: str
    body: str
    sender_id: str
    attributes: dict[str, str]
    sent_at: datetime
    id: str = ""
    receives: int = 1

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "Delivery":
        named = record.get("messageAttributes") or {}
        return cls(
            queue_arn=record["eventSourceARN"],
            body=record["body"],
            sender_id=record["attributes"].get("SenderId") or "",
            attributes={
                name: named[name].get("stringValue") or "" for name in ATTRIBUTES if name in named
            },
            sent_at=datetime.fromtimestamp(int(record["attributes"]["SentTimestamp"]) / 1000, UTC),
            id=record.get("messageId") or "",
            receives=int(record["attributes"].get("ApproximateReceiveCount") or 1),
        )


def require_reserve(seconds_left: Callable[[], float]) -> None:
    """Raise TimeReserveError if too little time is left to begin something."""
    if seconds_left() < RESERVE_SECONDS:
        raise TimeReserveError("too little time is left to begin")


def error_code(error: BaseException | None) -> str:
    """Return the code of an error, the platform's or ours; its message could quote what was sent.

    >>> error_code(KeyError("x"))
    ''
    """
    if isinstance(error, TerangError):
        return str(getattr(error, "code", ""))
    answer = getattr(error, "response", None) or {}  # None in a timeout
    return str(answer.get("Error", {}).get("Code", ""))


def log_failures(
    failures: Iterable[tuple[Any, BaseException | None, Any]], log: Callable[..., None]
) -> None:
    """Log why deliveries failed, as Powertools records it, without any of their content.

    The words of an error for the operator are logged: they hold nothing of a delivery.

    Raises MemoryError if a delivery did: the worker is unusable, and a new one takes the rest.
    """
    for _, error, _ in failures:
        log("failed", extra={**logged(error), "code": error_code(error)})
        if isinstance(error, MemoryError):
            raise error


def postpone(client: Any, url: str, record: Any, wait_after: Callable[[int], int]) -> None:
    """Set in how many seconds a failed delivery comes again, if SQS lets us.

    `record` is that of Powertools; `wait_after` gets how often it was received.
    """
    receives = int(record.attributes.approximate_receive_count)
    with suppress(BotoCoreError, ClientError):
        client.change_message_visibility(
            QueueUrl=url,
            ReceiptHandle=record.receipt_handle,
            VisibilityTimeout=wait_after(receives),
        )


_MILLISECONDS = re.compile("[0-9]{1,14}")  # up to about the year 5138

REGISTRY_SECONDS = 60
"""How long a worker uses what a provider registered before it reads it again."""


@dataclass(slots=True)
class Senders:
    """The registered senders. `redrive` is the operator's role that repeats dead letters."""

    store: ProviderStore
    clock: Clock
    redrive: str = ""
    _known: dict[str, tuple[float, Provider | None]] = field(default_factory=dict)

    def provider_of_sender(self, sender_id: str, attributes: Mapping[str, str]) -> str | None:
        """Return the provider of a message, or None if its sender is not registered.

        `sender_id` is SQS's own SenderId, for a role `ID:session`. The attribute `first_sender`
        counts only in a message that the redrive role repeats.
        """
        sender = sender_id.partition(":")[0]
        if self._repeats(sender_id):
            sender = attributes.get("first_sender", "").partition(":")[0]
        name = attributes.get("provider", "")
        provider = self._registered(name) if is_provider_id(name) else None
        return name if provider and sender and sender in provider.senders else None

    def other_door(self, provider: str, door: str) -> str:
        """Return the door of a provider's moderators if it is not this one, else an empty text.

        An unregistered provider has none, so every door is another one.
        """
        registered = self._registered(provider) if is_provider_id(provider) else None
        if registered is None:
            return "none"
        return "" if registered.door == door else registered.door

    def first_sent(self, delivery: Delivery) -> datetime:
        """Return when a message was first sent, so that a dead letter is judged as on that day.

        SQS sets a new time when a message is repeated. Only the redrive role may name an earlier
        one, under the attribute `first_sent`, in milliseconds since 1970.
        """
        named = delivery.attributes.get("first_sent", "")
        if self._repeats(delivery.sender_id) and _MILLISECONDS.fullmatch(named):
            return min(datetime.fromtimestamp(int(named) / 1000, UTC), delivery.sent_at)
        return delivery.sent_at

    def _repeats(self, sender_id: str) -> bool:
        return bool(self.redrive) and sender_id.partition(":")[0] == self.redrive

    def _registered(self, name: str) -> Provider | None:
        now = self.clock.now().timestamp()
        known = self._known.get(name)
        if known is None or now - known[0] > REGISTRY_SECONDS:
            known = (now, self.store.provider(name))
            if known[1] is not None:  # unregistered names are unlimited
                self._known[name] = known
        return known[1]


_BATCH = 10  # SQS: entries of one SendMessageBatch
_TRIES = 6


@dataclass(frozen=True, slots=True)
class SqsUnitQueue:
    """The port UnitQueue on an SQS client."""

    client: Any
    url: str

    def send(self, units: Iterable[RangeMessage]) -> None:
        send_messages(self.client, self.url, (msgspec.json.encode(unit) for unit in units))


def send_messages(client: Any, url: str, bodies: Iterable[bytes]) -> None:
    """Send all messages: SendMessageBatch answers 200 even if it took only some of them.

    Raises OSError if the queue keeps refusing some.
    """
    for batch in batched(bodies, _BATCH):
        entries = [
            {"Id": str(place), "MessageBody": body.decode()} for place, body in enumerate(batch)
        ]
        for attempt in range(_TRIES):
            answer = client.send_message_batch(QueueUrl=url, Entries=entries)
            failed = {failure["Id"] for failure in answer.get("Failed", ())}
            entries = [entry for entry in entries if entry["Id"] in failed]
            if not entries:
                break
            time.sleep(0.05 * 2**attempt)
        else:
            raise OSError(f"the queue did not take {len(entries)} messages")
