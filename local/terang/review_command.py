"""`terang review`: findings one by one at the terminal, decisions into a file."""

import argparse
import re
from pathlib import Path

from rich.console import Console

from ledger.clock import SystemClock
from ledger.errors import OperatorError
from terang.command import USAGE
from terang.message_file import MessageFile, read_messages
from terang.review_cards import cards
from terang.review_sources import findings_of_run, why_in_folder
from terang.reviewing import sit
from terang.telling import problem
from terang.terminal import TtyTerminal, is_terminal

MODERATOR = re.compile(r"[A-Za-z0-9._-]{1,100}")


def review(options: argparse.Namespace) -> int:
    """Review; 0 when it was ended, whatever is still open, 2 for wrong usage."""
    fault = _fault(options)
    if fault:
        problem(f"terang review: {fault}")
        return USAGE
    options.decisions = options.decisions or Path(f"decisions-{options.moderator}.jsonl")
    try:
        decided = _decided(options.decisions)
        found = findings_of_run(options.findings, decided)
    except OperatorError as error:
        problem(f"terang review: {error}")
        return 1
    file = MessageFile(options.decisions)
    why = why_in_folder(options.findings)
    with TtyTerminal() as terminal:
        made = sit(terminal, SystemClock(), options.moderator, cards(found), why, file.write)
    _tell(options.decisions, len(made))
    return 0


def _tell(file: Path, count: int) -> None:
    told = f"{count} decision{'' if count == 1 else 's'} in {file}" if count else "nothing decided"
    Console(highlight=False).print(told, markup=False, soft_wrap=True)


def _fault(options: argparse.Namespace) -> str:
    if not MODERATOR.fullmatch(options.moderator):
        return f"--moderator {options.moderator!r}: a pseudonym of letters, digits, `.`, `_`, `-`"
    if options.findings is None:
        return "name a run's folder"
    if not is_terminal():
        return "it needs a terminal, for it shows one post at a time and waits for a key"
    return ""


def _decided(path: Path) -> set[str]:
    """The findings that the file decides already: a review goes on where it was left."""
    messages = read_messages(path) if path.exists() else []
    return {
        finding
        for message in messages
        if message.get("type") == "decision" and message.get("verdict") != "skipped"
        for finding in message.get("findings", ())
    }
