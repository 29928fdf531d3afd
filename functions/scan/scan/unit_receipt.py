"""What a unit came to, as its receipt says it."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.records.finding import Finding
from ledger.records.receipt import Receipt, digest_of_ids
from scan.inspection import Inspected, by_rule
from scan.reading import Reading
from scan.rule_sets import Rules


@dataclass(frozen=True, slots=True)
class Job:
    """A unit at hand; `file` and `number` name the range it was cut as."""

    provider: str
    unit: str
    kind: str
    size: int
    source: str = ""
    file: str = ""
    number: int = 0


def receipt_of(
    job: Job,
    reading: Reading,
    rules: Rules,
    inspected: Inspected,
    ours: Sequence[Finding],
    repeats: int,
    at: str,
) -> Receipt:
    """Return the receipt of a unit. `ours` are the findings that it put first, in order of ids.

    `repeats` is the number of those that another unit had put before.
    """
    first, last = reading.first_and_last
    return Receipt(
        unit=job.unit,
        provider=job.provider,
        kind=job.kind,
        source=job.source,
        bytes=job.size,
        lines=reading.lines,
        records=reading.records,
        inspected=len(reading.posts),
        refused=dict(reading.refused),
        findings=len(ours),
        findings_digest=digest_of_ids(finding.finding for finding in ours),
        repeats=repeats,
        by_rule=by_rule(ours),
        held=by_rule(finding for finding in ours if finding.held),
        by_language=reading.by_language,
        set=rules.set,
        skipped=rules.skipped,
        at=at,
        unknown_fields=reading.unknown_fields,
        assumed_utc=reading.assumed_utc,
        first=first,
        last=last,
        not_asked=inspected.not_asked,
        no_rules=len(reading.posts) if rules.none_in_force else 0,
        partly_read=inspected.partly_read,
    )
