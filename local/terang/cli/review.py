"""`terang review`: findings one by one at the terminal, decisions into a file or to the stack."""

import argparse
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from ledger.cases.messages import BaseCaseMessage
from ledger.clock import Clock, SystemClock
from ledger.errors import OperatorError
from ledger.records.provider import is_provider_id
from terang import USAGE
from terang.casework.case_queue import CaseQueue
from terang.casework.case_sending import send_file, told
from terang.casework.message_file import MessageFile, decided_in, read_messages
from terang.console import Screen, print_problem
from terang.review.cards import Card, cards
from terang.review.reviewing import review_cards
from terang.review.screen import Why
from terang.review.sources import (
    findings_of_run,
    findings_of_stack,
    second_reviews,
    why_in_folder,
    why_in_sets,
)
from terang.review.terminal import TtyTerminal, is_terminal

MODERATOR = re.compile(r"[A-Za-z0-9._-]{1,100}")

console = Screen()


@dataclass(frozen=True, slots=True)
class _Desk:
    """What a sitting needs: cards, what rules say, the stack's clock, and where to send, if so."""

    cards: tuple[Card, ...]
    why: Why
    clock: Clock
    queue: Callable[[], CaseQueue] | None = None


def review(options: argparse.Namespace) -> int:
    """Review; 0 when it was ended, whatever is still open, 2 for wrong usage."""
    fault = _fault(options)
    if fault:
        print_problem(f"terang review: {fault}")
        return USAGE
    options.decisions = options.decisions or Path(f"decisions-{options.moderator}.jsonl")
    file = MessageFile(options.decisions)
    try:
        before = read_messages(options.decisions) if options.decisions.exists() else []
        desk = _desk_of_run(options, before) if options.findings else _desk(options, before)
        with TtyTerminal() as terminal:
            made = review_cards(
                terminal, desk.clock, options.moderator, desk.cards, desk.why, file.write
            )
        return _end(options, desk, made)
    except OperatorError as error:
        print_problem(f"terang review: {error}")
        return 1
    except OSError as error:
        print_problem(f"terang review: cannot write {options.decisions}: {error.strerror}")
        return 1


def _fault(options: argparse.Namespace) -> str:
    if not MODERATOR.fullmatch(options.moderator):
        return f"--moderator {options.moderator!r}: a pseudonym of letters, digits, `.`, `_`, `-`"
    if (options.findings is None) == (not options.provider):
        return "name a run's folder, or --provider P of a stack"
    if options.provider and not is_provider_id(options.provider):
        return f"--provider {options.provider!r} names no provider"
    if options.send and not options.provider:
        return "--send needs --provider P of a stack"
    if not is_terminal():
        return "it needs a terminal, for it shows one post at a time and waits for a key"
    return ""


def _desk_of_run(options: argparse.Namespace, before: Sequence[dict[str, Any]]) -> _Desk:
    found = findings_of_run(options.findings, decided_in(before))[: options.limit]
    return _Desk(cards(found), why_in_folder(options.findings), SystemClock())


def _desk(options: argparse.Namespace, before: Sequence[dict[str, Any]]) -> _Desk:
    """Second reviews come after what nobody has decided."""
    from terang.remote import Remote  # a run's folder waits for no AWS

    remote, provider = Remote.find(options.stack), options.provider
    found = findings_of_stack(remote.store, provider, options.limit, decided_in(before))
    seconds = second_reviews(
        remote.store,
        provider,
        options.moderator,
        remote.clock.now().date(),
        [str(one.get("decision")) for one in before if one.get("type") == "second_review"],
    )
    bucket = remote.outputs["PublicBucket"]
    why = why_in_sets(lambda key: remote.objects.get(bucket, key))
    return _Desk((*cards(found), *seconds), why, remote.clock, lambda: remote.cases(provider))


def _end(options: argparse.Namespace, desk: _Desk, made: Sequence[BaseCaseMessage]) -> int:
    """Say what was decided, and send it if asked to."""
    many = "" if len(made) == 1 else "s"
    text = f"{len(made)} decision{many} in {options.decisions}" if made else "nothing decided"
    console.print(text)
    if not made or desk.queue is None:
        return 0
    if options.send:
        messages = [msgspec.to_builtins(message) for message in made]
        for line in told(send_file(desk.queue(), messages, list)):
            console.print(line)
        return 0
    words = f"terang cases send {options.decisions} --provider {options.provider}"
    console.print(f"send with: {words} --stack {options.stack}")
    return 0
