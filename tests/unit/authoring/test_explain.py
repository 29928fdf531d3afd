"""What `terang packs try` says of a text, and signs in groups of rules."""

from datetime import date
from pathlib import Path

import pytest
from msgspec import structs
from support.sample_packs import PACK, pack_of

from authoring.check import check_packs, word_warnings
from authoring.explain import NEAREST, explain, met_in, why_not
from authoring.format import canonical
from matcher import AtLeast, Matcher, Pack, PackError, Rule, Severity
from matcher.engine import FIRST_BATCH
from rules.pack import read_pack

RULE = Rule(id="asks-for-code", severity=Severity.HIGH, why="Tests.",
            groups=(("otp", "login code"), ("send me",)), within=3, except_=("otp bank",),
            unless=("never share",))  # fmt: skip
COUNTED = structs.replace(RULE, groups=(), at_least=AtLeast(2, ("free", "gratis")), within=None)
HOSTS = structs.replace(RULE, groups=(("otp",),), links=("shop.example",), within=None)
TWO = ("`never share` in `unless` is near; the exception `otp bank` holds `otp`; "
       "its terms are more than 3 words apart (`within`); each is enough")  # fmt: skip
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
        (0, "otp", "otp bank"), (23, "otp", None), (10, "send me", None),
    ]  # fmt: skip


