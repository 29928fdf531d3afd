"""Terms in pinyin meet Han letters by their sound, and say so."""

import pytest
from support.sample_packs import pack_of

from matcher import Evasion, Matcher, Rule, SetError, Severity, Span
from matcher.fold import fold, pinyin_definition, sounds_of, syllables
from rules.pack_parts import Score

RULE = Rule(
    id="a-rule", severity=Severity.LOW, why="Tests.",
    score=Score(1, terms={"jia-wei": 2, "加微": 4}, pinyin={"jia-wei": 6, "ka-jie-hui": 3}),
)  # fmt: skip
MATCHER = Matcher([pack_of(RULE)])

SUMS = {
    "the usual letters": ("加微", 4 + 6),
    "other letters of these sounds": ("快佳薇", 6),
    "traditional letters": ("嘉衛", 6),
    "rare letters": ("咔接茴", 3),
    "an invisible character between": ("加\u200b薇", 6),
    "a space between": ("佳 薇", 0),
    "the end of a clause between": ("佳。薇", 0),
    "one of the sounds": ("佳", 0),
    "the sounds in another order": ("薇佳", 0),
    "pinyin written out": ("jia-wei", 2),
    "each term once": ("佳薇,家喂", 6),
}


@pytest.mark.parametrize(("text", "total"), SUMS.values(), ids=SUMS)
def test_a_term_in_pinyin_meets_letters_by_their_sound(text: str, total: int) -> None:
    assert MATCHER.scores([[("text", text)]]) == [{"a-pack/a-rule": total}]


def test_a_finding_says_that_it_matched_by_sound() -> None:
    [hit] = MATCHER.find("Hi 佳薇")
    assert hit.spans == (Span("text", 3, 5, "jia-wei", (Evasion.SOUND,), 6),)


def test_each_letter_has_one_sound() -> None:
    letters = pinyin_definition()["letters"]
    assert isinstance(letters, dict)
    every = "".join(letters.values())
    assert len(every) == len(set(every)) == 17_366
    assert len(syllables()) == len(letters) == 410


def test_sounds_keep_places_and_what_is_not_han() -> None:
    folded = fold("Hi 佳薇 ที่ рот")
    sounds = sounds_of(folded)
    assert len(sounds) == len(folded)
    assert [at for at, char in enumerate(folded) if sounds[at] != char] == [4, 6]


def test_a_syllable_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SetError, match="xwei"):
        Matcher(
            [
                pack_of(
                    Rule(id="a", severity=Severity.LOW, why="",
                         score=Score(1, pinyin={"jia-xwei": 1}))
                )
            ]
        )  # fmt: skip
