"""Warnings for the author of a valid pack, and terms that get none."""

from datetime import date
from pathlib import Path

import pytest
from support.sample_packs import PACK, SCORED

from authoring.check import check_packs

TODAY = date(2026, 11, 15)
GROUPS = PACK[PACK.index("    all:") :]
"""What the rule looks for, and its examples."""


def warnings(tmp_path: Path, *packs: str) -> list[str]:
    tmp_path.joinpath("protected").mkdir()
    tmp_path.joinpath("protected/en.txt").write_text("Police warn of stolen codes.", "utf-8")
    for name, pack in zip(("otp", "second"), packs, strict=False):
        tmp_path.joinpath(f"{name}.yaml").write_text(pack, "utf-8")
    return [
        str(warning).replace(f"{tmp_path}/", "")
        for warning in check_packs(tmp_path, TODAY).warnings
    ]


def test_a_pack_that_needs_all_it_says_is_left_in_peace(tmp_path: Path) -> None:
    assert PACK.endswith(GROUPS)
    assert warnings(tmp_path, PACK) == []


CHANGES = {
    "a term found in another": ("[otp, login code]", "[otp, kode otp]", [
        "17: `kode otp` adds next to nothing: `otp` is found in it; drop one",
    ]),
    "a term found in another, where a group shares it": (
        "[otp, login code]\n      - [send me]", "[otp, the otp]\n      - [send me, otp]", []),
    "a term that another takes in by its open end": ("[otp, login code]", "[otp, otps, 'otp*']", [
        "17: `otp` adds next to nothing: `otp*` is found in it; drop one",
        "17: `otps` adds next to nothing: `otp*` is found in it; drop one",
    ]),
    "a phrase of unless found in another": ("[never share]", "[never share, never share an]", [
        "21: `never share an` adds next to nothing: `never share` is found in it; drop one",
    ]),
    "an exception of a second term": ("[otp bank]", "[otp bank, my login code]", [
        "20: no `ignore` example needs `my login code` in `except`;",
    ]),
    "a term that is an exception": ("[otp bank]", "[otp bank, login code]", [
        "17: `login code` can never match: the exception `login code` holds it",
        "20: no `ignore` example needs `login code` in `except`;",
    ]),
    "a term that a context cancels": ("[send me]", "[send me, never share it]", [
        "18: `never share it` can never match: `never share` in `unless` cancels it",
    ]),
    "an exception without a term": ("[otp bank]", "[otp bank, river bank]", [
        "20: the exception `river bank` cancels nothing: it holds no term",
    ]),
    "an exception that a context cancels": ("[otp bank]", "[otp bank, never share otp]", [
        "20: the exception `never share otp` cancels nothing: `never share` in `unless` cancels",
    ]),
    "an exception that no example needs": ("[otp bank]", "[otp bank, otp form]", [
        "20: no `ignore` example needs `otp form` in `except`; add one that would be hit without,",
    ]),
    "a context that no example needs": ("[never share]", "[never share, never tell]", [
        "21: no `ignore` example needs `never tell` in `unless`;",
    ]),
    "a long list of contexts is vocabulary": (
        "[never share]", f"[never share, {', '.join(f'word{n}' for n in range(9))}]", []),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), CHANGES.values(), ids=CHANGES)
def test_the_author_is_warned_of(tmp_path: Path, old: str, new: str, expected: list[str]) -> None:
    told = warnings(tmp_path, PACK.replace(old, new))
    starts = [f"otp.yaml:{want[:2]}: asks-for-code: {want[4:]}" for want in expected]
    assert [line[: len(want)] for line, want in zip(told, starts, strict=True)] == starts


EVERYDAY = {
    "an everyday word alone": (
        "any: [money, kode otp]", ["`money` is an everyday word, and alone it meets the rule;"]),
    "an everyday word of another language of the pack": (
        "any: [uang, kode otp]", ["`uang` is an everyday word, and alone it meets the rule;"]),
    "an everyday word of a language that it has not": ("any: [钱, kode otp]", []),
    "an everyday word behind an open end": (
        "any: ['mone*', kode otp]", ["`mone*` hits `money`, an everyday word, and alone"]),
    "everyday words in every group": (
        "all: [[money, kode otp], [send, otp]]",
        ["everyday words alone meet every group: `money`, `send`; add `within`, or narrow one"]),
    "everyday words close together": (
        "all: [[money, kode otp], [send, otp]]\n    within: 3", []),
    "an everyday word beside a rare one": ("all: [[money, kode otp], [otp, password]]", []),
    "an everyday word that must come often": (
        "at_least: {n: 2, of: [money, kode otp]}", ["`money` is an everyday word,"]),
    "an everyday word in a phrase": ("any: [send money now, kode otp]", []),
}  # fmt: skip


