"""Known bugs of matchers that use an automaton or joined buffers.

A row is: the terms of one group, several texts, and the slices that are found in each. The texts
are matched one by one, and together as a batch.
"""

import pytest
from support.sample_packs import pack_of

from matcher import Hit, Matcher, Rule, Severity, engine

HAN = "".join(map(chr, range(0x4E00, 0x4E00 + 2_000)))

TRAPS = {
    "1 a term inside the beginning of a longer one": (["*abcd*", "*bc*"], {"abc": ["bc"]}),
    "1 a term at the end of a longer one": (["*abcd*", "*cd*"], {"abcd": ["abcd"], "acd": ["cd"]}),
    "1 a term behind the failure of two": (["*abcd*", "*bce*", "*c*"], {"abcf": ["c"]}),
    "2 a text of many different letters": (["一丁", "otp"], {f"{HAN}otp": ["一丁", "otp"]}),
    "3 a text of wide letters after one of narrow": (
        ["otp"], {"otp": ["otp"], "😀 otp 😀": ["otp"], "otp é": ["otp"], "请otp": ["otp"]},
    ),
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
        ["in time"], {"in\n": [], "\ntime": [], "in\r\n\ntime\n": ["in\r\n\ntime"], "\n\n": []},
    ),
    "7 other separators of records": (
        ["otp"], {"otp\x1eotp": ["otp"] * 2, "\x00otp\x00": ["otp"], "\u2028otp\u2029": ["otp"]},
    ),
}  # fmt: skip


def slices(hits: tuple[Hit, ...], text: str) -> list[str]:
    return [text[span.start : span.end] for hit in hits for span in hit.spans]


@pytest.fixture(params=["one by one", "together"])
def together(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "together":
        monkeypatch.setattr(engine, "FIRST_BATCH", 0)
        monkeypatch.setattr(engine, "BATCH", 0)


@pytest.mark.usefixtures("together")
@pytest.mark.parametrize(("terms", "expected"), TRAPS.values(), ids=TRAPS)
def test_avoids_known_bugs_of_matchers(terms: list[str], expected: dict[str, list[str]]) -> None:
    rule = Rule(id="the-rule", severity=Severity.LOW, why="Tests.", groups=(tuple(terms),))
    hits = Matcher([pack_of(rule)]).find_all(expected)
    assert [slices(found, text) for found, text in zip(hits, expected, strict=True)] == list(
        expected.values()
    )


@pytest.mark.usefixtures("together")
def test_4_a_rule_of_many_is_known_by_a_number_beyond_32_bits() -> None:
    rules = [
        Rule(id=f"rule-{number}", severity=Severity.LOW, why="T", groups=((f"term{number}x",),))
        for number in range(200)
    ]
    texts = [f"term{number}x" for number in range(200)]
    hits = Matcher([pack_of(*rules)]).find_all(texts)
    assert [hit.rule for [hit] in hits] == [rule.id for rule in rules]
