"""`terang webhooks`: where a provider's events are sent, and with which secrets they are signed."""

import secrets
import time
from typing import Annotated

import boto3
from cyclopts import Parameter

from ledger.errors import OperatorError
from ledger.records.webhook import Webhooks, renewed, split_webhook_url
from terang import check_known
from terang.cli.arguments import STACK, ProviderId, StackName
from terang.console import console, print_result
from terang.remote import Remote, call_function, change_secret

SECRET = "WebhooksSecretArn"  # noqa: S105 - the name of an output


def _check_url(_: type, url: str) -> None:
    split_webhook_url(url)


def add(
    provider: ProviderId,
    url: Annotated[str, Parameter(metavar="URL", validator=_check_url, help="an https address")],
    /,
    *,
    stack: StackName = STACK,
) -> int:
    """Print a new secret. The secret before it also signs for a day."""
    Remote.find(stack).known(provider)

    def added(webhooks: Webhooks) -> Webhooks:
        before, now = webhooks.get(provider), int(time.time())
        return webhooks | {provider: renewed(before, url, secrets.token_bytes, now)}

    print_result(change_secret(stack, SECRET, Webhooks, added)[provider].secrets[0].secret)
    return 0


def list_all(*, stack: StackName = STACK) -> int:
    """Print a line for each webhook: provider and address."""
    webhooks: Webhooks = change_secret(stack, SECRET, Webhooks, lambda stored: stored)
    for provider, webhook in sorted(webhooks.items()):
        print_result(f"{provider} {webhook.url}")
    return 0


def remove(provider: ProviderId, /, *, stack: StackName = STACK) -> int:
    """Remove a provider's webhook. Events on their way are dropped."""

    def without(webhooks: Webhooks) -> Webhooks:
        check_known("webhook", provider, webhooks)
        return {name: webhook for name, webhook in webhooks.items() if name != provider}

    change_secret(stack, SECRET, Webhooks, without)
    return 0


def send_test(*, provider: ProviderId, stack: StackName = STACK) -> int:
    """Let the stack send an event `webhook.test`; 0 if the receiver took it, 1 if it did not.

    A new webhook is known within a minute.
    """
    outputs = Remote.find(stack).known(provider).outputs
    if "AnnounceFunction" not in outputs:
        raise OperatorError(f"the stack {stack} announces nothing: deploy it with Announcements on")
    event = {"test": provider}
    code = call_function(boto3.client("lambda"), outputs["AnnounceFunction"], event)["code"]
    console.print(f"{provider}: not taken ({code})" if code else f"{provider}: taken")
    return 1 if code else 0
