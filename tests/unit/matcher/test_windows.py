"""When groups of a rule are close enough, what cancels a window, and where links lie."""

from time import process_time

import pytest
from msgspec import structs
from support.sample_packs import pack_of, rule_of, slices

from matcher import AtLeast, Evasion, Hit, Matcher, Mode, Pack, Rule, Severity
from matcher.aligned import find_hosts, opaque_spans
from matcher.fold import normal_host


def counted(n: int, *terms: str, **more: object) -> Rule:
    return structs.replace(rule_of(), at_least=AtLeast(n, terms), **more)


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
    "at least two with a group": (counted(2, "a", "b", groups=(("c",),)), "a b c", ["a", "b", "c"]),
    "at least two and a group that share a word":
        (counted(2, "a", "b", groups=(("a",),)), "a b", []),
    "at least two and a group that share three":
        (counted(2, "a", "b", groups=(("a",),)), "a b a", ["a", "b", "a"]),
    "at least two with a link":
        (counted(2, "a", links=("c.example",)), "a c.example a", ["a", "c.example", "a"]),
    "an exception takes one of two": (counted(2, "a", except_=("a b",)), "a x a b", []),
    "a context cancels what counts": (counted(2, "a", unless=("never",)), "a a never", []),
    "8 an exception": (rule_of(["otp"], except_=("otp bank",)), "otp bank", []),
    "8 an exception hides no other":
        (rule_of(["otp"], except_=("otp bank",)), "otp bank otp", ["otp"]),
    "an exception only touches": (rule_of(["a b"], except_=("b c",)), "a b c", ["a b"]),
    "8 two exceptions around a hit": (
        rule_of(["otp"], except_=("otp bank", "bank otp")),
        "otp bank and otp and bank otp",
        ["otp"]),
    "6 a link's host, where the rule names it": (
        rule_of(["otp"], links=("shop.example",)),
        "otp: https://www.shop.example/otp",
        ["otp", "www.shop.example"]),
    "6 no word of a link's path": (rule_of(["otp"], links=("a.example",)), "a.example/otp", []),
    "15 a report": (
        rule_of(["send me"], ["otp"], within=12, unless=("police", "never share")),
        "Police warn of messages that say: send me the otp",
        []),
    "15 what is reported": (
        rule_of(["send me"], ["otp"], within=12, unless=("police", "never share")),
        "Please send me the otp",
        ["send me", "otp"]),
    "15 a context cancels": (rule_of(["otp"], unless=("never",)), "never x x x otp", []),
    "15 a context near the window": (rule_of(["a"], within=2, unless=("never",)), "a x never", []),
    "15 a context far from the window":
        (rule_of(["otp"], within=2, unless=("never",)), "otp x x never", ["otp"]),
    "a context cancels its own window only":
        (rule_of(["otp"], within=1, unless=("never",)), "never otp x x x otp", ["otp"]),
    "a context inside a link cancels nothing":
        (rule_of(["otp"], unless=("never",)), "otp https://never.example", ["otp"]),
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
        ("media_text/0", 2), ("text", 0), ("text", 2),
    ]  # fmt: skip


