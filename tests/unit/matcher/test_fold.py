"""The fold's own laws, over all of Unicode, and terms in pinyin."""

import subprocess
import sys
import unicodedata
from hashlib import sha256
from pathlib import Path

import ahocorasick
import pytest
from support.sample_packs import pack_of

import matcher
from matcher import FOLD_VERSION, Evasion, Matcher, Rule, SetError, Severity, Span
from matcher.fold import (
    FOLD,
    LOOKALIKES,
    STRICT,
    TABLE_LIMIT,
    fold,
    pinyin_definition,
    script_of,
    sounds_of,
    syllables,
)
from matcher.term import MATCHES_IN_PART, Automaton
from rules.pack_parts import Score

ALL = [chr(code) for code in range(0x110000)]


def test_folding_a_folded_code_point_changes_nothing() -> None:
    folded = ((char, fold(char)) for char in ALL)
    assert [char for char, text in folded if text != char and fold(text) != text] == []


def test_small_and_capital_letters_fold_alike() -> None:
    """But for those whose capital is two letters."""
    letters = [c for c in ALL if c.isalpha()]
    odd = [
        c for c in letters if len(c.upper()) == 1 == len(c.lower()) and fold(c.upper()) != fold(c)
    ]
    assert odd == []


def test_a_look_alike_folds_to_another_script_in_one_step() -> None:
    assert not set(LOOKALIKES) & set(LOOKALIKES.values())
    assert all(script_of(char) != script_of(twin) for char, twin in LOOKALIKES.items())


def test_strict_and_generous_folds_have_the_same_length() -> None:
    assert [char for char in ALL if len(FOLD[ord(char)]) != len(STRICT[ord(char)])] == []


def test_no_letter_of_arabic_or_indic_scripts_becomes_latin() -> None:
    letters = [
        chr(code) for code in (*range(0x620, 0x700), *range(0x900, 0xE00)) if chr(code).isalpha()
    ]
    assert [char for char in letters if fold(char).strip().isascii() and fold(char).strip()] == []


@pytest.mark.parametrize("text", ["का की कि कु", "ที่ นี่ น้ำ", "ລາວ ປີ້", "ខ្មែរ", "မြန်မာ", "বাংলা", "தமிழ்"])
def test_marks_of_indic_and_south_east_asian_scripts_stay(text: str) -> None:
    marks = [c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c)[0] == "M"]
    assert [c for c in fold(text) if unicodedata.category(c)[0] == "M"] == marks


def test_the_table_stops_growing() -> None:
    assert len(FOLD) <= TABLE_LIMIT


def test_the_version_names_the_table() -> None:
    assert FOLD_VERSION.startswith("4+unicode-15.1.0+icu-")
    assert "+opencc-" in FOLD_VERSION


def test_the_version_covers_the_ordinary_words() -> None:
    """Other words change what rules find: then raise the count in `FOLD_VERSION`, and this."""
    folder = Path(matcher.__file__).parent
    words = (folder / "ordinary_words.json").read_bytes()
    assert (FOLD_VERSION[0], sha256(words).hexdigest()[:12]) == ("4", "bda94ef49246")


def test_the_automaton_finds_a_pattern_inside_a_longer_one() -> None:
    """`iter_long` of the library would lose the second."""
    assert Automaton(["abcd", "bc"]).patterns_in("abc") == [1]
    long = ahocorasick.Automaton()
    long.add_word("abcd", 0)
    long.add_word("bc", 1)
    long.make_automaton()
    assert list(long.iter_long("abc")) == []


def test_the_automaton_counts_code_points_of_any_width() -> None:
    text = "aé验😀b"
    found = dict(Automaton(list(text)).occurrences(text))
    assert found == {0: 1, 1: 2, 2: 3, 3: 4, 4: 5}


def test_the_automaton_stops_at_its_limit() -> None:
    assert (
        sum(1 for _ in Automaton(["a"]).occurrences("a" * (MATCHES_IN_PART + 5))) == MATCHES_IN_PART
    )


def test_matching_imports_no_yaml_aws_or_other_layer() -> None:
    script = (
        "import sys, matcher; "
        "matcher.Matcher([]).find('otp'); "
        "roots = {name.partition('.')[0] for name in sys.modules}; "
        "print(*sorted(roots & {'aws_lambda_powertools', 'boto3', 'botocore', 'ledger', 'yaml', "
        "'publicsuffixlist', 'numpy', 'pydantic'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


RULE = Rule(
    id="a-rule", severity=Severity.LOW, why="Tests.",
    score=Score(1, terms={"jia-wei": 2, "加微": 4}, pinyin={"jia-wei": 6, "ka-jie-hui": 3}),
)  # fmt: skip
MATCHER = Matcher([pack_of(RULE)])

SUMS = {
    "the usual letters": ("加微", 4 + 6), "other letters of these sounds": ("快佳薇", 6),
    "traditional letters": ("嘉衛", 6), "rare letters": ("咔接茴", 3),
    "an invisible character between": ("加\u200b薇", 6), "a space between": ("佳 薇", 0),
    "the end of a clause between": ("佳。薇", 0), "one of the sounds": ("佳", 0),
    "the sounds in another order": ("薇佳", 0), "pinyin written out": ("jia-wei", 2),
    "each term once": ("佳薇,家喂", 6),
}  # fmt: skip


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
        Matcher([pack_of(
            Rule(id="a", severity=Severity.LOW, why="",
                 score=Score(1, pinyin={"jia-xwei": 1}))
        )])  # fmt: skip
