"""Store the results of units and batches, and hand out what their sender gets.

Findings, samples and refusals are written first. Then one transaction writes the unit's marker,
its receipt and the row of its range, so that a receipt never counts something that is not stored.
A batch of messages has one receipt, and one transaction for the markers of all. What was stored
under the ids of its messages counts only if they are committed in it: if the batch dies, or loses
messages to another worker, nothing is left that counts.

A sender gets findings, receipts of batches, and the refusals of messages. All of it follows from
what is committed, so each delivery of a unit can write the missing files.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

from ledger.aws.objects import S3Objects
from ledger.aws.store import DynamoStore
from ledger.closing import FILE_DAYS
from ledger.findings import Finding, finding_row
from ledger.keys import (
    HOLDS_EXCERPTS,
    batch_receipt_key,
    findings_key,
    message_receipt_key,
    refusals_key,
)
from ledger.privacy import (
    COPY_DAYS,
    SAMPLE_DAYS,
    FindingFingerprint,
    SampledPost,
    stub_of,
)
from ledger.texts import encode_json, encode_json_lines
from ledger.units import Marker, RangeRow, Receipt, digest_of_ids, rule_key
from scan.inspection import UnitEffects, UnitJob, UnitOutcome, own_findings
from scan.reading import UnitRecords, read_body

OF_FINDINGS = {
    *("findings", "findings_digest", "repeats", "by_rule", "held", "partly_read"),
    *("not_asked", "not_compared", "messages", "refused_messages"),
}
"""Fields of a receipt that the report on one message of a batch leaves out."""


def message_receipt(batch: Receipt, job: UnitJob, records: UnitRecords) -> Receipt:
    """Return what a batch's receipt holds of one message: its records, and not its findings."""
    return Receipt(
        **records.counts,
        unit=job.unit,
        provider=batch.provider,
        kind="message",
        bytes=job.size,
        findings_digest=digest_of_ids(()),
        set=batch.set,
        skipped=batch.skipped,
        at=batch.at,
        no_rules=len(records.posts) if batch.no_rules else 0,
    )


