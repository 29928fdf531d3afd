"""The local stack as `terang run` uses it: deploy, send files and messages, wait, read the results.

template.yaml is deployed without its alarms, which the emulator cannot read.
"""

import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from boto3.s3.transfer import TransferConfig

from cases.case_store import DecidedPacks
from claims.check_finder import ClaimIndex
from dsa.indicators import About
from dsa.report import Period, Report, report_files
from dsa.report_entries import Entries
from ledger.closing import Closing, FileReceipt
from ledger.codes import countries_of
from ledger.findings import EXCERPT_LENGTH, file_id, unit_id
from ledger.keys import Provider, receipt_key, report_key
from ledger.objects import S3Objects
from ledger.store import DynamoStore
from ledger.texts import Clock, clock_from_setting
from ledger.units import Receipt
from matcher import Pack
from rules.rule_set import Adopted
from terang import ROOT
from terang.case_queue import CaseQueue, findings_in
from terang.emulator import ACCOUNT, REGION, LocalStack, StackError, built, local_stack
from terang.remote import (
    POLL_SECONDS,
    QUEUE_LENGTH,
    STALL_SECONDS,
    MessageQueue,
    call_function,
    outputs_of,
)
from terang.rule_trials import HOME_RULES, begin_at_home
from terang.set_publishing import PackBucket
from terang.terminal import print_warning

LOOKED_AT = 100
"""Messages that one look asks for."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file that was put into the drop bucket: its path here, its id and its size."""

    path: Path
    file: str
    size: int


