"""The entry point of the function intake: its clients, one batch of events, logs and metrics."""

import os
from typing import Any
from urllib.parse import unquote_plus

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities import batch, parameters
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from intake.arrival import FileOutcome, Intake
from ledger.closing import Closing
from ledger.objects import S3Objects, SqsUnitQueue, TimeReserveError, log_failures, postpone
from ledger.store import DynamoStore, PseudonymKeys
from ledger.texts import clock_from_setting

FILE_SECONDS = 600
"""The longest translation, with some reserve (see intake.reader)."""

RETRY_SECONDS = 60
"""A failed message is delivered again after this time multiplied by its number of deliveries.

Otherwise it would stay hidden for the queue's visibility timeout, an hour and a half.
"""

logger, metrics = Logger(), Metrics()
processor = batch.BatchProcessor(
    event_type=batch.EventType.SQS, raise_on_entire_batch_failure=False
)
setting = os.environ
sqs, files_queue_url = boto3.client("sqs"), setting["FILES_QUEUE_URL"]
store = DynamoStore.of(boto3.client("dynamodb"), setting["TABLE"])
objects, clock = S3Objects(boto3.client("s3")), clock_from_setting(setting["TODAY"])
secret = parameters.get_secret(setting["PSEUDONYM_SECRET"])
intake = Intake(
    store=store,
    objects=objects,
    queue=SqsUnitQueue(sqs, setting["UNITS_QUEUE_URL"]),
    clock=clock,
    closing=Closing(store, objects, clock, setting["OUT_BUCKET"], setting["WORK_BUCKET"]),
    keys=PseudonymKeys(store, clock, secret.encode()),
    work_bucket=setting["WORK_BUCKET"],
    out_bucket=setting["OUT_BUCKET"],
    public_bucket=setting["PUBLIC_BUCKET"],
    range_bytes=int(setting["RANGE_BYTES"]),
    part_bytes=int(setting["PART_BYTES"]),
)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse | None:
    """Receive the files that each message names. Return the messages that SQS must deliver again.

    Also accept an event of S3 itself, which a person may send by hand. A failure then raises.
    """
    if not any(record.get("eventSource") == "aws:sqs" for record in event.get("Records", ())):
        receive_files(event, context)
        return None

    def take(record: SQSRecord) -> None:
        try:
            receive_files(record.json_body, context)
        except Exception:
            postpone(sqs, files_queue_url, record, lambda receives: RETRY_SECONDS * receives)
            raise

    response = batch.process_partial_response(
        event=event, record_handler=take, processor=processor, context=context
    )
    log_failures(processor.exceptions, logger.error)
    return response


def receive_files(event: dict[str, Any], context: LambdaContext) -> None:
    """Receive each created object of an event of S3. The test event of S3 has no records.

    Raises TimeReserveError if too little time is left for the next file. The event is then
    delivered again, and the files that were received are known.
    """

    def seconds_left() -> float:
        return context.get_remaining_time_in_millis() / 1000

    for number, record in enumerate(event.get("Records", ())):
        if number and seconds_left() < FILE_SECONDS:
            raise TimeReserveError("too little time is left to begin another file")
        bucket, dropped = record["s3"]["bucket"]["name"], record["s3"]["object"]
        if bucket != setting["DROP_BUCKET"] or not record["eventName"].startswith("ObjectCreated"):
            logger.error("ignored", extra={"reason": "an event of another bucket or kind"})
            continue
        key, version = unquote_plus(dropped["key"]), dropped.get("versionId", "")
        log_outcome(intake.receive(bucket, key, version, seconds_left))


def log_outcome(outcome: FileOutcome) -> None:
    """Log and count the outcome of a file: ids, sizes and codes, never its name or content."""
    logged = ("file", "provider", "format", "size", "ranges", "code")
    logger.info(outcome.status, extra={name: getattr(outcome, name) for name in logged})
    if outcome.status == "unknown_provider":
        metrics.add_metric("UnknownProvider", MetricUnit.Count, 1)
