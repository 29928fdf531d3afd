"""One run of `terang run`: deploy, send, wait, decide, publish, copy the results into a folder.

template.yaml is deployed to the local stack without its alarms, which it cannot read.
"""

import fcntl
import os
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from claims.check_finder import ClaimIndex
from dsa.indicators import About
from dsa.report import Period, Report, report_files
from dsa.report_entries import Entries
from ledger.closing import FileReceipt
from ledger.codes import OperatorError
from ledger.findings import EXCERPT_LENGTH
from ledger.keys import report_key
from ledger.texts import encode_json_lines
from ledger.units import Receipt
from matcher import Pack
from terang import ROOT
from terang.case_queue import MessageResult, findings_in, send_messages
from terang.emulator import REGION, LocalStack, StackError, built, local_stack
from terang.remote import outputs_of
from terang.runner import Deployed, Dropped, Progress
from terang.set_publishing import PackBucket

PAGES_PORT = 8765
"""Where `terang run --serve` serves the pages on loopback."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The input of a run. `bodies` are messages to the posts queue, `cases` those about cases.

    `packs` waits until they are checked. If `closed_on` is a day, publish runs on that day, when
    the day of the run is closed; otherwise the day is published while it is open.
    """

    stack_name: str
    provider: str
    packs_folder: Path
    packs: Callable[[], Sequence[Pack]]
    out: Path
    today: str = ""
    closed_on: str = ""
    excerpt_length: int = EXCERPT_LENGTH
    files: Sequence[Path] = ()
    bodies: Sequence[str] = ()
    cases: Sequence[dict[str, Any]] = ()
    open_channels: Sequence[str] = ()
    index: ClaimIndex | None = None


@dataclass(frozen=True, slots=True)
class RunResult:
    """The result of a run. `report` is the folder of the year's report, if there is one."""

    provider: str
    receipts: list[Receipt]
    files: list[tuple[Dropped, FileReceipt]]
    cases: list[MessageResult]
    report: Path | None
    by_rule: Counter[str] = field(init=False, default_factory=Counter)
    """Distinct findings by `pack/version/rule/mode`."""

    def __post_init__(self) -> None:
        for receipt in self.receipts:
            self.by_rule.update(receipt.by_rule)

    def summary(self, out: Path) -> dict[str, Any]:
        """Return the line of `--json`. A rule is `pack/rule`; versions and modes are added up.

        `partly_read` is left out if it is zero.
        """
        refused, by_rule = Counter[str](), Counter[str]()
        for receipt in self.receipts:
            refused.update(receipt.refused)
        for key, count in self.by_rule.items():
            pack, _, rule, _ = key.split("/")
            by_rule[f"{pack}/{rule}"] += count
        partly_read = sum(receipt.partly_read for receipt in self.receipts)
        return {
            "provider": self.provider,
            "inspected": sum(receipt.inspected for receipt in self.receipts),
            "refused": refused.total(),
            "findings": sum(receipt.findings for receipt in self.receipts),
            "by_rule": dict(sorted(by_rule.items())),
            "refusals_by_code": dict(sorted(refused.items())),
            "out": str(out),
            **({"partly_read": partly_read} if partly_read else {}),
        }


@contextmanager
def deployed_for(trial: Trial, *, keep: bool) -> Iterator[Deployed]:
    """Start the local stack with the provider and its rules; stop it at the end unless kept."""
    parameters = {
        "PublicUrl": f"http://127.0.0.1:{PAGES_PORT}",
        "NoticeHours": "0",  # the packs are read where they are run: no notice is needed
        "DeletionProtection": "false",
        "Today": trial.today,
        "ExcerptLength": str(trial.excerpt_length),
        # A unit takes seconds, with an index two minutes; the work of a killed worker returns soon.
        "VisibilityTimeout": "300" if trial.index else "60",
        "FileVisibilityTimeout": "900",  # as long as a translation may take
        "ScanConcurrency": "2",
        "BatchWindow": "1",
        "AskPage": "on",
        "TelegramBot": "terang_bot",
        "TipLine": "secret",
    }
    with local_stack(keep=keep) as stack:
        deployed = Deployed(stack, deploy(stack, trial.stack_name, parameters), trial.today)
        deployed.register(trial.provider, trial.open_channels)
        public = PackBucket(deployed.objects, deployed.outputs["PublicBucket"], deployed.clock)
        packs, now = trial.packs(), deployed.clock.now()
        chosen = {trial.provider: [pack.id for pack in packs]}  # all of them propose
        public.publish(trial.packs_folder, packs, chosen, notice_hours=0, now=now)
        if trial.index is not None:
            public.publish_checks(trial.index, now)
            public.choose(trial.provider, None, factchecks=True)
        yield deployed


