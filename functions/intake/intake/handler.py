"""The function intake: a file was dropped; its units are sent."""

import os
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_plus

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
from botocore.exceptions import BotoCoreError, ClientError

from intake.arrival import Arrival, Intake
from ledger.aws.objects import S3Objects
from ledger.aws.queue import SqsUnitQueue, TimeReserveError, log_failures
from ledger.aws.store import DynamoStore
from ledger.clock import clock_from_setting
from ledger.closing import Closing
from ledger.privacy.pseudonyms import PseudonymKeys

FILE_SECONDS = 600
"""What the longest translation may take, with some room (see intake.formats.effort)."""

RETRY_SECONDS = 60
"""A failed message comes again after as many seconds times its number of deliveries.

Left alone it would stay hidden for the queue's visibility timeout, an hour and a half.
"""

logger, metrics = Logger(), Metrics()
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
setting = os.environ
sqs, files_queue_url = boto3.client("sqs"), setting["FILES_QUEUE_URL"]
store = DynamoStore.of(boto3.client("dynamodb"), setting["TABLE"])
objects, clock = S3Objects(boto3.client("s3")), clock_from_setting(setting["TODAY"])
intake = Intake(
    store=store,
    objects=objects,
    queue=SqsUnitQueue(sqs, setting["UNITS_QUEUE_URL"]),
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
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse | None:
    """Take in the files that each message names. Return the messages that failed: they come again.

    Also take an event of S3 itself, which a person may send by hand. Then a failure raises.
    """
    if not any(record.get("eventSource") == "aws:sqs" for record in event.get("Records", ())):
        take_files(event, context)
        return None

    def take(record: SQSRecord) -> None:
        try:
            take_files(record.json_body, context)
        except Exception:
            come_again_soon(record)
            raise

    answer = process_partial_response(
        event=event, record_handler=take, processor=processor, context=context
    )
    log_failures(processor.exceptions, logger.error)
    return answer


def take_files(event: dict[str, Any], context: LambdaContext) -> None:
    """Take in each created object of an event of S3. Its test event has no records.

    Raises TimeReserveError where a file before it has left too little time for the next one: the
    event then comes again, and what was taken is known by then.
    """

    def seconds_left() -> float:
        return context.get_remaining_time_in_millis() / 1000

    for number, record in enumerate(event.get("Records", ())):
        if number and seconds_left() < FILE_SECONDS:
            raise TimeReserveError("too little time is left to begin another file")
        place = record["s3"]
        bucket, found = place["bucket"]["name"], place["object"]
        if bucket != setting["DROP_BUCKET"] or not record["eventName"].startswith("ObjectCreated"):
            logger.error("ignored", extra={"reason": "an event of another bucket or kind"})
            continue
        key, version = unquote_plus(found["key"]), found.get("versionId", "")
        tell(intake.receive(bucket, key, version, seconds_left))


def come_again_soon(record: SQSRecord) -> None:
    """Shorten the time for which a failed message is hidden, if SQS lets us."""
    deliveries = int(record.attributes.approximate_receive_count)
    with suppress(BotoCoreError, ClientError):
        sqs.change_message_visibility(
            QueueUrl=files_queue_url,
            ReceiptHandle=record.receipt_handle,
            VisibilityTimeout=RETRY_SECONDS * deliveries,
        )


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
