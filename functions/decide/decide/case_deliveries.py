"""Deliveries of messages about cases: check the sender, take each message, count the results.

A message of the console only names a decision, which is taken from the table. Whoever sends such a
message decides nothing by it: the provider, the moderator and the messages are those of the stored
decision, and only the console's role stores one. One that comes too early only shortens the time in
which the decision can be taken back.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from cases.case_facts import DecidedPacks, FactsReader
from decide.case_files import CaseFiles, RoomFiles
from decide.case_work import CaseOutcome, CaseWork
from ledger.aws.desk_store import DynamoDesk, PendingDecision, PendingName, PendingState
from ledger.aws.objects import Delivery, S3Objects, Senders, require_reserve
from ledger.aws.store import DynamoStore
from ledger.dsa_codes import CaseRefusal
from ledger.refusals import Refusal
from ledger.texts import Clock, lines_of_body


@dataclass(frozen=True, slots=True)
class PendingDecisions:
    """Takes the decisions that the console's messages name.

    The order loses no decision and repeats none. The decision is sent first: then it can no longer
    be taken back. Its messages are taken next, and each is recognised if it comes again. Its end is
    written last. If a worker dies in between, the next delivery continues.
    """

    store: DynamoDesk
    work: CaseWork
    senders: Senders

    def take(self, body: str, seconds_left: Callable[[], float]) -> list[CaseOutcome]:
        """Return the outcome of each message of the decision; none if it was taken back.

        Raises msgspec.MsgspecError if the body names no decision: the console sends no such one.
        """
        name = msgspec.json.decode(body, type=PendingName)
        pending = self.store.release_pending(name.provider, name.pending)
        if pending.state is not PendingState.SENT:
            return []
        outcomes, woken = [], []
        for message in pending.messages:
            require_reserve(seconds_left)
            outcome, *others = self._take_message(pending, message)
            outcomes.append(outcome)
            woken += others
        self.store.end_pending(_ended(pending, outcomes))
        return outcomes + woken

    def _take_message(
        self, pending: PendingDecision, message: dict[str, Any]
    ) -> Iterator[CaseOutcome]:
        """Take a message as if it was sent when the moderator decided."""
        clock, trial = self.work.clock, self.work.trial_day
        sent_at = clock.now() if trial else datetime.fromisoformat(pending.held_at)
        return self.work.take(
            pending.provider,
            msgspec.json.encode(message),
            sent_at,
            self.senders.other_door(pending.provider, "console"),
        )


def _ended(pending: PendingDecision, outcomes: list[CaseOutcome]) -> PendingDecision:
    """Return the decision with its outcome: refused if one of its messages was, else waiting."""
    by_status = {one.status: one for one in reversed(outcomes)}
    worst = by_status.get("refused") or by_status.get("waiting")
    if worst is None:
        return msgspec.structs.replace(pending, state=PendingState.TAKEN)
    state = PendingState(worst.status)
    return msgspec.structs.replace(pending, state=state, code=worst.code, first=worst.first)


@dataclass(frozen=True, slots=True)
class CaseDeliveries:
    """Takes deliveries. If one fails midway, its next delivery repeats nothing."""

    work: CaseWork
    senders: Senders
    console: PendingDecisions
    console_queue_arn: str

    def take(
        self, delivery: Delivery, seconds_left: Callable[[], float]
    ) -> list[CaseOutcome] | None:
        """Return the outcome of each message of a delivery; None if the sender is not registered.

        Raises TimeReserveError when too little time is left, and errors of the platform. SQS then
        delivers all of it again, and messages that were taken before are `repeated`.
        """
        if delivery.queue_arn == self.console_queue_arn:
            return self.console.take(delivery.body, seconds_left)
        provider = self.senders.provider_of_sender(delivery.sender_id, delivery.attributes)
        if provider is None:
            return None
        sent_at = (
            self.work.clock.now() if self.work.trial_day else self.senders.first_sent(delivery)
        )
        return list(self._take_lines(provider, delivery.body, sent_at, seconds_left))

    def _take_lines(
        self, provider: str, body: str, sent_at: datetime, seconds_left: Callable[[], float]
    ) -> Iterator[CaseOutcome]:
        lines = lines_of_body(body)
        if isinstance(lines, Refusal):
            data = body.encode("utf-8", "surrogatepass")
            yield self.work.refuse(provider, data, CaseRefusal(lines.code))
            return
        for line in lines.split(b"\n"):
            if line.strip():
                require_reserve(seconds_left)
                other_door = self.senders.other_door(provider, "queue")
                yield from self.work.take(provider, line, sent_at, other_door)


def case_work_of(
    store: DynamoStore,
    objects: S3Objects,
    clock: Clock,
    *,
    out_bucket: str,
    public_bucket: str,
    rooms: tuple[RoomFiles, ...],
    trial_day: bool = False,
) -> CaseWork:
    """Build decide from its table, buckets and clock. `rooms` write files of entries too."""
    packs = DecidedPacks(objects, public_bucket)
    return CaseWork(
        store=store,
        objects=objects,
        clock=clock,
        reader=FactsReader(store, objects, packs, out_bucket),
        files=CaseFiles(store, objects, packs, out_bucket, rooms),
        out_bucket=out_bucket,
        trial_day=trial_day,
    )


def count(
    outcomes: Sequence[CaseOutcome] | None, delivery: str, logger: Logger, metrics: Metrics
) -> None:
    """Log and count one delivery. Nothing that a message says is logged but its type."""
    if outcomes is None:
        logger.warning("refused", extra={"code": "sender_unknown", "delivery": delivery})
        metrics.add_metric("UnknownSender", MetricUnit.Count, 1)
        return
    by_status = Counter(each.status for each in outcomes)
    logger.info(
        "decided",
        extra={
            "delivery": delivery,
            "statuses": by_status,
            "types": Counter(each.type for each in outcomes if each.type),
            "codes": Counter(each.code for each in outcomes if each.code),
        },
    )
    # A statement that the database would refuse raises an alarm: once, not at every repetition.
    invalid = [each for each in outcomes if each.problems and each.status == "taken"]
    for each in invalid:
        logger.error("statement invalid", extra={"faults": each.problems})
    if invalid:
        metrics.add_metric("StatementInvalid", MetricUnit.Count, len(invalid))
