"""The Lambda handler of inbox. What people and providers send is never logged, nor a number."""

import json
import os
import time
from functools import partial
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from inbox.doors import Doors
from inbox.forms import Forms
from ledger.objects import S3Objects
from ledger.store import DynamoStore
from ledger.texts import clock_from_setting
from strangers import RateLimit, log_failure, partners_in

logger, metrics = Logger(), Metrics()
setting = os.environ
sqs: Any = boto3.client("sqs")
clock = clock_from_setting(setting["TODAY"])
store = DynamoStore.of(boto3.client("dynamodb"), setting["TABLE"], clock)
secrets = partial(partners_in, setting["PARTNERS_SECRET"])
queues = {"posts": setting["POSTS_QUEUE_URL"], "cases": setting["CASES_QUEUE_URL"]}


def send(queue: str, provider: str, body: str, **attributes: str) -> None:
    """Put a message into a queue in a provider's name."""
    texts = {"provider": provider} | attributes
    named = {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
    sqs.send_message(QueueUrl=queues[queue], MessageBody=body, MessageAttributes=named)


forms = Forms(
    store=store,
    # in ASCII: SQS refuses some of what people can type
    send=lambda provider, message: send("cases", provider, json.dumps(message)),
    partners=secrets,
    rate_limit=RateLimit(int(setting["FORMS_PER_MINUTE"]), time.monotonic),
    clock=clock,
    seconds=time.monotonic,
    pause=time.sleep,
)
doors = Doors(
    store=store,
    objects=S3Objects(boto3.client("s3")),
    out_bucket=setting["OUT_BUCKET"],
    send=lambda door, provider, body: send(door, provider, body, door=door),
    secrets=secrets,
    rate_limit=RateLimit(int(setting["HTTP_PER_MINUTE"]), time.monotonic),
    clock=clock,
)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """Answer one request. Only its outcome is logged."""
    room = doors if " /v1/" in event["routeKey"] else forms
    try:
        answer, outcome = room.take(event)
    except Exception as error:  # noqa: BLE001 - Lambda would log its words
        log_failure(error, logger, metrics, "InboxFailed")
        return room.failed(event)
    logger.info(outcome)
    refused = {401: "SecretRefused", 429: "TooOften"}.get(answer["statusCode"])
    if refused and room is doors:
        metrics.add_metric(refused, MetricUnit.Count, 1)
    return answer
