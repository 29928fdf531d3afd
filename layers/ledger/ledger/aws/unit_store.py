"""Units in the table: how far each has come, and the transaction that commits one or many.

The item `U#<unit>` `unit` has two states. An attempt that is about to store findings is recorded
there, with its name under `begun`. The commit replaces it by the marker, on the condition that the
stored attempt is its own, or that none is stored and it stored none. So an attempt that found
nothing never commits a unit for which another one may have stored findings.

Earlier releases recorded attempts in an item `try`, which is still read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ledger.aws.rows import TableRows, journal_of
from ledger.aws.table import Item, item_of, record_of
from ledger.privacy.audit_sample import SampledPost
from ledger.records.manifest import Attempt, Marker, RangeRow, UnitState
from ledger.records.receipt import Receipt


@dataclass(frozen=True, slots=True)
class DynamoUnits(TableRows):
    """The port UnitStore."""

    def marker(self, unit: str) -> Marker | None:
        return _state_of(self.table.get(f"U#{unit}", "unit")).marker

    def markers(self, units: Sequence[str]) -> dict[str, Marker]:
        """Return the markers of those of these units that were committed."""
        items = self.table.get_many([(f"U#{unit}", "unit") for unit in units])
        states = {pk.removeprefix("U#"): _state_of(item) for (pk, _), item in items.items()}
        return {unit: state.marker for unit, state in states.items() if state.marker}

    def unit_states(self, units: Sequence[str], suspects: Sequence[str] = ()) -> list[UnitState]:
        keys = [(f"U#{unit}", kind) for unit in units for kind in ("unit", "try")]
        items = self.table.get_many([*keys, *((f"U#{unit}", "alone") for unit in suspects)])
        return [
            _state_of(
                items.get((f"U#{unit}", "unit")),
                items.get((f"U#{unit}", "try")),
                is_suspect="works" in items.get((f"U#{unit}", "alone"), {}),
            )
            for unit in units
        ]

    def note_suspect(self, unit: str, expires: int, *, works: bool) -> None:
        note = {"works": True} if works else {}
        self.table.put(f"U#{unit}", "alone", expires=expires, **note)

    def recorded_attempt(self, unit: str) -> Attempt | None:
        return self.unit_states([unit])[0].attempt

    def record_attempt(self, unit: str, own: Attempt) -> Attempt | None:
        if self.table.transact(self.table.put_if_absent(f"U#{unit}", "unit", own, begun=own.name)):
            return own
        return _state_of(self.table.get(f"U#{unit}", "unit")).attempt

    def record_attempts(self, attempts: Mapping[str, Attempt]) -> dict[str, Attempt | None]:
        items = [
            item_of(f"U#{unit}", "unit", own, begun=own.name) for unit, own in attempts.items()
        ]
        existing = self.table.put_pairs([(item, None) for item in items])
        return {
            unit: own if item is None else _state_of(item).attempt
            for (unit, own), item in zip(attempts.items(), existing, strict=True)
        }

    def commit_unit(
        self,
        marker: Marker,
        receipt: Receipt,
        file: str,
        row: RangeRow | None,
        attempt: Attempt | None = None,
    ) -> bool:
        puts = [
            self._commit(marker, attempt),
            self.table.put_if_absent(*receipt_place(marker), receipt),
        ]
        if row is not None:
            puts.append(self.table.put_if_absent(f"F#{file}", range_place(row.number), row))
        if self.table.transact(*puts):
            return True
        if self.marker(marker.unit) is None:
            raise OSError("another worker recorded another attempt at the unit")
        return False

    def commit_refused(self, marker: Marker, receipt: Receipt) -> None:
        puts = self.table.put_if_absent(*receipt_place(marker), receipt)
        self.table.transact(self._commit(marker, None), puts)

    def commit_batch(
        self,
        markers: Sequence[Marker],
        receipt: Receipt,
        attempts: Mapping[str, Attempt],
        findings: Sequence[str],
        sample: tuple[Sequence[SampledPost], int] | None,
    ) -> bool:
        key, sort = receipt_place(markers[0])
        puts = [self._commit(marker, attempts.get(marker.unit)) for marker in markers]
        members = _packed(marker.unit for marker in markers)
        ids = _packed(findings)
        puts.append(
            self.table.put_if_absent(
                key, sort, receipt, units=members, **({"ids": ids} if ids else {})
            )
        )
        if sample is not None:
            posts, expires = sample
            puts.append(
                self.table.put_action(key, f"sample#{receipt.unit}", list(posts), expires=expires)
            )
        return self.table.transact_first(puts, watched=len(markers))

    def receipt(self, marker: Marker) -> Receipt:
        receipt = record_of(self.table.get(*receipt_place(marker)), Receipt)
        if receipt is None:
            raise LookupError(f"unit {marker.unit} has a marker and no receipt")
        return receipt

    def batch_units(self, marker: Marker) -> list[str]:
        item = self.table.get(*receipt_place(marker)) or {}
        return sorted(unpacked(item.get("units")))

    def _commit(self, marker: Marker, attempt: Attempt | None) -> Item:
        if attempt is None:
            return self.table.put_if_absent(f"U#{marker.unit}", "unit", marker)
        return self.table.instead(f"U#{marker.unit}", "unit", marker, begun=attempt.name)


def receipt_place(marker: Marker) -> tuple[str, str]:
    """Return the key of the receipt that counts a unit."""
    name = marker.receipt_id
    return journal_of(marker.provider, marker.day, name[0]), f"receipt#{name}"


def range_place(number: int) -> str:
    """Return the sort key of a range's row."""
    return f"range#{number:08}"


def unpacked(attribute: Item | None) -> list[str]:
    """Return the ids in an attribute that holds 32 bytes for each."""
    packed = attribute["B"] if attribute else b""
    return [packed[at : at + 32].hex() for at in range(0, len(packed), 32)]


def _packed(ids: Iterable[str]) -> bytes:
    return b"".join(bytes.fromhex(name) for name in ids)


def _state_of(
    item: Item | None, earlier: Item | None = None, *, is_suspect: bool = False
) -> UnitState:
    """Return the state that the item of the marker holds; `earlier` is an item `try`."""
    if item is not None and "begun" not in item:
        return UnitState(record_of(item, Marker), is_suspect=is_suspect)
    attempt = record_of(item, Attempt)
    return UnitState(None, attempt or record_of(earlier, Attempt), is_suspect)
