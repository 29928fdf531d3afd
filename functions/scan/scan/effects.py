"""Everything that a unit is about to store, and its outcome, as data."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from ledger.clock import utc
from ledger.privacy.audit_sample import SampledPost
from ledger.records.finding import Finding
from ledger.records.manifest import Attempt, Marker
from ledger.records.receipt import Receipt, digest_of_ids
from scan.flood_guard import FloodDecision
from scan.inspection import ExcerptedFinding, Inspection, count_by_rule
from scan.reading import UnitRecords
from scan.rule_sets import Rules


@dataclass(frozen=True, slots=True)
class UnitJob:
    """A unit to scan; `file` and `number` name the range that it was cut as, if any."""

    provider: str
    unit: str
    kind: str
    size: int
    source: str = ""
    file: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class UnitEffects:
    """Everything that a unit is about to store. `attempt` is the recorded one, if there is one."""

    job: UnitJob
    marker: Marker
    records: UnitRecords
    rules: Rules
    inspection: Inspection
    flood: FloodDecision
    sample: Sequence[SampledPost]
    audit_key: bytes
    attempt: Attempt | None
    now: datetime

    @property
    def accounts(self) -> set[str]:
        """The pseudonyms of all authors of whom something would be stored."""
        of_findings = {excerpted.finding.account for excerpted in self.inspection.findings}
        return of_findings | {post.account for post in self.sample}

    def findings(self) -> list[ExcerptedFinding]:
        """Return the findings, those of held rules marked as held."""
        return [
            replace(excerpted, finding=msgspec.structs.replace(excerpted.finding, held=True))
            if self._is_held(excerpted.finding)
            else excerpted
            for excerpted in self.inspection.findings
        ]

    def _is_held(self, finding: Finding) -> bool:
        return finding.mode == "live" and f"{finding.pack}/{finding.rule}" in self.flood.held

    def receipt(self, own: Sequence[Finding], repeats: int) -> Receipt:
        """Return the unit's receipt.

        `own` are the findings that this unit stored first, in order of their ids. Another unit had
        stored `repeats` more before.
        """
        job, records, rules = self.job, self.records, self.rules
        first, last = records.first_and_last
        return Receipt(
            unit=job.unit,
            provider=job.provider,
            kind=job.kind,
            source=job.source,
            bytes=job.size,
            lines=records.lines,
            records=records.records,
            inspected=len(records.posts),
            refused=dict(records.refused),
            findings=len(own),
            findings_digest=digest_of_ids(finding.finding for finding in own),
            repeats=repeats,
            by_rule=count_by_rule(own),
            held=count_by_rule(finding for finding in own if finding.held),
            by_language=records.by_language,
            set=rules.set,
            skipped=rules.skipped,
            at=utc(self.now),
            unknown_fields=records.unknown_fields,
            assumed_utc=records.assumed_utc,
            first=first,
            last=last,
            not_asked=self.inspection.not_asked,
            not_compared=self.inspection.not_compared,
            no_rules=len(records.posts) if rules.none_in_force else 0,
            partly_read=self.inspection.partly_read,
        )


@dataclass(frozen=True, slots=True)
class UnitOutcome:
    """The receipt of a delivered unit, if it has one, and whether this delivery committed it."""

    receipt: Receipt | None
    new: bool


def own_findings(stored: Iterable[Finding], units: Collection[str]) -> list[Finding]:
    """Return the findings that these units stored first, in order of their ids."""
    own = (finding for finding in stored if finding.unit in units)
    return sorted(own, key=lambda finding: finding.finding)