@dataclass(frozen=True, slots=True)
class UnitRecorder:
    """Stores the results of units, and hands them out."""

    store: DynamoStore
    objects: S3Objects
    work_bucket: str
    out_bucket: str
    excerpt_days: int
    _audit_months: set[str] = field(default_factory=set)
    """The months whose audit key this worker has stored."""

    def persist(self, effects: UnitEffects) -> UnitOutcome:
        """Store a unit. If another worker committed it first, return that worker's outcome.

        Raises OSError if an author was erased meanwhile: the next delivery sees the tombstone.
        """
        job, marker, accounts = effects.job, effects.marker, effects.accounts
        erased, stored, own = self.store_first(effects, {job.unit: effects.records})
        self.store.put_finding_ids(marker, [finding.finding for finding in own])
        self.put_fingerprints(effects, own)
        sample = self.sample_to_store(effects, erased)
        if sample is not None:
            self.store.put_sample(marker, *sample)
        if self.store.erased_accounts(job.provider, accounts) != erased:
            raise OSError("an author was erased meanwhile")
        receipt = effects.receipt(own, repeats=len(stored) - len(own))
        row = RangeRow(job.number, job.unit, job.size, receipt.lines) if job.file else None
        if not self.store.commit_unit(marker, receipt, job.file, row, effects.attempt):
            # Another worker was first, or our own call succeeded although its answer was lost.
            return self.repeated(job)
        self.hand_out_new(marker, effects, own)
        return UnitOutcome(receipt, new=True)

    def store_first(
        self, effects: UnitEffects, units: Mapping[str, UnitRecords]
    ) -> tuple[frozenset[str], list[Finding], list[Finding]]:
        """Store the questions about held rules, and what lies under the ids of these units.

        Return the erased authors, the findings as they are stored, and those that the units stored
        first.
        """
        provider = effects.job.provider
        flood_end = int((effects.now + timedelta(days=FILE_DAYS)).timestamp())
        for question in effects.flood.questions:
            self.store.put_flood(provider, question, flood_end)
        erased = self.store.erased_accounts(provider, effects.accounts)
        stored = self._put_findings(effects, erased)
        own = own_findings(stored, units.keys())
        for unit, records in units.items():
            if records.refusals:
                lines = encode_json_lines(records.refusals)
                self.objects.put(self.work_bucket, refusals_key(unit), lines)
        if resting := [finding for finding in own if finding.mode == "live" and finding.rests_on]:
            self.store.put_grounds(resting)
        return erased, stored, own

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
        # An earlier attempt may have stored them whole after the author was erased elsewhere.
        for finding in stored:
            if finding.account in erased:
                self.store.replace_with_stub(finding, expires)
        return [stub_of(each) if each.account in erased else each for each in stored]

    def put_fingerprints(self, effects: UnitEffects, own: Sequence[Finding]) -> None:
        """Store the fingerprints of the findings that a unit counts, without erased authors.

        Write them even if none is left: an earlier attempt may have stored more.
        """
        made = effects.inspection.findings
        fingerprints = [
            FindingFingerprint(
                finding.finding,
                rule_key(finding.pack, finding.version, finding.rule, finding.mode),
                made[finding.finding].fingerprint,
            )
            for finding in own
            if not finding.is_erased and made[finding.finding].fingerprint
        ]
        if any(excerpted.fingerprint for excerpted in made.values()):
            expires = int((effects.now + timedelta(days=COPY_DAYS)).timestamp())
            self.store.put_fingerprints(effects.marker, fingerprints, expires)

    def sample_to_store(
        self, effects: UnitEffects, erased: Collection[str]
    ) -> tuple[list[SampledPost], int] | None:
        """Return the sample without erased authors, and when it expires; None for no sample.

        Store the month's key once before. Store the sample even if it is empty now: an earlier
        attempt may have stored more.
        """
        if not effects.sample:
            return None
        month = effects.marker.day[:7]
        expires = int((effects.now + timedelta(days=SAMPLE_DAYS)).timestamp())
        if month not in self._audit_months:
            self.store.put_audit_key(month, effects.audit_key.hex(), expires)
            self._audit_months.add(month)
        return [post for post in effects.sample if post.account not in erased], expires

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
        return self.hand_out_again(marker)

    def hand_out_new(self, marker: Marker, effects: UnitEffects, own: Sequence[Finding]) -> None:
        """Hand out the findings that were just committed."""
        made = effects.inspection.findings
        pairs: list[tuple[Finding, str | None]] = [
            (finding, None if finding.is_erased else made[finding.finding].excerpt)
            for finding in own
        ]
        # From here on an erasure finds the unit by its marker and erases the rows handed out.
        if self.store.erased_accounts(
            marker.provider, {finding.account for finding in own if finding.account}
        ):
            pairs = self.store.findings_of(marker)
        self._hand_out(marker, pairs)

    def hand_out_again(self, marker: Marker) -> UnitOutcome:
        """Return the outcome of a committed unit. Make sure that its findings are handed out."""
        receipt = self.store.receipt(marker)
        if receipt.findings:
            self._hand_out(marker, self.store.findings_of(marker))
        if marker.batch:
            self.put_batch_receipt(marker, receipt, self.store.batch_units(marker))
        return UnitOutcome(receipt, new=False)

    def put_batch_receipt(self, marker: Marker, receipt: Receipt, units: Iterable[str]) -> None:
        """Put the receipt of a batch, with the ids of its messages, unless it is there."""
        report = msgspec.to_builtins(receipt) | {"message_ids": sorted(units)}
        key = batch_receipt_key(marker)
        self.objects.put_if(self.out_bucket, key, encode_json(report), None)

    def hand_out_refusals(self, receipt: Receipt | None, job: UnitJob, body: str) -> None:
        """Make sure that the sender of a message has its refusals, each with its place.

        The receipt of a message in a batch is counted from its body again.
        """
        if receipt is None or not receipt.refused:
            return
        if receipt.messages:
            if job.unit in receipt.refused_messages:
                self.put_message_receipt(receipt, message_receipt(receipt, job, read_body(body)))
            return
        self.put_message_receipt(receipt, receipt)

    def put_message_receipt(self, batch: Receipt, receipt: Receipt) -> None:
        """Put the receipt of a message with its refusals; `batch` is the one that counts it."""
        data = self.objects.get(self.work_bucket, refusals_key(receipt.unit)) or b""
        refusals = [msgspec.json.decode(line) for line in data.splitlines()]
        report = msgspec.to_builtins(receipt) | {"refusals": refusals}
        if batch.messages:  # the batch counts the findings
            report = {k: v for k, v in report.items() if k not in OF_FINDINGS} | {
                "batch": batch.unit
            }
        key = message_receipt_key(receipt.provider, receipt.at[:10], receipt.unit)
        self.objects.put(self.out_bucket, key, encode_json(report))

    def _hand_out(self, marker: Marker, pairs: Iterable[tuple[Finding, str | None]]) -> None:
        """Put the unit's findings into the provider's bucket unless they are already there."""
        rows = [finding_row(finding, excerpt) for finding, excerpt in pairs]
        if rows:
            key, data = findings_key(marker), encode_json_lines(rows)
            self.objects.put_if(self.out_bucket, key, data, None, tags=HOLDS_EXCERPTS)
