"""The Lambda handler of feeds."""

import os
from typing import Any
from urllib.parse import unquote_plus

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from claims.admission import Trust
from feeds.feed_import import PREFIX, FeedImporter, FeedOutcome, Library
from feeds.reopening import Reopening
from ledger.objects import S3Objects
from ledger.store import DynamoStore
from ledger.texts import clock_from_setting

logger, metrics = Logger(), Metrics()
setting = os.environ
store = DynamoStore.of(boto3.client("dynamodb"), setting["TABLE"])
objects = S3Objects(boto3.client("s3"))
clock, out_bucket = clock_from_setting(setting["TODAY"]), setting["OUT_BUCKET"]
importer = FeedImporter(
    Library(objects, clock, out_bucket, setting["PUBLIC_BUCKET"], int(setting["NOTICE_HOURS"])),
    Reopening(store, objects, clock, out_bucket),
    Trust(setting["TRUSTED_PUBLISHERS"].split(",")),
    setting["WORK_BUCKET"],
)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:  # noqa: ARG001
    """Import each feed. S3's test event has no records, so nothing happens."""
    for record in event.get("Records", ()):
        bucket, key = record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"])
        if bucket != setting["WORK_BUCKET"] or not key.startswith(PREFIX):
            logger.error("ignored", extra={"reason": "an event of another bucket or prefix"})
            continue
        log_outcome(importer.import_feed(key))


def log_outcome(outcome: FeedOutcome) -> None:
    """Log and count the outcome of an import: counts and codes, no words of the feed."""
    receipt = outcome.receipt
    logged = ("code", "checks", "refused", "index", "total", "corrected", "withdrawn", "reopened")
    logger.info(outcome.status, extra={name: getattr(receipt, name) for name in logged if receipt})
    if outcome.status == "refused":
        metrics.add_metric("FeedRefused", MetricUnit.Count, 1)
