"""The Lambda function publish: it adds up the journal and writes the public numbers."""

import os

import boto3
import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from ledger.closing import Closing
from ledger.keys import SENTINEL
from ledger.log_store import DynamoLogStore, KmsSigner
from ledger.objects import S3Objects
from ledger.store import DynamoStore
from ledger.texts import clock_from_setting
from publish.day_facts import SealBucket
from publish.public_bucket import SummaryBucket
from publish.publish_run import PublishContext, PublishRequest, PublishResult, PublishStep, publish
from publish_steps.handover import OpenFiles, Samples, Snapshots, Statements, TrialDraws
from publish_steps.logging_run import PublicLog
from publish_steps.served_log import ServedLog, origin_of
from publish_steps.site_files import Site
from rules.rule_set import KnownSets

logger, metrics = Logger(), Metrics()
setting = os.environ
store = DynamoStore.of(boto3.client("dynamodb"), setting["TABLE"])
objects, clock = S3Objects(boto3.client("s3")), clock_from_setting(setting["TODAY"])
known_sets = KnownSets()  # kept between calls: a set never changes

CHECK_SECONDS = 300
"""A daily check of a sealed day begins only if so much time is left: days without a seal, months
and pages come first, and the next run goes on with the checks."""

closing = Closing(store, objects, clock, setting["OUT_BUCKET"], setting["WORK_BUCKET"])

log_key = setting.get("LOG_KEY", "")  # empty: this stack has no log
kms = boto3.client("kms") if log_key else None
signer = KmsSigner(kms, log_key) if kms else None
log_key_before = setting.get("LOG_KEY_BEFORE", "")  # empty: the log never had another key
signer_before = KmsSigner(kms, log_key_before) if kms and log_key_before else None

posts_queue = setting.get("SENTINEL_QUEUE_URL", "")  # empty: this stack sends itself no post


def send_sentinel(body: str) -> None:
    """Send the sentinel post through the queue of posts."""
    provider = {"provider": {"DataType": "String", "StringValue": SENTINEL}}
    boto3.client("sqs").send_message(
        QueueUrl=posts_queue, MessageBody=body, MessageAttributes=provider
    )


def steps() -> list[PublishStep]:
    """Return what a run does with its numbers, in order. The log is last: it names what is there.

    There is a log if this stack has a key for it.
    """
    out, work = setting["OUT_BUCKET"], setting["WORK_BUCKET"]
    named = (setting["CONTACT"], setting["DATA_LICENCE"], setting["FORMS_URL"])
    found: list[PublishStep] = [
        Samples(objects, out),
        Site(*named, has_log=signer is not None),
        Statements(objects, out),
        Snapshots(objects, work),
        TrialDraws(objects, work),
        OpenFiles(closing.close),
    ]
    if signer is not None:
        log = ServedLog(
            objects=objects,
            store=DynamoLogStore(store.table),
            signer=signer,
            origin=origin_of(setting["PUBLIC_URL"], setting["PUBLIC_BUCKET"]),
            public=setting["PUBLIC_BUCKET"],
            work=work,
            out=out,
            providers=[provider.provider for provider in store.providers()],
        )
        found.append(PublicLog(log, signer_before, has_begun=bool(setting.get("LOG_KEY_GIVEN"))))
    return found


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, object], context: LambdaContext) -> dict[str, int | str]:
    """Publish all that is due. The event has the fields of a PublishRequest.

    The answer has the log's `leaves` and how many were `added`; `log` only if it refused to grow.
    """
    publish_context = PublishContext(
        store=store,
        public=SummaryBucket(objects, setting["PUBLIC_BUCKET"], known_sets),
        seals=SealBucket(objects, setting["WORK_BUCKET"]),
        clock=clock,
        public_url=setting["PUBLIC_URL"],
        notice_hours=int(setting["NOTICE_HOURS"]),
        pause_below=float(setting["PAUSE_BELOW"]),
        has_time=lambda: context.get_remaining_time_in_millis() >= CHECK_SECONDS * 1000,
        send_sentinel=send_sentinel if posts_queue else None,
        steps=steps(),
    )
    result = publish(publish_context, msgspec.convert(event, PublishRequest))
    log_result(result)
    refused = {"log": f"refused: {result.log_refused}"} if result.log_refused else {}
    grown = {"leaves": result.log.size, "added": result.log.added} if result.log else {}
    return {"written": result.written, "revised": len(result.revised)} | grown | refused


def log_result(result: PublishResult) -> None:
    """Log and count the published periods. A receipt that was left out is an error and alarms."""
    for left in result.left_out:
        logger.error("receipt left out", extra=msgspec.to_builtins(left))
    for path in result.revised:
        logger.warning("revised", extra={"summary": path})
    for provider, pause in result.paused:
        logger.warning("rule paused", extra={"paused_for": provider, "rule": pause.rule})
    for day in result.behind:
        logger.error("the table lacks what is published", extra={"behind": day})
    for difference in result.unproved:
        logger.error("report not proved", extra={"difference": difference})
    for name in result.unpublishable:
        logger.warning("not published under its name", extra={"unpublishable": name})
    if result.sentinel_missed:
        logger.error("the sentinel post was not found", extra={"day": result.sentinel_missed})
    if result.log_refused:
        logger.error("the log does not grow", extra={"why": result.log_refused})
    if result.log:
        logger.info("logged", extra={"size": result.log.size, "added": result.log.added})
    logger.info("published", extra={"written": result.written})
    count_result(result)


def count_result(result: PublishResult) -> None:
    """Count what alarms. A zero is not sent: a metric is charged for each hour with a value."""
    counts = {
        "ReceiptNotClosed": len(result.left_out),
        "ReportNotProved": len(result.unproved),
        "RulesPaused": len(result.paused),
        "TableBehind": len(result.behind),
        "LogRefused": bool(result.log_refused),
        "SentinelMissed": bool(result.sentinel_missed),
    }
    for name, count in counts.items():
        if count:
            metrics.add_metric(name, MetricUnit.Count, count)
