"""Sends messages about cases to a deployed stack, and waits for the outcome of each."""

import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec

from ledger.cases.reading import read_case_message
from ledger.cases.refusal import CaseReceipt, CaseRefusal
from ledger.clock import Clock
from ledger.errors import OperatorError
from ledger.keys import message_receipt_key
from ledger.ports import CaseStore, Objects
from ledger.records.finding import Finding
from ledger.records.identity import digest
from terang.case_messages import (
    Fields,
    complete_times,
    in_waves,
    resolve_findings,
)

STALL_SECONDS = 120
"""How long to wait while no message is answered."""

POLL_SECONDS = 0.25

ASKED_AT_ONCE = 50
"""Messages that one round asks about: they are answered roughly in order."""

NOT_SENT = "not sent"
"""The status of a message whose post and rule match no finding."""


@dataclass(frozen=True, slots=True)
class MessageResult:
    """The outcome of one message: `taken`, `waiting`, `refused` or NOT_SENT.

    `id` and `type` are the sender's. `code` and `field` say why it waits or was refused, `first`
    which moderator was first, `advice` which time was received and which are allowed. `message` is
    what was sent.
    """

    id: str
    type: str
    status: str
    code: str = ""
    field: str = ""
    first: str = ""
    advice: str = ""
    message: Fields = dataclasses.field(default_factory=dict, compare=False, repr=False)

    def __str__(self) -> str:
        why = f": {self.code}" if self.code else ""
        field = f" ({self.field})" if self.field else ""
        first = f", {self.first} was first" if self.first else ""
        advice = f": {self.advice}" if self.advice else ""
        return f"{self.status} {self.type} {self.id}{why}{field}{first}{advice}"


@dataclass(frozen=True, slots=True)
class _Sent:
    """A message under way: the name of its receipt, its digest, and the receipt before it."""

    id: str
    type: str
    name: str
    digest: str
    earlier_key: str
    before: CaseReceipt | None


@dataclass(frozen=True, slots=True)
class CaseQueue:
    """The queue of cases of a deployed stack, used in the name of one provider."""

    sqs: Any
    url: str
    store: CaseStore
    objects: Objects
    out_bucket: str
    provider: str
    clock: Clock
    pause: Callable[[float], None] = time.sleep

    def send(self, messages: Iterable[Fields]) -> list[MessageResult]:
        """Send messages that do not depend on each other. Return their results in order.

        Raises OperatorError if answers stop: the sender is not registered, or the stack is down.
        """
        keys = self.objects.keys(self.out_bucket, f"out/{self.provider}/receipts/messages/")
        earlier = {key.rpartition("/")[2].removesuffix(".json"): key for key in keys}
        messages = list(messages)
        sent = [self._send(message, earlier) for message in messages]
        results: dict[int, MessageResult] = {}
        quiet = 0.0
        while len(results) < len(sent):
            new = dict(self._answered(sent, results))
            results |= new
            quiet = 0.0 if new else quiet + POLL_SECONDS
            if quiet > STALL_SECONDS:
                raise OperatorError(
                    f"{len(sent) - len(results)} messages were not answered within"
                    f" {STALL_SECONDS} s: is the sender registered for {self.provider}?"
                )
            if len(results) < len(sent):
                self.pause(POLL_SECONDS)
        return [
            dataclasses.replace(results[place], message=message)
            for place, message in enumerate(messages)
        ]

    def _send(self, message: Fields, earlier: Mapping[str, str]) -> _Sent:
        body = msgspec.json.encode(message)
        read = read_case_message(body)
        if isinstance(read, CaseRefusal):
            name, content = digest("unread", self.provider, body), ""
        else:
            name = digest("message", self.provider, read.id)
            content = sha256(msgspec.json.encode(read)).hexdigest()
        before = self._receipt(name, earlier.get(name, ""))
        attribute = {"DataType": "String", "StringValue": self.provider}
        self.sqs.send_message(
            QueueUrl=self.url,
            MessageBody=body.decode(),
            MessageAttributes={"provider": attribute},
        )
        return _Sent(
            id=str(message.get("id", "")),
            type=str(message.get("type", "")),
            name=name,
            digest=content,
            earlier_key=earlier.get(name, ""),
            before=before,
        )

    def _answered(
        self, sent: Sequence[_Sent], results: Mapping[int, MessageResult]
    ) -> Iterator[tuple[int, MessageResult]]:
        asked = [place for place in range(len(sent)) if place not in results][:ASKED_AT_ONCE]
        for place in asked:
            if (result := self._result(sent[place])) is not None:
                yield place, result

    def _result(self, sent: _Sent) -> MessageResult | None:
        """Return a message's result, or None: `taken` by its marker, else from a new receipt."""
        marker = self.store.case_marker(sent.name)
        if marker is not None and marker.digest == sent.digest:
            return MessageResult(sent.id, sent.type, "taken")
        receipt = self._receipt(sent.name, sent.earlier_key)
        if receipt is None or receipt == sent.before:
            return None
        return MessageResult(
            sent.id,
            sent.type,
            receipt.status,
            receipt.code,
            receipt.field,
            receipt.first.moderator if receipt.first else "",
            receipt.advice,
        )

    def _receipt(self, name: str, earlier_key: str) -> CaseReceipt | None:
        """Return the newest receipt of that name; a message that waited has an earlier day's."""
        today = self.clock.now().date().isoformat()
        keys = {message_receipt_key(self.provider, today, name), earlier_key} - {""}
        stored = [data for key in keys if (data := self.objects.get(self.out_bucket, key))]
        receipts = [msgspec.json.decode(data, type=CaseReceipt) for data in stored]
        return max(receipts, key=lambda receipt: receipt.at, default=None)


def send_messages(
    queue: CaseQueue,
    messages: Sequence[Fields],
    findings: Callable[[], Sequence[Finding]],
    *,
    trial: bool = False,
) -> list[MessageResult]:
    """Send messages in an order in which each finds what it refers to. Return their results.

    `findings` is called only if a message names a post and rule. In a trial, required times that
    are missing become now; otherwise they must be given, because a second sending would be another
    message. Raises OperatorError as the queue does.
    """
    known = findings() if any("rule" in message for message in messages) else ()
    resolved = [(message, resolve_findings(message, known)) for message in messages]
    results = [
        MessageResult(
            str(message.get("id", "")), str(message.get("type", "")), NOT_SENT, "unknown", "rule"
        )
        for message, sendable in resolved
        if sendable is None
    ]
    for wave in in_waves([sendable for _, sendable in resolved if sendable is not None]):
        ready = (complete_times(message, queue.clock) if trial else message for message in wave)
        results += queue.send(ready)
    return results


def result_lines(results: Sequence[MessageResult]) -> list[str]:
    """Return lines for people: each message that was not simply taken, and how many were."""
    taken = sum(result.status == "taken" for result in results)
    others = [str(result) for result in results if result.status != "taken"]
    return [*others, f"{taken} of {len(results)} messages about cases taken"]
