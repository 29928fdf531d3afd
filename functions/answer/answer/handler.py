"""The Lambda handler of answer. Questions are never stored or logged."""

import os
import time
from contextlib import suppress
from functools import partial
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from answer.ask_routes import routes_of
from answer.tip_line import IndexInForce, TipLine
from ledger.objects import S3Objects
from ledger.texts import clock_from_setting
from strangers import RateLimit, log_failure, partners_in, response

logger, metrics = Logger(), Metrics()
setting = os.environ


tip_line = TipLine(
    routes=routes_of(
        secrets=partial(partners_in, setting["PARTNERS_SECRET"]),
        asks_for_secret=setting["TIP_LINE"] == "secret",
        bot=setting["TELEGRAM_BOT"],
    ),
    rate_limit=RateLimit(int(setting["TIPS_PER_MINUTE"]), time.monotonic),
    in_force=IndexInForce(S3Objects(boto3.client("s3")), setting["PUBLIC_BUCKET"], time.monotonic),
    clock=clock_from_setting(setting["TODAY"]),
)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """Answer one request. Only its outcome is logged."""
    try:
        answer, outcome = tip_line.take(event)
    except Exception as error:  # noqa: BLE001 - Lambda would log its words
        log_failure(error, logger, metrics, "AnswerFailed")
        with suppress(Exception):  # the route itself may be what failed
            return tip_line.failed(event)
        return response(500, {"code": "failed"})
    logger.info(outcome or "opened")
    return answer
