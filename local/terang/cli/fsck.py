"""`terang fsck`: every published number from the table and the files; each difference by name."""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import boto3
from rich.progress import Progress, SpinnerColumn, TextColumn

from ledger.errors import OperatorError
from terang.console import Screen, print_json, print_problem, print_result
from terang.remote import Remote
from terang.repair.difference import Difference
from terang.repair.fsck import FsckResult, ReportProgress, StackCheck

console = Screen(stderr=True)


def fsck(options: argparse.Namespace) -> int:
    """Look; 0 if nothing differs, 1 if something does, 2 if the stack cannot be looked at."""
    try:
        remote = Remote.find(options.stack)
        with _progress() as tell:
            looked = look(remote, tell)
    except OperatorError as error:
        print_problem(f"terang fsck: {error}")
        return 2
    if options.json:
        told = [one.record(options.stack) for one in looked.differences]
        print_json({"differences": told, **looked.counted, "under_way": looked.under_way})
    else:
        for line in lines_of(looked.differences, options.stack):
            print_result(line)
    counted = ", ".join(f"{count:,} {name}" for name, count in looked.counted.items())
    console.print(f"{counted}: {len(looked.differences):,} differences")
    if looked.under_way:
        console.print(
            f"{looked.under_way:,} messages are under way: what they will bring is not missed yet"
        )
    return 1 if looked.differences else 0


def look(remote: Remote, tell: ReportProgress) -> FsckResult:
    """What differs. A stack at work changes between two reads: what differs is looked at again."""
    stack = StackCheck(remote, boto3.client("dynamodb"), boto3.client("sqs"), tell)
    first = _look(stack)
    if not first.differences:
        return first
    again = _look(stack)
    both = [one for one in again.differences if one in first.differences]
    return FsckResult(both, again.counted, again.under_way)


def lines_of(differences: Sequence[Difference], stack: str) -> Iterator[str]:
    """Three lines for each difference: where, what is and should be, what to type."""
    for one in differences:
        yield f"{one.kind}: {one.where}"
        yield f"  is {one.found}; should be {one.wanted}"
        yield f"  {one.advice(stack)}"


def _look(stack: StackCheck) -> FsckResult:
    with tempfile.TemporaryDirectory(prefix="terang-fsck-") as folder:
        return stack.run(Path(folder))


@contextmanager
def _progress() -> Iterator[ReportProgress]:
    columns = SpinnerColumn(), TextColumn("{task.description}")
    is_seen = sys.stderr.isatty()
    with Progress(*columns, console=console, transient=True, disable=not is_seen) as bar:
        task = bar.add_task("looking")

        def tell(what: str, done: int, total: int) -> None:
            of = f" of {total:,}" if total else ""
            bar.update(task, description=f"{done:,}{of} {what}")

        yield tell
