"""`terang statements lint` and `submit`: check statements of reasons, and send them."""

import os
import re
from collections import Counter
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dsa.statement.schema import StatementProblem
from ledger.errors import OperatorError
from terang import ROOT, InputError
from terang.cli.arguments import Day, JsonLines, UsageError, today_utc
from terang.console import console, print_json, print_problem, print_result, progress_bar
from terang.reports.statement_files import files_of
from terang.reports.statement_lint import StatementLint, StatementPlace, pack_codes
from terang.reports.submission import SentFile, SorApi, Submission

TOKEN = "TERANG_SOR_TOKEN"  # noqa: S105 - the name of a variable
"""The variable with the provider's token. An option would show it in the list of processes."""

Files = Annotated[
    Path,
    Parameter(help="JSON Lines, API batches, or the database's CSV; gzip and zip are opened"),
]


def lint(
    *files: Files,
    as_json: JsonLines = False,
    packs: Annotated[
        Path | None, Parameter(metavar="DIR", help="the packs that facts name; default: packs/")
    ] = None,
    last: Annotated[
        tuple[Path, ...],
        Parameter(metavar="FILE", help="statements of the month before, to compare with"),
    ] = (),
    today: Annotated[Day | None, Parameter(help="later days in a statement are wrong")] = None,
) -> int:
    """Print each problem; 0 without problems, 1 otherwise."""
    paths = _existing(files, last)
    if packs and not packs.is_dir():
        raise InputError(f"{packs}: no such folder")
    checks = StatementLint(pack_codes(packs or ROOT / "packs"), today or today_utc())
    codes = Counter[str]()
    size = sum(path.stat().st_size for path in paths)
    with progress_bar(total=size) as update:
        checks.learn_last_month(last)
        for place, problem in checks.problems(paths, lambda read: update(advance=read)):
            codes[problem.code] += 1
            _print(place, problem, as_json=as_json)
    counted = f"statements: {checks.statements:,}; problems: {codes.total():,}"
    by_code = ", ".join(f"{code} {count:,}" for code, count in codes.most_common())
    console.print(f"{counted} ({by_code})" if by_code else counted)
    return 1 if codes else 0


def _existing(files: tuple[Path, ...], others: tuple[Path, ...] = ()) -> list[Path]:
    """Return the files, those of folders included. Raises UsageError if one is missing."""
    if not files:
        raise UsageError("name the files or folders of the statements")
    paths = files_of(files)
    missing = [str(path) for path in (*paths, *others) if not path.is_file()]
    if missing or not paths:
        raise InputError(f"no such file: {', '.join(missing or map(str, files))}")
    return paths


def _print(place: StatementPlace, problem: StatementProblem, *, as_json: bool) -> None:
    puid = place.puid if isinstance(place.puid, str) and place.puid else None
    if as_json:
        print_json(
            {
                "file": place.file,
                "item": place.item,
                "puid": puid,
                "field": problem.field,
                "code": problem.code,
                "message": problem.message,
            }
        )
    else:
        which = f"{place.file}: item {place.item}{f' {puid}' if puid else ''}"
        field = f" {problem.field}:" if problem.field else ""
        print_result(f"{which}:{field} {problem.code}: {problem.message}")


def submit(
    *files: Files,
    to: Annotated[
        str, Parameter(metavar="ADDRESS", help="the address of the sandbox, or of the database")
    ],
    sent: Annotated[
        Path,
        Parameter(metavar="FILE", help="records what was sent; default: statements-sent.jsonl"),
    ] = Path("statements-sent.jsonl"),
    token_file: Annotated[
        Path | None,
        Parameter(metavar="FILE", help=f"holds the token; default: the variable {TOKEN}"),
    ] = None,
) -> int:
    """Send the statements that were not sent yet; 0 if the database has all, 1 if not."""
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
            console.print(f"{len(sent_file.puids) - before:,} sent", style="dim")
    except OperatorError as error:
        print_problem(f"terang statements submit: {error}")
        console.print(f"{len(sent_file.puids) - before:,} sent; the same command continues here")
        return 1
    console.print(
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
