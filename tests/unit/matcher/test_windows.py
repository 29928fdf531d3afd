"""When the groups of a rule are close enough together, and what cancels a window."""

from time import process_time

import pytest
from msgspec import structs
from support.sample_packs import pack_of

from matcher import AtLeast, Hit, Matcher, Mode, Pack, Rule, Severity


def rule_of(*groups: list[str], **more: object) -> Rule:
    return Rule(
        id="the-rule",
        severity=Severity.LOW,
        why="Tests.",
        groups=tuple(map(tuple, groups)),
        **more,  # type: ignore[arg-type]
    )


def counted(n: int, *terms: str, **more: object) -> Rule:
    return structs.replace(rule_of(), at_least=AtLeast(n, terms), **more)


def slices(rule: Rule, text: str) -> list[str]:
    hits = Matcher([pack_of(rule)]).find(text)
    return [text[span.start : span.end] for hit in hits for span in hit.spans]


AB = (["a"], ["b"])
ROWS = {
    "two groups in order": (rule_of(*AB), "a b", ["a", "b"]),
    "two groups in the other order": (rule_of(*AB), "b a", ["b", "a"]),
    "one group missing": (rule_of(*AB), "a a", []),
    "as many words between as within": (rule_of(*AB, within=2), "a x y b", ["a", "b"]),
    "one word more than within": (rule_of(*AB, within=2), "a x y z b", []),
    "each Han letter is a word": (rule_of(*AB, within=2), "a验证b", ["a", "b"]),
    "each Han letter is a word, one more": (rule_of(*AB, within=2), "a验证码b", []),
    "a Thai letter with its marks is one word": (rule_of(*AB, within=1), "aที่b", ["a", "b"]),
    "a link is one word": (rule_of(*AB, within=1), "a https://c.example/d-e-f b", ["a", "b"]),
    "a mention is one word": (rule_of(*AB, within=1), "a @c.d b", ["a", "b"]),
    "signs are not words": (rule_of(*AB, within=0), "a -- 🔥 ... b", ["a", "b"]),
    "the nearest of several": (rule_of(*AB), "a x a b", ["a", "b"]),
    "every window is reported": (rule_of(*AB, within=1), "a b x x a x b", ["a", "b", "a", "b"]),
    "a span between two others serves both": (rule_of(*AB), "a b a", ["a", "b", "a"]),
    "one span serves one group": (rule_of(["a"], ["a", "b"]), "a", []),
    "two equal words serve two groups": (rule_of(["a"], ["a"]), "a a", ["a", "a"]),
    "three groups that share two words": (rule_of(["a", "b"], ["a", "b"], ["a", "b"]), "a b", []),
    "groups served crosswise": (rule_of(["a", "b"], ["a"]), "a b", ["a", "b"]),
    "the longer of two in one group": (rule_of(["kode otp", "otp"]), "kode otp", ["kode otp"]),
    "fewer than at least": (counted(3, "a", "b"), "a x b", []),
    "at least three": (counted(3, "a", "b", "c"), "c x a x b", ["c", "a", "b"]),
    "one term at three places counts thrice": (counted(3, "a"), "a a a", ["a", "a", "a"]),
    "a term inside a longer one does not count": (counted(2, "kode otp", "otp"), "kode otp", []),
    "terms that overlap count each": (counted(2, "a b", "b c"), "a b c", ["a b", "b c"]),
    "at least two, too far apart": (counted(2, "a", within=1), "a x x a", []),
    "at least two with a group": (
        counted(2, "a", "b", groups=(("c",),)),
        "a b c",
        ["a", "b", "c"],
    ),
    "at least two and a group that share a word": (
        counted(2, "a", "b", groups=(("a",),)),
        "a b",
        [],
    ),
    "at least two and a group that share three": (
        counted(2, "a", "b", groups=(("a",),)),
        "a b a",
        ["a", "b", "a"],
    ),
    "at least two with a link": (
        counted(2, "a", links=("c.example",)),
        "a c.example a",
        ["a", "c.example", "a"],
    ),
    "an exception takes one of two": (counted(2, "a", except_=("a b",)), "a x a b", []),
    "a context cancels what counts": (counted(2, "a", unless=("never",)), "a a never", []),
    "8 an exception": (rule_of(["otp"], except_=("otp bank",)), "otp bank", []),
    "8 an exception hides no other": (
        rule_of(["otp"], except_=("otp bank",)),
        "otp bank otp",
        ["otp"],
    ),
    "an exception only touches": (rule_of(["a b"], except_=("b c",)), "a b c", ["a b"]),
    "8 two exceptions around a hit": (
        rule_of(["otp"], except_=("otp bank", "bank otp")),
        "otp bank and otp and bank otp",
        ["otp"],
    ),
    "6 a link's host, where the rule names it": (
        rule_of(["otp"], links=("shop.example",)),
        "otp: https://www.shop.example/otp",
        ["otp", "www.shop.example"],
    ),
    "6 no word of a link's path": (rule_of(["otp"], links=("a.example",)), "a.example/otp", []),
    "15 a report": (
        rule_of(["send me"], ["otp"], within=12, unless=("police", "never share")),
        "Police warn of messages that say: send me the otp",
        [],
    ),
    "15 what is reported": (
        rule_of(["send me"], ["otp"], within=12, unless=("police", "never share")),
        "Please send me the otp",
        ["send me", "otp"],
    ),
    "15 a context cancels": (rule_of(["otp"], unless=("never",)), "never x x x otp", []),
    "15 a context near the window": (rule_of(["a"], within=2, unless=("never",)), "a x never", []),
    "15 a context far from the window": (
        rule_of(["otp"], within=2, unless=("never",)),
        "otp x x never",
        ["otp"],
    ),
    "a context cancels its own window only": (
        rule_of(["otp"], within=1, unless=("never",)),
        "never otp x x x otp",
        ["otp"],
    ),
    "a context inside a link cancels nothing": (
        rule_of(["otp"], unless=("never",)),
        "otp https://never.example",
        ["otp"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "text", "expected"), ROWS.values(), ids=ROWS)
def test_a_rule_shows(rule: Rule, text: str, expected: list[str]) -> None:
    assert slices(rule, text) == expected


def test_windows_lie_within_one_part() -> None:
    matcher = Matcher([pack_of(rule_of(*AB))])
    assert matcher.find_posts([[("text", "a"), ("media_text/0", "b")]]) == [()]


def test_a_context_in_another_part_cancels_nothing() -> None:
    matcher = Matcher([pack_of(rule_of(["a"], unless=("never",)))])
    assert len(matcher.find_posts([[("text", "a"), ("media_text/0", "never")]])[0]) == 1


def test_a_post_gets_one_hit_of_a_rule_with_spans_in_the_order_of_its_parts() -> None:
    matcher = Matcher([pack_of(rule_of(["a"]))])
    [[hit]] = matcher.find_posts([[("media_text/0", "x a"), ("text", "a a")]])
    assert [(span.part, span.start) for span in hit.spans] == [
        ("media_text/0", 2),
        ("text", 0),
        ("text", 2),
    ]


def test_hits_are_ordered_by_pack_id_then_by_rule() -> None:
    rules = [structs.replace(rule_of(["a"]), id=name) for name in ("second", "first")]
    packs = [structs.replace(pack_of(*rules), id=name) for name in ("pack-b", "pack-a")]
    assert [(hit.pack, hit.rule) for hit in Matcher(packs).find("a")] == [
        ("pack-a", "second"),
        ("pack-a", "first"),
        ("pack-b", "second"),
        ("pack-b", "first"),
    ]


def test_a_hit_has_all_fields_of_a_finding() -> None:
    pack: Pack = structs.replace(pack_of(rule_of(["a"])), version=7, mode=Mode.SHADOW)
    [hit] = Matcher([pack]).find("a")
    want = Hit("a-pack", 7, "the-rule", Mode.SHADOW, "SCAMS_AND_FRAUD", Severity.LOW, hit.spans)
    assert hit == want


def test_the_mode_of_a_rule_overrides_its_packs() -> None:
    pack = pack_of(structs.replace(rule_of(["a"]), mode=Mode.SHADOW))
    assert Matcher([pack]).find("a")[0].mode is Mode.SHADOW


def test_16_a_span_names_its_term_as_written() -> None:
    [hit] = Matcher([pack_of(rule_of(["bomb*", "One-Time Code"]))]).find("one time code bombing")
    assert [span.term for span in hit.spans] == ["One-Time Code", "bomb*"]


def test_a_span_names_the_term_with_fewer_disguises() -> None:
    [hit] = Matcher([pack_of(rule_of(["uber", "über"]))]).find("über")
    assert [span.term for span in hit.spans] == ["über"]


def test_without_packs_nothing_is_found() -> None:
    assert Matcher([]).find_all(["a", ""]) == [(), ()]


def test_exact_copies_have_the_same_hits_each_in_its_place() -> None:
    """They are evaluated once."""
    found = Matcher([pack_of(rule_of(["a"]))]).find_all(["a", "b", "a", "b a", "a"])
    assert [[span.start for hit in hits for span in hit.spans] for hits in found] == [
        [0], [], [0], [2], [0],
    ]  # fmt: skip


N = 65_536
HOSTILE = {
    "a term a thousand times a thousand": "ai " * 333_334,
    "spaceless letters": "验" * N,
    "spaceless and spaced letters": "验otp" * (N // 4),
    "invisible letters between": "验\u200b" * (N // 2),
    "one long word of look-alikes": "а" * N,
    "nothing but marks": "a" + "\u0301" * N,
    "links": "https://a.example " * (N // 18) + "ai bo",
    "host names": "shop.example " * (N // 13) + "ai bo",
    "dots": "a." * N + " ai bo",
    "at signs": "@" * N + " ai bo",
    "characters that grow": "ﷺ" * N,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_14_a_hostile_text_is_bounded(text: str) -> None:
    """None of these may take minutes, or show more spans than a finding can hold."""
    rules = [
        rule_of(["ai", "a*", "*a*"], ["ai", "bo"], within=3, unless=("zz",)),
        rule_of(["验证", "验"], ["otp", "验"], ["otp", "验"]),
        rule_of(["验" * 100, "ai"], exact=True),
        rule_of(["ai", "bo"], links=("shop.example", "a.a"), within=1),
    ]
    began = process_time()
    hits = Matcher([pack_of(*rules)]).find(text)
    assert process_time() - began < 60
    assert all(0 < len(hit.spans) <= 200 for hit in hits)
