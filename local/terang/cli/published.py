"""What is published and answered for: the public log, statements of reasons, the yearly report.

`terang verify`, `prove` and `monitor` check the log and prove one leaf of it: of a finding or unit,
or of the receipt of a file. `terang statements` and `terang report` check what anybody wrote;
statements are also sent, and a report is written. What only these two need is imported late.
"""

import os
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
from cyclopts import App

from ledger.codes import OperatorError
from terang import ROOT, InputError
from terang.case_queue import read_file
from terang.log_proofs import prove_finding, prove_receipt
from terang.terminal import (
    STACK,
    Day,
    Files,
    JsonLines,
    ProviderId,
    StackName,
    Texts,
    UsageError,
    option,
    print_json,
    print_problem,
    print_result,
    print_results,
    print_warning,
    progress_bar,
    says,
    screen,
    today_utc,
)
from tlog import Leaf, encode_leaf
from verify import LogUnreadableError, Options, proof_command, source_of, verify_command

if TYPE_CHECKING:
    from dsa.indicators import About
    from dsa.report import Period
    from dsa.report_proof import WrittenReport
    from dsa.statement_checks import StatementProblem
    from terang.statement_files import StatementPlace

TOKEN = "TERANG_SOR_TOKEN"  # noqa: S105 - the name of a variable
"""The variable with the provider's token. An option would show it in the list of processes."""

StatementFile = Annotated[
    Path, says("JSON Lines, API batches, or the database's CSV; gzip and zip are opened")
]


def lint(
    *files: StatementFile,
    as_json: JsonLines = False,
    packs: Annotated[Path | None, option("DIR", "packs that facts name; default: packs/")] = None,
    last: Annotated[Files, option("FILE", "statements of the month before, to compare with")] = (),
    today: Annotated[Day | None, says("later days in a statement are wrong")] = None,
) -> int:
    """Print each problem; 0 without problems, 1 otherwise."""
    from terang.statement_files import StatementLint, pack_codes

    paths = _existing(files, last)
    if packs and not packs.is_dir():
        raise InputError(f"{packs}: no such folder")
    checks = StatementLint(pack_codes(packs or ROOT / "packs"), today or today_utc())
    codes = Counter[str]()
    with progress_bar(total=sum(path.stat().st_size for path in paths)) as update:
        checks.learn_last_month(last)
        for place, problem in checks.problems(paths, lambda read: update(advance=read)):
            codes[problem.code] += 1
            _print(place, problem, as_json=as_json)
    counted = f"statements: {checks.statements:,}; problems: {codes.total():,}"
    by_code = ", ".join(f"{code} {count:,}" for code, count in codes.most_common())
    screen.print(f"{counted} ({by_code})" if by_code else counted)
    return 1 if codes else 0


def _existing(files: tuple[Path, ...], others: tuple[Path, ...] = ()) -> list[Path]:
    """Return the files, those of folders too. Raises UsageError or InputError without them."""
    from terang.statement_files import files_of

    if not files:
        raise UsageError("name the files or folders of the statements")
    paths = files_of(files)
    missing = [str(path) for path in (*paths, *others) if not path.is_file()]
    if missing or not paths:
        raise InputError(f"no such file: {', '.join(missing or map(str, files))}")
    return paths


def _print(place: "StatementPlace", problem: "StatementProblem", *, as_json: bool) -> None:
    puid = place.puid if isinstance(place.puid, str) and place.puid else None
    if as_json:
        print_json({"file": place.file, "item": place.item, "puid": puid, **problem._asdict()})
    else:
        which = f"{place.file}: item {place.item}{f' {puid}' if puid else ''}"
        field = f" {problem.field}:" if problem.field else ""
        print_result(f"{which}:{field} {problem.code}: {problem.message}")


