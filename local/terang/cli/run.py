"""`terang run`: send files through the whole stack on this machine, and print the findings."""

import fcntl
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn

from claims.index import BadIndexError
from ledger.closing import FileReceipt
from ledger.codes import ADVICE, Code, OperatorError
from ledger.findings import EXCERPT_LENGTH
from ledger.texts import encode_json_lines
from ledger.units import Receipt
from terang import IS_INSTALLED, ROOT, USAGE, InputError, case_queue, runner
from terang.check_library import CheckLibrary
from terang.emulator import REGION, StackError
from terang.remote import explain_stack_errors, first_steps
from terang.run_table import adopted_in
from terang.terminal import (
    STACK,
    Channels,
    Files,
    JsonLine,
    ProviderId,
    Screen,
    Today,
    counted,
    load_checked,
    option,
    print_json,
    print_problem,
    progress_bar,
    says,
    screen,
    today_utc,
)

SAMPLES = ROOT / "local/samples"
SAMPLES_DAY = date(2026, 11, 25)
CLOSED_AFTER = timedelta(days=2)
"""When the day of the samples is closed, at whatever time it is: two hours after its end."""
SAMPLES_PROVIDER, FORUM = "sample-chat", "sample-forum"
OUT = Path("terang-out")
COOP = ROOT / "events/connect/coop.jsonl"
"""What the tool Coop sent of FORUM, which sends no posts."""

Serve = Annotated[bool, says("serve the pages and the tip line on loopback")]


@dataclass(frozen=True, slots=True)
class RunResult:
    """The result of a run. `report` is the folder of the year's report, if there is one."""

    provider: str
    receipts: list[Receipt]
    files: list[tuple[runner.Dropped, FileReceipt]]
    cases: list[case_queue.MessageResult]
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
            by_rule[_rule_of(key)] += count
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


def run_trial(
    deployed: runner.Deployed, trial: runner.Trial, show: Callable[[runner.Progress], None]
) -> RunResult:
    """Send everything, wait for it, publish, and replace the out folder with the results.

    `show` is called with the progress while files and messages are waited for.
    """
    dropped = deployed.drop(trial.provider, trial.files)
    messages = deployed.send(trial.provider, trial.bodies)
    closed = deployed.wait(trial.provider, dropped, messages, show)
    out = deployed.outputs["OutBucket"]
    if any(map(_is_of_trial, trial.cases)):
        deployed.begin_trials(trial.provider)
    answers = case_queue.send_messages(
        deployed.cases(trial.provider),
        trial.cases,
        lambda: case_queue.findings_in(deployed.objects, out, trial.provider),
        trial=True,
    )
    (forum, beside), others = trial.beside, []
    if beside:
        deployed.register(forum, ())
        others = case_queue.send_messages(deployed.cases(forum), beside, list, trial=True)
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
    report = runner.write_year_so_far(deployed, trial.provider, trial.out)
    if beside:
        runner.write_year_so_far(deployed, forum, trial.out)
    receipts = deployed.receipts(trial.provider)
    return RunResult(
        trial.provider, receipts, list(zip(dropped, closed, strict=True)), answers + others, report
    )


def _is_of_trial(message: Mapping[str, Any]) -> bool:
    """Return whether a message is about a drawn finding; a moderator's own notice is, too."""
    kind = message.get("type")
    return kind in {"trial", "adoption"} or (kind == "notice" and "moderator" in message)


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
        results = {"findings.jsonl", "refusals.jsonl", "cases.jsonl", "public", "out", "run.json"}
        if not {path.name for path in out.iterdir()} <= results:
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


