"""The queues of a stack that hold failed work, and where each letter goes when it is redriven."""

from collections.abc import Callable
from functools import cache
from typing import Any

import boto3

from ledger.aws.queue import SqsUnitQueue
from ledger.records.manifest import units_of
from terang import InputError
from terang.remote import Remote
from terang.repair.dead_letters import (
    DeadLetterQueue,
    EventsTarget,
    FilesTarget,
    MessagesTarget,
    NamesTarget,
    Target,
)


def dead_letters(remote: Remote) -> dict[str, DeadLetterQueue]:
    """Return the queues by name: dead letters of four queues, failed events of two functions.

    A stack with a console has those of one more queue, one that announces those of two.
    """
    sqs, functions, outputs = boto3.client("sqs"), boto3.client("lambda"), remote.outputs
    is_accepted, sender = _acceptance(remote), remote.redrive_sender
    targets: dict[str, tuple[str, Target]] = {
        "units": ("UnitsDeadUrl", NamesTarget(sqs, outputs["UnitsUrl"])),
        "posts": ("PostsDeadUrl", MessagesTarget(sqs, outputs["PostsUrl"], is_accepted, sender)),
        "cases": ("CasesDeadUrl", MessagesTarget(sqs, outputs["CasesUrl"], is_accepted, sender)),
        "intake": ("IntakeFailedUrl", FilesTarget(sqs, outputs["FilesUrl"])),
        "publish": (
            "PublishFailedUrl",
            EventsTarget(functions, outputs["PublishFunction"], once=True),
        ),
        "learn": ("LearnFailedUrl", EventsTarget(functions, outputs["LearnFunction"])),
    }
    optional = {"console": "ConsoleCases", "announcements": "Announcements", "webhooks": "Webhooks"}
    for name, queue in optional.items():
        if f"{queue}Url" in outputs:
            targets[name] = f"{queue}DeadUrl", NamesTarget(sqs, outputs[f"{queue}Url"])
    return {
        name: DeadLetterQueue(sqs, outputs[url], target) for name, (url, target) in targets.items()
    }


def send_units(remote: Remote, file: str) -> int:
    """Send all units of a sealed file again. Return how many there are.

    Units that were committed before only make sure that their results were handed on. Raises
    OperatorError if there is no such file.
    """
    sealed = remote.store.manifest(file)
    if sealed is None:
        raise InputError(f"there is no sealed file {file} here: its sender must send it again")
    manifest, sources = sealed
    SqsUnitQueue(boto3.client("sqs"), remote.outputs["UnitsUrl"]).send(units_of(manifest, sources))
    return manifest.ranges


def _acceptance(remote: Remote) -> Callable[[str, str], bool]:
    """Return whether scan and decide would accept our message for a provider and first sender.

    They refuse what they do not accept, and a refused message is lost: it must not be sent.
    """
    caller: Any = boto3.client("sts").get_caller_identity()
    ours = {caller["UserId"].partition(":")[0], caller["Account"]}

    @cache
    def senders(name: str) -> frozenset[str]:
        provider = remote.store.provider(name) if name else None
        return frozenset(provider.senders if provider else ())

    def is_accepted(provider: str, first: str) -> bool:
        known = senders(provider)
        is_known = first.partition(":")[0] in known
        return is_known and bool(remote.redrive_sender in ours or known & ours)

    return is_accepted
