"""Puts back items that a restored copy of the table has and the table has not."""

from typing import Any

from botocore.exceptions import ClientError

from ledger.aws.queue import error_code


def put_back(client: Any, copy: str, table: str) -> tuple[int, int]:
    """Put each item of the copy if it is absent. Return how many were put, and how many were there.

    Excerpts are left out: a text that somebody had deleted must not come back.
    """
    restored = present = 0
    for page in client.get_paginator("scan").paginate(TableName=copy):
        for item in page["Items"]:
            if item["sk"]["S"] == "excerpt":
                continue
            try:
                client.put_item(
                    TableName=table, Item=item, ConditionExpression="attribute_not_exists(pk)"
                )
                restored += 1
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise
                present += 1
    return restored, present
