"""What a text must look like for a scored rule to read it."""

import pytest

from matcher.part_signs import SCRIPTS, passes, word_lists, words_of
from rules.pack_parts import Gate

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
