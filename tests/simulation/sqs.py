"""SQS in memory: at least once, in any order, hidden while somebody works, moved when hopeless.

Source: Amazon SQS Developer Guide, "Visibility timeout", "Dead-letter queues" and "Quotas".
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from simulation.answers import refusal

BATCH = 10
BODY_BYTES = 1024 * 1024


@dataclass(slots=True)
class Message:
    """A message; `visible` is when it may be received, `handle` the newest of its receipts."""

    number: int
    body: str
    sent: float
    sender: str
    attributes: dict[str, Any]
    visible: float = 0.0
    received: int = 0
    handle: str = ""


@dataclass(slots=True)
class Queue:
    """A queue; a message that was received `most` times goes to the queue `dead`."""

    name: str
    visibility: float = 30.0
    dead: str = ""
    most: int = 0
    messages: list[Message] = field(default_factory=list)


@dataclass(slots=True)
class SQS:
    """Queues by their URL. `choose` gives the order in which visible messages are taken."""

    seconds: Callable[[], float] = lambda: 0.0
    choose: Callable[[list[Message]], list[Message]] = lambda found: found
    sender: str = "123456789012"
    queues: dict[str, Queue] = field(default_factory=dict)
    ever: list[tuple[str, Message]] = field(default_factory=list)
    _made: int = 0

    def create_queue(self, QueueName: str, Attributes: dict[str, str] | None = None) -> Any:
        url = f"https://sqs.example/{QueueName}"
        wanted = Attributes or {}
        policy = json.loads(wanted.get("RedrivePolicy", "{}"))
        dead = policy.get("deadLetterTargetArn", "").rpartition(":")[2]
        queue = Queue(name=QueueName, visibility=float(wanted.get("VisibilityTimeout", 30)),
                      dead=f"https://sqs.example/{dead}" if dead else "",
                      most=int(policy.get("maxReceiveCount", 0)))  # fmt: skip
        self.queues.setdefault(url, queue)
        return {"QueueUrl": url}

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> Any:
        queue = self._queue(QueueUrl, "GetQueueAttributes")
        now = self.seconds()
        hidden = sum(message.visible > now for message in queue.messages)
        told = {"QueueArn": f"arn:aws:sqs:us-east-1:123456789012:{queue.name}",
                "ApproximateNumberOfMessages": str(len(queue.messages) - hidden),
                "ApproximateNumberOfMessagesNotVisible": str(hidden)}  # fmt: skip
        asked = told if "All" in AttributeNames else AttributeNames
        return {"Attributes": {name: told[name] for name in asked}}

    def send_message(
            self, QueueUrl: str, MessageBody: str, MessageAttributes: dict[str, Any] | None = None,
            DelaySeconds: int = 0) -> Any:  # fmt: skip
        queue = self._queue(QueueUrl, "SendMessage")
        _check_body(MessageBody)
        message = self._add(queue, MessageBody, MessageAttributes or {})
        message.visible = self.seconds() + DelaySeconds if DelaySeconds else 0.0
        return {"MessageId": _name(message)}

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> Any:
        queue = self._queue(QueueUrl, "SendMessageBatch")
        if not Entries:
            raise refusal("AWS.SimpleQueueService.EmptyBatchRequest", "SendMessageBatch")
        if len(Entries) > BATCH:
            raise refusal("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", "SendMessageBatch")
        if len({entry["Id"] for entry in Entries}) < len(Entries):
            raise refusal("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "SendMessageBatch")
        if sum(len(entry["MessageBody"].encode()) for entry in Entries) > BODY_BYTES:
            raise refusal("AWS.SimpleQueueService.BatchRequestTooLong", "SendMessageBatch")
        done = []
        for entry in Entries:
            _check_body(entry["MessageBody"])
            message = self._add(queue, entry["MessageBody"], entry.get("MessageAttributes", {}))
            done.append({"Id": entry["Id"], "MessageId": _name(message)})
        return {"Successful": done}

    def receive_message(
            self, QueueUrl: str, MaxNumberOfMessages: int = 1,
            VisibilityTimeout: float | None = None, **_: Any) -> Any:  # fmt: skip
        queue, now = self._queue(QueueUrl, "ReceiveMessage"), self.seconds()
        hidden = queue.visibility if VisibilityTimeout is None else VisibilityTimeout
        for hopeless in self._hopeless(queue, now):
            queue.messages.remove(hopeless)
            hopeless.visible = now
            self.queues[queue.dead].messages.append(hopeless)
        visible = self.choose([one for one in queue.messages if one.visible <= now])
        taken = visible[:MaxNumberOfMessages]
        for message in taken:
            message.received += 1
            message.visible = now + hidden
            message.handle = f"{message.number}/{message.received}"
        messages = [_delivered(message) for message in taken]
        return {"Messages": messages} if messages else {}

    def delete_message(self, QueueUrl: str, ReceiptHandle: str) -> Any:
        """A handle that is not the newest deletes nothing."""
        queue = self._queue(QueueUrl, "DeleteMessage")
        queue.messages[:] = [
            message for message in queue.messages if message.handle != ReceiptHandle
        ]
        return {}

    def change_message_visibility(self, QueueUrl: str, ReceiptHandle: str,
                                  VisibilityTimeout: float) -> Any:  # fmt: skip
        for message in self._queue(QueueUrl, "ChangeMessageVisibility").messages:
            if message.handle == ReceiptHandle:
                message.visible = self.seconds() + VisibilityTimeout
        return {}

    def redrive(self, dead: str, source: str) -> None:
        """The operator moves all dead letters back, as StartMessageMoveTask does."""
        for message in self.queues[dead].messages:
            message.received, message.visible = 0, self.seconds()
            self.queues[source].messages.append(message)
        self.queues[dead].messages.clear()

    def _queue(self, url: str, operation: str) -> Queue:
        if url not in self.queues:
            raise refusal("AWS.SimpleQueueService.NonExistentQueue", operation)
        return self.queues[url]

    def _add(self, queue: Queue, body: str, attributes: dict[str, Any]) -> Message:
        self._made += 1
        message = Message(self._made, body, self.seconds(), self.sender, attributes)
        queue.messages.append(message)
        self.ever.append((queue.name, message))
        return message

    def _hopeless(self, queue: Queue, now: float) -> list[Message]:
        if not queue.most:
            return []
        return [message
                for message in queue.messages
                if message.received >= queue.most and message.visible <= now]  # fmt: skip


def _check_body(body: str) -> None:
    if not body or len(body.encode()) > BODY_BYTES:
        raise refusal("InvalidParameterValue", "SendMessage")
    if any(ord(letter) < 32 and letter not in "\t\n\r" for letter in body):
        raise refusal("InvalidMessageContents", "SendMessage")


def _name(message: Message) -> str:
    return f"message-{message.number}"


def _delivered(message: Message) -> dict[str, Any]:
    return {"MessageId": _name(message), "ReceiptHandle": message.handle, "Body": message.body,
            "MessageAttributes": message.attributes,
            "Attributes": {"ApproximateReceiveCount": str(message.received),
                           "SentTimestamp": str(int(message.sent * 1000)),
                           "SenderId": message.sender}}  # fmt: skip
