"""`terang audit`: posts that no rule met, judged one by one, so that what was missed is known."""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ledger.clock import Clock, SystemClock
from ledger.errors import OperatorError
from ledger.records.provider import is_provider_id
from terang import USAGE
from terang.casework.message_file import MessageFile, decode_lines, read_file, read_messages
from terang.cli.review import MODERATOR, console
from terang.console import print_problem
from terang.review.audit_screen import screen
from terang.review.audit_steps import Auditing, begin, press
from terang.review.sitting import sit
from terang.review.terminal import Terminal, TtyTerminal, is_terminal

if TYPE_CHECKING:
    from ledger.ports import Objects

MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


class _Line(msgspec.Struct, frozen=True):
    """A line of the month's sample as publish hands it out."""

    post: str


def audit(options: argparse.Namespace) -> int:
    """Audit; 0 when it was ended, whatever still waits, 2 for wrong usage."""
    fault = _fault(options)
    if fault:
        print_problem(f"terang audit: {fault}")
        return USAGE
    file = options.verdicts or Path(f"audit-{options.month}-{options.moderator}.jsonl")
    try:
        before = read_messages(file) if file.exists() else []
        clock, posts = _sample(options)
        left = waiting(posts, before, options.month)
        with TtyTerminal() as terminal:
            begun = begin(options.moderator, options.month, left, clock.now())
            made = sit(terminal, clock, begun, screen, _step, MessageFile(file).write)
    except OperatorError as error:
        print_problem(f"terang audit: {error}")
        return 1
    except OSError as error:
        print_problem(f"terang audit: cannot write {file}: {error.strerror}")
        return 1
    console.print(f"{len(made)} judged in {file}")
    if made:
        words = f"terang cases send {file} --provider {options.provider} --stack {options.stack}"
        console.print(f"send with: {words}")
    return 0


def waiting(posts: Sequence[str], before: Sequence[dict[str, Any]], month: str) -> tuple[str, ...]:
    """The posts of the sample, by rank, that the file has no verdict on yet."""
    judged = [
        one.get("post")
        for one in before
        if one.get("type") == "audit" and one.get("month") == month
    ]
    return tuple(post for post in posts if post not in judged)


def _fault(options: argparse.Namespace) -> str:
    if not is_provider_id(options.provider):
        return f"--provider {options.provider!r} names no provider"
    if not MONTH.fullmatch(options.month):
        return f"--month {options.month!r}: a month as YYYY-MM"
    if not MODERATOR.fullmatch(options.moderator):
        return f"--moderator {options.moderator!r}: a pseudonym of letters, digits, `.`, `_`, `-`"
    if not is_terminal():
        return "it needs a terminal, for it names one post at a time and waits for a key"
    return ""


def _sample(options: argparse.Namespace) -> tuple[Clock, list[str]]:
    """The clock, and the posts of the month's sample by rank."""
    from terang.remote import Remote  # a run's folder waits for no AWS

    key = f"out/{options.provider}/audit/{options.month}.jsonl"
    if options.run is not None:
        file = options.run / key
        data = read_file(file) if file.is_file() else None
        return SystemClock(), posts_in(data, str(file))
    remote = Remote.find(options.stack)
    objects: Objects = remote.objects
    return remote.clock, posts_in(objects.get(remote.outputs["OutBucket"], key), key)


def posts_in(data: bytes | None, name: str) -> list[str]:
    """Return the posts of a sample, by rank. Raises OperatorError for none, or a bad line."""
    if data is None:
        raise OperatorError(f"no sample at {name}: publish draws it with each day")
    return [line.post for line in decode_lines(data, _Line, name)]


def _step(terminal: Terminal, auditing: Auditing, clock: Clock) -> Auditing | None:
    key = terminal.key()
    return None if key is None else press(auditing, key, clock.now())
