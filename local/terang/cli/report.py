"""`terang report`: the harmonised report of a provider's year, and how it was corrected."""

import argparse
import csv
import io
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from dsa.report.about import About
from dsa.report.entries import Entries
from dsa.report.files import LEDGER, LedgerError, report_files, report_of_ledger
from dsa.report.report import Period, Report
from ledger.errors import OperatorError
from terang import USAGE
from terang.casework.message_file import read_file
from terang.cli.packs import day_of
from terang.console import Screen, print_problem
from terang.reports.about_file import read_about

CORRECTIONS = "corrections.csv"

console = Screen(stderr=True)


def report(options: argparse.Namespace) -> int:
    """Write a report; 0 once it stands, 1 when its ledger cannot be read, 2 for wrong usage."""
    try:
        period = period_of(options)
        about = read_about(options.about) if options.about else About()
    except ValueError as error:
        print_problem(f"terang report: {error}")
        return USAGE
    try:
        entries, files = _files(options, period, about)
        changed = write(options.out, files, about)
    except LedgerError as error:
        print_problem(f"terang report: {options.ledger}: {error}")
        return 1
    except (OSError, OperatorError) as error:
        print_problem(f"terang report: {error}")
        return 1
    console.print(
        f"{options.out}: {len(entries.all):,} entries, {str(period).replace('/', ' to ')}"
    )
    if changed:
        console.print(f"corrected: {changed} cells changed; the version before stands beside")
        if not (about.correction and about.published):
            told = "say why in `correction` and when in `published` of --about: both must be told"
            print_problem(f"terang report: {told}")
    console.print(f"prove it: terang report check {options.out}")
    return 0


def period_of(options: argparse.Namespace) -> Period:
    """The period of the call. Raises ValueError, saying what is wrong."""
    if not (options.out and options.period and (options.provider or options.ledger)):
        raise ValueError("--provider (or --ledger), --period and --out are needed")
    first, _, last = str(options.period).partition("/")
    if re.fullmatch(r"20\d\d", first) and not last:
        return Period.year(int(first))
    days = day_of(first), day_of(last)
    if days[0] is None or days[1] is None or days[0] > days[1]:
        raise ValueError(f"--period {options.period!r}: a year, or FIRST/LAST as YYYY-MM-DD")
    return Period(days[0], days[1])


def _files(
    options: argparse.Namespace, period: Period, about: About
) -> tuple[Entries, dict[str, bytes]]:
    """Return the entries of the period and the files of its report, from a ledger or a stack."""
    if options.ledger:
        data = read_file(options.ledger, may_be_pipe=True)
        _, entries, files = report_of_ledger(data, period, about)
        return entries, files
    from terang.reports.source import read_ledger

    entries, inspected = read_ledger(options.stack, options.provider, period)
    return entries, report_files(Report(period, entries, inspected, about), options.provider)


def write(folder: Path, files: Mapping[str, bytes], about: About) -> int:
    """Write a report; over an earlier one that differs, as a correction. The cells that changed.

    The earlier version moves to `r<number>` in the same folder and stays; `corrections.csv` names
    each cell that changed, what it was, the day and the reason.
    """
    folder.mkdir(parents=True, exist_ok=True)
    changes: list[list[str]] = []
    earlier = {name: (folder / name).read_bytes() for name in files if (folder / name).is_file()}
    if earlier and any(earlier.get(name) != data for name, data in files.items() if name != LEDGER):
        number = len(list(folder.glob("r[0-9]*"))) + 1
        changes = list(_changes(earlier, files, number + 1, about))
        kept = folder / f"r{number}"
        kept.mkdir()
        for name in (*earlier, CORRECTIONS):
            if (folder / name).is_file():
                shutil.move(folder / name, kept / name)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    if changes:
        text = io.StringIO(newline="")
        csv.writer(text).writerows([_HEADER, *changes])
        (folder / CORRECTIONS).write_text(text.getvalue(), encoding="utf-8", newline="")
    return len(changes)


_HEADER = ["Version", "File", "Row", "Column", "Before", "Now", "Date", "Reason and method"]


def _changes(
    earlier: Mapping[str, bytes], files: Mapping[str, bytes], version: int, about: About
) -> Iterator[list[str]]:
    on = about.published.isoformat() if about.published else ""
    for name, data in files.items():
        if not name.endswith(".csv") or name not in earlier:
            continue
        old, new = _table(earlier[name]), _table(data)
        for row in range(max(len(old), len(new))):
            for column, title in enumerate(new[0]):
                before, now = (_cell(table, row, column) for table in (old, new))
                if before != now:
                    yield [str(version), name, str(row), title, before, now, on, about.correction]


def _table(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


def _cell(table: list[list[str]], row: int, column: int) -> str:
    return table[row][column] if row < len(table) and column < len(table[row]) else ""