def test_hits_are_ordered_by_pack_id_then_by_rule() -> None:
    rules = [structs.replace(rule_of(["a"]), id=name) for name in ("second", "first")]
    packs = [structs.replace(pack_of(*rules), id=name) for name in ("pack-b", "pack-a")]
    assert [(hit.pack, hit.rule) for hit in Matcher(packs).find("a")] == [
        ("pack-a", "second"), ("pack-a", "first"), ("pack-b", "second"),
        ("pack-b", "first"),
    ]  # fmt: skip


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
    "a term a thousand times a thousand": "ai " * 333_334, "spaceless letters": "验" * N,
    "spaceless and spaced letters": "验otp" * (N // 4),
    "invisible letters between": "验\u200b" * (N // 2), "one long word of look-alikes": "а" * N,
    "nothing but marks": "a" + "\u0301" * N, "links": "https://a.example " * (N // 18) + "ai bo",
    "host names": "shop.example " * (N // 13) + "ai bo", "dots": "a." * N + " ai bo",
    "at signs": "@" * N + " ai bo", "characters that grow": "ﷺ" * N,
}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_14_a_hostile_text_is_bounded(text: str) -> None:
    """None of these may take minutes, or show more spans than a finding can hold."""
    rules = [rule_of(["ai", "a*", "*a*"], ["ai", "bo"], within=3, unless=("zz",)),
             rule_of(["验证", "验"], ["otp", "验"], ["otp", "验"]),
             rule_of(["验" * 100, "ai"], exact=True),
             rule_of(["ai", "bo"], links=("shop.example", "a.a"), within=1)]  # fmt: skip
    began = process_time()
    hits = Matcher([pack_of(*rules)]).find(text)
    assert process_time() - began < 60
    assert all(0 < len(hit.spans) <= 200 for hit in hits)


OPAQUE = {"a link": ("see https://a.example/b?c#d now", ["https://a.example/b?c#d"]),
          "final signs do not belong to it": ("(https://a.example/b).", ["https://a.example/b"]),
          "in quotes": ("“https://a.example/b”", ["https://a.example/b"]),
          "a capital scheme": ("HTTPS://A.example", ["HTTPS://A.example"]),
          "after Han letters": ("点击https://a.example/b", ["https://a.example/b"]),
          "before Han letters": ("https://a.example/b领取", ["https://a.example/b"]),
          "a host of Han letters": ("https://例子.测试/b 领取", ["https://例子.测试/b"]),
          "a path of Arabic letters": ("https://a.example/رمز x", ["https://a.example/رمز"]),
          "a scheme inside a word": ("xhttps://a.example/b", ["a.example/b"]),
          "www": ("www.a.example", ["www.a.example"]),
          "a bare host with a path": ("a.example/b", ["a.example/b"]),
          "a bare host with a port": ("a.example:80/b", ["a.example:80/b"]),
          "a bare host without a slash": ("a.example", []),
          "a scheme without a host": ("https:// https://-", []),
          "either or": ("and/or 1.5/2 e.g./i.e.", []),
          "a mention": ("hi @user_1, @a.b.", ["@user_1", "@a.b"]),
          "a mention with a host": ("@user@a.example", ["@user@a.example"]),
          "an address": ("user@a.example", []),
          "a mention before Han letters": ("@user验证", ["@user"]),
          "a handle with marks": ("@कि x", ["@कि"])}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), OPAQUE.values(), ids=OPAQUE)
def test_finds_links_and_mentions(text: str, expected: list[str]) -> None:
    assert [text[span.start : span.end] for span in opaque_spans(text)] == expected


HOSTS = {"itself": ("shop.example", True),
         "in a link": ("https://shop.example/x", True),
         "behind a hidden character": ("see\u200bthis, \u200bshop.example", True),
         "behind hyphens and a hidden character": ("- --\u200bshop.example", True),
         "behind a dot and a hidden character": ("end.\u200bshop.example", True),
         "behind a letter and a hidden character": ("my\u200bshop.example", False),
         "behind a hyphen that is hidden as well": ("_my-\u200bshop.example", False),
         "with hidden characters inside": ("sh\u200bop.exam\u200bple", False),
         "as a subdomain": ("https://www.shop.example", True),
         "in capitals and full width": ("ＳＨＯＰ.Example", True),
         "with a user and a port": ("http://me@shop.example:80/", True),
         "at the end of a sentence": ("go to shop.example.", True),
         "as part of a longer name": ("myshop.example", False),
         "as a subdomain of another": ("shop.example.other.example", False),
         "in the path of another": ("https://other.example/shop.example", False),
         "in the user of another": ("https://shop.example@other.example/", False)}  # fmt: skip


@pytest.mark.parametrize(("text", "found"), HOSTS.values(), ids=HOSTS)
def test_a_rule_on_a_host_finds_it(text: str, found: bool) -> None:
    assert bool(matcher_of().find(text)) is found


PASSING = {
    "a Cyrillic letter": ("shoр.example", True), "a digit": ("https://sh0p.example/x", True),
    "an accent": ("shóp.example", True),
    "an accent that joins no letter": ("shop\u0320.example", True),
    "a Cyrillic letter, encoded": ("https://xn--sho-2ed.example/", True),
    "as a subdomain": ("www.sh0p.example", True), "both": ("5h0p.example", True),
    "the host itself": ("shop.example", False),
    "its subdomain": ("https://www.shop.example", False),
    "a figure in another place": ("sh0p.shop.example", False),
    "a dressed last label": ("shop.exampl3", False), "a missing letter": ("sho.example", False),
    "a hyphen more": ("s-hop.example", False),
    "with a sign more": ("https://~shop.example https://_shop.example/", False),
    "part of a longer name": ("mysh0p.example", False),
    "in the path of another": ("https://other.example/sh0p.example", False),
}  # fmt: skip


@pytest.mark.parametrize(("text", "found"), PASSING.values(), ids=PASSING)
def test_a_rule_on_a_host_finds_its_look_alikes(text: str, found: bool) -> None:
    only, both, exact = matcher_of(links=("~shop.example",)), matcher_of(), matcher_of(exact=True)
    worn = [span.evasion for hit in only.find(text) for span in hit.spans]
    assert worn == [(Evasion.LOOKALIKE,)] * found
    if found:
        assert [span.evasion for hit in both.find(text) for span in hit.spans] == worn
        assert exact.find(text) == ()


PLAIN = {"a false name, and the true one": ("b4nk.example", "bank.example"),
         "another figure": ("shop1.example", "shop2.example"),
         "two plain letters": ("mall.example", "mail.example"),
         "a name with an accent, and without": ("münchen.example", "munchen.example"),
         "another accent": ("münchen.example", "mûnchen.example"),
         "a name of another script": ("рот.example", "pot.example")}  # fmt: skip


@pytest.mark.parametrize(("named", "text"), PLAIN.values(), ids=PLAIN)
def test_only_a_replaced_plain_letter_makes_a_look_alike(named: str, text: str) -> None:
    assert matcher_of(links=(named,)).find(text) == ()


def test_the_digit_one_looks_like_two_letters() -> None:
    for named in ("mall.example", "mail.example"):
        assert len(matcher_of(links=(named,)).find("ma1l.example")) == 1


def test_the_name_itself_counts_before_one_that_it_looks_like() -> None:
    [hit] = matcher_of(links=("~shop.example", "sh0p.example")).find("www.sh0p.example")
    assert [(span.term, span.evasion) for span in hit.spans] == [("sh0p.example", ())]


def test_a_link_of_the_post_may_look_like_a_host() -> None:
    [[hit]] = matcher_of().find_posts([[("links/0", "https://sh0p.example/")]])
    assert [(s.part, s.start, s.end, *s.evasion) for s in hit.spans] == [
        ("links/0", 8, 20, Evasion.LOOKALIKE)
    ]


@pytest.mark.parametrize("written", ["münchen.example", "xn--mnchen-3ya.example"])
@pytest.mark.parametrize("text", ["https://MÜNCHEN.example/", "www.xn--mnchen-3ya.example"])
def test_hosts_are_the_same_encoded_or_not(written: str, text: str) -> None:
    [hit] = matcher_of(links=(written,)).find(text)
    assert hit.spans[0].term == written


def matcher_of(*groups: list[str], **more: object) -> Matcher:
    return Matcher([pack_of(rule_of(*groups, **{"links": ("shop.example",), **more}))])


def test_a_link_of_the_post_serves_any_window_of_its_text() -> None:
    post = [("text", "x otp x"), ("links/0", "https://shop.example/a")]
    [[hit]] = matcher_of(["otp"], within=0).find_posts([post])
    assert [(s.part, s.start, s.end) for s in hit.spans] == [("text", 2, 5), ("links/0", 8, 20)]


def test_a_link_of_the_post_serves_no_other_part() -> None:
    post = [("text", "x"), ("media_text/0", "otp"), ("links/0", "https://shop.example/a")]
    assert matcher_of(["otp"]).find_posts([post]) == [()]


def test_a_link_of_the_post_is_enough_for_a_rule_on_hosts() -> None:
    for post in ([("links/0", "shop.example")], [("text", ""), ("links/0", "shop.example")]):
        [[hit]] = matcher_of().find_posts([post])
        assert [span.part for span in hit.spans] == ["links/0"]


def test_a_context_in_the_text_cancels_a_link_of_the_post() -> None:
    post = [("text", "never trust this"), ("links/0", "shop.example")]
    assert matcher_of(unless=("never",)).find_posts([post]) == [()]


def test_a_host_in_the_text_counts_by_its_place() -> None:
    near = "otp x shop.example"
    far = "otp x x https://shop.example/"
    matcher = matcher_of(["otp"], within=1)
    assert [bool(hits) for hits in matcher.find_all([near, far])] == [True, False]


def test_a_name_that_is_too_long_is_not_a_host() -> None:
    assert find_hosts("a." * 200 + "shop.example") == []


def test_broken_punycode_is_left_as_it_is() -> None:
    assert normal_host("xn--99999999.example") == "xn--99999999.example"
