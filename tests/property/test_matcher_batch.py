"""Many posts at once are found as each alone: with numpy, without it, and on hostile texts."""

import subprocess
import sys
from itertools import chain
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from property.effort import share
from property.test_matcher_reference import LINKS, WORDS, draw_pack, draw_term, draw_text
from support.sample_packs import pack_of

from matcher import AtLeast, Matcher, Rule, Severity, engine, hit
from matcher.evaluator import ScoredRules
from matcher.fold import FOLD, fold
from matcher.key_finders import LETTERS_IN_KEY, NEEDS_OF_KEY, WORDS_IN_KEY
from matcher.prefilter import Prefilter
from matcher.sign_tables import Alphabet
from matcher.term import Automaton, pattern_of
from matcher.term_index import PatternIndex
from rules.pack_parts import Score

seeds = st.integers(0, 2**48)

HOSTILE = {
    "alternating marks": "\u0301\u064e" * 40_000,
    "a code point that folds to eighteen": "\ufdfa" * 20_000,
    "two thousand different Han characters": "".join(map(chr, range(0x4E00, 0x4E00 + 2_000))),
    "a term many times": "otp " * 10_000, "one word without an end": "o" * 10_000,
    "line ends and noncharacters": "otp\n\uffff\n\ufffe\x00otp\r\n\U0010ffff" * 1_000,
    "lone surrogates": "otp \ud800 otp\udfff" * 1_000, "syllables of Hangul": "각가" * 10_000,
    "nothing": "",
}  # fmt: skip


