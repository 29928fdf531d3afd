"""The Lambda handler of inbox. What people write is never logged, nor a number."""

import json
import os
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from inbox.forms import Forms
from ledger.store import DynamoStore
from ledger.texts import clock_from_setting
from strangers import RateLimit, log_failure, partners_in

logger, metrics = Logger(), Metrics()
setting = os.environ
sqs: Any = boto3.client("sqs")
clock = clock_from_setting(setting["TODAY"])


def send(provider: str, message: Mapping[str, Any]) -> None:
    """Put a message into the queue of cases in a provider's name."""
    named = {"provider": {"DataType": "String", "StringValue": provider}}
    body = json.dumps(message)  # in ASCII: SQS refuses some of what people can type
    sqs.send_message(QueueUrl=setting["CASES_QUEUE_URL"], MessageBody=body, MessageAttributes=named)


forms = Forms(
    store=DynamoStore.of(boto3.client("dynamodb"), setting["TABLE"], clock),
    send=send,
    partners=partial(partners_in, setting["PARTNERS_SECRET"]),
    rate_limit=RateLimit(int(setting["FORMS_PER_MINUTE"]), time.monotonic),
    clock=clock,
    seconds=time.monotonic,
    pause=time.sleep,
)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """Answer one request. Only its outcome is logged."""
    try:
        answer, outcome = forms.take(event)
    except Exception as error:  # noqa: BLE001 - Lambda would log its words
        log_failure(error, logger, metrics, "InboxFailed")
        return forms.failed(event)
    logger.info(outcome)
    return answer
