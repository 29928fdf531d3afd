"""What decide says of its work: counts, codes and types; never a word of a message."""

from collections import Counter
from collections.abc import Sequence

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from decide.case_work import Handled

METRICS = {
    "taken": "CasesTaken",
    "waiting": "CasesWaiting",
    "refused": "CasesRefused",
}
"""The metric of each status; what was known before is not counted again."""


def count(
    handled: Sequence[Handled] | None, delivery: str, logger: Logger, metrics: Metrics
) -> None:
    """Log and count one delivery."""
    if handled is None:
        logger.warning("refused", extra={"code": "sender_unknown", "delivery": delivery})
        metrics.add_metric("UnknownSender", MetricUnit.Count, 1)
        return
    by_status = Counter(one.status for one in handled)
    logger.info(
        "decided",
        extra={
            "delivery": delivery,
            "statuses": by_status,
            "types": Counter(one.type for one in handled if one.type),
            "codes": Counter(one.code for one in handled if one.code),
        },
    )
    for status, name in METRICS.items():
        if by_status[status]:
            metrics.add_metric(name, MetricUnit.Count, by_status[status])
    _tell_faults(handled, logger, metrics)


def _tell_faults(handled: Sequence[Handled], logger: Logger, metrics: Metrics) -> None:
    """Alarm on statements that the database would refuse, or that mislead; each counts once."""
    faulty = [one for one in handled if one.faults and one.status == "taken"]
    for one in faulty:
        logger.error("statement invalid", extra={"faults": one.faults})
    if faulty:
        metrics.add_metric("StatementInvalid", MetricUnit.Count, len(faulty))