@pytest.fixture(autouse=True)
def together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send any number of posts through the prefilter."""
    monkeypatch.setattr(engine, "FIRST_BATCH", 0)
    monkeypatch.setattr(engine, "BATCH", 0)


def draw_post(random: Random, text: str) -> list[tuple[str, str]]:
    post = [(f"links/{at}", random.choice([*LINKS, "-"])) for at in range(random.choice([0, 0, 1]))]
    post += [(name, text) for name in random.choice([("text",), ("text", "media_text/0"), ()])]
    random.shuffle(post)
    return post


@given(seeds)
@share(2.5)
def test_posts_together_are_found_as_each_alone(seed: int) -> None:
    random = Random(seed)
    packs = [draw_pack(random)]
    posts = [draw_post(random, draw_text(random, packs[0])) for _ in range(random.randrange(12))]
    matcher = Matcher(packs)
    assert matcher.find_posts(posts) == [alone(matcher, post) for post in posts]


DRESSED = (
    "b*mb", "b**b", "b0mb", "boooomb", "b.o.m.b", "bоmb", "boاmb", "bomb", "otp", "0tp", "o*p",
    "x1", "a1b2", "ooo", "*error", "b*m", "#BigOtp", "so!", "b0mb!", "cبd", "验-证-码", "$5",
    "send", "mb3",
)  # fmt: skip
"""Words in disguise, plain ones, and some that only look so."""


@given(seeds)
@share(5)
def test_posts_that_take_too_much_work_are_read_alike(seed: int) -> None:
    """Together and alone they have the same hits, and the same of them are read in part."""
    random = Random(seed)
    terms = ("bomb", "bumb", "otp", "bomber*", "验证码")
    rules = [
        Rule(id="any", severity=Severity.LOW, why="Tests.", groups=(terms,)),
        Rule(id="two", severity=Severity.LOW, why="Tests.", groups=(("otp",), ("b*", "send"))),
        Rule(id="no", severity=Severity.LOW, why="Tests.", groups=(terms,), unless=("send",)),
    ]
    posts = []
    for _ in range(6):
        words = [random.choices(DRESSED, k=random.randrange(25)) for _ in range(3)]
        names = random.choice([("text",), ("text", "media_text/0"), ("media_text/0", "links/0")])
        posts.append([(name, " ".join(some)) for name, some in zip(names, words, strict=False)])
    matcher = Matcher([pack_of(*rules)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hit, "STEPS_AT_LEAST", random.randrange(12))
        patch.setattr(hit, "STEPS_PER_POINT", random.choice([0, 0.02, 0.1]))
        together = matcher.results(posts)
        patch.setattr(engine, "BATCH", len(posts) + 1)
        assert together == matcher.results(posts)
        assert together == matcher.results(posts)


def test_mentions_and_hashtags_in_disguise_hold_no_post_back() -> None:
    """Among signs that are none: ends of sentences, addresses, plain tags."""
    terms = ("anaconda", "all nighter", "big word")
    rule = Rule(id="any", severity=Severity.LOW, why="Tests.", groups=(terms,))
    texts = ["so! @someone", "@naconda", "an @N4COND4!", "@ana @naco", "#BigWord", "#bigword #Big"]
    texts += ["#allNighter", "me@naconda.example", "x #B", "@ана @nаconda", "@", "#", "!"]
    matcher = Matcher([pack_of(rule)])
    hits = matcher.find_all(texts)
    assert hits == [matcher.find(text) for text in texts]
    assert [at for at, found in enumerate(hits) if found] == [1, 2, 4, 6, 9]


def test_digits_in_words_of_arabic_hold_no_post_back() -> None:
    """Beside numbers that are none: of a unit, of a room, of a year."""
    rule = Rule(id="any", severity=Severity.LOW, why="Tests.", groups=(("لعين", "قمار"),))
    texts = ["ل3ين", "7 ايام", "غرفة12", "في2026", "9مار 12", "قمar", "ق1مار", "قم١ر"]
    matcher = Matcher([pack_of(rule)])
    hits = matcher.find_all(texts)
    assert hits == [matcher.find(text) for text in texts]
    assert [at for at, found in enumerate(hits) if found] == [0, 4, 7]


FILLER = ["plain words, and more; ", "see https://www.a.example/a/otp?b=c and @otp.code, ",
          "一二，三 ที่นี่ ", "Ｗｉｄｅ ﷺ ½ \u200b\u0301 x\u0301 ", "\n\t",
          "no-space-at-all" * 3]  # fmt: skip


@given(seeds)
@share(5)
def test_a_term_between_many_words_is_found_at_its_place(seed: int) -> None:
    random = Random(seed)
    packs = [draw_pack(random)]
    texts = [
        "".join(
            random.choice([*random.choices(FILLER, k=5), draw_text(random, packs[0])])
            for _ in range(random.randrange(30))
        )
        for _ in range(6)
    ]
    matcher = Matcher(packs)
    assert matcher.find_all(texts) == [matcher.find(text) for text in texts]


def alone(matcher: Matcher, post: list[tuple[str, str]]) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "BATCH", 2)
        return matcher.find_posts([post])[0]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_found_as_each_alone(text: str) -> None:
    terms = ("otp", "otp otp", "*o*", "丁", "一丁", "가", "صلى الله عليه وسلم")
    rules = [Rule(id="any", severity=Severity.LOW, why="Tests.", groups=(terms,)), Rule(id="both",
        severity=Severity.LOW, why="Tests.", groups=(("otp",), ("丁*", "*가")))]  # fmt: skip
    matcher = Matcher([pack_of(*rules)])
    texts = ["otp", text, "", text + "一丁", "otp"]
    assert matcher.find_all(texts) == [matcher.find(one) for one in texts]


@pytest.mark.parametrize(("links", "text"), [
    ("shop.example", "at sh0p.example today"),
    ("shop.example", "https://www.xn--shp-hna.example/a"), ("~shop.example", "ѕһор.example"),
    ("shop.例え", "https://sh0p.xn--r8jz45g/a"), ("a.__", "see https://a.__/x"),
], ids=["a digit", "an accent in IDNA", "Cyrillic", "a last label in IDNA",
        "a label of signs"])  # fmt: skip
@pytest.mark.parametrize("counted", [False, True], ids=["alone", "with a group that counts"])
def test_no_host_is_held_back(links: str, text: str, counted: bool) -> None:
    group = AtLeast(2, ("otp", "код")) if counted else None
    rule = Rule(id="host", severity=Severity.LOW, why="Tests.", links=(links,), at_least=group)
    texts = ["otp", text, "", f"otp {text} код", "otp код"]
    hits = Matcher([pack_of(rule)]).find_all(texts)
    assert [at for at, found in enumerate(hits) if found] == ([3] if counted else [1, 3])


def test_a_link_that_is_a_lookalike_holds_no_post_back() -> None:
    rule = Rule(id="host", severity=Severity.LOW, why="Tests.", links=("~shop.example",))
    posts = [[("text", "x")], [("text", "x"), ("links/0", "https://sh0p.example")]]
    hits = Matcher([pack_of(rule)]).find_posts(posts)
    assert list(map(bool, hits)) == [False, True]


def test_rules_without_any_pattern_find_nothing() -> None:
    assert Matcher([]).find_all(["otp", ""]) == [(), ()]
    nothing = Rule(id="none", severity=Severity.LOW, why="Tests.", groups=(("-",),))
    assert Matcher([pack_of(nothing)]).find_all(["-", ""]) == [(), ()]


@given(seeds)
@share(5)
def test_no_text_is_lost_that_holds_a_pattern(seed: int) -> None:
    """Patterns of any length, whole or open, shared by few rules or many."""
    random = Random(seed)
    words = [*WORDS, "".join(random.choices("abco", k=random.randrange(1, 20)))]
    terms = [draw_term(random) for _ in range(random.randrange(8))]
    terms.append(" ".join(random.choices(words, k=random.randrange(9))))
    patterns = sorted(set(map(pattern_of, terms)))
    rules = random.choice([1, NEEDS_OF_KEY + 1])
    needs = [(at, rule, 1) for at in range(len(patterns)) for rule in range(rules)]
    prefilter = Prefilter(patterns, needs, [1] * rules)
    texts = [random.choice(["", "x", " "]).join(random.choices([*patterns, *words], k=4))
             for _ in range(9)]  # fmt: skip
    holding = {
        at for at, text in enumerate(texts) if any(one and one in fold(text) for one in patterns)
    }
    assert holding <= {passing.text for passing in prefilter.passing(texts)}


@pytest.mark.parametrize(("term", "text"), [
    ("open sesame", "open barley"), ("a b c d", "a b c e"), ("consolidation", "consolidations"),
    ("bomb*", "tomb"), ("*bomb", "bombs"), ("*bomb*", "bob"), ("bombs*", "bombard"),
    ("*abomb", "rebomb"), ("验证码", "验证证码"),
])  # fmt: skip
def test_a_text_without_the_pattern_is_held_back(term: str, text: str) -> None:
    prefilter = Prefilter([pattern_of(term)], [(0, 0, 1)], [1])
    assert [passing.text for passing in prefilter.passing([text, term, text, ""])] == [1]


@pytest.mark.parametrize("letters", range(1, LETTERS_IN_KEY + 3))
@pytest.mark.parametrize("star", ["{}*", "*{}", "*{}*"])
def test_a_piece_of_any_length_is_found_where_it_may_be(star: str, letters: int) -> None:
    piece = "abcdefghijkl"[:letters]
    prefilter = Prefilter([pattern_of(star.format(piece))], [(0, 0, 1)], [1])
    texts = [piece, piece + "zz", "zz" + piece, "zz" + piece + "zz", "zz"]
    expected = {"{}*": [0, 1], "*{}": [0, 2], "*{}*": [0, 1, 2, 3]}[star]
    assert [passing.text for passing in prefilter.passing(texts)] == expected


@pytest.mark.parametrize(("star", "text"), [("{}*", "{}zz"), ("*{}", "zz{}"), ("*{}*", "z{}z")])
def test_a_piece_of_any_length_is_found_next_to_longer_ones(star: str, text: str) -> None:
    """Longer pieces are looked up only at places with their first four letters."""
    pieces = [f"{end}{'xyxyxyxyx'[:size]}{end}" for size, end in enumerate("abcdefghi")]
    patterns = [pattern_of(star.format(piece)) for piece in pieces]
    prefilter = Prefilter(patterns, [(at, 0, 1) for at in range(len(patterns))], [1])
    texts = [text.format(piece) for piece in pieces]
    assert [passing.text for passing in prefilter.passing(texts)] == list(range(len(texts)))


@pytest.mark.parametrize("words", range(1, WORDS_IN_KEY + 1))
def test_a_phrase_of_any_length_is_found_across_no_two_texts(words: int) -> None:
    phrase = list("abcdefgh")[:words]
    prefilter = Prefilter([f" {' '.join(phrase)} "], [(0, 0, 1)], [1])
    texts = [" ".join(phrase[:at]) for at in range(words)] + phrase[1:] + [" ".join(phrase)]
    assert [passing.text for passing in prefilter.passing(texts)] == [len(texts) - 1]


def test_a_rule_needs_all_its_groups_in_one_text() -> None:
    needs = [(0, 0, 1), (0, 1, 1), (1, 0, 2), (2, 2, 1)]
    prefilter = Prefilter([" a ", " b ", " c "], needs, all_groups=[3, 1, 3])
    assert [passing.text for passing in prefilter.passing(["b", "a b", "c", "a", "b b"])] == [1, 3]


def test_a_text_is_let_go_that_surely_has_terms_against_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not one that may have them, that may take too many steps, or that shares its steps."""
    score = Score(threshold=5, terms={"home": -4, "prize": 6})
    rule = Rule(id="scored", severity=Severity.LOW, why="Tests.", score=score)
    index = PatternIndex([rule])
    scored = ScoredRules([rule], index, Automaton(index.patterns))
    prefilter = Prefilter(index.patterns, [], [0], scored=scored)
    monkeypatch.setattr(hit, "WEIGHINGS", 1)
    texts = ["a prize", "a prize at home", "a prize @home", "prize " * 400 + "home"]
    assert [passing.text for passing in prefilter.passing(texts)] == [0, 2, 3]
    together = prefilter.passing(texts, beside_others={1})
    assert [passing.text for passing in together] == [0, 1, 2, 3]


