"""`terang publish`: calls the function publish now, with an order of the operator's."""

import argparse
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ledger.errors import OperatorError
from terang import USAGE
from terang.cli.packs import day_of
from terang.console import Screen, print_problem
from terang.remote import Remote, call_publish

WAIT_SECONDS = 900
"""The longest that a function may take."""

console = Screen(stderr=True)


def publish(options: argparse.Namespace) -> int:
    """Publish; 0 when the function ended, 1 when it failed, 2 for wrong usage."""
    accepted = [one.rpartition("/")[2] for one in options.accept]
    for day in (options.since, options.through, *accepted):
        if day and day_of(day) is None:
            print_problem(f"terang publish: {day!r}: a day as YYYY-MM-DD")
            return USAGE
    try:
        remote = Remote.find(options.stack)
        told = _called(remote, order_of(options))
    except OperatorError as error:
        print_problem(f"terang publish: {error}")
        return 1
    console.print(f"{told.get('written', 0):,} written, {told.get('revised', 0):,} revised")
    return 0


def order_of(options: argparse.Namespace) -> dict[str, Any]:
    """The event: only what was asked for."""
    names = ("since", "through", "provisional", "rebuild", "accept")
    return {name: value for name in names if (value := getattr(options, name))}


def _called(remote: Remote, event: dict[str, Any]) -> dict[str, int]:
    config = Config(read_timeout=WAIT_SECONDS, retries={"total_max_attempts": 1})
    functions = boto3.client("lambda", config=config)
    try:
        return call_publish(functions, remote.outputs["PublishFunction"], event)
    except (BotoCoreError, ClientError) as error:
        raise OperatorError(f"cannot call publish: {error}") from None
