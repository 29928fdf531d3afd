"""`terang report`, `report check` and `report lint`: a provider's harmonised yearly report."""

import re
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from dsa.report.about import About
from dsa.report.entries import Entries
from dsa.report.files import LedgerError, report_files, report_of_ledger
from dsa.report.report import Period, Report
from dsa.report.template import file_name
from report_proof.proof import NotAReportError, WrittenReport, prove
from terang import InputError
from terang.case_messages import read_file
from terang.cli.arguments import (
    STACK,
    JsonLines,
    ProviderId,
    StackName,
    UsageError,
    parse_day,
)
from terang.console import console, print_json, print_result, print_warning
from terang.reports.report_lint import has_report, report_problems
from terang.reports.yearly_report import read_about, read_ledger, write_report

_CELL = re.compile(r"(?P<part>[3-8]):(?P<row>\d+)(?::(?P<column>[A-Z]{1,2}))?")

Folder = Annotated[Path, Parameter(help="the folder of the report")]

app = App(
    name="report",
    help_epilogue="Example: terang report --provider acme-chat --period 2026 --out report"
    " --about about.yaml",
    version_flags=(),
)


@app.default
def report(
    *,
    provider: Annotated[ProviderId | None, Parameter(help="whose report")] = None,
    period: Annotated[
        str | None, Parameter(metavar="YEAR", help="or FIRST/LAST, both days included")
    ] = None,
    out: Annotated[Path | None, Parameter(metavar="DIR", help="where it is written")] = None,
    about: Annotated[
        Path | None, Parameter(metavar="FILE", help="the provider's description of itself")
    ] = None,
    ledger: Annotated[
        Path | None,
        Parameter(metavar="FILE", help="ledger.jsonl of an earlier report, instead of a stack"),
    ] = None,
    stack: StackName = STACK,
) -> int:
    """Write a report; 0 when it is written, 2 if its ledger cannot be read."""
    if not (out and period and (provider or ledger)):
        raise UsageError("--provider (or --ledger), --period and --out are needed")
    try:
        days = _period(period)
        words = read_about(about) if about else About()
    except ValueError as error:
        raise InputError(str(error)) from None
    if ledger:
        entries, files = _from_ledger(ledger, days, words)
    else:
        entries, files = _from_stack(stack, provider or "", days, words)
    changed = write_report(out, files, words)
    console.print(f"{out}: {len(entries.all):,} entries, {str(days).replace('/', ' to ')}")
    if changed:
        console.print(f"corrected: {changed} cells changed; the earlier version is kept in {out}")
        if not (words.correction and words.published):
            print_warning("give the reason in `correction` and the day in `published` of --about")
    console.print(f"prove it: terang report check {out}")
    return 0


def _period(text: str) -> Period:
    """Return the period. Raises ValueError if it is neither a year nor two days."""
    first, _, last = text.partition("/")
    if re.fullmatch(r"20\d\d", text):
        return Period.year(int(text))
    try:
        period = Period(parse_day(first), parse_day(last))
    except ValueError:
        period = None
    if period is None or period.first > period.last:
        raise ValueError(f"--period {text!r}: write a year, or FIRST/LAST as YYYY-MM-DD")
    return period


def _from_ledger(path: Path, period: Period, about: About) -> tuple[Entries, dict[str, bytes]]:
    try:
        _, entries, files = report_of_ledger(read_file(path, may_be_pipe=True), period, about)
    except LedgerError as error:
        raise InputError(f"{path}: {error}") from None
    return entries, files


def _from_stack(
    stack: str, provider: str, period: Period, about: About
) -> tuple[Entries, dict[str, bytes]]:
    from terang.remote import Remote  # late: a report from a ledger needs no boto3

    entries, inspected = read_ledger(Remote.find(stack).known(provider).store, provider, period)
    return entries, report_files(Report(period, entries, inspected, about), provider)


def check(
    folder: Folder,
    /,
    *,
    cell: Annotated[
        str, Parameter(metavar="PART:ROW:COLUMN", help="print the entries behind 5:2:F")
    ] = "",
) -> int:
    """Print each number that does not follow from the entries; 0 if all do, 1 if not."""
    try:
        files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        written = WrittenReport.read(files)
        if cell:
            _print_entries(cell, written)
            return 0
        proof = prove(written)
    except (OSError, NotAReportError) as error:
        raise InputError(f"{folder}: this is not a report that can be proved: {error}") from None
    for difference in proof.differences:
        print_result(difference)
    print_result(
        f"{proof.numbers:,} numbers proved from {proof.entries:,} entries,"
        f" {len(proof.differences)} differ"
    )
    return 1 if proof.differences else 0


def _print_entries(cell: str, report: WrittenReport) -> None:
    """Print the entries behind a cell: `5:2:F`, or `7:1` for the value of a row."""
    match = _CELL.fullmatch(cell)
    rows = report.parts[int(match["part"])] if match else []
    if not match or not 1 <= int(match["row"]) <= len(rows):
        raise UsageError(
            f"--cell {cell}: write PART:ROW:COLUMN, such as 5:2:F; row 1 is below the header"
        )
    part, row = int(match["part"]), int(match["row"])
    columns = [name for name in rows[row - 1] if not name.startswith("_")]
    place = _column_number(match["column"] or "")
    column = columns[place - 1] if 1 <= place <= len(columns) else "Value"
    claim = report.claims.get((part, row, column))
    if claim is None:
        raise UsageError(f"--cell {cell}: {column!r} does not hold a number that was counted")
    ids = claim.get("ids", ())
    value = claim["value"] or "blank"
    print_result(f"{column.strip()}: {value} = {claim['how']} of {len(ids)}")
    for name in ids:
        print_result(name)
    for name in claim.get("of", ()):
        print_result(f"of {name}")


def _column_number(letters: str) -> int:
    """Return the number of a column, from 1, by its letters.

    >>> _column_number("A"), _column_number("F"), _column_number("AA")
    (1, 6, 27)
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def lint(
    folder: Folder,
    /,
    *,
    as_json: JsonLines = False,
) -> int:
    """Print each problem; 0 without problems, 1 otherwise."""
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
    lint,
    name="lint",
    help="Check anyone's report against the template and its own sums.",
    help_epilogue="Example: terang report lint DIR --json",
)
