"""The function answer: a text in, published checks out. Nobody keeps or logs who asks what."""

import os
import time
import traceback
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.typing import LambdaContext

from answer.http import response
from answer.index_in_force import IndexInForce
from answer.partners import Partners, Window
from answer.tip_line import TipLine
from ledger.aws.objects import S3Objects
from ledger.clock import clock_from_setting

SECRETS_SECONDS = 300

logger, metrics = Logger(), Metrics()
setting = os.environ


def secrets() -> dict[str, str]:
    """The partners, at most five minutes old."""
    found: dict[str, str] = parameters.get_secret(
        setting["PARTNERS_SECRET"], transform="json", max_age=SECRETS_SECONDS
    )
    return found


tip_line = TipLine(
    partners=Partners(secrets if setting["TIP_LINE"] == "secret" else None),
    window=Window(int(setting["TIPS_PER_MINUTE"]), time.monotonic),
    in_force=IndexInForce(S3Objects(boto3.client("s3")), setting["PUBLIC_BUCKET"], time.monotonic),
    clock=clock_from_setting(setting["TODAY"]),
)


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """Answer one question; its day and outcome are counted, by a metric, and nothing else."""
    try:
        told = tip_line.take(event)
    except Exception as error:  # noqa: BLE001 - Lambda would log its words, which could be the asker's
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{os.path.basename(last.filename)}:{last.lineno}"  # noqa: PTH119
        logger.error("failed", extra={"error": type(error).__name__, "at_line": place})  # noqa: TRY400
        metrics.add_metric("AnswerFailed", MetricUnit.Count, 1)
        return response(500, {"code": "failed"})
    metrics.add_metric("Asked", MetricUnit.Count, 1)
    if told.outcome in {"answered", "not_found"}:
        metrics.add_metric("Answered" if told.outcome == "answered" else "NotFound", "Count", 1)
    else:
        logger.info("refused", extra={"code": told.outcome})
        metrics.add_metric("AskersRefused", MetricUnit.Count, 1)
    return told.response