def submit(
    *files: StatementFile,
    to: Annotated[str, option("ADDRESS", "the address of the sandbox, or of the database")],
    sent: Annotated[
        Path, option("FILE", "records what was sent; default: statements-sent.jsonl")
    ] = Path("statements-sent.jsonl"),
    token_file: Annotated[
        Path | None, option("FILE", f"holds the token; default: the variable {TOKEN}")
    ] = None,
) -> int:
    """Send the statements that were not sent yet; 0 if the database has all, 1 if not."""
    from terang.submission import SentFile, SorApi, Submission

    paths = _existing(files)
    token = _token(token_file)
    if not to.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise UsageError(f"--to {to!r}: give an https address; the token is a secret")
    try:
        sent_file = SentFile.read(sent)
    except (OperatorError, OSError) as error:
        raise InputError(str(error)) from None
    before = len(sent_file.puids)
    submission = Submission(SorApi(to, token), sent_file, print_result)
    try:
        for _ in submission.send(paths):
            screen.print(f"{len(sent_file.puids) - before:,} sent", style="dim")
    except OperatorError as error:
        print_problem(f"terang statements submit: {error}")
        screen.print(f"{len(sent_file.puids) - before:,} sent; the same command continues here")
        return 1
    screen.print(
        f"{len(sent_file.puids) - before:,} sent, {before:,} sent before,"
        f" {submission.refused:,} refused"
    )
    return 1 if submission.refused else 0


def _token(file: Path | None) -> str:
    """Return the token. Raises UsageError, which never quotes it."""
    if file is None:
        token, source = os.environ.get(TOKEN, ""), f"the environment variable {TOKEN}"
    else:
        try:
            token, source = file.read_text(encoding="ascii", errors="replace").strip(), str(file)
        except OSError as error:
            raise UsageError(f"--token-file {file}: {error.strerror}") from None
    if not token:
        raise UsageError(f"put the token into {source}")
    # A header accepts no other characters, and the library's error about one would show the token.
    if not re.fullmatch(r"[!-~]+", token):
        raise UsageError(f"{source} holds characters that no token has")
    return token


Folder = Annotated[Path, says("the folder of the report")]

app = App(
    name="report",
    help_epilogue="Example: terang report --provider acme-chat --period 2026 --out report"
    " --about about.yaml",
    version_flags=(),
)


@app.default
def report(
    *,
    provider: Annotated[ProviderId | None, says("whose report")] = None,
    period: Annotated[str | None, option("YEAR", "or FIRST/LAST, both days included")] = None,
    out: Annotated[Path | None, option("DIR", "where it is written")] = None,
    year: Annotated[int | None, option("YEAR", "of the report, and say if it is ready")] = None,
    about: Annotated[Path | None, option("FILE", "the provider's description of itself")] = None,
    ledger: Annotated[Path | None, option("FILE", "an earlier report's ledger.jsonl")] = None,
    stack: StackName = STACK,
) -> int:
    """Write a report; 0 when it is written, 2 if its ledger cannot be read.

    With --year, write the form --about if it is missing; 1 if something stands against publishing.
    """
    from dsa.indicators import About
    from dsa.report import LedgerError, Report, report_files, report_of_ledger
    from terang.submission import FORM, read_about, read_ledger, read_period, write_report

    if year and (period or not about):
        raise UsageError("--year needs --about FILE, where the form is kept, and no --period")
    period = period or (str(year) if year else None)
    if not (out and period and (provider or ledger)):
        raise UsageError("--provider (or --ledger), --period (or --year) and --out are needed")
    if year and about and not about.exists():
        about.write_bytes(FORM.read_bytes())
        screen.print(f"{about}: a form for your own words; fill it in and repeat the command")
    try:
        days = read_period(period)
        words = read_about(about) if about else About()
    except ValueError as error:
        raise InputError(str(error)) from None
    if ledger:
        try:
            data = read_file(ledger, may_be_pipe=True)
            _, entries, files = report_of_ledger(data, days, words)
        except LedgerError as error:
            raise InputError(f"{ledger}: {error}") from None
    else:
        from terang.remote import Remote  # late: a report from a ledger needs no boto3

        store, name = Remote.find(stack).known(provider or "").store, provider or ""
        entries, inspected = read_ledger(store, name, days)
        files = report_files(Report(days, entries, inspected, words), name)
    changed = write_report(out, files, words)
    screen.print(f"{out}: {len(entries.all):,} entries, {str(days).replace('/', ' to ')}")
    if changed:
        screen.print(f"corrected: {changed} cells changed; the earlier version is kept in {out}")
        if not (words.correction and words.published):
            print_warning("give the reason in `correction` and the day in `published` of --about")
    screen.print(f"prove it: terang report check {out}")
    return _say_if_ready(out, words, days) if year else 0


