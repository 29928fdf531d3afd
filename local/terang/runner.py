"""The local stack as `terang run` uses it: send files and messages, wait, and read the results."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from boto3.s3.transfer import TransferConfig

from ledger.closing import Closing, FileReceipt
from ledger.codes import countries_of
from ledger.findings import file_id, unit_id
from ledger.keys import Provider, receipt_key
from ledger.objects import S3Objects
from ledger.store import DynamoStore
from ledger.texts import Clock, clock_from_setting
from ledger.units import Receipt
from terang.case_queue import CaseQueue
from terang.emulator import ACCOUNT, LocalStack, StackError
from terang.remote import call_function

STALL_SECONDS = 180
"""How long a run waits without any progress before it gives up."""

POLL_SECONDS = 0.25
"""The shortest pause between two looks at a queue or a run."""

QUEUE_LENGTH = 1_000
"""Messages that wait at once: for each delivery, the emulator looks at all that wait."""

BATCH = 10
"""The messages that SQS takes at once."""

MESSAGE_BYTES = 1024 * 1024
"""The largest message that SQS accepts, and the most bytes that it takes at once."""


@dataclass(frozen=True, slots=True)
class MessageQueue:
    """A queue, by its address."""

    sqs: Any
    url: str

    def send(self, provider: str, bodies: Iterable[str]) -> None:
        """Send messages in a provider's name. Raises StackError if SQS would not accept one."""
        attributes = {"provider": {"DataType": "String", "StringValue": provider}}
        for batch in _batches(bodies):
            answer = self.sqs.send_message_batch(
                QueueUrl=self.url,
                Entries=[
                    {"Id": str(at), "MessageBody": body, "MessageAttributes": attributes}
                    for at, body in enumerate(batch)
                ],
            )
            if failed := answer.get("Failed"):
                raise StackError(f"SQS refused {len(failed)} messages: {failed[0]['Code']}")

    def wait_for_space(self, check: Callable[[], None]) -> None:
        """Wait until the queue is half empty, and call `check` meanwhile.

        Raises StackError if nothing is taken for STALL_SECONDS.
        """
        last, moved = None, time.monotonic()
        while (waiting := self.waiting()) > QUEUE_LENGTH // 2:
            if waiting != last:
                last, moved = waiting, time.monotonic()
            elif time.monotonic() - moved > STALL_SECONDS:
                raise StackError(f"there was no progress for {STALL_SECONDS} s")
            check()
            time.sleep(POLL_SECONDS)

    def waiting(self) -> int:
        """Return how many messages wait."""
        name = "ApproximateNumberOfMessages"
        answer = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])
        return int(answer["Attributes"][name])


def _batches(bodies: Iterable[str]) -> Iterator[list[str]]:
    """Yield bodies in batches that SQS accepts. Raises StackError for one that it would not."""
    batch: list[str] = []
    size = 0
    for body in bodies:
        length = len(body.encode())
        if length > MESSAGE_BYTES:
            raise StackError(f"a message is larger than {MESSAGE_BYTES} bytes: drop a file")
        if len(batch) == BATCH or size + length > MESSAGE_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += length
    if batch:
        yield batch


POLL_SHARE = 4
"""Looks take at most a fourth of the time: the emulator's answers cost functions the processor."""

PROGRESS_SECONDS = 1.0
"""The shortest pause between two looks at all receipts, which take some 20 calls."""

PROGRESS_SHARE = 20
"""These looks take at most a twentieth of the time."""

LOOKED_AT = 100
"""Messages that one look asks for."""

FILES_LOOKED_AT = 20
"""Open files whose ranges one look adds up."""

COPIED_AT_ONCE = 4
"""Objects that are copied at the same time: the emulator answers while others are written."""

NAME_LENGTH = 800
"""Code points of a name in a key of S3, which holds 1,024 bytes; only escaped names are longer."""

UPLOAD = TransferConfig(multipart_threshold=64 << 20, multipart_chunksize=64 << 20)


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file that was put into the drop bucket: its path here, its id and its size."""

    path: Path
    file: str
    size: int


def name_of(path: Path) -> str:
    r"""Return a file's name as text; each byte that is not UTF-8 is written `\xNN`.

    Names of files are bytes; keys of S3 and lines of JSON are UTF-8. If a name is
    too long for a key, its end is kept.

    >>> name_of(Path("posts.jsonl")), name_of(Path(os.fsdecode(b"caf\xe9.csv")))
    ('posts.jsonl', 'caf\\xe9.csv')
    """
    return os.fsencode(path.name).decode("utf-8", "backslashreplace")[-NAME_LENGTH:]


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a run; `size` and `done` are bytes.

    `parts` shows that something moves: a file may be translated for minutes before its first unit
    is sent.
    """

    size: int
    done: int
    posts: int
    refused: int
    findings: int
    files_closed: int
    files: int
    parts: int = 0


