"""Each sign finds what its sentence says, in several languages, and leaves its neighbours alone."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from support.sample_packs import pack_of

from matcher import Matcher, Rule, Severity
from matcher.aligned import without_opaque
from matcher.evaluator import ScoredRules
from matcher.fold import FOLD
from matcher.hit import Effort
from matcher.part_signs import SCRIPTS, passes, word_lists, words_of
from matcher.sign_catalogue import SIGNS, PartSigns, find_signs
from matcher.sign_finder import signs_of
from matcher.sign_shapes import DIGITS, LETTERS, MARKS, SHAPES
from matcher.term import Automaton, Term, sure_letters
from matcher.term_index import PatternIndex
from rules.pack_parts import Gate, Score

WHOLE = "<all>"

FOUND = yaml.safe_load(Path(__file__).with_name("signs.yaml").read_text("utf-8"))
CASES = [(sign, text, spans) for sign, rows in FOUND.items() for text, spans in rows.items()]


@pytest.mark.parametrize(("sign", "text", "expected"), CASES)
def test_a_sign_finds_what_its_sentence_says(sign: str, text: str, expected: list[str]) -> None:
    spans = find_signs(text, [sign]).get(sign, [])
    assert [WHOLE if end - start == len(text) and WHOLE in expected else text[start:end]
            for start, end in spans] == expected  # fmt: skip


def test_all_sentences_together_have_the_signs_of_each_alone() -> None:
    texts = [text for _, text, _ in CASES]
    assert signs_of(texts, SIGNS) == [frozenset(find_signs(text, SIGNS)) for text in texts]


def test_the_list_is_closed_and_each_sign_has_examples() -> None:
    assert FOUND.keys() == SIGNS.keys()


def test_a_sign_has_a_sentence_and_a_digest_of_its_own() -> None:
    assert all(sign.sentence.endswith(".") for sign in SIGNS.values())
    assert len({sign.digest for sign in SIGNS.values()}) == len(SIGNS)


def test_only_wanted_signs_are_returned() -> None:
    assert find_signs("HOKI88 $5", ["money"]) == {"money": [(7, 9)]}


HARD = {"a mark and a point before a number": "\x7f,10 \x7f.❽",
        "marks between digits": "8\ufe0f\u20e3" * 5}  # fmt: skip


@pytest.mark.parametrize("text", HARD.values(), ids=HARD)
def test_a_hard_text_has_the_same_signs_among_others(text: str) -> None:
    assert signs_of([text], SIGNS) == [frozenset(find_signs(text, SIGNS))]


@pytest.mark.parametrize("plane", range(17))
def test_shape_and_fold_agree_on_words(plane: int) -> None:
    """A code point is a letter or digit where the fold has one, and a mark where it drops it."""
    for code in range(plane << 16, (plane + 1) << 16):
        kind, folded = SHAPES[code], FOLD[code]
        assert (kind in MARKS) == (not folded), hex(code)
        assert (kind in LETTERS + DIGITS) == (folded == folded.strip() != ""), hex(code)


TERMS = ("home", "at home", "что", "vpn можно", "什么", "加v", "com", "hom*", "*什么", "驗證",
         "-a-")  # fmt: skip
AROUND = st.sampled_from(
    [*" \n.,!?:;'’()\"@#/-_*&w。，〜", "\u200b", "\u0301", "\ufe0f", "é", "½", "x", "不", "ที่",
     "www.", "://", "'", "😀\ufe0f", "ｗ", "い", "一", "j", "\u3000", "\ufdfa", "İ", "K"]
)  # fmt: skip


def has(text: str, term: str) -> bool:
    return Term.of(term).sure in sure_letters(without_opaque(text))


@pytest.mark.parametrize(("text", "term"), [
    ("I was AT HOME.", "at home"), ("(home)", "home"), ("你说什么？", "什么"),
    ("see shop.example/a and go home", "home"), ("Что, опять", "что"), ("𝐡𝐨𝐦𝐞😀", "home"),
    ("加我微信vx", "vx"), ("看https://a.example/b什么", "什么"), ("homeless", "hom*"),
])  # fmt: skip
def test_a_term_in_letters_of_its_own_surely_counts(text: str, term: str) -> None:
    """Capitals, dress, and links elsewhere in the text, make no difference."""
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
    """The check of a term at its place agrees."""
    text = f"{''.join(before)}{term.strip('*').capitalize()}{''.join(after)}"
    if has(text, term):
        rule = Rule(id="rule", severity=Severity.LOW, why="Tests.", groups=((term,),))
        assert Matcher([pack_of(rule)]).find(text), text


def test_a_text_with_too_many_places_has_no_certain_score() -> None:
    """Adding up its terms may take more steps than a post may take, which its result says."""
    score = Score(threshold=9, terms={"home": -9, "prize": 9})
    rule = Rule(id="rule", severity=Severity.LOW, why="Tests.", score=score)
    index = PatternIndex([rule])
    scored = ScoredRules([rule], index, Automaton(index.patterns))
    [home] = [at for at, pattern in enumerate(index.patterns) if pattern == " home "]
    signs = PartSigns("text", "at home", (), {})
    for places, totals in ((400, [0]), (401, [])):
        certain = scored.certain("at home", signs, [home] * places, {0: 9}, Effort(100))
        assert [score.total for score in certain] == totals


TEXTS = {
    "a common word": ("Ayo main slot yang gacor malam ini", Gate("Latin", "id"), True),
    "no common word": ("gacor maxwin jackpot scatter bonus", Gate("Latin", "id"), False),
    "few words": ("gacor maxwin jackpot scatter", Gate("Latin", "id"), True),
    "letters in dress": ("𝐬𝐥𝐨𝐭 𝐠𝐚𝐜𝐨𝐫 ｄｉ ｓｉｎｉ", Gate("Latin"), True),
    "half of the letters": ("abc абв", Gate("Latin"), True),
    "less than half": ("abc абвг", Gate("Latin"), False),
    "no letter": ("123 🔥", Gate("Latin"), True), "nothing": ("", Gate("Latin", "id"), True),
    "look-alikes": ("рот", Gate("Latin"), False), "Han letters": ("加微信 vx", Gate("Han"), True),
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
    assert {language: len(words_of(language)) for language in word_lists()} == {"en": 200,
        "id": 200}  # fmt: skip
    assert "Latin" in SCRIPTS
