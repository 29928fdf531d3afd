"""Returns dead letters to where they were going: each is sent again first, then deleted.

If the command is killed in between, a letter comes twice, which is harmless: no unit, message or
event counts twice. Letters that became dead again since the start are not tried again.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import unquote_plus

from botocore.exceptions import ClientError

from ledger.aws.queue import error_code
from ledger.records.provider import is_provider_id

HIDDEN_SECONDS = 120
"""How long a letter is hidden from others while it is returned."""

SAMPLED = 100
"""Letters of a queue that are read to describe its contents."""

BATCH = 10

NOT_BELIEVED = "you may not send for this provider: take the role of RedriveSender"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A dead letter: body, sender and attributes as they arrived; `sent` in epoch seconds."""

    id: str
    handle: str
    body: str
    sender: str
    sent: float
    attributes: dict[str, Any]

    @classmethod
    def of(cls, message: dict[str, Any]) -> "DeadLetter":
        """Read a message as SQS returns it."""
        return cls(
            id=message["MessageId"],
            handle=message["ReceiptHandle"],
            body=message["Body"],
            sender=message["Attributes"].get("SenderId", ""),
            sent=int(message["Attributes"]["SentTimestamp"]) / 1000,
            attributes=message.get("MessageAttributes") or {},
        )

    @property
    def provider(self) -> str:
        """Return the attribute `provider`, or an empty text."""
        return self.named("provider")

    def named(self, attribute: str) -> str:
        """Return the text of an attribute, or an empty one."""
        return str(self.attributes.get(attribute, {}).get("StringValue", ""))


class Target(Protocol):
    """Where dead letters were going."""

    def send(self, letter: DeadLetter) -> str:
        """Send it there again. Return an empty text, or why it was not sent."""

    def about(self, letter: DeadLetter) -> str:
        """Describe a letter in a word: whose it is, or what failed."""


@dataclass(slots=True)
class QueueContents:
    """The number of letters in a queue by its own count, and a sample described."""

    count: int
    sampled: int = 0
    oldest: float | None = None
    about: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class RedriveResult:
    """How many letters went back, and why others stayed."""

    returned: int = 0
    left: Counter[str] = field(default_factory=Counter)


def messages_in(sqs: Any, url: str) -> int:
    """Return how many messages wait in a queue or are being worked on. SQS counts roughly."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(counts[name]) for name in names)


@dataclass(frozen=True, slots=True)
class DeadLetterQueue:
    """A queue of dead letters, and where they were going."""

    sqs: Any
    url: str
    target: Target

    def contents(self) -> QueueContents:
        """Nothing is removed."""
        contents = QueueContents(messages_in(self.sqs, self.url))
        letters = list(self._letters(SAMPLED))
        for letter in letters:
            contents.about[self.target.about(letter)] += 1
            contents.oldest = min(letter.sent, contents.oldest or letter.sent)
            self._release(letter)
        contents.sampled = len(letters)
        return contents

    def redrive(
        self, began: float, limit: int | None, progress: Callable[[RedriveResult], None]
    ) -> RedriveResult:
        """Send back at most `limit` letters that are older than `began` (epoch seconds)."""
        result, kept = RedriveResult(), []
        for letter in self._letters(limit):
            why = self._return(letter) if letter.sent < began else "failed again just now"
            if why:
                result.left[why] += 1
                kept.append(letter)
            else:
                result.returned += 1
            progress(result)
        for letter in kept:
            self._release(letter)
        return result

    def _return(self, letter: DeadLetter) -> str:
        try:
            why = self.target.send(letter)
        except ClientError as error:
            return f"refused: {error_code(error)}"
        if not why:
            self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=letter.handle)
        return why

    def _letters(self, limit: int | None) -> Iterator[DeadLetter]:
        """Yield each letter once. Stops when a letter comes again, having been hidden too long."""
        seen = set[str]()
        while limit is None or len(seen) < limit:
            wanted = BATCH if limit is None else min(BATCH, limit - len(seen))
            messages = self.sqs.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=wanted,
                VisibilityTimeout=HIDDEN_SECONDS,
                WaitTimeSeconds=1,  # long polling asks all of SQS's servers
                AttributeNames=["SenderId", "SentTimestamp"],
                MessageAttributeNames=["All"],
            ).get("Messages", [])
            letters = map(DeadLetter.of, messages)
            new = [letter for letter in letters if letter.id not in seen]
            if not new:
                return
            seen.update(letter.id for letter in new)
            yield from new

    def _release(self, letter: DeadLetter) -> None:
        self.sqs.change_message_visibility(
            QueueUrl=self.url, ReceiptHandle=letter.handle, VisibilityTimeout=0
        )


@dataclass(frozen=True, slots=True)
class NamesTarget:
    """The queue of units, of the console's decisions, of announcements, or of webhooks.

    A message names something stored. Only roles of the stack and S3 may send there, so no sender is
    checked.
    """

    sqs: Any
    url: str

    def send(self, letter: DeadLetter) -> str:
        """Send the message again."""
        self.sqs.send_message(QueueUrl=self.url, MessageBody=letter.body)
        return ""

    def about(self, letter: DeadLetter) -> str:
        """Return the provider, as the function wrote it."""
        return str(_fields(letter.body).get("provider") or "no name")


@dataclass(frozen=True, slots=True)
class FilesTarget:
    """The queue of dropped files, to which only S3 and the operator may send."""

    sqs: Any
    url: str

    def send(self, letter: DeadLetter) -> str:
        """Send S3's event again."""
        if "Records" not in _fields(letter.body):
            return "not an event of a file"
        self.sqs.send_message(QueueUrl=self.url, MessageBody=letter.body)
        return ""

    def about(self, letter: DeadLetter) -> str:
        """Return the provider whose prefix the file has."""
        try:
            key = _fields(letter.body)["Records"][0]["s3"]["object"]["key"]
        except (KeyError, IndexError, TypeError):
            return "not a file"
        _, slash, rest = unquote_plus(str(key)).partition("drop/")
        name = rest.partition("/")[0] if slash else ""
        return name if is_provider_id(name) else "no provider"


