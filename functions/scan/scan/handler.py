"""The entry point of the function scan: its clients, deliveries, logs and metrics."""

import gc
import os
import random
from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities import batch, parameters
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from ledger.closing import Closing
from ledger.objects import Delivery, S3Objects, Senders, log_failures
from ledger.store import DynamoStore, PseudonymKeys
from ledger.texts import clock_from_setting
from rules.pinned import FACTCHECKS
from scan.flood_guard import FloodGuard, FloodLimits
from scan.inspection import KnownDraws, ShadowFindings, UnitOutcome
from scan.scanner import Deliveries, MessageScanner, UnknownSender
from scan.unit_input import POINTER_SECONDS, KnownSnapshots, RuleSets
from scan.unit_work import UnitRecorder, UnitScanner

if TYPE_CHECKING:
    from claims.check_finder import CheckFinder
    from rules.rule_set import RuleSet

OBJECTS_PER_SEARCH = 20_000
"""New objects before Python looks for cycles again. A unit's posts and findings live until it is
stored. Looking through them after each 2,000 takes a sixth of the time of a unit with many."""

UNCHECKED = Config(parameter_validation=False)
"""botocore need not check items: the table does. It takes a tenth of a finding's time."""

gc.set_threshold(OBJECTS_PER_SEARCH)
logger, metrics = Logger(), Metrics()
processor = batch.BatchProcessor(
    event_type=batch.EventType.SQS, raise_on_entire_batch_failure=False
)
setting = os.environ
clock = clock_from_setting(setting["TODAY"])
store = DynamoStore.of(boto3.client("dynamodb", config=UNCHECKED), setting["TABLE"], clock)
objects, secret = S3Objects(boto3.client("s3")), parameters.get_secret(setting["PSEUDONYM_SECRET"])
work_bucket, out_bucket = setting["WORK_BUCKET"], setting["OUT_BUCKET"]

PATIENCE = (0.5, 1.0)
"""A worker believes the pointer for a share of POINTER_SECONDS, drawn from this range."""


@cache
def indexes() -> "Callable[[RuleSet], CheckFinder]":
    """Import what reads an index only where a set names one: other workers do not pay for it."""
    from claims.check_finder import published_indexes

    return published_indexes(partial(objects.get, setting["PUBLIC_BUCKET"]))


recorder = UnitRecorder(store, objects, work_bucket, out_bucket, int(setting["EXCERPT_DAYS"]))
limits = FloodLimits(int(setting["MAX_RULE_PER_MILLE"]), int(setting["FLOOD_MINIMUM_POSTS"]))
scanner = UnitScanner(
    store=store,
    objects=objects,
    clock=clock,
    rulesets=RuleSets(
        objects,
        clock,
        setting["PUBLIC_BUCKET"],
        public=bool(setting["PUBLIC_URL"]),
        patience=POINTER_SECONDS * random.uniform(*PATIENCE),  # noqa: S311 - no secret
        finders={FACTCHECKS: lambda rule_set: indexes()(rule_set)},
    ),
    guard=FloodGuard(store, clock, limits),
    keys=PseudonymKeys(store, clock, secret.encode()),
    secret=secret.encode(),
    recorder=recorder,
    snapshots=KnownSnapshots(objects, clock, work_bucket),
    draws=KnownDraws(objects, clock, work_bucket),
    shadow=ShadowFindings(setting["SHADOW_FINDINGS"]),
    excerpt_length=int(setting["EXCERPT_LENGTH"]),
)
deliveries = Deliveries(
    scanner=scanner,
    messages=MessageScanner(scanner),
    closing=Closing(store, objects, clock, out_bucket, work_bucket),
    senders=Senders(store, clock, setting["REDRIVE_SENDER"], setting["INBOX_SENDER"]),
    clock=clock,
    trial_day=bool(setting["TODAY"]),
)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Take all deliveries. Name those that failed, so that SQS delivers them again."""

    def seconds_left() -> float:
        return context.get_remaining_time_in_millis() / 1000

    ranges: list[dict[str, Any]] = []
    messages: list[dict[str, Any]] = []
    for record in event["Records"]:
        is_post = record.get("eventSourceARN") == setting["POSTS_QUEUE_ARN"]
        (messages if is_post else ranges).append(record)
    failed = take_messages(messages, seconds_left)
    failed += take_ranges(ranges, seconds_left, context)
    return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}


def take_ranges(
    records: list[dict[str, Any]], seconds_left: Callable[[], float], context: LambdaContext
) -> list[str]:
    """Take ranges of files one by one. Return the names of those that failed."""
    if not records:
        return []

    def take(record: SQSRecord) -> None:
        log_outcome(deliveries.take(Delivery.of(record.raw_event), seconds_left))

    response = batch.process_partial_response(
        event={"Records": records}, record_handler=take, processor=processor, context=context
    )
    log_failures(processor.exceptions, logger.error)
    return [str(failure["itemIdentifier"]) for failure in response["batchItemFailures"]]


def take_messages(records: list[dict[str, Any]], seconds_left: Callable[[], float]) -> list[str]:
    """Take messages together. Return the names of those that failed or were not reached."""
    if not records:
        return []
    left = dict.fromkeys(record["messageId"] for record in records)
    for ended in deliveries.take_messages(map(Delivery.of, records), seconds_left):
        if isinstance(ended, UnknownSender):
            extra = {"code": "sender_unknown", "delivery": ended.delivery}
            logger.warning("refused", extra=extra)
            metrics.add_metric("UnknownSender", MetricUnit.Count, 1)
            left.pop(ended.delivery, None)
            continue
        names = [name for message in ended.messages for name in message.deliveries]
        if ended.error is not None:
            log_failures([("", ended.error, None)] * len(names), logger.error)
            continue
        for name in names:
            left.pop(name, None)
        if ended.outcome is not None:
            log_outcome(ended.outcome)
    return list(left)


def log_outcome(outcome: UnitOutcome) -> None:
    """Log and count one unit or batch: counts, codes and ids, never a word of a post.

    A unit that was committed by an earlier delivery is logged and not counted again.
    """
    receipt = outcome.receipt
    if receipt is None:
        return
    logged = ("unit", "provider", "units", "inspected", "refused", "findings")
    extra = {"new": outcome.new} | {name: getattr(receipt, name) for name in logged}
    logger.info("scanned", extra=extra)
    if not outcome.new:
        return
    if receipt.no_rules:
        logger.warning("no rules", extra={"unit": receipt.unit, "provider": receipt.provider})
        metrics.add_metric("NoRules", MetricUnit.Count, receipt.no_rules)
    if receipt.held:
        metrics.add_metric("FloodGuard", MetricUnit.Count, len(receipt.held))