def _say_if_ready(out: Path, words: "About", days: "Period") -> int:
    """Print what stands against publishing, and keep it next to the draft; 1 if anything does."""
    from terang.submission import DRAFT, not_ready

    problems = list(not_ready(out, words, days, today_utc()))
    print_results(problems)
    print_result(f"not ready: {len(problems)}" if problems else "ready to publish")
    (out / DRAFT).write_text("\n".join(problems), "utf-8")
    if not problems:
        (out / DRAFT).unlink()
    return 1 if problems else 0


def check(
    folder: Folder,
    /,
    *,
    cell: Annotated[str, option("PART:ROW:COLUMN", "print the entries behind 5:2:F")] = "",
) -> int:
    """Print each number that does not follow from the entries; 0 if all do, 1 if not."""
    from dsa.report_proof import NotAReportError, WrittenReport, prove

    try:
        files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        written = WrittenReport.read(files)
        if cell:
            _print_entries(cell, written)
            return 0
        proof = prove(written)
    except (OSError, NotAReportError) as error:
        raise InputError(f"{folder}: this is not a report that can be proved: {error}") from None
    print_results(proof.differences)
    print_result(
        f"{proof.numbers:,} numbers proved from {proof.entries:,} entries,"
        f" {len(proof.differences)} differ"
    )
    return 1 if proof.differences else 0


def _print_entries(cell: str, report: "WrittenReport") -> None:
    """Print the entries behind a cell: `5:2:F`, or `7:1` for the value of a row."""
    match = re.fullmatch(r"(?P<part>[3-8]):(?P<row>\d+)(?::(?P<column>[A-Z]{1,2}))?", cell)
    part, row = (int(match["part"]), int(match["row"])) if match else (0, 0)
    rows = report.parts[part] if match else []
    if not match or not 1 <= row <= len(rows):
        raise UsageError(
            f"--cell {cell}: write PART:ROW:COLUMN, such as 5:2:F; row 1 is below the header"
        )
    columns = [name for name in rows[row - 1] if not name.startswith("_")]
    place = 0
    for letter in match["column"] or "":  # A is 1, AA is 27
        place = place * 26 + ord(letter) - ord("A") + 1
    column = columns[place - 1] if 1 <= place <= len(columns) else "Value"
    claim = report.claims.get((part, row, column))
    if claim is None:
        raise UsageError(f"--cell {cell}: {column!r} does not hold a number that was counted")
    ids = claim.get("ids", ())
    value = claim["value"] or "blank"
    print_result(f"{column.strip()}: {value} = {claim['how']} of {len(ids)}")
    print_results(ids)
    print_results(f"of {name}" for name in claim.get("of", ()))


def lint_report(folder: Folder, /, *, as_json: JsonLines = False) -> int:
    """Print each problem; 0 without problems, 1 otherwise."""
    from dsa.report_entries import file_name
    from terang.report_lint import has_report, report_problems

    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    if not has_report(folder):
        raise InputError(f"{folder}: no part of a report is here, such as {file_name(1)}")
    count = 0
    for problem in report_problems(folder):
        count += 1
        name = file_name(problem.part)
        if as_json:
            print_json({"file": name, **problem._asdict()})
        else:
            column = f", {problem.column.strip()!r}" if problem.column else ""
            print_result(f"{name}: row {problem.row}{column}: {problem.code}: {problem.message}")
    if not as_json:
        print_result(f"{count} problems")
    return 1 if count else 0