@dataclass(slots=True)
class Deployed:
    """The deployed local stack. `began` is the day on which it was deployed."""

    stack: LocalStack
    outputs: dict[str, str]
    today: str = ""
    store: DynamoStore = field(init=False)
    objects: S3Objects = field(init=False)
    began: str = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.day
        self.store = DynamoStore.of(
            self.stack.client("dynamodb"), self.outputs["Table"], self.clock
        )
        self.objects = S3Objects(self.stack.client("s3"))

    @property
    def clock(self) -> Clock:
        """The clock that the stack's functions read."""
        return clock_from_setting(self.today)

    @property
    def day(self) -> str:
        """The day by the stack's clocks."""
        return self.clock.now().date().isoformat()

    @property
    def ask_url(self) -> str:
        """The address of the page that asks. Browsers and curl find `localhost` by themselves."""
        port = urlsplit(self.stack.url).port
        return f"http://{self.outputs['AskApiId']}.execute-api.localhost:{port}/"

    @property
    def tip_line_url(self) -> str:
        """The address of the function URL on the emulator, which names it by its id."""
        url_id = (urlsplit(self.outputs["TipLineUrl"]).hostname or "").partition(".")[0]
        return f"{self.stack.url}/_aws/lambda-url/{url_id}/"

    def register(self, provider: str, open_channels: Iterable[str]) -> None:
        """Register the provider; the emulator names its only account as every sender."""
        self.store.put_provider(
            Provider(provider, (ACCOUNT,), tuple(open_channels), territory=countries_of("EU"))
        )

    def drop(self, provider: str, paths: Sequence[Path]) -> list[Dropped]:
        """Put the files under the provider's prefix of the drop bucket."""
        s3, bucket = self.stack.client("s3"), self.outputs["DropBucket"]
        versions: list[str] = []
        # Later the version may be gone: intake deletes refused files at once.
        for operation in ("PutObject", "CompleteMultipartUpload"):
            s3.meta.events.register(
                f"after-call.s3.{operation}",
                lambda parsed, **_: versions.append(parsed.get("VersionId", "")),
            )
        dropped = []
        for number, path in enumerate(paths):
            key = f"drop/{provider}/{number:04}/{name_of(path)}"
            s3.upload_file(str(path), bucket, key, Config=UPLOAD)
            file = file_id(bucket, key, versions[-1])
            dropped.append(Dropped(path, file, path.stat().st_size))
        return dropped

    def send(self, provider: str, bodies: Iterable[str]) -> set[str]:
        """Send messages to the posts queue in the provider's name. Return the ids of their units.

        If there are many, wait while the first ones are taken. Raises StackError for a body that
        SQS would not accept, and as `wait` does.
        """
        sent, queue = list(bodies), self._queue("PostsUrl")
        for few in batched(sent, QUEUE_LENGTH // 2, strict=False):
            queue.wait_for_space(self._fail_on_dead_letters)
            queue.send(provider, few)
        return {unit_id(provider, body.encode()) for body in sent}

    def send_cases(self, provider: str, bodies: Iterable[str]) -> None:
        """Send messages about cases to their queue in the provider's name."""
        self._queue("CasesUrl").send(provider, bodies)

    def cases(self, provider: str) -> CaseQueue:
        """Return the queue of cases in the provider's name; it waits for each answer."""
        return CaseQueue(
            sqs=self.stack.client("sqs"),
            url=self.outputs["CasesUrl"],
            store=self.store,
            objects=self.objects,
            out_bucket=self.outputs["OutBucket"],
            provider=provider,
            clock=self.clock,
        )

    def _queue(self, output: str) -> MessageQueue:
        return MessageQueue(self.stack.client("sqs"), self.outputs[output])

    def receipts(self, provider: str) -> list[Receipt]:
        """Return the receipts since the run began; it may have passed midnight."""
        days = sorted({self.began, self.day})
        return [receipt for day in days for receipt in self.store.receipts(provider, day)]

    def file_receipt(self, provider: str, file: str) -> FileReceipt | None:
        """Return the receipt of a dropped file, or None while it is not closed."""
        data = self.objects.get(self.outputs["OutBucket"], receipt_key(provider, file))
        return msgspec.json.decode(data, type=FileReceipt) if data else None

    def wait(
        self,
        provider: str,
        dropped: Sequence[Dropped],
        messages: set[str],
        show: Callable[[Progress], None],
    ) -> list[FileReceipt]:
        """Wait until every file has its receipt and every message is committed.

        Raises StackError if something went to the dead letters, or there is no progress for
        STALL_SECONDS.
        """
        closed: list[FileReceipt] = []
        left = sorted(messages)
        last, moved = None, time.monotonic()
        next_look = 0.0
        while True:
            began = time.monotonic()
            for file in dropped[len(closed) :]:
                receipt = self.file_receipt(provider, file.file)
                if receipt is None:
                    break
                closed.append(receipt)
            while (some := left[:LOOKED_AT]) and len(self.store.markers(some)) == len(some):
                left = left[LOOKED_AT:]
            is_done = len(closed) == len(dropped) and not left
            if is_done or began >= next_look:
                progress = self._progress(provider, dropped, len(closed))
                show(progress)
                if is_done:
                    return closed
                if (progress, len(left)) != last:
                    last, moved = (progress, len(left)), time.monotonic()
                elif time.monotonic() - moved > STALL_SECONDS:
                    raise StackError(f"there was no progress for {STALL_SECONDS} s")
                self._fail_on_dead_letters()
                next_look = _after(began, PROGRESS_SECONDS, PROGRESS_SHARE)
            time.sleep(_after(began, POLL_SECONDS, POLL_SHARE) - time.monotonic())

    def turn_clock_of_publish(self, day: str) -> None:
        """Let the clock of publish show another day than those of the other functions."""
        functions, name = self.stack.client("lambda"), self.outputs["PublishFunction"]
        known = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        functions.update_function_configuration(
            FunctionName=name, Environment={"Variables": known | {"TODAY": day}}
        )

    def publish(self, event: dict[str, Any] | None = None) -> None:
        """Publish the days since the run began, the open one provisionally, or what the event says.

        Raises OperatorError if the function fails.
        """
        days = {"since": self.began, "through": self.day, "provisional": True}
        name = self.outputs["PublishFunction"]
        call_function(self.stack.client("lambda"), name, days if event is None else event)

    def refusals(
        self, provider: str, dropped: Sequence[Dropped], closed: Sequence[FileReceipt]
    ) -> Iterator[dict[str, Any]]:
        """Yield every refusal that is kept with its place; `file` is empty for a message."""
        out, work = self.outputs["OutBucket"], self.outputs["WorkBucket"]
        for key in self.objects.keys(out, f"out/{provider}/receipts/messages/"):
            receipt = msgspec.json.decode(self.objects.get(out, key) or b"{}")
            yield from ({"file": "", **refusal} for refusal in receipt.get("refusals", ()))
        closing = Closing(self.store, self.objects, self.clock, out, work)
        for file, receipt in zip(dropped, closed, strict=True):
            if receipt.status == "refused":
                place = {"at": receipt.place} if receipt.place else {}
                yield {"file": name_of(file.path), "code": receipt.code, **place}
                continue
            sealed = self.store.manifest(file.file)
            rows = self.store.ranges(file.file)
            receipts = closing.receipts(rows)
            for refusal in closing.refusals(sealed[0], rows, receipts) if sealed else ():
                yield {"file": name_of(file.path), **msgspec.to_builtins(refusal)}

    def copy(self, bucket: str, prefix: str, folder: Path) -> None:
        """Copy everything under a prefix of a bucket into a folder."""

        def copy_one(key: str) -> None:
            path = folder / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.objects.get(bucket, key) or b"")

        with ThreadPoolExecutor(COPIED_AT_ONCE) as threads:
            list(threads.map(copy_one, self.objects.keys(bucket, prefix)))

    def _progress(self, provider: str, dropped: Sequence[Dropped], closed: int) -> Progress:
        receipts = self.receipts(provider)
        done = sum(file.size for file in dropped[:closed])
        for file in dropped[closed : closed + FILES_LOOKED_AT]:
            done += min(file.size, sum(row.bytes for row in self.store.ranges(file.file)))
        return Progress(
            size=sum(file.size for file in dropped),
            done=done,
            posts=sum(receipt.inspected for receipt in receipts),
            refused=sum(sum(receipt.refused.values()) for receipt in receipts),
            findings=sum(receipt.findings for receipt in receipts),
            files_closed=closed,
            files=len(dropped),
            parts=len(self.objects.keys(self.outputs["WorkBucket"], "parts/")),
        )

    def _fail_on_dead_letters(self) -> None:
        for output in ("UnitsDeadUrl", "PostsDeadUrl", "CasesDeadUrl", "IntakeFailedUrl"):
            if count := self._queue(output).waiting():
                where = output.removesuffix("Url")
                raise StackError(f"{count} messages ended in {where}: see the log of the stack")


def _after(began: float, seconds: float, share: int) -> float:
    """Return when to look again after a look that ends now.

    The pause is at least `seconds`, and looks take at most one `share`-th of the time.
    """
    now = time.monotonic()
    return now + max(seconds, (share - 1) * (now - began))
