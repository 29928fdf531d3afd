"""The function learn: a feed of published checks was put; the index is made anew."""

import os
from typing import Any
from urllib.parse import unquote_plus

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from learn.learning import PREFIX, Lesson
from learn.settings import LearnSettings, learner_of

logger, metrics = Logger(), Metrics()
settings = LearnSettings.of(os.environ)
learner = learner_of(settings, boto3.client("dynamodb"), boto3.client("s3"))


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:  # noqa: ARG001
    """Take each feed; S3's test event has no records, and nothing happens."""
    for record in event.get("Records", ()):
        bucket, key = record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"])
        if bucket != settings.work_bucket or not key.startswith(PREFIX):
            logger.error("ignored", extra={"reason": "an event of another bucket or prefix"})
            continue
        tell(learner.learn(key))


def tell(lesson: Lesson) -> None:
    """Log and count what became of a feed: counts and codes, never a word of it."""
    receipt = lesson.receipt
    said = ("code", "checks", "refused", "index", "total", "corrected", "withdrawn", "reopened")
    logger.info(lesson.outcome, extra={name: getattr(receipt, name) for name in said if receipt})
    if lesson.outcome == "refused":
        metrics.add_metric("FeedRefused", MetricUnit.Count, 1)
    if lesson.outcome == "taken" and receipt is not None:
        metrics.add_metric("ChecksTaken", MetricUnit.Count, receipt.checks)
        metrics.add_metric("ChecksChanged", MetricUnit.Count, receipt.corrected + receipt.withdrawn)
        metrics.add_metric("FindingsReopened", MetricUnit.Count, receipt.reopened)
