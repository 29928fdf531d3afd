"""Messages about cases: reads their files, completes and orders them, sends them to a stack.

`CaseQueue` waits for the outcome of each.
"""

import dataclasses
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from adapters import AWAY, SOURCES, AdapterError, read_table, translate
from cases.kinds import read_case_message, required_times
from ledger.codes import CaseReceipt, CaseRefusal, OperatorError
from ledger.findings import Finding, digest
from ledger.keys import message_receipt_key
from ledger.numbers import pseudonym_of
from ledger.objects import S3Objects
from ledger.store import DynamoStore
from ledger.texts import Clock, utc
from terang import InputError, check_known

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding raises for bytes that are not JSON of the wanted form."""


def read_messages(path: Path, *, may_be_pipe: bool = False) -> list[dict[str, Any]]:
    """Return the messages of a file: one object, an array of objects, or one object a line.

    `decide` checks their fields. Raises InputError for a file that is not JSON objects.
    """
    data = read_file(path, may_be_pipe=may_be_pipe)
    try:
        whole = msgspec.json.decode(data, type=dict[str, Any] | list[dict[str, Any]])
    except UNREADABLE:
        return decode_lines(data, dict[str, Any], str(path), "not a JSON object")
    return whole if isinstance(whole, list) else [whole]


def read_bodies(path: Path) -> list[str]:
    """Return the lines of a file, each the body of a message. Raises OperatorError."""
    try:
        lines = read_file(path, may_be_pipe=True).decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise OperatorError(f"{path}:{line}: not UTF-8; the body of a message is text") from None
    return [line for line in lines if line.strip()]


def read_connection(source: str, path: Path) -> dict[str, Any]:
    """Return the table of a tool, checked. Raises InputError with the place of what is wrong."""
    check_known("tool", source, SOURCES)
    [table, *more] = read_messages(path) or [{}]
    try:
        read_table(table)
    except AdapterError as error:
        raise InputError(f"{path}: {error}") from None
    if more:
        raise InputError(f"{path}: a table is one JSON object")
    return table


def translated(
    path: Path, source: str, table: Path | None = None
) -> tuple[list[dict[str, Any]], list[str], list[str]]:
    """Return the messages of what another tool sent, why some only count, and what was refused.

    The file has one object, an array, or one object a line, to which `received_at` may be added:
    the time of what the tool does not date. Without it that time is missing. The table is beside
    it, `TOOL-table.json`, if none is given. People get pseudonyms under a key of this call alone.
    """
    pseudonym = partial(pseudonym_of, secrets.token_bytes(32))
    means = read_connection(source, table or path.with_name(f"{source}-table.json"))
    messages: dict[bytes, dict[str, Any]] = {}  # a repeat is one
    away, refused = list[str](), list[str]()
    for number, payload in enumerate(read_messages(path, may_be_pipe=True), 1):
        try:
            made = translate(source, payload, means, pseudonym)
        except AdapterError as error:
            made = ()
            refused.append(f"{path}: {number}: {error.code}: {error}")
        codes = dict.fromkeys(one["code"] for one in made if "code" in one)
        away += [f"{path}: {number}: {code}: {AWAY[code]}" for code in codes]
        messages |= {msgspec.json.encode(message): message for message in made}
    return [*messages.values()], away, refused


def read_file(path: Path, *, may_be_pipe: bool = False) -> bytes:
    """Return the bytes of a file. Raises InputError for one that cannot be read.

    Only a file that a user names may be a pipe (`<(…)` of a shell): reading a pipe waits forever if
    nobody writes into it.
    """
    try:
        if path.exists() and not (path.is_file() or may_be_pipe):
            raise InputError(f"cannot read {path}: not a file")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None


def decode_lines[T](data: bytes, kind: type[T], name: str, problem: str = "") -> list[T]:
    """Decode each line that is not blank. Raises InputError as `decoded` does."""
    return list(decoded(data.split(b"\n"), kind, name, problem))


def decoded[T](lines: Iterable[bytes], kind: type[T], name: str, problem: str = "") -> Iterator[T]:
    """Yield the value of each line that is not blank.

    Raises InputError with the name and number of the first that cannot be decoded.
    """
    decoder = msgspec.json.Decoder(kind)
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield decoder.decode(line)
            except UNREADABLE as error:
                raise InputError(f"{name}:{number}: {problem or error}") from None


type Fields = Mapping[str, Any]

REFERENCES = ("notice", "decision", "complaint", "dispute", "follows")

LINKS = ("id", "findings", "finding", *REFERENCES)
"""Fields that link messages to each other."""


class FoundRow(Finding, frozen=True):
    """A line of findings as scan hands it out."""

    excerpt: str | None = None


def findings_in(objects: S3Objects, out_bucket: str, provider: str) -> list[FoundRow]:
    """Return the findings in the provider's part of the out bucket, by day and unit.

    Raises InputError with the line of a file that is not a finding.
    """
    return [
        finding
        for key in objects.keys(out_bucket, f"out/{provider}/findings/")
        for finding in decode_lines(objects.get(out_bucket, key) or b"", FoundRow, key)
    ]


def resolve_findings(message: Fields, findings: Iterable[Finding]) -> dict[str, Any] | None:
    """Return the message with the ids of the findings that its `post` and `rule` mean.

    `rule` is `pack/rule` or a list of them. A notice keeps its post, and gets the last finding.
    Return None if there is no such finding. A message without `rule` stays as it is, and so does an
    adoption.
    """
    if "rule" not in message or message.get("type") == "adoption":
        return dict(message)
    rules = message["rule"] if isinstance(message["rule"], list) else [message["rule"]]
    meant = [
        finding.finding
        for finding in findings
        if finding.post == message.get("post") and f"{finding.pack}/{finding.rule}" in rules
    ]
    if not meant:
        return None
    rest = {name: value for name, value in message.items() if name != "rule"}
    if message.get("type") == "notice":
        return rest | {"finding": meant[-1]}
    del rest["post"]
    return rest | {"findings": meant}


def complete_times(message: Fields, clock: Clock) -> dict[str, Any]:
    """Return the message with the current time for each required time that it lacks."""
    now = utc(clock.now())
    required = required_times(str(message.get("type")))
    if message.get("type") == "decision":
        required += ["applied_at"] if message.get("measures") else []
        required += ["opened_at"] if message.get("findings") or message.get("rule") else []
    return dict.fromkeys(required, now) | dict(message)


def in_waves(messages: Sequence[Fields]) -> list[list[Fields]]:
    """Return the messages in waves, so that each comes after those that it refers to.

    A queue keeps no order, so a wave is sent when the one before is answered. A message also comes
    after earlier ones that are linked to it by findings and names. An adoption comes after the
    answers before it, and before those after it.

    >>> [[message["id"] for message in wave] for wave in in_waves(
    ...     [{"id": "o", "complaint": "c"}, {"id": "d"}, {"id": "c", "decision": "d"}])]
    [['d'], ['c'], ['o']]
    """
    depths = _depths(_predecessors(messages))
    waves: dict[int, list[Fields]] = {}
    for place, message in enumerate(messages):
        waves.setdefault(depths[place], []).append(message)
    return [waves[depth] for depth in sorted(waves)]


def _depths(predecessors: Sequence[set[int]]) -> dict[int, int]:
    """Return for each place the length of the longest chain of predecessors.

    A function that calls itself for each place fails on a chain of a thousand messages. A ring is
    cut where it closes: decide will refuse it.
    """
    depths: dict[int, int] = {}
    for start in range(len(predecessors)):
        path = [start]
        on_path = {start}
        while path:
            place = path[-1]
            before = predecessors[place] - on_path
            unknown = next((other for other in before if other not in depths), None)
            if unknown is not None:
                path.append(unknown)
                on_path.add(unknown)
                continue
            depths.setdefault(place, max((1 + depths[other] for other in before), default=0))
            on_path.remove(path.pop())
    return depths


def _predecessors(messages: Sequence[Fields]) -> list[set[int]]:
    """Return for each message the places of those that must be taken before it."""
    places = {name: at for at, each in enumerate(messages) for name in _texts(each, "id")}
    threads = _threads(messages)
    earlier: dict[int, set[int]] = {}
    predecessors = []
    answers, adopted = set[int](), set[int]()
    for place, message in enumerate(messages):
        named = {places[name] for name in _texts(message, *REFERENCES) if name in places}
        match message.get("type"):
            case "trial":
                named |= adopted
                answers.add(place)
            case "adoption":
                named |= answers
                adopted.add(place)
        before = earlier.setdefault(threads[place], set())
        predecessors.append((named | before) - {place})
        before.add(place)
    return predecessors


def _threads(messages: Sequence[Fields]) -> list[int]:
    """Return for each message a number that it shares with the messages linked to it."""
    members: dict[int, set[str]] = {}
    thread_of: dict[str, int] = {}
    for place, message in enumerate(messages):
        names = set(_texts(message, *LINKS))
        for joined in {thread_of[name] for name in names if name in thread_of}:
            names |= members.pop(joined)
        members[place] = names
        thread_of |= dict.fromkeys(names, place)
    return [
        next((thread_of[name] for name in _texts(message, *LINKS)), -1 - place)
        for place, message in enumerate(messages)
    ]


def _texts(message: Fields, *names: str) -> list[str]:
    values = [message.get(name) for name in names]
    flat = [item for value in values for item in (value if isinstance(value, list) else [value])]
    return [item for item in flat if isinstance(item, str)]


STALL_SECONDS = 120
"""How long to wait while no message is answered."""

POLL_SECONDS = 0.25

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

    @classmethod
    def of(cls, message: Fields, status: str, *why: str) -> "MessageResult":
        """Return the result of a message; `why` are the other fields, in their order."""
        code, field, first, advice = (*why, "", "", "", "")[:4]
        name, kind = str(message.get("id", "")), str(message.get("type", ""))
        return cls(name, kind, status, code, field, first, advice, message)

    def __str__(self) -> str:
        why = f": {self.code}" if self.code else ""
        field = f" ({self.field})" if self.field else ""
        first = f", {self.first} was first" if self.first else ""
        advice = f": {self.advice}" if self.advice else ""
        return f"{self.status} {self.type} {self.id}{why}{field}{first}{advice}"


@dataclass(frozen=True, slots=True)
class _Sent:
    """A message under way: the name of its receipt, its digest, and the receipt before it."""

    message: Fields
    name: str
    digest: str
    earlier_key: str
    before: CaseReceipt | None


@dataclass(frozen=True, slots=True)
class CaseQueue:
    """The queue of cases of a deployed stack, used in the name of one provider."""

    sqs: Any
    url: str
    store: DynamoStore
    objects: S3Objects
    out_bucket: str
    provider: str
    pause: Callable[[float], None] = time.sleep

    def send(self, messages: Iterable[Fields]) -> list[MessageResult]:
        """Send messages that do not depend on each other. Return their results in order.

        Raises OperatorError if answers stop: the sender is not registered, or the stack is down.
        """
        keys = self.objects.keys(self.out_bucket, f"out/{self.provider}/receipts/messages/")
        earlier = {key.rpartition("/")[2].removesuffix(".json"): key for key in keys}
        sent = [self._send(message, earlier) for message in messages]
        results: dict[int, MessageResult] = {}
        quiet = 0.0
        while len(results) < len(sent):
            left = [place for place in range(len(sent)) if place not in results]
            known = len(results)
            for place in left[:50]:  # they are answered roughly in order
                if (result := self._result(sent[place])) is not None:
                    results[place] = result
            quiet = 0.0 if len(results) > known else quiet + POLL_SECONDS
            if quiet > STALL_SECONDS:
                raise OperatorError(
                    f"{len(sent) - len(results)} messages were not answered within"
                    f" {STALL_SECONDS} s: is the sender registered for {self.provider}?"
                )
            if len(results) < len(sent):
                self.pause(POLL_SECONDS)
        return [results[place] for place in range(len(sent))]

    def _send(self, message: Fields, earlier: Mapping[str, str]) -> _Sent:
        body = msgspec.json.encode(message)
        read = read_case_message(body)
        if isinstance(read, CaseRefusal):
            name, content = digest("unread", self.provider, body), ""
        else:
            name = digest("message", self.provider, read.id)
            content = sha256(msgspec.json.encode(read)).hexdigest()
        before = self._receipt(name, earlier.get(name, ""))
        if before and before.at >= utc(self.store.clock.now()):
            self.pause(1)  # a second refusal in the same second would have the same receipt
        attribute = {"DataType": "String", "StringValue": self.provider}
        self.sqs.send_message(
            QueueUrl=self.url, MessageBody=body.decode(), MessageAttributes={"provider": attribute}
        )
        return _Sent(message, name, content, earlier.get(name, ""), before)

    def _result(self, sent: _Sent) -> MessageResult | None:
        """Return a message's result, or None: `taken` by its marker, else from a new receipt."""
        marker = self.store.case_marker(sent.name)
        if marker is not None and marker.digest == sent.digest:
            return MessageResult.of(sent.message, "taken")
        receipt = self._receipt(sent.name, sent.earlier_key)
        if receipt is None or receipt == sent.before:
            return None
        first = receipt.first.moderator if receipt.first else ""
        why = receipt.code, receipt.field, first, receipt.advice
        return MessageResult.of(sent.message, receipt.status, *why)

    def _receipt(self, name: str, earlier_key: str) -> CaseReceipt | None:
        """Return the newest receipt of that name; a message that waited has an earlier day's."""
        today = self.store.clock.now().date().isoformat()
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
        MessageResult.of(message, NOT_SENT, "unknown", "rule")
        for message, sendable in resolved
        if sendable is None
    ]
    for wave in in_waves([sendable for _, sendable in resolved if sendable is not None]):
        ready = (complete_times(each, queue.store.clock) if trial else each for each in wave)
        results += queue.send(ready)
    return results


def result_lines(results: Sequence[MessageResult]) -> list[str]:
    """Return lines for people: each message that was not simply taken, and how many were."""
    taken = sum(result.status == "taken" for result in results)
    others = [str(result) for result in results if result.status != "taken"]
    return [*others, f"{taken} of {len(results)} messages about cases taken"]
