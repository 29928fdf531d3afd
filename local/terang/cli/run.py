"""`terang run`, as a person meets it: checks, progress, a table of what was found, and where."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from claims.errors import BadIndexError
from claims.index.index import Index
from ledger.clock import clock_from_setting
from ledger.closing import FileReceipt
from ledger.errors import OperatorError
from ledger.records.json_text import encode_json_lines
from ledger.records.provider import is_provider_id
from matcher import Pack
from terang import ROOT, USAGE
from terang.casework.case_sending import send_file
from terang.casework.case_shorthand import findings_in
from terang.casework.message_file import read_messages
from terang.checks.check_library import CheckLibrary
from terang.cli.arguments import STACK
from terang.cli.packs import checked, day_of
from terang.cli.result import Result
from terang.console import Screen, print_json, print_problem
from terang.emulator.deploy import deploy
from terang.emulator.stack import REGION, StackError, local_stack
from terang.first_steps import Access, first_steps
from terang.packs.publishing import PublicBucket
from terang.trial.out_folder import empty, owned
from terang.trial.runner import Deployed, Dropped, Progress
from terang.trial.year_so_far import write_year_so_far

PAGES_PORT = 8765
SAMPLES = ROOT / "local/samples"
SAMPLES_DAY = "2026-11-25"

console = Screen(stderr=True)


@dataclass(frozen=True, slots=True)
class _Sent:
    """What is sent as messages: about cases, and bodies of posts."""

    cases: list[dict[str, Any]]
    bodies: list[str]


def run(options: argparse.Namespace) -> int:
    """Run; 0 when all work ended, 1 when the pipeline failed, 2 for wrong usage or packs."""
    if not options.files:
        options.files = sorted(path for path in (SAMPLES / "files").iterdir())
        options.messages = options.messages or SAMPLES / "messages.jsonl"
        options.cases = options.cases or SAMPLES / "cases.jsonl"
        options.today = options.today or SAMPLES_DAY
    options.packs = options.packs or ROOT / "packs"
    beside = options.packs / "factchecks"
    options.index = options.index or (beside if beside.is_dir() else None)
    fault = _fault(options)
    if fault:
        print_problem(f"terang run: {fault}")
        return USAGE
    packs = checked(options.packs, options.today)
    if packs is None:
        return USAGE
    try:
        sent = _Sent(
            cases=read_messages(options.cases, may_be_pipe=True) if options.cases else [],
            bodies=_bodies(options.messages) if options.messages else [],
        )
        index = CheckLibrary(options.index).current() if options.index else None
        with owned(options.out):
            return _run(options, packs, index, sent)
    except (BadIndexError, OperatorError) as error:
        print_problem(f"terang run: {error}")
        return USAGE


def _run(
    options: argparse.Namespace, packs: Sequence[Pack], index: Index | None, sent: _Sent
) -> int:
    """Run with what was read before; 0 when all work ended, 1 when the pipeline failed."""
    try:
        with local_stack(keep=options.keep) as stack:
            deployed = Deployed(stack, deploy(stack, STACK, _parameters(options)), options.today)
            deployed.register(options.provider, options.open)
            _publish(deployed, options, packs, index)
            result = _work(deployed, options, sent)
    except (StackError, OperatorError, BotoCoreError, ClientError, OSError) as error:
        for line in f"terang run: {error}".splitlines():  # a stack that fails tells its log
            print_problem(line)
        return 1
    if options.json:
        print_json(result.line(options.out))
    result.show(console, options.out)
    if options.keep:
        _tell_kept(deployed, options.provider)
    if options.serve:
        _serve(options.out / "public")
    return 0


def _publish(
    deployed: Deployed, options: argparse.Namespace, packs: Sequence[Pack], index: Index | None
) -> None:
    """Publish the packs, and the checks if there are any; the provider has all of them proposed."""
    clock = clock_from_setting(options.today)
    public = PublicBucket(deployed.objects, deployed.outputs["PublicBucket"], clock)
    chosen, now = {options.provider: [pack.id for pack in packs]}, clock.now()
    public.publish(options.packs, packs, chosen, notice_hours=0, now=now)
    if index is not None:
        public.publish_checks(index, notice_hours=0, now=now)
        public.choose(options.provider, None, factchecks=True)


def _fault(options: argparse.Namespace) -> str:
    """What is wrong with the words of the call, or nothing."""
    if not is_provider_id(options.provider):
        return f"--provider {options.provider!r}: 3 to 40 of a-z, 0-9 and -, and not `all`"
    missing = [str(path) for path in options.files if not path.is_file()]
    if missing:
        return f"no such file: {', '.join(missing)}"
    if options.today and day_of(options.today) is None:
        return f"--today {options.today!r}: a day as YYYY-MM-DD"
    wrong = [one for one in options.open if one.partition(":")[0] not in {"telegram", "discord"}]
    if wrong:
        return f"--open {wrong[0]!r}: telegram:ID or discord:ID"
    if options.messages and not options.messages.is_file():
        return f"no such file: {options.messages}"
    return ""


def _parameters(options: argparse.Namespace) -> dict[str, str]:
    return {
        "PublicUrl": f"http://127.0.0.1:{PAGES_PORT}",
        "NoticeHours": "0",  # a trial: the packs are read where they are run
        "DeletionProtection": "false",
        "Today": options.today,
        # A unit takes seconds, with an index two minutes; what a killed worker had comes soon.
        "VisibilityTimeout": "300" if options.index else "60",
        "FileVisibilityTimeout": "900",  # as long as a translation may take
        "ScanConcurrency": "2",
        "BatchWindow": "0",
    }


def _bodies(path: Path) -> list[str]:
    """Return the lines of a file, each the body of a message. Raises OperatorError."""
    try:
        lines = path.read_bytes().decode("utf-8").split("\n")
    except OSError as error:
        raise OperatorError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise OperatorError(f"{path}:{line}: no UTF-8; the body of a message is text") from None
    return [line for line in lines if line.strip()]


def _work(deployed: Deployed, options: argparse.Namespace, sent: _Sent) -> Result:
    dropped = deployed.drop(options.provider, options.files)
    messages = deployed.send(options.provider, sent.bodies)
    with _progress_bar() as show:
        closed = deployed.wait(options.provider, dropped, messages, show)
    out = deployed.outputs["OutBucket"]
    answers = send_file(
        deployed.cases(options.provider),
        sent.cases,
        lambda: findings_in(deployed.objects, out, options.provider),
        trial=True,
    )
    deployed.publish()
    _write(deployed, options.provider, options.out, dropped, closed)
    report = write_year_so_far(deployed, options.provider, options.out)
    receipts = deployed.receipts(options.provider)
    files = list(zip(dropped, closed, strict=True))
    return Result(options.provider, receipts, files, answers, report)


def _write(
    deployed: Deployed,
    provider: str,
    out: Path,
    dropped: Sequence[Dropped],
    closed: Sequence[FileReceipt],
) -> None:
    """Replace what the folder holds by what this run came to."""
    empty(out)
    deployed.copy(deployed.outputs["PublicBucket"], "", out / "public")
    deployed.copy(deployed.outputs["OutBucket"], "out/", out)
    findings = sorted((out / "out").rglob("findings/*/*.jsonl"))
    with (out / "findings.jsonl").open("wb") as whole:
        for path in findings:
            whole.write(path.read_bytes())
    refusals = encode_json_lines(deployed.refusals(provider, dropped, closed))
    (out / "refusals.jsonl").write_bytes(refusals)


@contextmanager
def _progress_bar() -> Iterator[Callable[[Progress], None]]:
    columns = (
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[posts]:,} posts, {task.fields[findings]:,} findings"),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None, posts=0, findings=0)

        def show(progress: Progress) -> None:
            bar.update(
                task,
                total=progress.size,
                completed=progress.done,
                posts=progress.posts,
                findings=progress.findings,
            )

        yield show


def _tell_kept(deployed: Deployed, provider: str) -> None:
    """Print how to send to the stack that stays up, and how to stop it; no line is broken."""
    stack = deployed.stack
    access = Access.of(provider, "", deployed.outputs, REGION, stack.url)
    for line in first_steps(access).splitlines():
        console.print(line, soft_wrap=True)
    stop = f"kill {stack.pid}; rm -r {stack.folder}"
    console.print(f"# The stack is up. Stop it with:\n{stop}", soft_wrap=True)


def _serve(folder: Path) -> None:
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", PAGES_PORT), handler) as server:
        console.print(f"serving http://127.0.0.1:{PAGES_PORT} until Ctrl-C")
        server.serve_forever()
