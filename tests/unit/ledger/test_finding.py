"""Ids: another field, another id. Excerpts: at most so many code points around the span."""

from hashlib import sha256
from itertools import combinations

import pytest

from ledger.findings import EXCERPT_LENGTH, digest, excerpt_of, file_id, finding_id, unit_id

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
