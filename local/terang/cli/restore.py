"""`terang restore`: puts back what a restored copy of the table has and the table has not."""

import argparse
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ledger.aws.queue import error_code
from ledger.errors import OperatorError
from terang.console import Screen, print_problem
from terang.remote import Remote

console = Screen(stderr=True)


def restore(options: argparse.Namespace) -> int:
    """Restore; 0 when all that was missing is back, 1 when AWS would not."""
    try:
        table = Remote.find(options.stack).outputs["Table"]
        back, stood = put_back(boto3.client("dynamodb"), options.copy, table)
    except (BotoCoreError, ClientError) as error:
        print_problem(f"terang restore: AWS says {type(error).__name__}: {error}")
        return 1
    except OperatorError as error:
        print_problem(f"terang restore: {error}")
        return 1
    console.print(f"{back:,} items put back, {stood:,} stood there; now: terang fsck")
    return 0


def put_back(client: Any, copy: str, table: str) -> tuple[int, int]:
    """Put each item of the copy if absent; how many were, and how many stood.

    Excerpts stay where they are: text that somebody had deleted must not come back.
    """
    back = stood = 0
    for page in client.get_paginator("scan").paginate(TableName=copy):
        for item in page["Items"]:
            if item["sk"]["S"] == "excerpt":
                continue
            try:
                client.put_item(
                    TableName=table, Item=item, ConditionExpression="attribute_not_exists(pk)"
                )
                back += 1
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise
                stood += 1
    return back, stood
