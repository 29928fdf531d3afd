"""`terang packs`: check packs, try them on a text, publish them."""

import argparse
import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from authoring.check import Packs
from authoring.explain import explain
from authoring.source import pack_schema
from matcher import PackError, load_packs
from terang import USAGE
from terang.console import print_problem, print_result, print_warning


def check(options: argparse.Namespace) -> int:
    """Check every pack of a folder: 0 if all is well, 1 with file, line and reason if not."""
    packs = checked(options.packs, options.today, advice=True)
    if packs is None:
        return 1
    rules = sum(len(pack.rules) for pack in packs)
    count = len(packs.warnings)
    told = f"sound, {count} warning{'s' * (count != 1)}" if count else "all well"
    print_result(f"{len(packs)} packs, {rules} rules: {told}")
    return 0


def schema(_: argparse.Namespace) -> int:
    """Print the JSON Schema of a pack."""
    for line in json.dumps(pack_schema(), indent=2).split("\n"):
        print_result(line)
    return 0


def checked(folder: Path, today: str, *, advice: bool = False) -> Packs | None:
    """The packs of a folder, or nothing when they do not check; problems and warnings are told.

    `advice` adds the warnings that matter to whoever edits the packs.
    """
    day = day_of(today) if today else datetime.now(UTC).date()
    if not folder.exists() or day is None:
        missing = f"{folder}: no such file or folder"
        fault = missing if day else f"--today {today}: no day of the calendar, like 2026-11-30"
        print_problem(fault)
        return None
    try:
        packs = load_packs(folder, day, advice=advice)
    except PackError as error:
        for one in error.problems:
            print_problem(one)
        return None
    for one in packs.warnings:
        print_warning(f"warning: {one}")
    return packs


def day_of(text: str) -> date | None:
    """The day, or nothing if it is none.

    >>> day_of("2026-11-25"), day_of("20261125")
    (datetime.date(2026, 11, 25), None)
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None


def try_text(options: argparse.Namespace) -> int:
    """Print what hits a text, and for each rule that nearly does what decided against it."""
    packs = checked(options.packs, options.today)
    if packs is None:
        return USAGE
    text = sys.stdin.read() if options.text == "-" else options.text
    for line in explain(packs, text):
        print_result(line)
    return 0
