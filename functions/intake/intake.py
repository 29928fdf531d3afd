"""The function intake: a file was dropped; its units are sent."""

import os
from typing import Any
from urllib.parse import unquote_plus

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.typing import LambdaContext

from arrival import Arrival, Intake
from ledger.clock import clock_of
from ledger.closing import Closing
from ledger.objects import S3Objects
from ledger.pseudonym_keys import PseudonymKeys
from ledger.store import DynamoStore
from ledger.unit_queue import SqsUnitQueue

logger, metrics = Logger(), Metrics()
setting = os.environ
store = DynamoStore.of(boto3.client("dynamodb"), setting["TABLE"])
objects, clock = S3Objects(boto3.client("s3")), clock_of(setting["TODAY"])
intake = Intake(
    store=store,
    objects=objects,
    queue=SqsUnitQueue(boto3.client("sqs"), setting["UNITS_QUEUE_URL"]),
    clock=clock,
    closing=Closing(store, objects, clock, setting["OUT_BUCKET"], setting["WORK_BUCKET"]),
    keys=PseudonymKeys(
        store, clock, str(parameters.get_secret(setting["PSEUDONYM_SECRET"])).encode()
    ),
    work_bucket=setting["WORK_BUCKET"],
    out_bucket=setting["OUT_BUCKET"],
    public_bucket=setting["PUBLIC_BUCKET"],
    range_bytes=int(setting["RANGE_BYTES"]),
    part_bytes=int(setting["PART_BYTES"]),
)


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Take each created object in; S3's test event has no records, and nothing happens."""
    for record in event.get("Records", ()):
        place = record["s3"]
        bucket, found = place["bucket"]["name"], place["object"]
        if bucket != setting["DROP_BUCKET"] or not record["eventName"].startswith("ObjectCreated"):
            logger.error("ignored", extra={"reason": "an event of another bucket or kind"})
            continue
        key, version = unquote_plus(found["key"]), found.get("versionId", "")
        seconds_left = context.get_remaining_time_in_millis() / 1000
        tell(intake.receive(bucket, key, version, seconds_left))


def tell(arrival: Arrival) -> None:
    """Log and count what became of a file: ids, sizes and codes, never its name or content."""
    logger.info(
        arrival.outcome,
        extra={
            name: getattr(arrival, name)
            for name in ("file", "provider", "format", "size", "ranges", "code")
        },
    )
    if arrival.outcome == "unknown_provider":
        metrics.add_metric("UnknownProvider", MetricUnit.Count, 1)
    if arrival.outcome == "refused":
        metrics.add_metric("FilesRefused", MetricUnit.Count, 1)
    if arrival.outcome == "cut":
        metrics.add_metric("Units", MetricUnit.Count, arrival.ranges)
