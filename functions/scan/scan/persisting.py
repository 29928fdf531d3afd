"""What a unit stores, as data, and the one place that stores it.

Findings, samples and refusals are written first. Then one transaction writes the unit's marker,
its receipt and the row of its range, so that a receipt never counts something that is not stored.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from ledger.clock import utc
from ledger.closing import FILE_DAYS
from ledger.keys import HOLDS_EXCERPTS, findings_key, message_receipt_key, refusals_key
from ledger.ports import FileStore, FindingStore, FloodStore, Objects, UnitStore
from ledger.privacy.audit_sample import SAMPLE_DAYS, SampledPost, SampleStore
from ledger.privacy.erasure import ErasureStore, stub_of
from ledger.records.finding import Finding, finding_row
from ledger.records.json_text import encode_json, encode_json_lines
from ledger.records.manifest import FirstTry, Marker, RangeRow
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
    """Everything that a unit is about to store.

    `first_try` is to be committed with the unit; it is None where an attempt is already stored.
    """

    job: UnitJob
    marker: Marker
    records: UnitRecords
    rules: Rules
    inspection: Inspection
    flood: FloodDecision
    sample: Sequence[SampledPost]
    audit_secret: bytes
    first_try: FirstTry | None
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
            no_rules=len(records.posts) if rules.none_in_force else 0,
            partly_read=self.inspection.partly_read,
        )


@dataclass(frozen=True, slots=True)
class UnitOutcome:
    """The receipt of a delivered unit, if it has one, and whether this delivery committed it."""

    receipt: Receipt | None
    new: bool


class ScanStore(
    FileStore, UnitStore, FindingStore, FloodStore, SampleStore, ErasureStore, Protocol
):
    """The parts of the table that scanning a unit uses."""


@dataclass(frozen=True, slots=True)
class UnitRecorder:
    """Stores what units came to, and hands it out to their senders."""

    store: ScanStore
    objects: Objects
    work_bucket: str
    out_bucket: str
    excerpt_days: int
    _audit_months: set[str] = field(default_factory=set)
    """The months whose audit key this worker has stored."""

    def persist(self, effects: UnitEffects) -> UnitOutcome:
        """Store a unit. If another worker committed it first, return that worker's outcome.

        Raises OSError if an author was erased meanwhile: the next delivery sees the tombstone.
        """
        job, marker = effects.job, effects.marker
        flood_end = int((effects.now + timedelta(days=FILE_DAYS)).timestamp())
        for rule in sorted(effects.flood.new):
            self.store.put_flood(job.provider, marker.day, rule, flood_end)
        accounts = effects.accounts
        erased = self.store.erased_accounts(job.provider, accounts)
        stored = self._put_findings(effects, erased)
        own = sorted(
            (finding for finding in stored if finding.unit == job.unit),
            key=lambda finding: finding.finding,
        )
        if effects.records.refusals:
            lines = encode_json_lines(effects.records.refusals)
            self.objects.put(self.work_bucket, refusals_key(job.unit), lines)
        if labelled := [finding for finding in own if finding.mode == "live" and finding.label]:
            self.store.put_check_uses(labelled)
        self.store.put_finding_ids(marker, [finding.finding for finding in own])
        self._put_sample(effects, erased)
        if self.store.erased_accounts(job.provider, accounts) != erased:
            raise OSError("an author was erased meanwhile")
        return self._commit(effects, own, repeats=len(stored) - len(own))

    def _put_findings(self, effects: UnitEffects, erased: Collection[str]) -> list[Finding]:
        """Store the findings, those of erased authors as stubs. Return them as they are stored."""
        expires = int((effects.now + timedelta(days=self.excerpt_days)).timestamp())
        pairs = [
            (stub_of(excerpted.finding), "")
            if excerpted.finding.account in erased
            else (excerpted.finding, excerpted.excerpt)
            for excerpted in effects.findings()
        ]
        stored = self.store.put_findings(pairs, expires)
        # An earlier try may have stored them whole after the author's other findings were erased.
        for finding in stored:
            if finding.account in erased:
                self.store.replace_with_stub(finding, expires)
        return [stub_of(each) if each.account in erased else each for each in stored]

    def _put_sample(self, effects: UnitEffects, erased: Collection[str]) -> None:
        """Store the sampled posts of authors who are not erased, and once the month's key.

        Write the sample even if that leaves it empty: an earlier try may have stored more.
        """
        if not effects.sample:
            return
        month = effects.marker.day[:7]
        expires = int((effects.now + timedelta(days=SAMPLE_DAYS)).timestamp())
        if month not in self._audit_months:
            self.store.put_audit_secret(month, effects.audit_secret.hex(), expires)
            self._audit_months.add(month)
        kept = [post for post in effects.sample if post.account not in erased]
        self.store.put_sample(effects.marker, kept, expires)

    def _commit(self, effects: UnitEffects, own: Sequence[Finding], repeats: int) -> UnitOutcome:
        job, marker = effects.job, effects.marker
        receipt = effects.receipt(own, repeats)
        row = RangeRow(job.number, job.unit, job.size, receipt.lines) if job.file else None
        if not self.store.commit_unit(marker, receipt, job.file, row, effects.first_try):
            # Another worker was first, or our own call succeeded although its answer was lost.
            return self.repeated(job)
        excerpts = {
            excerpted.finding.finding: excerpted.excerpt
            for excerpted in effects.inspection.findings
        }
        pairs: list[tuple[Finding, str | None]] = [
            (finding, None if finding.is_erased else excerpts[finding.finding]) for finding in own
        ]
        # From here on an erasure finds the unit by its marker and erases the rows handed out.
        if self.store.erased_accounts(
            job.provider, {finding.account for finding in own if finding.account}
        ):
            pairs = self.store.findings_of(marker)
        self._hand_out(marker, pairs)
        return UnitOutcome(receipt, new=True)

    def outcome_of_row(self, row: RangeRow) -> UnitOutcome:
        """Return the outcome of a range that already has its row."""
        return self.committed(row.unit) if row.unit else UnitOutcome(None, new=False)

    def repeated(self, job: UnitJob) -> UnitOutcome:
        """Return the outcome of a unit that was committed before, and store the row of its range.

        The same content may have come in another file.
        """
        outcome = self.committed(job.unit)
        if job.file and outcome.receipt:
            lines = outcome.receipt.lines
            row = RangeRow(job.number, job.unit, job.size, lines, known=True)
            self.store.put_range(job.file, row)
        return outcome

    def committed(self, unit: str) -> UnitOutcome:
        """Return the outcome of a committed unit, and make sure that its findings are handed out.

        Raises LookupError for a unit that is not committed.
        """
        marker = self.store.marker(unit)
        if marker is None:
            raise LookupError(f"unit {unit} has a row but no marker")
        receipt = self.store.receipt(marker)
        if receipt.findings:
            self._hand_out(marker, self.store.findings_of(marker))
        return UnitOutcome(receipt, new=False)

    def hand_out_refusals(self, receipt: Receipt | None) -> None:
        """Make sure that the sender of a message has its refusals, each with its place."""
        if receipt is None or not receipt.refused:
            return
        data = self.objects.get(self.work_bucket, refusals_key(receipt.unit)) or b""
        refusals = [msgspec.json.decode(line) for line in data.splitlines()]
        report = msgspec.to_builtins(receipt) | {"refusals": refusals}
        marker = Marker(receipt.unit, receipt.provider, receipt.at[:10])
        self.objects.put(self.out_bucket, message_receipt_key(marker), encode_json(report))

    def _hand_out(self, marker: Marker, pairs: Iterable[tuple[Finding, str | None]]) -> None:
        """Put the unit's findings into the provider's bucket unless they are already there."""
        rows = [finding_row(finding, excerpt) for finding, excerpt in pairs]
        if rows:
            key, data = findings_key(marker), encode_json_lines(rows)
            self.objects.put_if(self.out_bucket, key, data, None, tags=HOLDS_EXCERPTS)