def run(
    *files: Annotated[Path, says("files of posts; default: the samples")],
    provider: Annotated[ProviderId, says("whose posts they are")] = SAMPLES_PROVIDER,
    packs: Annotated[Path | None, option("DIR", "default: packs/")] = None,
    out: Annotated[Path, option("DIR", "the folder of the results; default: terang-out")] = OUT,
    messages: Annotated[Path | None, option("FILE", "lines to send as messages with posts")] = None,
    cases: Annotated[Files, option("FILE", "messages about cases, sent after the findings")] = (),
    trials: Annotated[Path | None, option("OUT", "an earlier run; what it adopted is live")] = None,
    as_json: JsonLine = False,
    today: Today | None = None,
    open_channels: Channels = (),
    index: Annotated[
        Path | None, option("DIR", "imported fact-checks; default: PACKS/factchecks if present")
    ] = None,
    excerpt: Annotated[
        int, option("N", "code points kept of each found post", validator=Number(gte=80, lte=2_000))
    ] = EXCERPT_LENGTH,
    keep: Annotated[bool, says("leave the stack running")] = False,
    serve: Serve = False,
    imported: Annotated[Sequence[dict[str, Any]], Parameter(parse=False)] = (),
) -> int:
    """Run; 0 when all work ended, 1 if the pipeline failed, 2 if the packs do not check."""
    _require_checkout()
    beside = "", list[dict[str, Any]]()
    is_whole_day = not (files or keep)
    is_unnamed = bool(files) and provider == SAMPLES_PROVIDER
    if not files and not imported:
        beside = FORUM, case_queue.translated(COOP, "coop")[0]
        files = tuple(sorted((SAMPLES / "files").iterdir()))
        messages = messages or SAMPLES / "messages.jsonl"
        cases = cases or (SAMPLES / "cases.jsonl",)
        today = today or SAMPLES_DAY
    folder = packs or ROOT / "packs"
    _require_there(files, folder)
    if index is None and (folder / "factchecks").is_dir():
        index = folder / "factchecks"
    adopted = adopted_in(trials, provider) if trials else ()
    try:
        with owned(out), ExitStack() as running:
            checked = load_checked(folder, today)
            if checked is None:
                return USAGE
            if is_unnamed:
                print_problem(f"these posts are counted for {provider}: --provider names another")
            trial = runner.Trial(
                stack_name=STACK,
                provider=provider,
                packs_folder=folder,
                packs=checked,
                out=out,
                today=today.isoformat() if today else "",
                closed_on=str(today + CLOSED_AFTER) if today and is_whole_day else "",
                excerpt_length=excerpt,
                files=files,
                bodies=case_queue.read_bodies(messages) if messages else (),
                cases=[
                    *imported,
                    *(
                        each
                        for file in cases
                        for each in case_queue.read_messages(file, may_be_pipe=True)
                    ),
                ],
                beside=beside,
                open_channels=open_channels,
                index=CheckLibrary(index).current() if index else None,
                adopted=adopted,
            )
            deployed, result = _run(trial, running, keep=keep)
            if as_json:
                print_json(result.summary(out))
            print_run(result, screen, out)
            if keep:
                _print_kept(deployed, provider)
            if serve:
                _serve(out / "public", deployed)
    except _FailedError as error:
        raise OperatorError(str(error)) from None
    except (BadIndexError, OperatorError) as error:
        raise InputError(str(error)) from None
    return 0


def import_cases(
    file: Annotated[Path, says("what the tool sent: JSON, one object a line")],
    /,
    *,
    source: Annotated[str, option("TOOL", "coop, mastodon, ozone", name="--from")],
    provider: Annotated[ProviderId, says("whose decisions they are")],
    table: Annotated[Path | None, option("FILE", "default: TOOL-table.json beside it")] = None,
    out: Annotated[Path, option("DIR", "the folder of the results; default: terang-out")] = OUT,
    as_json: JsonLine = False,
    today: Today | None = None,
    serve: Serve = False,
) -> int:
    """Run with decisions and without posts; 1 if some was refused, 2 if nothing could be read."""
    sent, away, refused = case_queue.translated(file, source, table)
    for why in (*away, *refused):
        print_problem(why)
    if not sent:
        raise InputError(f"{file}: no message about a case")
    day = today or today_utc()
    code = run(provider=provider, out=out, as_json=as_json, today=day, serve=serve, imported=sent)
    return code or int(bool(refused))


def _require_there(files: Sequence[Path], folder: Path) -> None:
    folders = [str(path) for path in files if path.is_dir()]
    if folders:
        raise InputError(f"{', '.join(folders)}: a folder; name its files")
    missing = [str(path) for path in files if not path.is_file()]
    missing += [] if folder.exists() else [str(folder)]
    if missing:
        raise InputError(f"no such file or folder: {', '.join(missing)}")


def _require_checkout() -> None:
    if IS_INSTALLED:
        raise InputError(
            "`terang run` deploys template.yaml on this machine, so it needs a checkout of Terang:"
            " clone the repository and type `make run`. To see what packs find, `terang scan`"
            " needs no checkout."
        )


class _FailedError(Exception):
    """The pipeline failed, although its input could be used."""


def _run(
    trial: runner.Trial, running: ExitStack, *, keep: bool
) -> tuple[runner.Deployed, RunResult]:
    """Run on a stack that `running` stops at its end, unless it is kept."""
    try:
        with explain_stack_errors():
            with screen.status("starting a stack on this machine"):
                deployed = running.enter_context(runner.deployed_for(trial, keep=keep))
            with _progress_bar() as show:
                result = run_trial(deployed, trial, show)
            if keep:
                running.close()  # now: Ctrl-C while serving must not stop a kept stack
            return deployed, result
    except (StackError, OperatorError, OSError) as error:
        raise _FailedError(str(error)) from None


@contextmanager
def _progress_bar() -> Iterator[Callable[[runner.Progress], None]]:
    columns = (
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[posts]:,} posts, {task.fields[findings]:,} findings"),
    )
    with progress_bar(*columns, posts=0, findings=0) as update:
        yield lambda progress: update(
            total=progress.size,
            completed=progress.done,
            posts=progress.posts,
            findings=progress.findings,
        )


