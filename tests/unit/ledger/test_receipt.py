"""Receipts close, or they show that they do not; those of a file are added up."""

from typing import Any

import msgspec
import pytest

from ledger.units import Receipt, ReceiptCounts, digest_of_ids, sum_records


def receipt(**changes: Any) -> Receipt:
    """A receipt of five records: three posts, two refusals, one finding."""
    made = Receipt(
        unit="ab", provider="acme", kind="range", source="drop/acme/a", bytes=500, lines=6,
        records=5, inspected=3, refused={"not_public": 1, "field_type": 1}, findings=1,
        findings_digest=digest_of_ids(["f"]), repeats=0, by_rule={"codes/3/asks/live": 1},
        by_language={"en": 3}, set="s", at="2026-11-25T12:00:00Z",
        first="2026-11-24T12:00:00Z", last="2026-11-25T11:00:00Z",
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


@pytest.mark.parametrize(
    ("changes", "closes"),
    [
        ({}, True),
        ({"inspected": 2}, False),
        ({"refused": {"not_public": 3}}, False),
        ({"records": 0, "inspected": 0, "refused": {}}, True),
        ({"findings": 2}, False),
        ({"by_rule": {}}, False),
        ({"repeats": 7}, True),
    ],
    ids=["whole", "a post lost", "a refusal too many", "nothing", "a finding without rule",
         "a rule lost", "repeats belong to others"],
)  # fmt: skip
def test_a_receipt_closes_only_if_every_record_is_counted(
    changes: dict[str, Any], closes: bool
) -> None:
    assert receipt(**changes).closes is closes


def test_the_digest_of_findings_ignores_order_but_no_id() -> None:
    assert digest_of_ids(["a", "b"]) == digest_of_ids(iter(["b", "a"]))
    assert len({digest_of_ids(ids) for ids in ([], ["a"], ["a", "b"], ["a", "c"])}) == 4


def test_a_receipt_is_written_and_read_again() -> None:
    one = receipt(held={"codes/3/asks/live": 1}, skipped=("old/1",), assumed_utc=2)
    assert msgspec.json.decode(msgspec.json.encode(one), type=Receipt) == one


def test_receipts_are_summed_into_a_file_receipt() -> None:
    one = receipt(skipped=("b/1", "a/1"), assumed_utc=2, partly_read=3)
    other = receipt(
        refused={"not_public": 4}, records=7, skipped=("a/1",), held={"codes/3/asks/live": 1},
        unknown_fields=5, first="", last="2026-11-26T00:00:00Z",
    )  # fmt: skip
    assert msgspec.structs.asdict(sum_records(ReceiptCounts, [one, other])) == {
        "bytes": 1000, "by_language": {"en": 6}, "set": "",
        "lines": 12, "records": 12, "inspected": 6, "findings": 2, "repeats": 0,
        "unknown_fields": 5, "assumed_utc": 2, "partly_read": 3, "no_rules": 0,
        "refused": {"field_type": 1, "not_public": 5},
        "by_rule": {"codes/3/asks/live": 2}, "held": {"codes/3/asks/live": 1},
        "skipped": ("a/1", "b/1"), "first": "2026-11-24T12:00:00Z", "last": "2026-11-26T00:00:00Z",
    }  # fmt: skip
    assert sum_records(ReceiptCounts, []) == ReceiptCounts()
