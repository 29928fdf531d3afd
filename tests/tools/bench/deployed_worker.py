"""Runs the built function scan on events, with S3 and the table in memory; see `bench_deployed`. It
is Lambda's handler in a process of its own, and imports what the layers contain and nothing of the
development environment but the services in memory."""

import os
import pickle
import sys
import time
from pathlib import Path
from typing import Any

import boto3
from aws_lambda_powertools.utilities import parameters
from simulation.clients import Client, DirectTransport
from simulation.dynamodb import DynamoDB
from simulation.s3 import S3

_dynamodb, _s3 = DynamoDB(), S3()
_seed = Path(os.environ["BENCH_SEED"]).read_bytes()
_clients = {"dynamodb": _dynamodb, "s3": _s3}
boto3.client = lambda name, **_: Client(_clients[name], DirectTransport())
parameters.get_secret = lambda *_, **__: "the secret of this test"

_start = time.process_time()
from scan.handler import handler as built  # noqa: E402 - after its clients

COLD = time.process_time() - _start


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Take one delivery against the seeded services. Return its seconds, and memory in MiB."""
    _dynamodb.tables, _s3.buckets = pickle.loads(_seed)
    start = time.process_time()
    answer = built(event, context)
    seconds = time.process_time() - start
    [line] = [row for row in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in row]
    receipts = [
        slot.item["record"]["S"]
        for table in _dynamodb.tables.values()
        for pk, rows in table.items()
        for sk, slot in rows.items()
        if pk.startswith("J#") and sk.startswith("receipt#") and slot.item and "record" in slot.item
    ]
    return {"failed": len(answer["batchItemFailures"]), "receipts": receipts, "seconds": seconds,
            "start": COLD, "numpy": "numpy" in sys.modules,
            "memory": int(line.split()[1]) / 1024}  # fmt: skip
