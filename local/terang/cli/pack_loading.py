"""Reads the packs that a command was given, and prints their problems."""

from datetime import date
from pathlib import Path

from matcher import PackError, load_packs
from rules.pack import Packs
from terang.cli.arguments import today_utc
from terang.console import print_problem, print_warning


def load_checked(folder: Path, day: date | None, *, advice: bool = False) -> Packs | None:
    """Return the packs of a folder, or None if they do not check. Print problems and warnings.

    `advice` adds the warnings that matter to people who edit the packs.
    """
    if not folder.exists():
        print_problem(f"{folder}: no such file or folder")
        return None
    try:
        packs = load_packs(folder, day or today_utc(), advice=advice)
    except PackError as error:
        print_pack_problems(error)
        return None
    for warning in packs.warnings:
        print_warning(f"warning: {warning}")
    return packs


def print_pack_problems(error: PackError) -> None:
    """Print each problem with its file and line."""
    for problem in error.problems:
        print_problem(problem)
