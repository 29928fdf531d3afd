"""`terang partners`: who may ask the tip line. Only digests of secrets are kept."""

import argparse
import secrets
from collections.abc import Callable
from hashlib import sha256

import boto3
import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from ledger.errors import OperatorError
from ledger.records.provider import is_provider_id
from terang import USAGE
from terang.console import print_problem, print_result
from terang.remote import Remote

SECRET_BYTES = 32
NOBODY = "nobody"
"""What the template fills the secret with; no digest is like it."""

type Partners = dict[str, str]
"""The SHA-256 of each partner's secret, by partner."""


def add(options: argparse.Namespace) -> int:
    """Give a partner a new secret, and print it this once; the one before ends within minutes."""
    if not is_provider_id(options.partner):
        print_problem(f"{options.partner!r}: 3 to 40 of a-z, 0-9 and -, and not `all`")
        return USAGE
    secret = secrets.token_urlsafe(SECRET_BYTES)
    digest = sha256(secret.encode()).hexdigest()
    if not _changed(options.stack, lambda known: known | {options.partner: digest}):
        return 1
    print_result(secret)
    return 0


def remove(options: argparse.Namespace) -> int:
    """Let a partner ask no more."""
    name = options.partner

    def without(known: Partners) -> Partners:
        return {one: digest for one, digest in known.items() if one != name}

    return 0 if _changed(options.stack, without) else 1


def list_all(options: argparse.Namespace) -> int:
    """Print the partners, one a line."""

    def printed(known: Partners) -> Partners:
        for name in sorted(known.keys() - {NOBODY}):
            print_result(name)
        return known

    return 0 if _changed(options.stack, printed) else 1


def _changed(stack: str, change: Callable[[Partners], Partners]) -> bool:
    """Read the partners, and write them where they changed; False if that cannot be done."""
    try:
        client = boto3.client("secretsmanager")
        arn = _secret_of(stack)
        found = client.get_secret_value(SecretId=arn)["SecretString"]
        known = msgspec.json.decode(found, type=Partners)
        changed = change(known)
        if changed != known:
            written = msgspec.json.encode(changed).decode()
            client.put_secret_value(SecretId=arn, SecretString=written)
    except (OperatorError, BotoCoreError, ClientError, msgspec.MsgspecError) as error:
        print_problem(f"terang partners: {error}")
        return False
    return True


def _secret_of(stack: str) -> str:
    outputs = Remote.find(stack).outputs
    if "PartnersSecretArn" not in outputs:
        raise OperatorError(f"the stack {stack} has no tip line yet: deploy it anew")
    return outputs["PartnersSecretArn"]
