"""Dead letters on their way back: sent again first, and deleted only then.

Whoever is killed in between leaves a letter that comes twice, and no unit, message or event counts
twice. What came back to the dead letters since the beginning is not tried again.
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
"""How long a letter is hidden while it is returned."""

LOOKED_AT = 100
"""Letters of a queue that are looked at to say what is there."""

BATCH = 10

NOT_BELIEVED = "nobody would believe you: take the role of RedriveSender"


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter: body, sender and attributes as they first came; `sent` in epoch seconds."""

    id: str
    handle: str
    body: str
    sender: str
    sent: float
    attributes: dict[str, Any]

    @classmethod
    def of(cls, message: dict[str, Any]) -> "Letter":
        """A message as SQS gives it."""
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
    """Where letters were going."""

    def send(self, letter: Letter) -> str:
        """Send it there again; empty, or why it stays where it is."""

    def about(self, letter: Letter) -> str:
        """What is known of a letter, in a word: whose it is, or what failed."""


@dataclass(slots=True)
class Seen:
    """What stands in a queue: all that it says it holds, and what was looked at."""

    count: int
    looked_at: int = 0
    oldest: float | None = None
    about: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Returned:
    """What became of letters: how many went back, and why others stayed."""

    returned: int = 0
    left: Counter[str] = field(default_factory=Counter)


def messages_in(sqs: Any, url: str) -> int:
    """How many messages wait in a queue, or are being worked on; SQS counts roughly."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(told[name]) for name in names)


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """A queue of dead letters, and where they were going."""

    sqs: Any
    url: str
    target: Target

    def look(self) -> Seen:
        """What is there; nothing is taken out."""
        seen = Seen(messages_in(self.sqs, self.url))
        letters = list(self._letters(LOOKED_AT))
        for letter in letters:
            seen.about[self.target.about(letter)] += 1
            seen.oldest = min(letter.sent, seen.oldest or letter.sent)
            self._release(letter)
        seen.looked_at = len(letters)
        return seen

    def redrive(
        self, began: float, limit: int | None, tell: Callable[[Returned], None]
    ) -> Returned:
        """Return at most `limit` letters that were sent before it began; what became of them."""
        told, kept = Returned(), []
        for letter in self._letters(limit):
            why = self._return(letter) if letter.sent < began else "failed again just now"
            if why:
                told.left[why] += 1
                kept.append(letter)
            else:
                told.returned += 1
            tell(told)
        for letter in kept:
            self._release(letter)
        return told

    def _return(self, letter: Letter) -> str:
        try:
            why = self.target.send(letter)
        except ClientError as error:
            return f"refused: {error_code(error)}"
        if not why:
            self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=letter.handle)
        return why

    def _letters(self, limit: int | None) -> Iterator[Letter]:
        """Each letter once: those that were hidden for too long and come again are the end."""
        seen = set[str]()
        while limit is None or len(seen) < limit:
            wanted = BATCH if limit is None else min(BATCH, limit - len(seen))
            found = self.sqs.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=wanted,
                VisibilityTimeout=HIDDEN_SECONDS,
                WaitTimeSeconds=1,  # asks all of SQS's servers: no letter then, no letter
                AttributeNames=["SenderId", "SentTimestamp"],
                MessageAttributeNames=["All"],
            ).get("Messages", [])
            new = [one for one in map(Letter.of, found) if one.id not in seen]
            if not new:
                return
            seen.update(one.id for one in new)
            yield from new

    def _release(self, letter: Letter) -> None:
        self.sqs.change_message_visibility(
            QueueUrl=self.url, ReceiptHandle=letter.handle, VisibilityTimeout=0
        )


@dataclass(frozen=True, slots=True)
class Units:
    """The queue of units: whoever sends one is believed, since only roles of the stack can."""

    sqs: Any
    url: str

    def send(self, letter: Letter) -> str:
        """Send the unit again."""
        self.sqs.send_message(QueueUrl=self.url, MessageBody=letter.body)
        return ""

    def about(self, letter: Letter) -> str:
        """The provider, as intake wrote it."""
        return str(_fields(letter.body).get("provider") or "no unit")


@dataclass(frozen=True, slots=True)
class Files:
    """The queue of dropped files, to which only S3 and the operator may send."""

    sqs: Any
    url: str

    def send(self, letter: Letter) -> str:
        """Send S3's event again."""
        if "Records" not in _fields(letter.body):
            return "no event of a file"
        self.sqs.send_message(QueueUrl=self.url, MessageBody=letter.body)
        return ""

    def about(self, letter: Letter) -> str:
        """Return the provider under whose prefix the file lies."""
        try:
            key = _fields(letter.body)["Records"][0]["s3"]["object"]["key"]
        except (KeyError, IndexError, TypeError):
            return "no file"
        _, slash, rest = unquote_plus(str(key)).partition("drop/")
        name = rest.partition("/")[0] if slash else ""
        return name if is_provider_id(name) else "nobody's"


@dataclass(frozen=True, slots=True)
class Messages:
    """The queue of posts or cases, whose sender must be believed.

    `believed` says whether we are in the name of a provider and a first sender; `redrive_sender` is
    the operator's role: a letter that this role repeated before still names its first sender.
    """

    sqs: Any
    url: str
    believed: Callable[[str, str], bool]
    redrive_sender: str

    def send(self, letter: Letter) -> str:
        """Send it again with its attributes, its first sender and when that one sent it."""
        # Only the operator's role may say that a letter was sent before, by whom and when.
        # An earlier release did not say when.
        repeated = self.redrive_sender and letter.sender.partition(":")[0] == self.redrive_sender
        first = letter.named("first_sender") if repeated else letter.sender
        if not self.believed(letter.provider, first):
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

    def about(self, letter: Letter) -> str:
        """The provider in whose name it came."""
        return letter.provider or "nobody's"


@dataclass(slots=True)
class Events:
    """A function whose failed events were kept; equal ones are called once."""

    functions: Any
    name: str
    once: bool = False
    _called: set[str] = field(default_factory=set)

    def send(self, letter: Letter) -> str:
        """Call the function with the event, and do not wait for it."""
        kept = _fields(letter.body)
        if "requestPayload" not in kept:
            return "no failed event"
        payload = json.dumps(kept["requestPayload"], sort_keys=True)
        if not (self.once and payload in self._called):
            self.functions.invoke(
                FunctionName=self.name, InvocationType="Event", Payload=payload.encode()
            )
        self._called.add(payload)
        return ""

    def about(self, letter: Letter) -> str:
        """The error that it failed of."""
        answer = _fields(letter.body).get("responsePayload") or {}
        return str(answer.get("errorType") or "no answer")


def _text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


def _sendable(attributes: dict[str, Any]) -> dict[str, Any]:
    """Attributes as they are sent, without what only an answer holds."""
    names = ("DataType", "StringValue", "BinaryValue")
    return {
        key: {name: value[name] for name in names if name in value}
        for key, value in attributes.items()
    }


def _fields(body: str) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
