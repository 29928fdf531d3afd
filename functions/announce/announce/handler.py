"""The Lambda handler of announce."""

import os
from typing import Any

import boto3
import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities import batch, parameters
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from announce.announcements import Announcer, WebhookError, WebhookSender, wait_after
from ledger.keys import Webhooks
from ledger.objects import S3Objects, log_failures, postpone
from ledger.texts import clock_from_setting

SECRETS_SECONDS = 60

logger, metrics = Logger(), Metrics()
processor = batch.BatchProcessor(
    event_type=batch.EventType.SQS, raise_on_entire_batch_failure=False
)
setting = os.environ
clock = clock_from_setting(setting["TODAY"])
sqs, webhooks_queue_url = boto3.client("sqs"), setting["WEBHOOKS_QUEUE_URL"]


def webhooks() -> Webhooks:
    """Return the registered webhooks, at most a minute old."""
    text = parameters.get_secret(setting["WEBHOOKS_SECRET"], max_age=SECRETS_SECONDS)
    registered: Webhooks = msgspec.json.decode(str(text), type=Webhooks)
    return registered


announcer = Announcer(
    objects=S3Objects(boto3.client("s3")),
    sqs=sqs,
    events=boto3.client("events"),
    webhooks=webhooks,
    sender=WebhookSender(),
    out_bucket=setting["OUT_BUCKET"],
    webhooks_queue_url=webhooks_queue_url,
    bus=setting["EVENT_BUS"],
)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Take each delivery. Return those that failed: SQS delivers them again.

    An operator may also ask for a test: `{"test": PROVIDER}`. The answer has the code of a failure.
    """
    if "test" in event:
        return test(event["test"])

    def take(record: SQSRecord) -> None:
        take_one, url = announcer.announce, setting["ANNOUNCEMENTS_QUEUE_URL"]
        if record.event_source_arn == setting["WEBHOOKS_QUEUE_ARN"]:
            take_one, url = announcer.send, webhooks_queue_url
        try:
            take_one(record.body)
        except Exception:
            postpone(sqs, url, record, wait_after)
            raise

    response = batch.process_partial_response(
        event=event, record_handler=take, processor=processor, context=context
    )
    log_failures(processor.exceptions, logger.error)
    return response


def test(provider: str) -> dict[str, str]:
    """Send a test to a provider's webhook."""
    try:
        announcer.test(provider, clock)
    except LookupError:
        return {"code": "no_webhook"}
    except WebhookError as error:
        return {"code": error.code}
    return {"code": ""}
