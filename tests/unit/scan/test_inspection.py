"""Posts become findings, with pseudonyms and excerpts; the same text of a post counts once."""

from typing import Any

import msgspec
import pytest
from support.canary import ACCOUNT
from support.sample_posts import OTP, PACK, PRIZE, SHADOW, fields, pack

from ledger.findings import Finding
from ledger.posts import Post, TranslatedPost
from ledger.privacy import Pseudonyms, stub_of
from ledger.units import Attempt
from matcher import Matcher
from matcher.fingerprint import Fingerprints
from scan.inspection import (
    MAX_SPANS,
    ExcerptedFinding,
    Inspection,
    count_by_rule,
    count_live_hits,
    inspect_posts,
    match_posts,
)
from scan.rule_sets import Rules

PSEUDONYMS = Pseudonyms.derive(b"secret", "acme", "k2026-11")
RULES = Rules("set", (), Matcher([pack(), pack(SHADOW)]))


def post(**changes: Any) -> Post:
    return msgspec.convert(fields(**changes), Post)


def inspect(*posts: Post, **settings: Any) -> list[ExcerptedFinding]:
    return [*inspection(*posts, **settings).findings.values()]


def inspection(
    *posts: Post, provider: str = "acme", unit: str = "u1", rules: Rules = RULES, length: int = 280
) -> Inspection:
    return inspect_posts(posts, rules, PSEUDONYMS, provider=provider, unit=unit,
                         found_at="2026-11-25T12:00:00Z", results=match_posts(posts, rules),
                         attempt=Attempt("set", "", length),
                         fingerprints=Fingerprints(bytes(32)))  # fmt: skip


def test_a_finding_says_all_about_its_hit_and_nothing_of_the_account() -> None:
    [found] = inspect(post(text=OTP, reach=5, language="en", url="https://a.example/1"))
    finding = found.finding
    assert finding.account == PSEUDONYMS.of(ACCOUNT)
    assert ACCOUNT.encode() not in msgspec.json.encode(finding)
    assert (finding.pack, finding.version, finding.rule) == ("codes", 3, "asks-for-code")
    assert (finding.mode, finding.category, finding.severity) == ("live", "SCAMS_AND_FRAUD", "high")
    assert (finding.provider, finding.post, finding.unit, finding.set) == ("acme", "1", "u1", "set")
    assert (finding.reach, finding.language, finding.url) == (5, "en", "https://a.example/1")
    assert finding.published_at == "2026-11-25T03:00:00Z"
    assert finding.found_at == "2026-11-25T12:00:00Z"
    for span in finding.spans:
        assert OTP[span.start : span.end].lower() == span.term
    assert found.excerpt == OTP


SCORED = PACK.replace(
    "    all: [[one-time code], [send me]]\n",
    "    score: {threshold: 8, high: 12, terms: {one-time code: 4, send me: 3, please: -1},"
    " signs: {phone: 5}}\n",
)


def test_a_finding_by_score_lists_each_reason_the_sum_and_the_threshold() -> None:
    rules = Rules("set", (), Matcher([pack(SCORED)]))
    [found] = inspect(post(text=f"{OTP}: +62 812 3456 7890"), rules=rules)
    finding = found.finding
    assert (finding.score, finding.threshold, finding.severity) == (11, 8, "high")
    assert finding.reasons == ("{phone} +5", "one-time code +4", "send me +3", "please -1")
    assert [span.start for span in finding.spans] == [0, 7, 19, 47]
    row = msgspec.to_builtins(finding)
    assert row["spans"][0]["weight"] == -1
    stub = stub_of(finding)
    assert (stub.score, stub.threshold, stub.reasons) == (msgspec.UNSET, 8, ())


def test_other_findings_have_neither_sum_nor_weights() -> None:
    [found] = inspect(post(text=OTP))
    row = msgspec.to_builtins(found.finding)
    assert not {"score", "threshold"} & row.keys()
    assert row["spans"][0].keys() == {"part", "start", "end", "term", "evasion"}


def test_an_account_that_is_a_pseudonym_already_stays() -> None:
    translated = msgspec.convert(fields(text=OTP, account="k1:ab", at="m[0]"), TranslatedPost)
    assert inspect(translated)[0].finding.account == "k1:ab"


def test_the_same_text_of_the_same_post_counts_once() -> None:
    once = inspect(post(text=OTP))
    assert inspect(post(text=OTP), post(text=OTP, reach=9)) == once
    assert len(inspect(post(text=OTP), post(text=OTP + "!"))) == 2
    assert len(inspect(post(text=OTP), post(text=OTP, id="2"))) == 2


def test_another_unit_finds_the_same_and_another_provider_another() -> None:
    [one] = inspect(post(text=OTP))
    assert inspect(post(text=OTP), unit="u2")[0].finding.finding == one.finding.finding
    assert inspect(post(text=OTP), provider="others")[0].finding.finding != one.finding.finding


def test_a_caption_is_inspected_and_gives_the_excerpt() -> None:
    [found] = inspect(post(media_text=["a boat", "x" * 400 + ". " + OTP]))
    assert {span.part for span in found.finding.spans} == {"media_text/1"}
    assert "SEND ME" in found.excerpt
    assert len(found.excerpt) == 280


@pytest.mark.parametrize("length", [80, 2_000])
def test_an_excerpt_is_as_long_as_the_stack_wants_and_says_where_it_begins(length: int) -> None:
    text = f"{'x' * 3_000}. {OTP}"
    [found] = inspect(post(text=text), length=length)
    start = found.finding.excerpt_start
    assert isinstance(start, int)
    assert text[start : start + length] == found.excerpt
    assert len(found.excerpt) == length
    assert stub_of(found.finding).excerpt_start is msgspec.UNSET


def test_a_post_can_satisfy_several_rules() -> None:
    inspected = inspection(post(text=f"{OTP}. {PRIZE}"), post(id="2"))
    assert count_by_rule(one.finding for one in inspected.findings.values()) == {
        "codes/3/asks-for-code/live": 1,
        "prizes/1/names-prize/shadow": 1,
    }
    assert count_live_hits(inspected) == {"codes/asks-for-code": 1}


def test_a_finding_fits_into_an_item_however_often_a_term_stands() -> None:
    [found] = inspect(post(text="grand prize " * 5_000))
    assert len(found.finding.spans) <= MAX_SPANS
    assert len(msgspec.json.encode(found.finding)) < 100_000


@pytest.mark.parametrize("times", [1, MAX_SPANS, MAX_SPANS + 1, 300])
def test_a_finding_says_where_it_keeps_fewer_spans_than_there_are(times: int) -> None:
    """And says nothing else, so that other findings keep their bytes."""
    [found] = inspect(post(text="grand prize " * times))
    written = msgspec.to_builtins(found.finding)
    assert written.get("spans_capped") == (True if times > MAX_SPANS else None)
    assert msgspec.convert(written, Finding) == found.finding


def test_no_posts_give_nothing() -> None:
    assert inspect() == []
    assert inspect(post()) == []
