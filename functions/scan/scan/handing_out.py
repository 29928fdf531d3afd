"""What a sender gets: findings, receipts of batches, and the refusals of messages.

All of it follows from committed records, so each delivery of a unit can write the missing files.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from ledger.keys import (
    HOLDS_EXCERPTS,
    batch_receipt_key,
    findings_key,
    message_receipt_key,
    refusals_key,
)
from ledger.ports import FindingStore, Objects, UnitStore
from ledger.privacy.erasure import ErasureStore
from ledger.records.finding import Finding, finding_row
from ledger.records.json_text import encode_json, encode_json_lines
from ledger.records.manifest import Marker
from ledger.records.receipt import Receipt, digest_of_ids
from scan.effects import UnitEffects, UnitJob, UnitOutcome
from scan.reading import UnitRecords, read_body

OF_FINDINGS = ("findings", "findings_digest", "repeats", "by_rule")
"""Fields of a receipt that the report on one message of a batch leaves out."""


def message_receipt(batch: Receipt, job: UnitJob, records: UnitRecords) -> Receipt:
    """Return what a batch's receipt holds of one message: its records, and not its findings."""
    first, last = records.first_and_last
    return msgspec.structs.replace(
        batch,
        unit=job.unit,
        kind="message",
        bytes=job.size,
        lines=records.lines,
        records=records.records,
        inspected=len(records.posts),
        refused=dict(records.refused),
        findings=0,
        findings_digest=digest_of_ids(()),
        repeats=0,
        by_rule={},
        held={},
        by_language=records.by_language,
        unknown_fields=records.unknown_fields,
        assumed_utc=records.assumed_utc,
        first=first,
        last=last,
        not_asked=0,
        not_compared=0,
        no_rules=len(records.posts) if batch.no_rules else 0,
        partly_read=0,
        messages=0,
        refused_messages=(),
    )


class HandoutStore(UnitStore, FindingStore, ErasureStore, Protocol):
    """The parts of the table that handing out uses."""


@dataclass(frozen=True, slots=True)
class Handout:
    """Hands out what units came to."""

    store: HandoutStore
    objects: Objects
    work_bucket: str
    out_bucket: str

    def hand_out_new(self, marker: Marker, effects: UnitEffects, own: Sequence[Finding]) -> None:
        """Hand out the findings that were just committed."""
        excerpts = {
            excerpted.finding.finding: excerpted.excerpt
            for excerpted in effects.inspection.findings
        }
        pairs: list[tuple[Finding, str | None]] = [
            (finding, None if finding.is_erased else excerpts[finding.finding]) for finding in own
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
