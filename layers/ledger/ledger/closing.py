"""Close a file: when its last range is committed, its sender gets a receipt."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any, Protocol

import msgspec

from ledger.clock import Clock, utc
from ledger.keys import receipt_key, refusals_key
from ledger.ports import FileStore, Objects, UnitStore
from ledger.records.json_text import encode_json
from ledger.records.manifest import Manifest, RangeRow, Source
from ledger.records.receipt import Receipt
from ledger.records.refusal import Code, Refusal

REFUSALS_SHOWN = 10_000
"""Refusals that a sender's receipt shows with their places; all are counted."""

UNITS_SHOWN = 1_000
"""Units with refusals that it shows. Each is an object to read within the 300 s of scan."""

FILE_DAYS = 60
"""How long manifests, their rows and the list of files are kept."""

SEND_AGAIN = "Send the file again. What was counted already is not counted twice."


class FileReceipt(
    msgspec.Struct, frozen=True, omit_defaults=True, rename={"first": "from", "last": "until"}
):
    """The result of a provider's file, for the provider.

    `status` is `done`, `refused` (the whole file, with its `code`) or `incomplete`: `lost_ranges`
    were gone before they were read, and each of them is one refused record. `repeated` says that
    every unit had been delivered before, so that no published number changed. Counts are those of
    the units as delivered. `partly_read` counts posts that needed more work than a post may take,
    `no_rules` posts for which the provider had no rule in force. `refusals` show line (from 1) and
    byte (from 0) of the sender's file, or `at`, the place in its own format.
    """

    file: str
    provider: str
    key: str
    version: str
    status: str
    at: str
    bytes: int
    format: str = ""
    code: str = ""
    place: str = ""
    advice: str = ""
    ranges: int = 0
    repeated_ranges: int = 0
    lost_ranges: int = 0
    repeated: bool = False
    lines: int = 0
    records: int = 0
    inspected: int = 0
    refused: dict[str, int] = {}
    findings: int = 0
    repeats: int = 0
    by_rule: dict[str, int] = {}
    held: dict[str, int] = {}
    skipped: tuple[str, ...] = ()
    unknown_fields: int = 0
    assumed_utc: int = 0
    no_rules: int = 0
    first: str = ""
    last: str = ""
    set: str = ""
    partly_read: int = 0
    refusals: list[Refusal] = []


class ClosingStore(FileStore, UnitStore, Protocol):
    """The parts of the table that closing a file reads and writes."""


