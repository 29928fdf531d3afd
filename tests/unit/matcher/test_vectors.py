"""What a term matches and what it does not: cases from bug reports of other filters, and ours."""

from pathlib import Path

import pytest
import yaml
from support.sample_packs import pack_of, rule_of, slices

from matcher import Matcher, Rule, Severity, engine

FOUND, EVASIONS = (yaml.safe_load(Path(__file__).with_name(name).read_text("utf-8"))
                   for name in ("vectors.yaml", "evasions.yaml"))  # fmt: skip


@pytest.mark.parametrize(("terms", "text", "expected"), FOUND.values(), ids=FOUND)
def test_finds_exactly(terms: list[str], text: str, expected: list[str]) -> None:
    assert slices(rule_of(terms), text) == expected


def test_16_a_span_says_which_term_it_is() -> None:
    terms = ("otp", "one-time code", "Über")
    [hit] = Matcher([pack_of(rule_of(terms))]).find("ONE TIME CODE, über, ｏｔｐ")
    assert [span.term for span in hit.spans] == ["one-time code", "Über", "otp"]


@pytest.mark.parametrize(("term", "text", "evasions"), EVASIONS.values(), ids=EVASIONS)
def test_a_span_names_the_disguise(term: str, text: str, evasions: list[str]) -> None:
    [hit] = Matcher([pack_of(rule_of([term]))]).find(text)
    assert {span.evasion for span in hit.spans} == {tuple(evasions)}


@pytest.mark.parametrize("text", ["ＯTP", "о" + "tp", "o\u200btp", "ótp"])
def test_an_exact_rule_sees_through_nothing(text: str) -> None:
    assert Matcher([pack_of(rule_of(["otp"], exact=True))]).find(text) == ()


@pytest.mark.parametrize("text", ["OTP", "an 'otp'", "请发otp给我"])
def test_an_exact_rule_still_takes_any_case_and_neighbour(text: str) -> None:
    assert len(Matcher([pack_of(rule_of(["otp"], exact=True))]).find(text)) == 1


def test_an_exact_rule_with_an_accent_wants_the_accent() -> None:
    matcher = Matcher([pack_of(rule_of(["Über"], exact=True))])
    assert matcher.find("Uber") == ()
    assert matcher.find("U\u0308BER")


HAN = "".join(map(chr, range(0x4E00, 0x4E00 + 2_000)))

TRAPS = {
    "1 a term inside the beginning of a longer one": (["*abcd*", "*bc*"], {"abc": ["bc"]}),
    "1 a term at the end of a longer one": (["*abcd*", "*cd*"], {"abcd": ["abcd"], "acd": ["cd"]}),
    "1 a term behind the failure of two": (["*abcd*", "*bce*", "*c*"], {"abcf": ["c"]}),
    "2 a text of many different letters": (["一丁", "otp"], {f"{HAN}otp": ["一丁", "otp"]}),
    "3 a text of wide letters after one of narrow": (
        ["otp"], {"otp": ["otp"], "😀 otp 😀": ["otp"], "otp é": ["otp"], "请otp": ["otp"]}),
    "5 as is not ass": (["as"], {"ass": [], "as": ["as"], "asss": []}),
    "5 ass is not as": (["ass"], {"as": [], "ass": ["ass"], "asss": ["asss"]}),
    "5 heel is not hell": (["heel"], {"hell": [], "heel": ["heel"]}),
    "5 hell is not heel": (["hell"], {"heel": [], "hell": ["hell"]}),
    "5 coon is not con": (["con", "coon"], {"coon con": ["coon", "con"], "coo": []}),
    "6 alef is not l, heh is not o": (["lo", "oil"], {"اه لا": [], "هاا": []}),
    "6 the long s is an s, not an f": (["fun", "sun"], {"ſun": ["ſun"], "fun": ["fun"]}),
    "6 a Cyrillic capital that looks Latin": (["bomb"], {"ВОМВ": ["ВОМВ"], "вомв": ["вомв"]}),
    "7 no phrase across two texts": (["in time"], {"in": [], "time": [], "in\ntime": ["in\ntime"]}),
    "7 the line ends of a text": (
        ["in time"], {"in\n": [], "\ntime": [], "in\r\n\ntime\n": ["in\r\n\ntime"], "\n\n": []}),
    "7 other separators of records": (
        ["otp"], {"otp\x1eotp": ["otp"] * 2, "\x00otp\x00": ["otp"], "\u2028otp\u2029": ["otp"]}),
}  # fmt: skip


@pytest.fixture(params=["one by one", "together"])
def together(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "together":
        monkeypatch.setattr(engine, "FIRST_BATCH", 0)
        monkeypatch.setattr(engine, "BATCH", 0)


@pytest.mark.usefixtures("together")
@pytest.mark.parametrize(("terms", "expected"), TRAPS.values(), ids=TRAPS)
def test_avoids_known_bugs_of_matchers(terms: list[str], expected: dict[str, list[str]]) -> None:
    hits = Matcher([pack_of(rule_of(terms))]).find_all(expected)
    assert [
        [text[span.start : span.end] for hit in found for span in hit.spans]
        for found, text in zip(hits, expected, strict=True)
    ] == list(expected.values())


@pytest.mark.usefixtures("together")
def test_4_a_rule_of_many_is_known_by_a_number_beyond_32_bits() -> None:
    rules = [
        Rule(id=f"rule-{number}", severity=Severity.LOW, why="T", groups=((f"term{number}x",),))
        for number in range(200)
    ]
    texts = [f"term{number}x" for number in range(200)]
    hits = Matcher([pack_of(*rules)]).find_all(texts)
    assert [hit.rule for [hit] in hits] == [rule.id for rule in rules]