def name_of(path: Path) -> str:
    r"""Return a file's name as text; each byte that is not UTF-8 is written `\xNN`.

    Names of files are bytes; keys of S3 and lines of JSON are UTF-8. Of a name that is too long for
    a key of 1,024 bytes, the end is kept: only escaped names have more than 800 code points.

    >>> name_of(Path("posts.jsonl")), name_of(Path(os.fsdecode(b"caf\xe9.csv")))
    ('posts.jsonl', 'caf\\xe9.csv')
    """
    return os.fsencode(path.name).decode("utf-8", "backslashreplace")[-800:]


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
        """The address of the page that asks and, below it, of the forms."""
        return f"{self.outputs['AskUrl']}/"

    @property
    def tip_line_url(self) -> str:
        """The address of the function URL on the emulator, which names it by its id."""
        url_id = (urlsplit(self.outputs["TipLineUrl"]).hostname or "").partition(".")[0]
        return f"{self.stack.url}/_aws/lambda-url/{url_id}/"

    def register(self, provider: str, open_channels: Iterable[str]) -> None:
        """Register the provider; the emulator names its only account as every sender."""
        eu, posts = countries_of("EU"), "https://chat.example/*"
        self.store.put_provider(
            Provider(provider, (ACCOUNT,), tuple(open_channels), territory=eu, post_url=posts)
        )

    def drop(self, provider: str, paths: Sequence[Path]) -> list[Dropped]:
        """Put the files under the provider's prefix of the drop bucket."""
        s3, bucket = self.stack.client("s3"), self.outputs["DropBucket"]
        parts = TransferConfig(multipart_threshold=64 << 20, multipart_chunksize=64 << 20)
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
            s3.upload_file(str(path), bucket, key, Config=parts)
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

    def begin_trials(self, provider: str) -> None:
        """Put every rule in shadow of the run on trial, as the desk at home does."""
        out, public = self.outputs["OutBucket"], self.outputs["PublicBucket"]
        rows = findings_in(self.objects, out, provider)
        begin_at_home(self.store, provider, rows, DecidedPacks(self.objects, public).of)

    def cases(self, provider: str) -> CaseQueue:
        """Return the queue of cases in the provider's name; it waits for each answer."""
        return CaseQueue(
            sqs=self.stack.client("sqs"),
            url=self.outputs["CasesUrl"],
            store=self.store,
            objects=self.objects,
            out_bucket=self.outputs["OutBucket"],
            provider=provider,
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
                next_look = _after(began, 1.0, share=20)  # a look at all receipts takes 20 calls
            # The emulator's answers cost functions the processor.
            time.sleep(_after(began, POLL_SECONDS, share=4) - time.monotonic())

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

        with ThreadPoolExecutor(4) as threads:  # the emulator answers while others are written
            list(threads.map(copy_one, self.objects.keys(bucket, prefix)))

    def _progress(self, provider: str, dropped: Sequence[Dropped], closed: int) -> Progress:
        receipts = self.receipts(provider)
        done = sum(file.size for file in dropped[:closed])
        for file in dropped[closed : closed + 20]:  # a look at more of them would take long
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


def _after(began: float, seconds: float, *, share: int) -> float:
    """Return when to look again after a look that ends now.

    The pause is at least `seconds`, and looks take at most one `share`-th of the time.
    """
    now = time.monotonic()
    return now + max(seconds, (share - 1) * (now - began))


PAGES_PORT = 8765
"""Where `terang run --serve` serves the pages on loopback."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The input of a run. `bodies` are messages to the posts queue, `cases` those about cases.

    `adopted` are rules that an earlier run of the provider adopted.

    If `closed_on` is a day, publish runs on that day, when the day of the run is closed; otherwise
    the day is published while it is open.
    """

    stack_name: str
    provider: str
    packs_folder: Path
    packs: Sequence[Pack]
    out: Path
    today: str = ""
    closed_on: str = ""
    excerpt_length: int = EXCERPT_LENGTH
    files: Sequence[Path] = ()
    bodies: Sequence[str] = ()
    cases: Sequence[dict[str, Any]] = ()
    open_channels: Sequence[str] = ()
    index: ClaimIndex | None = None
    adopted: Sequence[Adopted] = ()


@contextmanager
def deployed_for(trial: Trial, *, keep: bool) -> Iterator[Deployed]:
    """Start the local stack with the provider and its rules; stop it at the end unless kept."""
    parameters = {
        "PublicUrl": f"http://127.0.0.1:{PAGES_PORT}",
        "NoticeHours": "0",  # the packs are read where they are run: no notice is needed
        "DeletionProtection": "false",
        "Today": trial.today,
        "ShadowFindings": "all",  # the findings are of the owner's own files
        "TrialPeople": str(HOME_RULES.people),
        "ExcerptLength": str(trial.excerpt_length),
        # A unit takes seconds, with an index two minutes; the work of a killed worker returns soon.
        "VisibilityTimeout": "300" if trial.index else "60",
        "FileVisibilityTimeout": "900",  # as long as a translation may take
        "ScanConcurrency": "2",
        "BatchWindow": "1",
        "AskPage": "on",
        "Forms": "on",
        "TelegramBot": "terang_bot",
        "TipLine": "secret",
    }
    with local_stack(keep=keep) as stack:
        deployed = Deployed(stack, deploy(stack, trial.stack_name, parameters), trial.today)
        deployed.register(trial.provider, trial.open_channels)
        public = PackBucket(deployed.objects, deployed.outputs["PublicBucket"], deployed.clock)
        packs, now = trial.packs, deployed.clock.now()
        chosen = {trial.provider: [pack.id for pack in packs]}  # all of them propose
        public.publish(trial.packs_folder, packs, chosen, notice_hours=0, now=now)
        if trial.index is not None:
            public.publish_checks(trial.index, now)
            public.choose(trial.provider, None, factchecks=True)
        for rule in public.adopt(trial.provider, trial.adopted) if trial.adopted else ():
            print_warning(f"{rule}: on trial again, because what was tried has changed")
        yield deployed


ARTIFACTS, TEMPLATE = "local-artifacts", "template.yaml"
DEPLOY_SECONDS = 120


def deploy(stack: LocalStack, name: str, parameters: dict[str, str]) -> dict[str, str]:
    """Create the stack from the template. Return its outputs. Raises StackError with the reason."""
    zips, s3 = built(), stack.client("s3")
    # The emulator refuses alarms on more than one metric.
    text = (ROOT / "template.yaml").read_text()
    text = re.sub(r"^  \w+Alarm:.*\n(?:    .*\n)+", "", text, flags=re.MULTILINE)
    for uri, path in zips.items():  # addresses of zips instead of folders, as `sam build` does
        for key in ("CodeUri", "ContentUri"):
            text = text.replace(f"{key}: {uri}\n", f"{key}: s3://{ARTIFACTS}/{path.name}\n")
    # Notices and pages name the forms where they are here. Browsers and curl find `localhost`.
    here = f"http://${{AskApi}}.execute-api.localhost:{urlsplit(stack.url).port}"
    text = text.replace("https://${AskApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}", here)
    s3.create_bucket(Bucket=ARTIFACTS, CreateBucketConfiguration={"LocationConstraint": REGION})
    for path in zips.values():
        s3.put_object(Bucket=ARTIFACTS, Key=path.name, Body=path.read_bytes())
    s3.put_object(Bucket=ARTIFACTS, Key=TEMPLATE, Body=text.encode())
    cloudformation = stack.client("cloudformation")
    cloudformation.create_stack(
        StackName=name,
        TemplateURL=f"{stack.url}/{ARTIFACTS}/{TEMPLATE}",  # the call takes only 51,200 bytes
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in ({"PublicDoor": "own"} | parameters).items()
        ],
    )
    deadline = time.monotonic() + DEPLOY_SECONDS
    while time.monotonic() < deadline:
        described = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        status = described["StackStatus"]
        if status == "CREATE_COMPLETE":
            return outputs_of(described)
        if not status.endswith("_IN_PROGRESS"):
            events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
            failed = [
                f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
                for event in events
                if event["ResourceStatus"].endswith("FAILED")
            ]
            raise StackError(f"the template did not deploy ({status}):\n" + "\n".join(failed))
        time.sleep(0.1)
    raise StackError(f"the template did not deploy within {DEPLOY_SECONDS} s")


def write_year_so_far(deployed: Deployed, provider: str, out: Path) -> Path | None:
    """Write the harmonised report of the year so far, where publish puts that of a whole year.

    Return its folder, or None if nobody did anything.
    """
    store, days = deployed.store, sorted({deployed.began, deployed.day})
    entries = Entries.of(entry for day in days for entry in store.journal_entries(provider, day))
    if not entries.all:
        return None
    inspected = Counter[str]()
    for day in days:
        inspected[day[:7]] += sum(receipt.inspected for receipt in store.receipts(provider, day))
    year = days[-1][:4]
    report = Report(Period.year(int(year)), entries, inspected, About(name=provider))
    for name, data in report_files(report, provider).items():
        path = out / report_key(provider, year, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return out / report_key(provider, year, "")