@dataclass(frozen=True, slots=True)
class MessagesTarget:
    """The queue of posts or cases, which checks the sender.

    `may_send` says whether we may send for a provider in a first sender's name; `redrive_sender` is
    the operator's role: a letter that this role sent again still names its first sender.
    """

    sqs: Any
    url: str
    may_send: Callable[[str, str], bool]
    redrive_sender: str

    def send(self, letter: DeadLetter) -> str:
        """Send it again with its attributes, its first sender and the time of the first sending."""
        # Only the operator's role may say that a letter was sent before, by whom and when.
        # An earlier release did not say when.
        repeated = self.redrive_sender and letter.sender.partition(":")[0] == self.redrive_sender
        first = letter.named("first_sender") if repeated else letter.sender
        if not self.may_send(letter.provider, first):
            return NOT_BELIEVED
        sent = letter.named("first_sent") if repeated else ""
        sent = sent or str(round(letter.sent * 1000))
        named = {"first_sender": _text(first), "first_sent": _text(sent)}
        self.sqs.send_message(
            QueueUrl=self.url,
            MessageBody=letter.body,
            MessageAttributes=_sendable(letter.attributes) | named,
        )
        return ""

    def about(self, letter: DeadLetter) -> str:
        """Return the provider in whose name it came."""
        return letter.provider or "no provider"


@dataclass(slots=True)
class EventsTarget:
    """A function whose failed events were kept. With `once`, equal events are called once."""

    functions: Any
    name: str
    once: bool = False
    _called: set[str] = field(default_factory=set)

    def send(self, letter: DeadLetter) -> str:
        """Call the function with the event, without waiting for it."""
        kept = _fields(letter.body)
        if "requestPayload" not in kept:
            return "not a failed event"
        payload = json.dumps(kept["requestPayload"], sort_keys=True)
        if not (self.once and payload in self._called):
            self.functions.invoke(
                FunctionName=self.name, InvocationType="Event", Payload=payload.encode()
            )
        self._called.add(payload)
        return ""

    def about(self, letter: DeadLetter) -> str:
        """Return the error that it failed with."""
        answer = _fields(letter.body).get("responsePayload") or {}
        return str(answer.get("errorType") or "no answer")


def _text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


def _sendable(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return attributes as they are sent, without the fields that only SQS adds."""
    names = ("DataType", "StringValue", "BinaryValue")
    return {
        key: {name: value[name] for name in names if name in value}
        for key, value in attributes.items()
    }


def _fields(body: str) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}
