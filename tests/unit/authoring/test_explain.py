"""What `terang packs try` says of a text: what hits and why, what does not and why not."""

import pytest
from msgspec import structs
from support.sample_packs import pack_of

from authoring.explain import NEAREST, explain, met_in, why_not
from matcher import AtLeast, Rule, Severity

RULE = Rule(id="asks-for-code", severity=Severity.HIGH, why="Tests.",
            groups=(("otp", "login code"), ("send me",)), within=3, except_=("otp bank",),
            unless=("never share",))  # fmt: skip
COUNTED = structs.replace(RULE, groups=(), at_least=AtLeast(2, ("free", "gratis")), within=None)
HOSTS = structs.replace(RULE, groups=(("otp",),), links=("shop.example",), within=None)
TWO = (
    "`never share` in `unless` is near; the exception `otp bank` holds `otp`; "
    "its terms are more than 3 words apart (`within`); each is enough"
)
WHY_NOT = {
    "no term at all": (RULE, "hello", ""),
    "one group missing": (RULE, "my otp", "none of [send me]"),
    "the context": (RULE, "never share: send me the otp", "`never share` in `unless` is near"),
    "the exception": (RULE, "send me the otp bank", "the exception `otp bank` holds `otp`"),
    "the distance": (RULE, "send me a b c d otp",
                     "its terms are more than 3 words apart (`within`)"),
    "two of them": (RULE, "never share: send me the otp bank", TWO),
    "too few": (COUNTED, "free", "only 1 of the 2 that `at_least` needs of [free, gratis]"),
    "no host": (HOSTS, "otp", "none of [shop.example]"),
    "a host alone": (HOSTS, "shop.example", "none of [otp]"),
    "many terms": (structs.replace(RULE, groups=(("a", "b", "c", "d", "e"), ("send me",))),
                   "send me", "none of [a, b, c, d, …]"),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "text", "why"), WHY_NOT.values(), ids=WHY_NOT)
def test_the_reason_why_a_rule_does_not_hit(rule: Rule, text: str, why: str) -> None:
    assert why_not(pack_of(rule), rule, text) == why


def test_only_the_nearest_misses_are_listed() -> None:
    rules = [structs.replace(RULE, id=f"rule-{n}") for n in range(7)]
    lines = list(explain([pack_of(*rules)], "my otp"))
    assert sum(line.startswith("no  a-pack/rule-") for line in lines) == NEAREST
    assert "4 more rules do not hit: --all shows them" in lines
    assert not any("--all" in line for line in explain([pack_of(*rules)], "my otp", 7))


def test_terms_in_a_text_name_the_exception_that_dropped_them() -> None:
    met = met_in(pack_of(RULE), RULE, "otp bank: send me your otp")
    assert [(m.span.start, m.span.term, m.exception) for m in met] == [
        (0, "otp", "otp bank"),
        (23, "otp", None),
        (10, "send me", None),
    ]


EXPLAINED = {
    "a hit": ("Send me the ｏtp", [
        "compared as: send me the otp",
        "HIT a-pack/asks-for-code (live, high)",
        "    0-7 'Send me' is the term 'send me'",
        "    12-15 'ｏtp' is the term 'otp' through width",
    ]),
    "near a hit": ("send me the otp bank", [
        "compared as: send me the otp bank",
        "no  a-pack/asks-for-code: the exception `otp bank` holds `otp`",
        "    12-15 'otp' is the term 'otp', dropped by the exception 'otp bank'",
        "    0-7 'send me' is the term 'send me'",
        "no rule hits this text",
    ]),
    "nothing": ("?!", ["compared as: (no words)", "no rule hits this text"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "lines"), EXPLAINED.values(), ids=EXPLAINED)
def test_a_text_is_explained(text: str, lines: list[str]) -> None:
    assert list(explain([pack_of(RULE)], text)) == lines


def test_the_nearest_miss_comes_first() -> None:
    """A rule with two of three groups, then one with one of two."""
    far = structs.replace(RULE, id="far", groups=(("otp",), ("send me",)), within=None)
    near = structs.replace(far, id="near", groups=(("otp",), ("your",), ("send me",)))
    lines = list(explain([pack_of(far, near)], "your otp"))
    assert [line.split()[1] for line in lines if line.startswith("no  ")] == [
        "a-pack/near:",
        "a-pack/far:",
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("what is your otp", "[send it to me, you send, a, b, …]"),
        ("apa otp kamu yang ini", "[kirim ke saya, kamu kirim, a, b, …]"),
        ("你的验证码是 otp", "[发给我, a, b, send it to me, …]"),
    ],
)
def test_missing_terms_of_the_texts_language_are_shown_first(text: str, shown: str) -> None:
    terms = ("a", "b", "send it to me", "you send", "kirim ke saya", "kamu kirim", "发给我")
    rule = structs.replace(RULE, groups=(("otp",), terms))
    assert why_not(pack_of(rule), rule, text) == f"none of {shown}"
