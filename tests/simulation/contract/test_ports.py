"""The pipeline of one file leaves the same over each implementation of the ports."""

from dataclasses import dataclass

import pytest
from msgspec.structs import replace
from support.sample_posts import OTP, PRIZE, line, lines
from support.world import DAY, World

from ledger.findings import FloodQuestion
from ledger.units import Attempt, Marker, RangeRow, Receipt, digest_of_ids

FILE = lines("a", OTP, PRIZE, OTP) + line(audience="followers") + b"\n"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that found nothing, for committing."""

    name: str = "ab" * 32

    @property
    def marker(self) -> Marker:
        return Marker(self.name, "acme", DAY)

    @property
    def receipt(self) -> Receipt:
        return Receipt(
            unit=self.name, provider="acme", kind="range", source="drop/acme/a", bytes=10, lines=2,
            records=2, inspected=2, refused={}, findings=0, findings_digest=digest_of_ids([]),
            repeats=0, by_rule={}, by_language={}, set="set", at=f"{DAY}T12:00:00Z",
        )  # fmt: skip

    @property
    def row(self) -> RangeRow:
        return RangeRow(0, self.name, 10, 2)


def test_a_file_becomes_findings_and_receipts(aws: World) -> None:
    units = aws.take_in(FILE)
    aws.scan(*units, *units)
    [receipt] = aws.receipts()
    assert (receipt.inspected, receipt.refused, receipt.findings) == (4, {"not_public": 1}, 3)
    assert len(aws.store.findings_of(Marker(receipt.unit, "acme", DAY))) == receipt.recorded == 2
    assert len(aws.open_findings()) == 2
    file_receipt = aws.file_receipt(units[0].file)
    assert (file_receipt.status, file_receipt.inspected, file_receipt.findings) == ("done", 4, 3)
    assert aws.objects.keys(aws.drop, "") == []
    assert [file.closed for file in aws.store.files("acme")] == [DAY]


def test_a_unit_is_committed_once(aws: World) -> None:
    unit = Unit()
    assert aws.store.marker(unit.name) is None
    assert aws.store.commit_unit(unit.marker, unit.receipt, "f1", unit.row)
    for marker in (unit.marker, Marker(unit.name, "acme", "2026-11-26")):
        again = replace(unit.receipt, inspected=99)
        assert not aws.store.commit_unit(marker, again, "f1", unit.row)
    assert aws.store.marker(unit.name) == unit.marker
    assert (aws.receipts(), aws.receipts("2026-11-26")) == ([unit.receipt], [])
    assert aws.store.ranges("f1") == [unit.row]


def test_a_unit_is_tried_by_one_set_of_rules(aws: World) -> None:
    unit, first, other = Unit(), Attempt("one", DAY), Attempt("other", DAY)
    assert aws.store.recorded_attempt(unit.name) is None
    assert aws.store.record_attempt(unit.name, first) == first
    assert aws.store.record_attempt(unit.name, other) == first
    for attempt in (other, None):
        with pytest.raises(OSError, match="another attempt"):
            aws.store.commit_unit(unit.marker, unit.receipt, "f1", unit.row, attempt)
    assert aws.receipts() == []
    assert aws.store.commit_unit(unit.marker, unit.receipt, "f1", unit.row, first)
    assert aws.store.record_attempt(unit.name, first) is None


def test_a_batch_is_committed_as_a_whole_or_not_at_all(aws: World) -> None:
    names = [digit * 64 for digit in "cba"]
    first, batch = Attempt("one", DAY), "d" * 64
    markers = [Marker(name, "acme", DAY, batch) for name in names]
    receipt = replace(Unit().receipt, unit=batch, kind="messages", messages=3)
    assert aws.store.record_attempts({names[0]: first, names[1]: first}) == {names[0]: first,
        names[1]: first}  # fmt: skip
    attempts = {names[0]: first}
    assert not aws.store.commit_batch(markers, receipt, attempts, [], None)
    assert [state.marker for state in aws.store.unit_states(names)] == [None] * 3
    assert [state.attempt for state in aws.store.unit_states(names)] == [first, first, None]
    attempts[names[1]] = first
    assert aws.store.commit_batch(markers, receipt, attempts, [], ([], 9))
    assert not aws.store.commit_batch(markers, receipt, attempts, [], ([], 9))
    assert [state.marker for state in aws.store.unit_states(names)] == markers
    assert aws.receipts() == [receipt]
    assert aws.store.batch_units(markers[1]) == sorted(names)


def test_a_rule_is_held_once_a_day(aws: World) -> None:
    asks = FloodQuestion(DAY, "codes/asks", f"{DAY}T12:00:00Z", 9, 9, 20)
    assert aws.store.put_flood("acme", asks, 9)
    assert not aws.store.put_flood("acme", asks, 9)
    assert aws.store.floods("acme", DAY) == {"codes/asks": False}
