"""The Lambda handler of the console. No text of a post or form is logged."""

import os
import traceback
from collections.abc import Mapping
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from console.application import console_of
from ledger.codes import logged

logger, metrics = Logger(), Metrics()


def report(outcome: str, facts: Mapping[str, str]) -> None:
    """Log and count what came of an attempt to sign in."""
    logger.info(outcome, extra=dict(facts))
    if outcome == "refused":
        metrics.add_metric("SignInRefused", MetricUnit.Count, 1)


console = console_of(
    os.environ, boto3.client("dynamodb"), boto3.client("s3"), boto3.client("sqs"), report
)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """Answer one request of a browser."""
    try:
        return console.respond(event)
    except Exception as error:  # noqa: BLE001 - Lambda would log its message, which could quote a form
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{os.path.basename(last.filename)}:{last.lineno}"  # noqa: PTH119
        logger.error("failed", extra={**logged(error), "at_line": place})  # noqa: TRY400
        metrics.add_metric("ConsoleFailed", MetricUnit.Count, 1)
        return console.failed(event)
