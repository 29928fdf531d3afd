"""Receipts close, ids differ by field, excerpts are short, and a set is made of named bytes."""

from hashlib import sha256
from itertools import combinations
from typing import Any

import msgspec
import pytest
from support.publish_world import World
from support.sample_posts import StandingClock

from ledger.closing import POINTER_KEY, put_in_force, set_key
from ledger.codes import OperatorError
from ledger.findings import EXCERPT_LENGTH, digest, excerpt_of, file_id, finding_id, unit_id
from ledger.units import Receipt, ReceiptCounts, digest_of_ids, sum_records


def receipt(**changes: Any) -> Receipt:
    """A receipt of five records: three posts, two refusals, one finding."""
    made = Receipt(
        unit="ab", provider="acme", kind="range", source="drop/acme/a", bytes=500, lines=6,
        records=5, inspected=3, refused={"not_public": 1, "field_type": 1}, findings=1, recorded=1,
        findings_digest=digest_of_ids(["f"]), repeats=0, by_rule={"codes/3/asks/live": 1},
        by_language={"en": 3}, set="s", at="2026-11-25T12:00:00Z",
        first="2026-11-24T12:00:00Z", last="2026-11-25T11:00:00Z",
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


@pytest.mark.parametrize(("changes", "closes"), [
    ({}, True), ({"inspected": 2}, False), ({"refused": {"not_public": 3}}, False),
    ({"records": 0, "inspected": 0, "refused": {}}, True), ({"findings": 2}, False),
    ({"by_rule": {}}, False), ({"repeats": 7}, True),
], ids=["whole", "a post lost", "a refusal too many", "nothing", "a finding without rule",
        "a rule lost", "repeats belong to others"])  # fmt: skip
def test_a_receipt_closes_if_every_record_counts(changes: dict[str, Any], closes: bool) -> None:
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
        "recorded": 2, "high": {},
        "unknown_fields": 5, "assumed_utc": 2, "partly_read": 3, "no_rules": 0,
        "refused": {"field_type": 1, "not_public": 5},
        "by_rule": {"codes/3/asks/live": 2}, "held": {"codes/3/asks/live": 1},
        "skipped": ("a/1", "b/1"), "first": "2026-11-24T12:00:00Z", "last": "2026-11-26T00:00:00Z",
    }  # fmt: skip
    assert sum_records(ReceiptCounts, []) == ReceiptCounts()


TEXT = "".join(chr(0x4E00 + place) for place in range(1000))


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, 3), (1, 140), (500, 503), (997, 1000), (0, 280), (720, 1000), (360, 640)],
    ids=["first", "early", "middle", "last", "as long, first", "as long, last", "as long, middle"],
)
def test_an_excerpt_contains_the_span_and_has_full_length(start: int, end: int) -> None:
    first, excerpt = excerpt_of(TEXT, start, end)
    assert len(excerpt) == EXCERPT_LENGTH
    assert TEXT[start:end] in excerpt
    assert TEXT[first : first + EXCERPT_LENGTH] == excerpt


def test_a_span_is_in_the_middle_of_its_excerpt() -> None:
    before, after = excerpt_of(TEXT, 500, 502)[1].split(TEXT[500:502])
    assert abs(len(before) - len(after)) <= 1


def test_a_span_longer_than_the_excerpt_gives_its_beginning() -> None:
    assert excerpt_of(TEXT, 100, 900) == (100, TEXT[100 : 100 + EXCERPT_LENGTH])


def test_a_short_text_is_its_own_excerpt() -> None:
    assert excerpt_of(TEXT[:280], 3, 4) == (0, TEXT[:280])
    assert excerpt_of("", 0, 0) == (0, "")


def test_the_id_is_sha_256_over_length_prefixed_fields() -> None:
    prefixed = b"".join(len(part).to_bytes(8, "big") + part for part in (b"unit", b"acme", b"{}"))
    assert unit_id("acme", b"{}") == sha256(prefixed).hexdigest()


def test_fields_do_not_run_together() -> None:
    lists = [("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""), ("", "abc"), ("a", "b", "c"), ()]
    for one, other in combinations(lists, 2):
        assert digest("unit", *one) != digest("unit", *other)
    assert digest("unit", "a") != digest("file", "a")
    assert digest("unit", "\u00e9") == digest("unit", "\u00e9".encode())


def test_each_part_of_a_finding_changes_its_id() -> None:
    parts = ["acme", "1", "ab", "codes", "asks", "live"]
    changed = [[*parts[:place], "x", *parts[place + 1 :]] for place in range(len(parts))]
    assert len({finding_id(*one) for one in [parts, *changed]}) == 7


def test_another_provider_key_or_version_has_another_id() -> None:
    assert unit_id("acme", b"a") != unit_id("acne", b"a")
    assert len({file_id("b", "k", "1"), file_id("b", "k", "2"), file_id("b", "k1", "")}) == 3


IN_FORCE = "0" * 64


@pytest.mark.parametrize("stored", [{}, {set_key(IN_FORCE): b"{}"}], ids=["gone", "changed"])
def test_a_set_that_is_gone_or_changed_has_no_successor(stored: dict[str, bytes]) -> None:
    pointer = msgspec.json.encode({"set": IN_FORCE, "since": ""})
    made = World()
    made.files.update({POINTER_KEY: pointer, **stored})
    with pytest.raises(OperatorError, match="is gone"):
        put_in_force(made.objects, "public", lambda before: before or b"", StandingClock().now())
    assert made.files[POINTER_KEY] == pointer
