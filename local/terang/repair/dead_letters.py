"""Checks a deployed stack, and returns dead letters to where they were going.

A check compares the table with itself and with two buckets. Each letter is sent again first, then
deleted. If the command is killed in between, a letter comes twice, which is harmless: no unit,
message or event counts twice. Letters that became dead again since the start are not tried again.
"""

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import boto3
from botocore.exceptions import ClientError

from ledger.keys import is_provider_id
from ledger.objects import SqsUnitQueue, error_code
from ledger.units import units_of
from terang import InputError
from terang.remote import Remote
from terang.repair import Difference, TableSnapshot
from terang.repair.checks import (
    Get,
    PublicCopy,
    case_differences,
    out_differences,
    unit_differences,
)
from terang.repair.trial_checks import trial_differences

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


type Target = NamesTarget | MessagesTarget | EventsTarget
"""Where dead letters were going.

`send` sends one there again, and returns an empty text or why it was not sent. `about` describes
it in a word: whose it is, or what failed.
"""


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
        letters = list(self._letters(100))  # they describe the others
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
                VisibilityTimeout=120,  # seconds: hidden from others while it is returned
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


class FilesTarget(NamesTarget):
    """The queue of dropped files, to which only S3 and the operator may send."""

    def send(self, letter: DeadLetter) -> str:
        """Send S3's event again."""
        is_event = "Records" in _fields(letter.body)
        return NamesTarget.send(self, letter) if is_event else "not an event of a file"

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
        repeated = self.redrive_sender and letter.sender.partition(":")[0] == self.redrive_sender
        first = letter.named("first_sender") if repeated else letter.sender
        if not self.may_send(letter.provider, first):
            return NOT_BELIEVED
        sent = letter.named("first_sent") if repeated else str(round(letter.sent * 1000))
        names = ("DataType", "StringValue", "BinaryValue")  # SQS adds other fields
        attributes = {
            key: {name: value[name] for name in names if name in value}
            for key, value in letter.attributes.items()
        }
        for key, text in (("first_sender", first), ("first_sent", sent)):
            attributes[key] = {"DataType": "String", "StringValue": text}
        self.sqs.send_message(
            QueueUrl=self.url, MessageBody=letter.body, MessageAttributes=attributes
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


def _fields(body: str) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def dead_letters(remote: Remote) -> dict[str, DeadLetterQueue]:
    """Return the queues by name: dead letters of four queues, failed events of two functions.

    A stack with a console has those of one more queue, one that announces those of two.
    """
    sqs, functions, outputs = boto3.client("sqs"), boto3.client("lambda"), remote.outputs
    is_accepted, sender = _acceptance(remote), remote.redrive_sender
    publish = EventsTarget(functions, outputs["PublishFunction"], once=True)
    targets: dict[str, tuple[str, Target]] = {
        "units": ("UnitsDeadUrl", NamesTarget(sqs, outputs["UnitsUrl"])),
        "posts": ("PostsDeadUrl", MessagesTarget(sqs, outputs["PostsUrl"], is_accepted, sender)),
        "cases": ("CasesDeadUrl", MessagesTarget(sqs, outputs["CasesUrl"], is_accepted, sender)),
        "intake": ("IntakeFailedUrl", FilesTarget(sqs, outputs["FilesUrl"])),
        "publish": ("PublishFailedUrl", publish),
        "feeds": ("FeedsFailedUrl", EventsTarget(functions, outputs["FeedsFunction"])),
    }
    optional = {"console": "ConsoleCases", "announcements": "Announcements", "webhooks": "Webhooks"}
    for name, queue in optional.items():
        if f"{queue}Url" in outputs:
            targets[name] = f"{queue}DeadUrl", NamesTarget(sqs, outputs[f"{queue}Url"])
    return {
        name: DeadLetterQueue(sqs, outputs[url], target) for name, (url, target) in targets.items()
    }


def send_units(remote: Remote, file: str) -> int:
    """Send all units of a sealed file again. Return how many there are.

    Units that were committed before only make sure that their results were handed on. Raises
    OperatorError if there is no such file.
    """
    sealed = remote.store.manifest(file)
    if sealed is None:
        raise InputError(f"there is no sealed file {file} here: its sender must send it again")
    manifest, sources = sealed
    SqsUnitQueue(boto3.client("sqs"), remote.outputs["UnitsUrl"]).send(units_of(manifest, sources))
    return manifest.ranges


def _acceptance(remote: Remote) -> Callable[[str, str], bool]:
    """Return whether scan and decide would accept our message for a provider and first sender.

    They refuse what they do not accept, and a refused message is lost: it must not be sent.
    """
    caller: Any = boto3.client("sts").get_caller_identity()
    ours = {caller["UserId"].partition(":")[0], caller["Account"]}

    @cache
    def senders(name: str) -> frozenset[str]:
        provider = remote.store.provider(name) if name else None
        return frozenset(provider.senders if provider else ())

    def is_accepted(provider: str, first: str) -> bool:
        known = senders(provider)
        is_known = first.partition(":")[0] in known
        return is_known and bool(remote.redrive_sender in ours or known & ours)

    return is_accepted


type ReportProgress = Callable[[str, int, int], None]
"""Takes the kind of object, how many were read, and how many there are (0 if unknown)."""


@dataclass(frozen=True, slots=True)
class FsckResult:
    """The differences, how much was checked, and how many messages are under way."""

    differences: list[Difference]
    counted: dict[str, int]
    under_way: int


def check_once(
    remote: Remote, dynamodb: Any, sqs: Any, progress: ReportProgress, folder: Path
) -> FsckResult:
    """Check everything once. The public bucket's numbers are copied into the folder."""
    outputs = remote.outputs
    queues = (outputs[name] for name in ("UnitsUrl", "PostsUrl", "CasesUrl"))
    under_way = sum(messages_in(sqs, url) for url in queues)
    table, pages = TableSnapshot(), dynamodb.get_paginator("scan")
    for page in pages.paginate(TableName=outputs["Table"], ConsistentRead=True):
        table.add(page["Items"])
        progress("items of the table", table.items, 0)
    public = _copy_public(remote, folder, progress)
    out, now = outputs["OutBucket"], remote.clock.now()
    keys = set(remote.objects.keys(out, "out/"))
    today = now.date().isoformat()
    differences = [
        *unit_differences(table, quiet=not under_way),
        *case_differences(table),
        *out_differences(table, keys, _reader(remote, out), today, remote.excerpt_days),
        *trial_differences(table, folder, now, remote.excerpt_days),
    ]
    progress("summaries recounted", 0, 0)
    differences += public.differences(table, now)
    counted = {
        "items": table.items,
        "receipts": len(table.receipts),
        "findings": len(table.findings),
        "entries": len(table.entries),
        "files": len(table.manifests),
        "objects": len(keys) + len(public.keys),
        "summaries": len(public.summaries()),
    }
    return FsckResult(differences, counted, under_way)


def _copy_public(remote: Remote, folder: Path, progress: ReportProgress) -> PublicCopy:
    bucket = remote.outputs["PublicBucket"]
    keys, read = remote.objects.keys(bucket, ""), _reader(remote, bucket)
    numbers = [key for key in keys if key.startswith(("summaries/", "journal/", "sets/"))]
    wanted = [key for key in numbers if not key.endswith(".html")]
    for key in wanted:
        (folder / key).parent.mkdir(parents=True, exist_ok=True)

    def copy(key: str) -> None:
        (folder / key).write_bytes(read(key))

    with ThreadPoolExecutor(8) as pool:
        for number, _ in enumerate(pool.map(copy, wanted), 1):
            progress("published files", number, len(wanted))
    return PublicCopy(folder, set(keys))


def _reader(remote: Remote, bucket: str) -> Get:
    return lambda key: remote.objects.get(bucket, key) or b""


def check_twice(remote: Remote, progress: ReportProgress) -> FsckResult:
    """Return the differences of a stack that two checks find.

    A stack at work changes between two reads, so one check may name a false difference.
    """
    dynamodb, sqs = boto3.client("dynamodb"), boto3.client("sqs")
    results: list[FsckResult] = []
    while len(results) < 2 and not (results and not results[0].differences):
        with tempfile.TemporaryDirectory(prefix="terang-fsck-") as folder:
            results.append(check_once(remote, dynamodb, sqs, progress, Path(folder)))
    last = results[-1]
    in_all = [each for each in last.differences if each in results[0].differences]
    return FsckResult(in_all, last.counted, last.under_way)