@dataclass(frozen=True, slots=True)
class Closing:
    """Closes files over the ports. Any worker may do it, and twice is harmless."""

    store: ClosingStore
    objects: Objects
    clock: Clock
    out_bucket: str
    work_bucket: str

    def close(self, file: str) -> bool:
        """Write the sender's receipt if every range is committed; return whether that is so."""
        sealed = self.store.manifest(file)
        if sealed is None or self.store.range_count(file) < sealed[0].ranges:
            return False
        manifest, sources = sealed
        now = self.clock.now()
        receipt = self._receipt(manifest, self.store.ranges(file), utc(now))
        key = receipt_key(manifest.provider, file)
        self.objects.put_if(self.out_bucket, key, encode_json(receipt), None)
        expires = int((now + timedelta(days=FILE_DAYS)).timestamp())
        self.store.close_file(manifest.provider, file, now.date().isoformat(), expires)
        for source in dict.fromkeys((manifest.dropped, *sources)):
            self.objects.delete_version(source)  # neither dropped files nor parts are kept
        return True

    def _receipt(self, manifest: Manifest, rows: list[RangeRow], at: str) -> FileReceipt:
        receipts = self.receipts(rows)
        delivered = [receipts[row.unit] for row in rows if row.unit]
        known = sum(row.known for row in rows)
        lost = sum(row.is_lost for row in rows)
        return FileReceipt(
            file=manifest.file,
            provider=manifest.provider,
            key=manifest.dropped.key,
            version=manifest.dropped.version,
            status="incomplete" if lost else "done",
            at=at,
            bytes=manifest.dropped.size,
            format=manifest.format,
            ranges=manifest.ranges,
            repeated_ranges=known,
            lost_ranges=lost,
            advice=SEND_AGAIN if lost else "",
            repeated=bool(delivered) and known == len(delivered),
            set=manifest.set,
            refusals=list(
                islice(self._refusals(manifest, rows, receipts, UNITS_SHOWN), REFUSALS_SHOWN)
            ),
            **sum_receipts(delivered),
        )

    def receipts(self, rows: list[RangeRow]) -> dict[str, Receipt]:
        """Return the receipts behind the rows of a file, by unit."""
        return {row.unit: self._receipt_of(row.unit) for row in rows if row.unit}

    def refusals(self, manifest: Manifest, rows: list[RangeRow]) -> Iterator[Refusal]:
        """Yield all stored refusals of a file, with their places in the whole file."""
        return self._refusals(manifest, rows, self.receipts(rows), len(rows))

    def _refusals(
        self,
        manifest: Manifest,
        rows: list[RangeRow],
        receipts: dict[str, Receipt],
        most_units: int,
    ) -> Iterator[Refusal]:
        lines = size = units = 0
        for row in rows:
            if row.unit and receipts[row.unit].refused:
                units += 1
                if units > most_units:
                    return
                for refusal in self._refusals_of(row.unit):
                    if manifest.translated:  # the sender does not know the lines of parts
                        yield msgspec.structs.replace(refusal, line=None, byte=None)
                    elif refusal.line is None or refusal.byte is None:  # of a lost range
                        yield refusal
                    else:
                        line, byte = refusal.line + lines, refusal.byte + size
                        yield msgspec.structs.replace(refusal, line=line, byte=byte)
            lines += row.lines
            size += row.bytes

    def _refusals_of(self, unit: str) -> list[Refusal]:
        data = self.objects.get(self.work_bucket, refusals_key(unit)) or b""
        return [msgspec.json.decode(line, type=Refusal) for line in data.splitlines()]

    def _receipt_of(self, unit: str) -> Receipt:
        marker = self.store.marker(unit)
        if marker is None:
            raise LookupError(f"unit {unit} has a row and no marker")
        return self.store.receipt(marker)


def sum_receipts(receipts: list[Receipt]) -> dict[str, Any]:
    """Return the sums of these receipts, under the names of a FileReceipt."""
    counted = (
        *("lines", "records", "inspected", "findings", "repeats"),
        *("unknown_fields", "assumed_utc", "partly_read", "no_rules"),
    )
    total: dict[str, Any] = {
        name: sum(getattr(receipt, name) for receipt in receipts) for name in counted
    }
    for name in ("refused", "by_rule", "held"):
        counter = Counter[str]()
        for receipt in receipts:
            counter.update(getattr(receipt, name))
        total[name] = dict(sorted(counter.items()))
    total["skipped"] = tuple(sorted({pack for receipt in receipts for pack in receipt.skipped}))
    total["first"] = min((receipt.first for receipt in receipts if receipt.first), default="")
    total["last"] = max((receipt.last for receipt in receipts if receipt.last), default="")
    return total


def refused_file(
    dropped: Source, file: str, provider: str, at: str, code: str, *, place: str, advice: str
) -> FileReceipt:
    """Return the receipt of a file that is refused as a whole: where, and what to do about it."""
    return FileReceipt(
        file=file,
        provider=provider,
        key=dropped.key,
        version=dropped.version,
        status="refused",
        at=at,
        bytes=dropped.size,
        records=1,
        refused={code: 1},
        code=code,
        place=place,
        advice=advice,
    )


def lost_file(dropped: Source, file: str, provider: str, at: str) -> FileReceipt:
    """Return the receipt of a file that was deleted before it was read: it has no records."""
    advice = "It was deleted before it was read. Send it again."
    receipt = refused_file(dropped, file, provider, at, Code.OBJECT_GONE, place="", advice=advice)
    return msgspec.structs.replace(receipt, records=0, refused={})