def run_trial(deployed: Deployed, trial: Trial, show: Callable[[Progress], None]) -> RunResult:
    """Send everything, wait for it, publish, and replace the out folder with the results.

    `show` is called with the progress while files and messages are waited for.
    """
    dropped = deployed.drop(trial.provider, trial.files)
    messages = deployed.send(trial.provider, trial.bodies)
    closed = deployed.wait(trial.provider, dropped, messages, show)
    out = deployed.outputs["OutBucket"]
    answers = send_messages(
        deployed.cases(trial.provider),
        trial.cases,
        lambda: findings_in(deployed.objects, out, trial.provider),
        trial=True,
    )
    if trial.closed_on:
        deployed.turn_clock_of_publish(trial.closed_on)
        deployed.publish({"since": deployed.began, "through": deployed.day})
    else:
        deployed.publish()
    empty(trial.out)
    deployed.copy(deployed.outputs["PublicBucket"], "", trial.out / "public")
    deployed.copy(out, "out/", trial.out)
    with (trial.out / "findings.jsonl").open("wb") as findings:
        for path in sorted((trial.out / "out").rglob("findings/*/*.jsonl")):
            findings.write(path.read_bytes())
    taken = (answer.message for answer in answers if answer.status == "taken")
    for name, rows in {
        "refusals.jsonl": deployed.refusals(trial.provider, dropped, closed),
        "cases.jsonl": taken,
        "run.json": [{"today": trial.today}],
    }.items():
        (trial.out / name).write_bytes(encode_json_lines(rows))
    report = write_year_so_far(deployed, trial.provider, trial.out)
    receipts = deployed.receipts(trial.provider)
    return RunResult(
        trial.provider, receipts, list(zip(dropped, closed, strict=True)), answers, report
    )


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


RESULTS = {"findings.jsonl", "refusals.jsonl", "cases.jsonl", "public", "out", "run.json"}
"""Names that a run writes into its folder. A folder with any other name is not replaced."""


@contextmanager
def owned(out: Path) -> Iterator[None]:
    """Create the folder if it is missing, and keep other runs out of it meanwhile.

    The lock is on the folder itself and ends with this process, even if it is killed. A link is
    followed. A folder that was created here and is empty at the end is removed.

    Raises OperatorError if another run uses it, if it holds anything but an earlier run, or if it
    cannot be created.
    """
    made = not out.exists()
    try:
        out.mkdir(parents=True, exist_ok=True)
        folder = os.open(out, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        why = f"cannot be made or read: {error.strerror}"
        if out.is_symlink() and not out.exists():
            why = "a link that leads nowhere"
        elif out.exists() and not out.is_dir():
            why = "not a folder"
        raise OperatorError(f"--out {out}: {why}") from None
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_there = os.path.samestat(os.fstat(folder), out.stat())
        except (BlockingIOError, FileNotFoundError):
            is_there = False  # or a run that failed has removed it meanwhile
        if not is_there:
            raise OperatorError(
                f"--out {out}: another run is writing into it; wait for it, or name another folder"
            )
        if not {path.name for path in out.iterdir()} <= RESULTS:
            raise OperatorError(
                f"--out {out} holds something else than an earlier run: name another folder"
            )
        yield
    finally:
        if made:
            with suppress(OSError):  # it holds results
                out.rmdir()
        os.close(folder)


def empty(out: Path) -> None:
    """Remove the results of an earlier run. Of a link only the link is removed."""
    for path in out.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


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
