"""Ids: another field, another id; the same bytes, the same unit."""

from hashlib import sha256
from itertools import combinations

from ledger.findings import digest, file_id, finding_id, unit_id


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
