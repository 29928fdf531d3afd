"""The Lambda handler of decide."""

import os

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from decide.deliveries import DecideSettings, case_deliveries_of, count
from ledger.aws.queue import Delivery, log_failures

logger, metrics = Logger(), Metrics()
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
deliveries = case_deliveries_of(
    DecideSettings.of(os.environ), boto3.client("dynamodb"), boto3.client("s3")
)


@metrics.log_metrics
def handler(event: dict[str, object], context: LambdaContext) -> PartialItemFailureResponse:
    """Take each delivery. Return those that failed: SQS delivers them again."""

    def take(record: SQSRecord) -> None:
        handled = deliveries.take(
            Delivery.of(record.raw_event), lambda: context.get_remaining_time_in_millis() / 1000
        )
        count(handled, record.message_id, logger, metrics)

    answer = process_partial_response(
        event=event, record_handler=take, processor=processor, context=context
    )
    log_failures(processor.exceptions, logger.error)
    return answer