@pytest.mark.parametrize(("text", "band"), [
    ("a prize", "high"), ("a pr\u200bize", "high"), ("a prize at home", "medium"),
    ("a prize at h\u043eme", "medium"), ("a prize at h0me", "medium"), ("prize @home", "high"),
    ("a prize at l'home", "high"), ("a prize, never", None), ("a prize, nev\u200ber", None),
    ("a prize, n3ver", None), ("a prize at l'never", "high"), ("home", None), ("pr1ze", "high"),
    ("a prize at hоmе, you say", "medium"), ("prize " * 400 + "home", None),
    ("a prize" + " so" * 111, "high"), ("a prize" + " so" * 112, "medium"),
    ("a prize @home" + " so" * 112, "medium"), ("a prize at home" + " so" * 112, None),
])  # fmt: skip
def test_a_band_is_the_scores(text: str, band: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of terms for and against a post, of a phrase that cancels, and of a fee for 230 letters."""
    score = Score(threshold=5, high=9, terms={"home": -4, "prize": 9})
    rule = Rule(id="scored", severity=Severity.LOW, why="Tests.", score=score, unless=("never",))
    for batch in (0, 9):
        monkeypatch.setattr(engine, "BATCH", batch)
        [result] = Matcher([pack_of(rule)]).results([[("text", text)]], shadow_places=False)
        assert [(hit.band, hit.spans) for hit in result.hits] == ([(band, ())] if band else [])


def test_every_code_point_is_folded_as_by_the_table() -> None:
    """In words, so that what it folds to meets its neighbours as it does in `fold`."""
    codes = [code for code in range(0x110000) if FOLD[code] != " "]
    texts = [f"x{char}y {char}" for char in map(chr, chain(codes, range(0x3000), [0xD800, 0xE000]))]
    alphabet = Alphabet(FOLD)
    seen, folded = alphabet.line(texts), alphabet.line([fold(text) for text in texts])
    assert np.array_equal(seen.hashes(), folded.hashes())


def test_letters_of_one_word_are_told_apart() -> None:
    """A false pass is dear where it is common: no two words of a language share a value."""
    words = [f"{head}{tail}" for head in "abcdefgh" for tail in map(str, range(5_000))]
    assert np.unique(Alphabet(FOLD).line(words).hashes()).size == len(words) + 1


def test_lines_end_where_texts_end() -> None:
    """More text than is looked at together, and one text larger than that."""
    prefilter = Prefilter([" otp "], [(0, 0, 1)], [1])
    texts = ["otp", "x " * 70_000, "otp", "x " * 70_000 + "otp", "", "otp"] * 3
    expected = [at for at, text in enumerate(texts) if text.endswith("otp")]
    assert [passing.text for passing in prefilter.passing(texts)] == expected


PROGRAM = """
import sys
{before}
from matcher import Matcher
from support.sample_packs import pack_of
from matcher import Rule, Severity
rule = Rule(id="a", severity=Severity.LOW, why="Tests.", groups=(("otp",),))
matcher = Matcher([pack_of(rule)])
hits = matcher.find_all(["otp", "x"] * {posts})
print(sum(map(bool, hits)), bool(sys.modules.get("numpy")))
"""


@pytest.mark.parametrize(("before", "posts", "printed"), [
    ("", 5_000, "5000 True"), ("", 5, "5 False"),
    ("sys.modules['numpy'] = None", 5_000, "5000 False"),
], ids=["many posts import numpy", "few do not",
        "without numpy the hits are the same"])  # fmt: skip
def test_numpy_is_for_many_posts_and_may_be_missing(before: str, posts: int, printed: str) -> None:
    program = PROGRAM.format(before=before, posts=posts)
    paths = "import sys; sys.path.insert(0, 'tests')\n"
    done = subprocess.run(
        [sys.executable, "-c", paths + program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == printed