app.command(
    check,
    name="check",
    help="Prove each number of a report from its entries.",
    help_epilogue="Example: terang report check DIR",
)
app.command(
    lint_report,
    name="lint",
    help="Check anyone's report against the template and its own sums.",
    help_epilogue="Example: terang report lint DIR --json",
)


Place = Annotated[str, says("a copy of the public bucket, or its address")]
Keys = Annotated[
    Texts,
    option("VKEY", "a key of the log that you know from elsewhere; repeat for more"),
]
Witnesses = Annotated[
    Texts, option("VKEY", "the key of a witness that must have signed; repeat for more")
]


def verify(
    place: Place,
    /,
    *,
    key: Keys = (),
    state: Annotated[Path | None, option("FILE", "keeps the newest checkpoint seen")] = None,
    checkpoint: Annotated[Files, option("FILE", "one that others got; repeat for more")] = (),
    witness: Witnesses = (),
    proof: Annotated[Path | None, option("FILE", "check this proof, and nothing else")] = None,
    receipt: Annotated[Path | None, option("FILE", "the receipt that the proof is of")] = None,
) -> int:
    """Check; 0: all is proved, 1: something is wrong, 2: there is no log, 3: not all is proved."""
    if proof is not None:
        return proof_command(place, proof, key, receipt)
    return verify_command(place, Options(key, state, checkpoint, witness))


def monitor(
    place: Place,
    /,
    *,
    state: Annotated[Path, option("FILE", "keeps the newest checkpoint seen")],
    key: Keys = (),
    checkpoint: Annotated[Files, option("FILE", "in a provider's bucket; repeat for more")] = (),
    witness: Witnesses = (),
) -> int:
    """Check as `verify` does, and name late entries; 1 is an alarm, 3 is not."""
    return verify_command(place, Options(key, state, checkpoint, witness, watch=True))


def prove_file(
    receipt: Annotated[Path, says("the receipt of a dropped file")],
    place: Place,
    /,
    *,
    out: Annotated[Path, option("FILE")] = Path("receipt.tlog-proof"),
) -> int:
    """Write the proof that the log names this receipt; 1 if it does not, 2 if there is no log."""
    data, source = read_file(receipt, may_be_pipe=True), source_of(place)

    def get(path: str) -> bytes | None:
        found = source.get(f"log/{path}")
        if fault := source.faults.get(f"log/{path}"):
            raise OperatorError(f"log/{path} {fault}")
        return found

    return _write(lambda: prove_receipt(data, get), out)


def prove_one_finding(
    finding: Annotated[str, option("ID", "the id of a finding or unit")],
    /,
    *,
    out: Annotated[Path, option("FILE")] = Path("finding.tlog-proof"),
    stack: StackName = STACK,
) -> int:
    """Write the proof that the log names this finding; 1 if it does not, 2 if there is no log."""
    from ledger.log_store import DynamoLogStore
    from terang.remote import Remote

    remote = Remote.find(stack)
    keys = DynamoLogStore(remote.store.table).log_keys(remote.clock.now().timestamp())
    objects, bucket = remote.objects, remote.outputs["PublicBucket"]
    return _write(
        lambda: prove_finding(finding, keys, lambda path: objects.get(bucket, f"log/{path}")), out
    )


def _write(prove: Callable[[], tuple[bytes, Leaf]], out: Path) -> int:
    try:
        proof, leaf = prove()
    except InputError:
        raise
    except (OperatorError, LogUnreadableError, msgspec.DecodeError, ValueError) as error:
        screen.print(str(error))
        return 1
    out.write_bytes(proof)
    print_result(encode_leaf(leaf).decode())
    screen.print(f"written to {out}; check it with: terang verify PLACE --proof {out}")
    return 0
