"""Leaves: canonical bytes, keyed digests, and nothing about a person."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlog.leaves import (
    FindingLeaf,
    PublishedLeaf,
    RunLeaf,
    UnitLeaf,
    decode_leaf,
    encode_leaf,
    keyed,
    own_key,
)

DIGEST = "a" * 64


@pytest.mark.parametrize(
    "leaf",
    [PublishedLeaf("summaries/all/2026-11.json", DIGEST, 7, "summary", 2),
     PublishedLeaf("sets/ab.json", DIGEST, 7, "set"),
     UnitLeaf("acme", "2026-11-25", DIGEST, 3, 2, {"not_public": 1}, 2),
     FindingLeaf("acme", "2026-11-25", DIGEST), RunLeaf("2026-11-26T02:00:00Z")],
)  # fmt: skip
def test_a_leaf_comes_back_as_it_went_in(leaf: msgspec.Struct) -> None:
    assert decode_leaf(encode_leaf(leaf)) == leaf  # type: ignore[arg-type]


def test_the_bytes_of_a_leaf_are_canonical() -> None:
    leaf = UnitLeaf("acme", "2026-11-25", DIGEST, 3, 1, {"b": 1, "a": 1})
    assert encode_leaf(leaf) == (
        b'{"accepted":1,"day":"2026-11-25","kind":"unit","provider":"acme","records":3,'
        b'"refused":{"a":1,"b":1},"unit":"' + DIGEST.encode() + b'"}'
    )


def test_a_leaf_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_leaf(b'{"kind":"post"}')


@given(st.binary(min_size=32, max_size=32), st.text(), st.text())
def test_the_key_of_one_finding_tells_nothing_of_another(key: bytes, one: str, other: str) -> None:
    """A proof reveals the key of its own finding, under which other ids have other digests."""
    if one != other:
        assert own_key(key, one) != own_key(key, other)
        assert keyed(key, one) != keyed(key, other)
    assert own_key(key, one) != key
