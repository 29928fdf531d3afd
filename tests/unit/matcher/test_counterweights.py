"""Scored rules: which texts they read, and where a term against a post surely counts."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.sample_packs import pack_of

from matcher import Matcher, Rule, Severity
from matcher.aligned import without_opaque
from matcher.fold import STRICT
from matcher.sign_shapes import SCRIPTS, passes, word_lists, words_of
from matcher.suspects import Counterweights, is_plain, surely_has
from rules.pack_parts import Gate

TERMS = ("home", "at home", "что", "vpn можно", "什么", "加v", "com")
AROUND = st.sampled_from(
    [*" \n.,!?:;'’()\"@#/-_*&w。，〜", "\u200b", "\u0301", "\ufe0f", "é", "½", "x", "不", "ที่",
     "www.", "://"]
)  # fmt: skip


def has(text: str, term: str) -> bool:
    return surely_has(without_opaque(text).lower(), term)


@pytest.mark.parametrize(
    ("text", "term"),
    [("I was AT HOME.", "at home"), ("(home)", "home"), ("你说什么？", "什么"),
     ("see shop.example/a and go home", "home"), ("Что, опять", "что")],
)  # fmt: skip
def test_a_term_in_plain_letters_between_plain_signs_surely_counts(text: str, term: str) -> None:
    """Capitals, and links elsewhere in the text, make no difference."""
    assert has(text, term)


@pytest.mark.parametrize(("text", "term"), [
    ("go to shop.example/home now", "home"), ("ask @home", "home"), ("l'home", "home"),
    ("at  home", "at home"), ("h\u043eme", "home"), ("homes", "home"), ("什么\u0e34", "什么"),
])  # fmt: skip
def test_a_term_that_may_be_something_else_does_not(text: str, term: str) -> None:
    """In a link, behind an apostrophe, apart, in other letters, or with a mark."""
    assert not has(text, term)


@given(st.sampled_from(TERMS), st.lists(AROUND, max_size=6), st.lists(AROUND, max_size=6))
def test_what_surely_counts_is_found(term: str, before: list[str], after: list[str]) -> None:
    """The check of a term at its place agrees, in exact rules as well."""
    text = f"{''.join(before)}{term.capitalize()}{''.join(after)}"
    if has(text, term):
        for exact in (False, True):
            rule = Rule(
                id="rule", severity=Severity.LOW, why="Tests.", groups=((term,),), exact=exact
            )
            assert Matcher([pack_of(rule)]).find(text), text


def test_letters_that_become_equal_in_small_are_equal_without_dress() -> None:
    """Otherwise another letter would pass for one of a plain term."""
    for code in range(sys.maxunicode + 1):
        small = chr(code).lower()
        if small != chr(code) and len(small) == 1 and is_plain(small):
            assert STRICT[code].strip(" ") == small


def test_a_text_with_too_many_places_is_left_to_the_evaluator() -> None:
    """Adding up its terms may take more steps than a post may take, which its result says."""
    against = Counterweights([(0, 7, -9, "home")], {0: 2})
    few, many = [0] * 10, [0] * 60
    assert against.outweighing("home " * 10, few, {7: 9.0}, {7: 9}) == {7}
    assert against.outweighing("home " * 10, many, {7: 9.0}, {7: 9}) == set()


TEXTS = {
    "a common word": ("Ayo main slot yang gacor malam ini", Gate("Latin", "id"), True),
    "no common word": ("gacor maxwin jackpot scatter bonus", Gate("Latin", "id"), False),
    "few words": ("gacor maxwin jackpot scatter", Gate("Latin", "id"), True),
    "letters in dress": ("𝐬𝐥𝐨𝐭 𝐠𝐚𝐜𝐨𝐫 ｄｉ ｓｉｎｉ", Gate("Latin"), True),
    "half of the letters": ("abc абв", Gate("Latin"), True),
    "less than half": ("abc абвг", Gate("Latin"), False),
    "no letter": ("123 🔥", Gate("Latin"), True),
    "nothing": ("", Gate("Latin", "id"), True),
    "look-alikes": ("рот", Gate("Latin"), False),
    "Han letters": ("加微信 vx", Gate("Han"), True),
    "a link among Han letters": ("免费送 88aa.example.com", Gate("Han"), False),
    "a link is few words of a Chinese text": ("免费送 88aa.example.com", Gate("Chinese"), True),
    "a Chinese name in an English text": ("How to write 上海 in Latin", Gate("Chinese"), False),
    "a Japanese text": ("これは無料です", Gate("Chinese"), False),
    "any text": ("что угодно", Gate(), True),
}  # fmt: skip


@pytest.mark.parametrize(("text", "gate", "expected"), TEXTS.values(), ids=TEXTS)
def test_a_text_passes_a_gate_or_not(text: str, gate: Gate, expected: bool) -> None:
    assert passes(text, gate) == expected


def test_each_list_has_two_hundred_words() -> None:
    assert {language: len(words_of(language)) for language in word_lists()} == {
        "en": 200,
        "id": 200,
    }
    assert "Latin" in SCRIPTS
