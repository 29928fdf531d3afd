"""The search for senders' words finds them, and lets them stand only where they must."""

import pytest
from support.canary import ACCOUNT, NAME, TEXT, URL, WORDS, leaks, log_places

NOWHERE = ("log", "public/index.html", "public/journal/acme/2026-11-25.jsonl", "out/out/acme/x",
           "work/refusals/ab.jsonl", "table/U#ab/unit", "attributes of a message",
           "error")  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("place", NOWHERE)
def test_a_word_is_found_wherever_it_may_not_stand(word: str, place: str) -> None:
    assert leaks([(place, f"before {word} after".encode())]) == [f"{word} in {place}"]
    assert leaks([(place, b"harmless")]) == []


def test_a_word_in_a_key_is_found_as_well() -> None:
    assert leaks([(f"out/out/acme/findings/{ACCOUNT}", b"")]) != []


@pytest.mark.parametrize(("word", "place", "may"), [
    (NAME, "out/out/acme/receipts/f.json", True), (NAME, "table/F#ab/manifest", True),
    (NAME, "table/C#ab/finding", False), (TEXT, "drop/drop/acme/x.jsonl", True),
    (TEXT, "work/parts/f/csv-1/000000.jsonl", True), (TEXT, "table/C#ab/excerpt", False),
    (URL, "out/out/acme/findings/2026-11-25/u.jsonl", True),
    (URL, "out/out/acme/receipts/f.json", False),
    (ACCOUNT, "work/parts/f/csv-1/000000.jsonl", False), (ACCOUNT, "table/C#ab/finding", False),
])  # fmt: skip
def test_a_word_may_stand_where_it_must(word: str, place: str, may: bool) -> None:
    assert (leaks([(place, word.encode())]) == []) is may


def test_what_lambda_would_log_of_an_error_is_searched() -> None:
    failed = RuntimeError("all is well")
    failed.__cause__ = ValueError(TEXT)
    assert leaks(log_places("", [failed])) == [f"{TEXT} in error"]
