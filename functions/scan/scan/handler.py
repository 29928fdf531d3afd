"""The function scan: units and messages in, findings and receipts out."""

import os

import boto3
from aws_lambda_powertools import Logger, Metrics
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
from scan.deliveries import Deliveries
from scan.metrics import count
from scan.settings import ScanSettings, deliveries_of

logger, metrics = Logger(), Metrics()
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
taken: Deliveries = deliveries_of(
    ScanSettings.of(os.environ),
    boto3.client("dynamodb"),
    boto3.client("s3"),
    parameters.get_secret(os.environ["PSEUDONYM_SECRET"]),
)


@metrics.log_metrics
def handler(event: dict[str, object], context: LambdaContext) -> PartialItemFailureResponse:
    """Take each delivery; those that failed are named, and come again."""

    def take(record: SQSRecord) -> None:
        outcome = taken.take(
            Delivery.of(record.raw_event), lambda: context.get_remaining_time_in_millis() / 1000
        )
        count(outcome, record.message_id, logger, metrics)

    answer = process_partial_response(
        event=event, record_handler=take, processor=processor, context=context
    )
    log_failures(processor.exceptions, logger.error)
    return answer
