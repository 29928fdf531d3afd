"""`terang redrive`: shows what failed for good, and returns it to where it was going."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from rich.table import Table

from ledger.aws.queue import SqsUnitQueue
from ledger.errors import OperatorError
from ledger.records.manifest import units_of
from terang.cli.operation_arguments import QUEUES
from terang.console import Screen, print_problem, print_warning
from terang.remote import Remote
from terang.repair.dead_letters import (
    DeadLetterQueue,
    EventsTarget,
    FilesTarget,
    MessagesTarget,
    QueueContents,
    RedriveResult,
    Target,
    UnitsTarget,
)

console = Screen(stderr=True)


def redrive(options: argparse.Namespace) -> int:
    """Redrive; 0 when nothing of what was asked for is left, 1 when something is."""
    try:
        remote = Remote.find(options.stack)
        if options.file:
            return _send_file(remote, options.file)
        return _redrive(dead_letters(remote), options)
    except (BotoCoreError, ClientError) as error:
        print_problem(f"terang redrive: AWS says {type(error).__name__}: {error}")
    except OperatorError as error:
        print_problem(f"terang redrive: {error}")
    return 1


def _redrive(queues: dict[str, DeadLetterQueue], options: argparse.Namespace) -> int:
    asked = {name: queues[name] for name in options.queue or QUEUES}
    began = datetime.now(UTC).timestamp()
    seen = {name: queue.contents() for name, queue in asked.items()}
    console.print(_table(seen, began))
    if options.dry_run:
        return 0
    left = 0
    for name, queue in asked.items():
        if seen[name].count:
            told = queue.redrive(began, options.limit, _teller(name))
            console.print(f"{name}: {told.returned:,} returned, {told.left.total():,} left")
            for why, count in told.left.items():
                print_warning(f"  {count:,}: {why}")
            left += told.left.total()
    return 1 if left else 0


def dead_letters(remote: Remote) -> dict[str, DeadLetterQueue]:
    """The queues of what failed, by the names of QUEUES."""
    sqs, functions, to = boto3.client("sqs"), boto3.client("lambda"), remote.outputs
    believed = _believed(remote)
    targets: dict[str, tuple[str, Target]] = {
        "units": ("UnitsDeadUrl", UnitsTarget(sqs, to["UnitsUrl"])),
        "posts": (
            "PostsDeadUrl",
            MessagesTarget(sqs, to["PostsUrl"], believed, remote.redrive_sender),
        ),
        "cases": (
            "CasesDeadUrl",
            MessagesTarget(sqs, to["CasesUrl"], believed, remote.redrive_sender),
        ),
        "intake": ("IntakeFailedUrl", FilesTarget(sqs, to["FilesUrl"])),
        "publish": ("PublishFailedUrl", EventsTarget(functions, to["PublishFunction"], once=True)),
        "learn": ("LearnFailedUrl", EventsTarget(functions, to["LearnFunction"])),
    }
    return {name: DeadLetterQueue(sqs, to[url], target) for name, (url, target) in targets.items()}


def _believed(remote: Remote) -> Callable[[str, str], bool]:
    """Whether scan and decide would believe us in the name of a provider and a first sender.

    What they do not believe they refuse, and a refused message is gone: it must not be sent.
    """
    caller: Any = boto3.client("sts").get_caller_identity()
    ours = {caller["UserId"].partition(":")[0], caller["Account"]}

    @cache
    def senders(provider: str) -> frozenset[str]:
        found = remote.store.provider(provider) if provider else None
        return frozenset(found.senders if found else ())

    def believed(provider: str, first: str) -> bool:
        known = senders(provider)
        is_known = first.partition(":")[0] in known
        return is_known and bool(remote.redrive_sender in ours or known & ours)

    return believed


def _send_file(remote: Remote, file: str) -> int:
    """Send all units of a file again: those that are known only make sure of what was handed on."""
    sealed = remote.store.manifest(file)
    if sealed is None:
        raise OperatorError(f"no sealed file {file} here: its sender must put it again")
    manifest, sources = sealed
    SqsUnitQueue(boto3.client("sqs"), remote.outputs["UnitsUrl"]).send(units_of(manifest, sources))
    console.print(f"{manifest.ranges:,} units sent")
    return 0


def _table(seen: dict[str, QueueContents], now: float) -> Table:
    table = Table()
    for column in ("queue", "letters", "oldest", "whose, or what failed"):
        table.add_column(column, overflow="fold")  # by default what is too long is cut
    for name, one in seen.items():
        about = ", ".join(f"{what} {count:,}" for what, count in one.about.most_common(5))
        if one.sampled < one.count:
            about += f" (of {one.sampled:,})"
        age = "" if one.oldest is None else _age(now - one.oldest)
        table.add_row(name, f"{one.count:,}", age, about)
    return table


def _age(seconds: float) -> str:
    """How long something waits.

    >>> _age(59), _age(7_300), _age(200_000)
    ('0 min', '2 h 1 min', '2 d 7 h')
    """
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 24 else f"{hours // 24} d {hours % 24} h"


def _teller(name: str) -> Callable[[RedriveResult], None]:
    def tell(told: RedriveResult) -> None:
        done = told.returned + told.left.total()
        if done % 1_000 == 0:
            console.print(f"{name}: {done:,}", style="dim")

    return tell
