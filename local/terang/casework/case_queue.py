"""Sending messages about cases to a deployed stack, and waiting for what became of each."""

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
from ledger.keys import case_receipt_key
from ledger.ports import CaseStore, Objects
from ledger.records.identity import digest

STALL_SECONDS = 120
"""How long no message may be answered before the sending is given up."""

POLL_SECONDS = 0.25

ASKED_AT_ONCE = 50
"""Messages of which one round asks: the first ones are answered first, more or less."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one message: `taken`, `waiting` or `refused` with code, field, and who was.

    `id` and `type` are the sender's; `code` and the rest say why it waits or was refused, and
    `advice` which time was received and which are allowed.
    """

    id: str
    type: str
    status: str
    code: str = ""
    field: str = ""
    first: str = ""
    advice: str = ""

    def __str__(self) -> str:
        """One line for people."""
        why = f": {self.code}" if self.code else ""
        field = f" ({self.field})" if self.field else ""
        first = f", {self.first} was first" if self.first else ""
        advice = f": {self.advice}" if self.advice else ""
        return f"{self.status} {self.type} {self.id}{why}{field}{first}{advice}"


@dataclass(frozen=True, slots=True)
class _Sent:
    """A message on its way: the name of its answer, what it says, and a receipt of before."""

    id: str
    type: str
    name: str
    says: str
    earlier_key: str
    before: CaseReceipt | None


@dataclass(frozen=True, slots=True)
class CaseQueue:
    """The queue of cases of a deployed stack, in the name of one provider."""

    sqs: Any
    url: str
    store: CaseStore
    objects: Objects
    out_bucket: str
    provider: str
    clock: Clock
    pause: Callable[[float], None] = time.sleep

    def send(self, messages: Iterable[Mapping[str, Any]]) -> list[Answer]:
        """Send messages that do not wait for one another; what became of each, in their order.

        Raises OperatorError if nothing is answered any more: then the sender is not believed, or
        the stack does not work.
        """
        keys = self.objects.keys(self.out_bucket, f"out/{self.provider}/receipts/messages/")
        earlier = {key.rpartition("/")[2].removesuffix(".json"): key for key in keys}
        sent = [self._send(message, earlier) for message in messages]
        answers: dict[int, Answer] = {}
        quiet = 0.0
        while len(answers) < len(sent):
            new = dict(self._answered(sent, answers))
            answers |= new
            quiet = 0.0 if new else quiet + POLL_SECONDS
            if quiet > STALL_SECONDS:
                raise OperatorError(
                    f"{len(sent) - len(answers)} messages were not answered within"
                    f" {STALL_SECONDS} s: is the sender registered for {self.provider}?"
                )
            if len(answers) < len(sent):
                self.pause(POLL_SECONDS)
        return [answers[place] for place in range(len(sent))]

    def _send(self, message: Mapping[str, Any], earlier: Mapping[str, str]) -> _Sent:
        body = msgspec.json.encode(message)
        read = read_case_message(body)
        if isinstance(read, CaseRefusal):
            name, says = digest("unread", self.provider, body), ""
        else:
            name = digest("message", self.provider, read.id)
            says = sha256(msgspec.json.encode(read)).hexdigest()
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
            says=says,
            earlier_key=earlier.get(name, ""),
            before=before,
        )

    def _answered(
        self, sent: Sequence[_Sent], answers: Mapping[int, Answer]
    ) -> Iterator[tuple[int, Answer]]:
        asked = [place for place in range(len(sent)) if place not in answers][:ASKED_AT_ONCE]
        for place in asked:
            if (answer := self._answer(sent[place])) is not None:
                yield place, answer

    def _answer(self, sent: _Sent) -> Answer | None:
        """Taken by its marker; else the receipt, if it is not the one that stood there before."""
        marker = self.store.case_marker(sent.name)
        if marker is not None and marker.digest == sent.says:
            return Answer(sent.id, sent.type, "taken")
        receipt = self._receipt(sent.name, sent.earlier_key)
        if receipt is None or receipt == sent.before:
            return None
        first = receipt.first.moderator if receipt.first else ""
        return Answer(
            sent.id,
            sent.type,
            receipt.status,
            receipt.code,
            receipt.field,
            first,
            receipt.advice,
        )

    def _receipt(self, name: str, earlier_key: str) -> CaseReceipt | None:
        """The newest receipt of that name; of one that waited, under the day it first came."""
        today = self.clock.now().date().isoformat()
        keys = {case_receipt_key(self.provider, today, name), earlier_key} - {""}
        told = [data for key in keys if (data := self.objects.get(self.out_bucket, key))]
        receipts = [msgspec.json.decode(data, type=CaseReceipt) for data in told]
        return max(receipts, key=lambda receipt: receipt.at, default=None)
