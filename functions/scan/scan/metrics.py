"""What scan says of its work: counts, codes and ids; never a word of a post."""

from datetime import datetime

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from scan.unit_work import Outcome


def count(outcome: Outcome | None, delivery: str, logger: Logger, metrics: Metrics) -> None:
    """Log and count one delivery; what was known before is not counted again."""
    if outcome is None:
        logger.warning("refused", extra={"code": "sender_unknown", "delivery": delivery})
        metrics.add_metric("UnknownSender", MetricUnit.Count, 1)
        return
    receipt = outcome.receipt
    if receipt is None:
        return
    logger.info(
        "scanned",
        extra={
            "unit": receipt.unit,
            "provider": receipt.provider,
            "new": outcome.new,
            "inspected": receipt.inspected,
            "refused": receipt.refused,
            "findings": receipt.findings,
        },
    )
    if not outcome.new:
        return
    metrics.add_metric("PostsInspected", MetricUnit.Count, receipt.inspected)
    metrics.add_metric("PostsRefused", MetricUnit.Count, sum(receipt.refused.values()))
    metrics.add_metric("Findings", MetricUnit.Count, receipt.findings)
    if receipt.no_rules:
        logger.warning("no rules", extra={"unit": receipt.unit, "provider": receipt.provider})
        metrics.add_metric("NoRules", MetricUnit.Count, receipt.no_rules)
    if receipt.held:
        metrics.add_metric("FloodGuard", MetricUnit.Count, len(receipt.held))
    if receipt.last:
        newest = datetime.fromisoformat(receipt.at) - datetime.fromisoformat(receipt.last)
        metrics.add_metric("NewestPostAge", MetricUnit.Seconds, newest.total_seconds())
