"""Where links and mentions lie, and what rules on host names find."""

import pytest
from support.sample_packs import pack_of

from matcher import Evasion, Matcher, Rule, Severity
from matcher.aligned import find_hosts, opaque_spans
from matcher.fold import normal_host

OPAQUE = {
    "a link": ("see https://a.example/b?c#d now", ["https://a.example/b?c#d"]),
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
    "a handle with marks": ("@कि x", ["@कि"]),
}


@pytest.mark.parametrize(("text", "expected"), OPAQUE.values(), ids=OPAQUE)
def test_finds_links_and_mentions(text: str, expected: list[str]) -> None:
    assert [text[span.start : span.end] for span in opaque_spans(text)] == expected


HOSTS = {
    "itself": ("shop.example", True),
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
    "in the user of another": ("https://shop.example@other.example/", False),
}


@pytest.mark.parametrize(("text", "found"), HOSTS.values(), ids=HOSTS)
def test_a_rule_on_a_host_finds_it(text: str, found: bool) -> None:
    rule = Rule(id="the-rule", severity=Severity.LOW, why="T", links=("shop.example",))
    assert bool(Matcher([pack_of(rule)]).find(text)) is found


PASSING = {
    "a Cyrillic letter": ("shoр.example", True),
    "a digit": ("https://sh0p.example/x", True),
    "an accent": ("shóp.example", True),
    "an accent that joins no letter": ("shop\u0320.example", True),
    "a Cyrillic letter, encoded": ("https://xn--sho-2ed.example/", True),
    "as a subdomain": ("www.sh0p.example", True),
    "both": ("5h0p.example", True),
    "the host itself": ("shop.example", False),
    "its subdomain": ("https://www.shop.example", False),
    "a figure in another place": ("sh0p.shop.example", False),
    "a dressed last label": ("shop.exampl3", False),
    "a missing letter": ("sho.example", False),
    "a hyphen more": ("s-hop.example", False),
    "with a sign more": ("https://~shop.example https://_shop.example/", False),
    "part of a longer name": ("mysh0p.example", False),
    "in the path of another": ("https://other.example/sh0p.example", False),
}


@pytest.mark.parametrize(("text", "found"), PASSING.values(), ids=PASSING)
def test_a_rule_on_a_host_finds_its_look_alikes(text: str, found: bool) -> None:
    only, both, exact = matcher_of(links=("~shop.example",)), matcher_of(), matcher_of(exact=True)
    worn = [span.evasion for hit in only.find(text) for span in hit.spans]
    assert worn == [(Evasion.LOOKALIKE,)] * found
    if found:
        assert [span.evasion for hit in both.find(text) for span in hit.spans] == worn
        assert exact.find(text) == ()


PLAIN = {
    "a false name, and the true one": ("b4nk.example", "bank.example"),
    "another figure": ("shop1.example", "shop2.example"),
    "two plain letters": ("mall.example", "mail.example"),
    "a name with an accent, and without": ("münchen.example", "munchen.example"),
    "another accent": ("münchen.example", "mûnchen.example"),
    "a name of another script": ("рот.example", "pot.example"),
}


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
    rule = Rule(id="the-rule", severity=Severity.LOW, why="T", links=(written,))
    [hit] = Matcher([pack_of(rule)]).find(text)
    assert hit.spans[0].term == written


def matcher_of(**more: object) -> Matcher:
    fields = {"links": ("shop.example",), **more}
    rule = Rule(id="the-rule", severity=Severity.LOW, why="T", **fields)  # type: ignore[arg-type]
    return Matcher([pack_of(rule)])


def test_a_link_of_the_post_serves_any_window_of_its_text() -> None:
    post = [("text", "x otp x"), ("links/0", "https://shop.example/a")]
    [[hit]] = matcher_of(groups=(("otp",),), within=0).find_posts([post])
    assert [(s.part, s.start, s.end) for s in hit.spans] == [("text", 2, 5), ("links/0", 8, 20)]


def test_a_link_of_the_post_serves_no_other_part() -> None:
    post = [("text", "x"), ("media_text/0", "otp"), ("links/0", "https://shop.example/a")]
    assert matcher_of(groups=(("otp",),)).find_posts([post]) == [()]


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
    matcher = matcher_of(groups=(("otp",),), within=1)
    assert [bool(hits) for hits in matcher.find_all([near, far])] == [True, False]


def test_a_name_that_is_too_long_is_not_a_host() -> None:
    assert find_hosts("a." * 200 + "shop.example") == []


def test_broken_punycode_is_left_as_it_is() -> None:
    assert normal_host("xn--99999999.example") == "xn--99999999.example"