@pytest.mark.parametrize(("groups", "expected"), EVERYDAY.values(), ids=EVERYDAY)
def test_everyday_words_are_warned_about(tmp_path: Path, groups: str, expected: list[str]) -> None:
    word = "钱" if "钱" in groups else "money" if "mone" in groups else "uang"
    posts = [f"{word} {word} send otp password, send money now", "kode otp, otp password, kode otp"]
    rule = f"    {groups}\n    match: [{', '.join(map(repr, posts))}]\n    ignore: [a, b]\n"
    told = warnings(tmp_path, PACK.replace(GROUPS, rule))
    messages = [line.partition("asks-for-code: ")[2] for line in told]
    assert [one[: len(want)] for one, want in zip(messages, expected, strict=True)] == expected


def test_a_weight_that_alone_reaches_the_threshold_is_warned_about(tmp_path: Path) -> None:
    """In a score, as in groups, one word is never enough."""
    heavy = SCORED.replace("otp: 3", "otp: 6").replace("-4}", "-8}\n      signs: {hashtag: 7}")
    assert warnings(tmp_path, heavy)[1:] == [
        f"otp.yaml:{line}: asks-for-code: `{written}` alone reaches the threshold 6; one word is"
        " never enough, so lower its weight"
        for line, written in ((19, "otp"), (20, "hashtag"))
    ]


def test_a_bare_contact_that_is_a_hit_is_warned_about(tmp_path: Path) -> None:
    signs = "bank: -4}\n      signs: {digits-7-11: 3, phone: 3, link: 5}"
    told = "otp.yaml:13: asks-for-code: `07700900123` alone is a hit; a way to get in touch is no "
    told += "sign of harm"
    assert warnings(tmp_path, SCORED.replace("bank: -4}", signs))[1:] == [told]


def test_an_exception_is_needed_in_both_han_spellings(tmp_path: Path) -> None:
    """Either of them would do, but people read packs."""
    both = PACK.replace("[otp bank]", "[otp银行, otp銀行]").replace("my otp bank", "my otp银行")
    assert warnings(tmp_path, both) == []


def test_a_long_list_that_no_example_needs_is_one_warning(tmp_path: Path) -> None:
    words = ", ".join(f"word{number}" for number in range(9))
    rule = f"    any: [otp]\n    unless: [{words}]\n    match: [otp, my otp]\n    ignore: [a, b]\n"
    told = "otp.yaml:17: asks-for-code: no `ignore` example needs `word0` and 8 more in `unless`; "
    told += "add one that would be hit without, or drop it"
    assert warnings(tmp_path, PACK.replace(GROUPS, rule)) == [told]


def test_a_subdomain_of_another_host_is_warned_about(tmp_path: Path) -> None:
    links = "[shop.example, a.shop.example, ~b.shop.example]"
    rule = f"    links: {links}\n    match: [shop.example, www.shop.example]\n    ignore: [a, b]\n"
    told = "otp.yaml:16: asks-for-code: `a.shop.example` adds nothing: `shop.example` includes "
    told += "its subdomains; drop one"
    assert warnings(tmp_path, PACK.replace(GROUPS, rule)) == [told]


def test_a_rule_of_another_pack_that_asks_the_same_is_warned_about(tmp_path: Path) -> None:
    second = PACK.replace("one-time-codes", "a-second").replace("asks-for-code", "asks-again")
    second = second.replace("[otp, login code]", "[Login Code, OTP]")
    told = "second.yaml:13: asks-again: asks the same as one-time-codes/asks-for-code: the same "
    told += "groups; keep one of them"
    assert warnings(tmp_path, PACK, second.replace("within: 12", "within: 9")) == [told]


def test_a_rule_that_a_contact_and_one_word_meet_is_warned_about(tmp_path: Path) -> None:
    loose = PACK.replace("      - [send me]\n    within: 12", "      - [send me, {sign: link}]")
    loose = loose.replace("[otp, login code]", "[otp, login code, stolen codes]")
    told = "otp.yaml:13: asks-for-code: hits 1 of 1 ordinary texts once ways to get in touch "
    told += "follow; a contact proves nothing, so ask for more beside `stolen codes`: Police warn "
    told += "of stolen codes."
    assert warnings(tmp_path, loose) == [told]


def test_jokes_of_the_protected_sentences_are_not_tried_with_contacts(tmp_path: Path) -> None:
    loose = PACK.replace("      - [send me]\n    within: 12", "      - [send me, {sign: link}]")
    loose = loose.replace("[otp, login code]", "[otp, login code, monday]")
    protected = tmp_path.joinpath("protected")
    protected.mkdir()
    pack = tmp_path.joinpath("otp.yaml")
    pack.write_text(loose, "utf-8")
    for heading, count in (("jobs", 1), ("satire and jokes", 0)):
        protected.joinpath("en.txt").write_text(f"# {heading}\nYour prize: Monday.\n", "utf-8")
        assert len(check_packs(tmp_path, TODAY).warnings) == count
