"""Deliveries of messages about cases: believe the sender, take each message, count the results."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from decide.case_work import CaseWork, Handled
from ledger.aws.queue import Delivery, Senders, require_reserve
from ledger.cases.refusal import CaseRefusal
from ledger.records.json_text import lines_of_body
from ledger.records.refusal import Refusal

STATUS_METRICS = {
    "taken": "CasesTaken",
    "waiting": "CasesWaiting",
    "refused": "CasesRefused",
}
"""The metric of each status. A repeated message is not counted again."""


@dataclass(frozen=True, slots=True)
class CaseDeliveries:
    """Takes deliveries. One that was done in part goes on from there when it comes again."""

    work: CaseWork
    senders: Senders

    def take(self, message: Delivery, seconds_left: Callable[[], float]) -> list[Handled] | None:
        """Return what became of each message of a delivery; None if the sender is not registered.

        Raises TimeReserveError when too little time is left, and errors of the platform. The
        delivery then comes again, and its messages that were taken are known.
        """
        provider = self.senders.believed(message.sender_id, message.attributes)
        if provider is None:
            return None
        sent_at = self.work.clock.now() if self.work.trial_day else self.senders.first_sent(message)
        return list(self._take(provider, message.body, sent_at, seconds_left))

    def _take(
        self, provider: str, body: str, sent_at: datetime, seconds_left: Callable[[], float]
    ) -> Iterator[Handled]:
        lines = lines_of_body(body)
        if isinstance(lines, Refusal):
            data = body.encode("utf-8", "surrogatepass")
            yield self.work.refuse(provider, data, CaseRefusal(lines.code))
            return
        for line in lines.split(b"\n"):
            if line.strip():
                require_reserve(seconds_left)
                yield from self.work.take(provider, line, sent_at)


def count(
    handled: Sequence[Handled] | None, delivery: str, logger: Logger, metrics: Metrics
) -> None:
    """Log and count one delivery: counts, codes and types, never a word of a message."""
    if handled is None:
        logger.warning("refused", extra={"code": "sender_unknown", "delivery": delivery})
        metrics.add_metric("UnknownSender", MetricUnit.Count, 1)
        return
    by_status = Counter(message.status for message in handled)
    logger.info(
        "decided",
        extra={
            "delivery": delivery,
            "statuses": by_status,
            "types": Counter(message.type for message in handled if message.type),
            "codes": Counter(message.code for message in handled if message.code),
        },
    )
    for status, name in STATUS_METRICS.items():
        if by_status[status]:
            metrics.add_metric(name, MetricUnit.Count, by_status[status])
    _report_problems(handled, logger, metrics)


def _report_problems(handled: Sequence[Handled], logger: Logger, metrics: Metrics) -> None:
    """Raise the alarm about statements that the database would refuse; each counts once."""
    invalid = [message for message in handled if message.problems and message.status == "taken"]
    for message in invalid:
        logger.error("statement invalid", extra={"faults": message.problems})
    if invalid:
        metrics.add_metric("StatementInvalid", MetricUnit.Count, len(invalid))
