"""Signs in groups of rules: read, refused with a line, laid out, explained and found."""

from datetime import date
from pathlib import Path

import pytest
from msgspec import structs
from support.sample_packs import PACK

from authoring.check import check_packs, word_warnings
from authoring.explain import explain
from authoring.format import canonical
from matcher import Matcher, Pack, PackError
from matcher.engine import FIRST_BATCH
from rules.pack import read_pack

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


FOUND = {
    "a link": ("your otp: https://a.example/b", [(5, 8, "otp"), (10, 29, "{link}")]),
    "the term as well": ("otp send me", [(0, 3, "otp"), (4, 11, "send me")]),
    "a link too far": (f"otp {'and ' * 13} https://a.example/b", None),
    "a link alone": ("https://a.example/b", None),
    "the words of the sign": ("otp link", None),
    "a cancelled link": ("never share your otp at https://a.example/b", None),
}


@pytest.mark.parametrize(("text", "spans"), FOUND.values(), ids=FOUND)
def test_a_sign_satisfies_its_group(text: str, spans: list[tuple[int, int, str]] | None) -> None:
    hits = matcher_of(SIGNED).find(text)
    found = [[(span.start, span.end, span.term) for span in hit.spans] for hit in hits]
    assert found == ([] if spans is None else [spans])


def test_a_sign_without_a_place_spans_its_part() -> None:
    text = "🔥 otp 🔥 now 🔥 and 🔥 here"
    [hit] = matcher_of(SIGNED.replace("link}", "many-emoji}")).find(text)
    assert [(span.start, span.end, span.term) for span in hit.spans] == [
        (0, len(text), "{many-emoji}"),
        (2, 5, "otp"),
    ]


def test_a_link_outside_the_text_counts_with_the_text() -> None:
    post = [("text", "here is the otp"), ("links/0", "a.example")]
    [[hit]] = matcher_of(SIGNED).find_posts([post])
    assert [(span.part, span.term) for span in hit.spans] == [
        ("text", "otp"),
        ("links/0", "{link}"),
    ]
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
