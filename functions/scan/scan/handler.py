"""The entry point of the function scan: its clients, one batch of deliveries, logs and metrics."""

import os
from datetime import datetime

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from ledger.aws.queue import Delivery, log_failures
from scan.deliveries import Deliveries, ScanSettings, connect
from scan.persisting import UnitOutcome

logger, metrics = Logger(), Metrics()
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
deliveries: Deliveries = connect(
    ScanSettings.of(os.environ),
    boto3.client("dynamodb"),
    boto3.client("s3"),
    parameters.get_secret(os.environ["PSEUDONYM_SECRET"]),
)


@metrics.log_metrics
def handler(event: dict[str, object], context: LambdaContext) -> PartialItemFailureResponse:
    """Take each delivery. Name those that failed, so that SQS delivers them again."""

    def take(record: SQSRecord) -> None:
        outcome = deliveries.take(
            Delivery.of(record.raw_event), lambda: context.get_remaining_time_in_millis() / 1000
        )
        log_outcome(outcome, record.message_id)

    response = process_partial_response(
        event=event, record_handler=take, processor=processor, context=context
    )
    log_failures(processor.exceptions, logger.error)
    return response


def log_outcome(outcome: UnitOutcome | None, delivery: str) -> None:
    """Log and count one delivery: counts, codes and ids, never a word of a post.

    A unit that was committed by an earlier delivery is logged and not counted again.
    """
    if outcome is None:
        logger.warning("refused", extra={"code": "sender_unknown", "delivery": delivery})
        metrics.add_metric("UnknownSender", MetricUnit.Count, 1)
        return
    receipt = outcome.receipt
    if receipt is None:
        return
    logger.info(
        "scanned",
        extra={
            "unit": receipt.unit,
            "provider": receipt.provider,
            "new": outcome.new,
            "inspected": receipt.inspected,
            "refused": receipt.refused,
            "findings": receipt.findings,
        },
    )
    if not outcome.new:
        return
    metrics.add_metric("PostsInspected", MetricUnit.Count, receipt.inspected)
    metrics.add_metric("PostsRefused", MetricUnit.Count, sum(receipt.refused.values()))
    metrics.add_metric("Findings", MetricUnit.Count, receipt.findings)
    if receipt.no_rules:
        logger.warning("no rules", extra={"unit": receipt.unit, "provider": receipt.provider})
        metrics.add_metric("NoRules", MetricUnit.Count, receipt.no_rules)
    if receipt.held:
        metrics.add_metric("FloodGuard", MetricUnit.Count, len(receipt.held))
    if receipt.last:
        age = datetime.fromisoformat(receipt.at) - datetime.fromisoformat(receipt.last)
        metrics.add_metric("NewestPostAge", MetricUnit.Seconds, age.total_seconds())