def print_run(result: RunResult, screen: Screen, out: Path) -> None:
    """Print the result for people: files, findings by rule, counts, and where everything is."""
    for dropped, receipt in result.files:
        outcome = f"refused: {receipt.code}" if receipt.status == "refused" else receipt.format
        again = ", delivered before" if receipt.repeated else ""
        advice = f" ({receipt.advice})" if receipt.advice else ""
        screen.print(f"{runner.name_of(dropped.path)}: {outcome}{again}{advice}")
    rows = [
        (_rule_of(key), key.rpartition("/")[2], f"{count:,}")
        for key, count in sorted(result.by_rule.items(), key=lambda entry: (-entry[1], entry[0]))
    ]
    lines = (f"{count} {rule} ({mode})" for rule, mode, count in rows)
    title = f"{result.provider}: what was found"
    screen.print_rows(title, ("rule", "mode", "findings"), rows, lines)
    summary = result.summary(out)
    inspected = f"{counted(summary['inspected'], 'post')} inspected"
    refused = f"{counted(summary['refused'], 'record')} refused"
    screen.print(f"{inspected}, {refused}, {counted(summary['findings'], 'finding')}")
    if "partly_read" in summary:
        screen.print(f"  read in part: {summary['partly_read']:,} (their texts take too much work)")
    for code, count in summary["refusals_by_code"].items():
        advice = f" ({ADVICE[Code(code)]})" if code in ADVICE else ""
        screen.print(f"  refused {code}: {count:,}{advice}")
    for line in case_queue.result_lines(result.cases) if result.cases else ():
        screen.print(line)
    taken = (each.message for each in result.cases if each.status == "taken")
    adopted = {m["rule"]: m["band"] for m in taken if m.get("type") == "adoption"}
    for rule, band in sorted(adopted.items()):
        which = "its findings" if band == "all" else "its findings of the high band"
        screen.print(f"{rule} is adopted: with --trials {out} other runs propose {which}")
    screen.print(f"pages:    {out / 'public/index.html'}")
    places = f", refused: {out / 'refusals.jsonl'}" if summary["refused"] else ""
    screen.print(f"findings: {out / 'findings.jsonl'}{places}")
    if result.report:
        screen.print(f"report:   {result.report} (the year so far)")
    screen.print(f"check:    .venv/bin/terang verify {out / 'public'}")
    if held := sum(sum(receipt.held.values()) for receipt in result.receipts):
        screen.print(
            f"{counted(held, 'finding')} held: a rule hit more posts than the flood guard expects;"
            f" `.venv/bin/terang review {out}` opens or leaves them"
        )
    in_shadow = {
        key: count
        for key, count in result.by_rule.items()
        if key.endswith("/shadow") and _rule_of(key) not in adopted
    }
    if in_shadow:
        findings = counted(sum(in_shadow.values()), "finding")
        rules = counted(len(in_shadow), "rule")
        screen.print(
            f"{findings} by {rules} in shadow: try them with `.venv/bin/terang review {out}`"
        )
    if not summary["inspected"] and (result.files or not result.cases):
        files = sum(receipt.status == "refused" for _, receipt in result.files)
        refused = f"{counted(files, 'file')} refused" if files else refused
        codes = "".join(f", {code}" for code in summary["refusals_by_code"])
        screen.print(f"nothing was read: {refused}{codes}")


def _rule_of(key: str) -> str:
    pack, _, rule, _ = key.split("/")
    return f"{pack}/{rule}"


def _print_kept(deployed: runner.Deployed, provider: str) -> None:
    stack = deployed.stack
    for line in first_steps(provider, "", deployed.outputs, REGION, stack.url).splitlines():
        screen.print(line, soft_wrap=True)
    stop = (
        f"kill {stack.pid}; while kill -0 {stack.pid} 2>/dev/null; do sleep 1; done;"
        f" rm -rf {stack.folder}"
    )
    _print_doors(deployed)
    screen.print("# The stack is running. Stop it with:")
    screen.print(stop, soft_wrap=True)


def _print_doors(deployed: runner.Deployed) -> None:
    page = f"{deployed.ask_url} (the page; updates for a bot under telegram)"
    screen.print(f"ask:      {page}", soft_wrap=True)
    forms = f"{deployed.ask_url}object and {deployed.ask_url}report (for authors, for anyone)"
    screen.print(f"forms:    {forms}", soft_wrap=True)
    screen.print(f"tip line: {deployed.tip_line_url} (JSON, for partners)", soft_wrap=True)


def _serve(folder: Path, deployed: runner.Deployed) -> None:
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", runner.PAGES_PORT), handler) as server:
        _print_doors(deployed)
        screen.print(f"serving http://127.0.0.1:{runner.PAGES_PORT} until Ctrl-C")
        server.serve_forever()