EXPLAINED = {
    "a hit": ("Send me the ｏtp", [
        "compared as: send me the otp",
        "HIT a-pack/asks-for-code (live, high)",
        "    0-7 'Send me' is the term 'send me'",
        "    12-15 'ｏtp' is the term 'otp' through width"]),
    "near a hit": ("send me the otp bank", [
        "compared as: send me the otp bank",
        "no  a-pack/asks-for-code: the exception `otp bank` holds `otp`",
        "    12-15 'otp' is the term 'otp', dropped by the exception 'otp bank'",
        "    0-7 'send me' is the term 'send me'",
        "no rule hits this text"]),
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
    assert [line.split()[1] for line in lines if line.startswith("no  ")] == ["a-pack/near:",
        "a-pack/far:"]  # fmt: skip


@pytest.mark.parametrize(("text", "shown"), [
    ("what is your otp", "[send it to me, you send, a, b, …]"),
    ("apa otp kamu yang ini", "[kirim ke saya, kamu kirim, a, b, …]"),
    ("你的验证码是 otp", "[发给我, a, b, send it to me, …]"),
])  # fmt: skip
def test_missing_terms_of_the_texts_language_are_shown_first(text: str, shown: str) -> None:
    terms = ("a", "b", "send it to me", "you send", "kirim ke saya", "kamu kirim", "发给我")
    rule = structs.replace(RULE, groups=(("otp",), terms))
    assert why_not(pack_of(rule), rule, text) == f"none of {shown}"


TERMS = "- [send me]"
SIGNED = PACK.replace(TERMS, "- [send me, {sign: link}]")


def matcher_of(text: str) -> Matcher:
    return Matcher([Pack.parse(text, "otp.yaml")])


def test_a_sign_is_read_as_an_entry_in_braces() -> None:
    [rule] = Pack.parse(SIGNED, "otp.yaml").rules
    assert rule.groups == (("otp", "login code"), ("send me", "{link}"))


ERRORS = {
    "an unknown sign": ("{sign: lnk}", "`lnk` is not a sign; did you mean `link`?"),
    "another key": ("{signs: link}", "unknown key `signs`; allowed: sign"),
    "no string": ("{sign: [link]}", "`sign` must be a string"),
    "a term in braces": ("'{link}'", "`{link}` is written like a sign; write a term without"),
}


@pytest.mark.parametrize(("entry", "message"), ERRORS.values(), ids=ERRORS)
def test_a_wrong_sign_is_refused_with_its_line(entry: str, message: str) -> None:
    with pytest.raises(PackError) as error:
        Pack.parse(PACK.replace(TERMS, f"- [send me, {entry}]"), "otp.yaml")
    assert str(error.value).startswith(f"otp.yaml:18: asks-for-code: {message}")


@pytest.mark.parametrize("key", ["unless: [never share]", "except: [otp bank]"])
def test_only_groups_have_signs(key: str) -> None:
    with pytest.raises(PackError, match="must be a string"):
        Pack.parse(PACK.replace(key, f"{key[:-1]}, {{sign: link}}]"), "otp.yaml")


def test_signs_alone_are_refused() -> None:
    groups = "      - [otp, login code]\n      - [send me]\n"
    with pytest.raises(PackError, match="signs alone say nothing"):
        Pack.parse(PACK.replace(groups, "      - [{sign: link}]\n"), "otp.yaml")


def test_a_sign_twice_is_a_warning() -> None:
    text = SIGNED.replace("{sign: link}", "{sign: link}, {sign: link}")
    [warning] = word_warnings(read_pack(text, "otp.yaml"))
    assert warning.message == "the sign `link` occurs twice; keep one"


def test_the_layout_keeps_signs() -> None:
    assert "- [send me, {sign: link}]" in canonical(SIGNED, "otp.yaml")


def test_a_pack_with_signs_passes_all_checks(tmp_path: Path) -> None:
    (tmp_path / "otp.yaml").write_text(SIGNED)
    (tmp_path / "news.txt").write_text("A sentence of the news.")
    packs = check_packs(tmp_path, date(2026, 12, 1), protected=tmp_path)
    assert [pack.id for pack in packs] == ["one-time-codes"]


FOUND = {"a link": ("your otp: https://a.example/b", [(5, 8, "otp"), (10, 29, "{link}")]),
         "the term as well": ("otp send me", [(0, 3, "otp"), (4, 11, "send me")]),
         "a link too far": (f"otp {'and ' * 13} https://a.example/b", None),
         "a link alone": ("https://a.example/b", None),
         "the words of the sign": ("otp link", None),
         "a cancelled link": ("never share your otp at https://a.example/b", None)}  # fmt: skip


@pytest.mark.parametrize(("text", "spans"), FOUND.values(), ids=FOUND)
def test_a_sign_satisfies_its_group(text: str, spans: list[tuple[int, int, str]] | None) -> None:
    hits = matcher_of(SIGNED).find(text)
    found = [[(span.start, span.end, span.term) for span in hit.spans] for hit in hits]
    assert found == ([] if spans is None else [spans])


def test_a_sign_without_a_place_spans_its_part() -> None:
    text = "🔥 otp 🔥 now 🔥 and 🔥 here"
    [hit] = matcher_of(SIGNED.replace("link}", "many-emoji}")).find(text)
    assert [(span.start, span.end, span.term) for span in hit.spans] == [
        (0, len(text), "{many-emoji}"), (2, 5, "otp")]  # fmt: skip


def test_a_link_outside_the_text_counts_with_the_text() -> None:
    post = [("text", "here is the otp"), ("links/0", "a.example")]
    [[hit]] = matcher_of(SIGNED).find_posts([post])
    assert [(span.part, span.term) for span in hit.spans] == [("text", "otp"),
        ("links/0", "{link}")]  # fmt: skip
    assert matcher_of(SIGNED).find_posts([[("media_text/0", "otp"), post[1]]]) == [()]


def test_many_posts_have_the_hits_of_each_alone() -> None:
    texts = [text for text, _ in FOUND.values()] * (FIRST_BATCH // len(FOUND) + 1)
    posts = [[("text", text)] for text in texts]
    posts += [[("text", "an otp"), ("links/0", "https://a.example")]]
    many, alone = matcher_of(SIGNED), matcher_of(SIGNED)
    assert many.find_posts(posts) == [alone.find_posts([post])[0] for post in posts]


def test_a_set_with_signs_alone_next_to_hosts_is_searched_too() -> None:
    """A prefilter without any word."""
    pack = Pack.parse(SIGNED, "otp.yaml")
    [rule] = pack.rules
    rule = structs.replace(rule, groups=(("{link}",), ("{money}",)), except_=(), unless=())
    many = Matcher([structs.replace(pack, rules=(rule,))])
    texts = ["$5 https://a.example/b", "$5"] * FIRST_BATCH
    assert list(map(bool, many.find_all(texts))) == [True, False] * FIRST_BATCH


def test_a_sign_is_explained() -> None:
    pack = Pack.parse(SIGNED, "otp.yaml")
    told = "\n".join(explain([pack], "your otp: https://a.example/b"))
    assert "10-29 'https://a.example/b' is the sign {link}" in told
    assert "none of [send me, {link}]" in "\n".join(explain([pack], "your otp"))
