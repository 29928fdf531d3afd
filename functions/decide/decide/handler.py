"""The Lambda handler of decide."""

import os
from functools import partial

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities import batch
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from cases.case_store import TrialRules
from decide.case_work import CaseDeliveries, case_work_of, count
from dsa import decision_files
from ledger.desk_store import DynamoDesk
from ledger.objects import Delivery, S3Objects, Senders, log_failures
from ledger.store import DynamoStore
from ledger.texts import clock_from_setting

logger, metrics = Logger(), Metrics()
processor = batch.BatchProcessor(
    event_type=batch.EventType.SQS, raise_on_entire_batch_failure=False
)
setting = os.environ
clock = clock_from_setting(setting["TODAY"])
store = DynamoStore.of(boto3.client("dynamodb"), setting["TABLE"], clock)
senders = Senders(store, clock, setting["REDRIVE_SENDER"], setting["INBOX_SENDER"])
objecting = partial(store.objecting, setting["FORMS_URL"])
work = case_work_of(
    store,
    S3Objects(boto3.client("s3")),
    clock,
    out_bucket=setting["OUT_BUCKET"],
    public_bucket=setting["PUBLIC_BUCKET"],
    rooms=(partial(decision_files, public_url=setting["PUBLIC_URL"], objecting=objecting),),
    public_url=setting["PUBLIC_URL"],
    trial_day=bool(setting["TODAY"]),
    trial_rules=TrialRules(float(setting["TRIAL_LEAST"]), int(setting["TRIAL_PEOPLE"])),
)
deliveries = CaseDeliveries(
    work=work,
    senders=senders,
    desk=DynamoDesk(store.table, clock),
    console_queue_arn=setting["CONSOLE_QUEUE_ARN"],
)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, object], context: LambdaContext) -> PartialItemFailureResponse:
    """Take each delivery. Return those that failed: SQS delivers them again."""

    def take(record: SQSRecord) -> None:
        outcomes = deliveries.take(
            Delivery.of(record.raw_event), lambda: context.get_remaining_time_in_millis() / 1000
        )
        count(outcomes, record.message_id, logger, metrics)

    answer = batch.process_partial_response(
        event=event, record_handler=take, processor=processor, context=context
    )
    log_failures(processor.exceptions, logger.error)
    return answer
