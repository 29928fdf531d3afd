"""Injected disguises are found; the index of words loses nothing that each word alone would find.

Cases are drawn by `random` from a seed that Hypothesis chooses and prints.
"""

from random import Random

from hypothesis import given
from hypothesis import strategies as st
from property.effort import share
from support.sample_packs import pack_of

from matcher import Evasion, Matcher, Rule, Severity
from matcher.aligned import WordReading
from matcher.candidates import Candidate, CandidateKind, find_candidates
from matcher.fold import FOLD, fold
from matcher.hit import Effort
from matcher.key_finders import ALPHABET
from matcher.lookalikes import LOOKALIKES, STAR, is_suspect
from matcher.prefilter import Prefilter
from matcher.readings import READINGS_OF_CANDIDATE, read_candidate
from matcher.suspects import Suspects
from matcher.term_index import PatternIndex
from matcher.vocabulary import Vocabulary

TEXTS_TOGETHER = 12
WORDS = [
    "bombing", "settle", "payload", "transfer", "kirimkan", "Überweisung", "пароли", "заказы",
    "рассылка", "حوالات", "رسالتك", "راسا", "hello", "success", "silly", "mp3player", "deliver",
]  # fmt: skip
AROUND = [("", ""), ("the ", " now"), ("请", "给我"), ("(", ")"), ("", "."), ("привет ", "!"),
          ("قل ", " ")]  # fmt: skip
SEPARATORS = [".", "-", " ", "_", "🔥", "·", " - ", "/", "~"]
LETTERS = {
    letter: [s for s in LOOKALIKES if letter in LOOKALIKES[s] and s not in "@+|!"]
    for letter in "oielastgb"
}

seeds = st.integers(0, 2**48)


def rule_of(*terms: str, exact: bool = False) -> Rule:
    return Rule(id="the-rule", severity=Severity.LOW, why="T", groups=(terms,), exact=exact)


def read(candidate: Candidate, vocabulary: Vocabulary) -> list[WordReading]:
    return read_candidate(candidate, vocabulary, Effort())


def with_sign(random: Random, word: str) -> str:
    """A letter inside the word as a digit or sign."""
    places = [at for at in range(1, len(word) - 1) if LETTERS.get(word[at])]
    if not places:
        return word
    at = random.choice(places)
    return word[:at] + random.choice(LETTERS[word[at]]) + word[at + 1 :]


def with_repeats(random: Random, word: str) -> str:
    places = [at for at, letter in enumerate(word) if letter.isalpha()]
    at = random.choice(places)
    return word[:at] + word[at] * random.randint(3, 9) + word[at + 1 :]


def apart(random: Random, word: str) -> str:
    return random.choice(SEPARATORS).join(word)


def with_star(random: Random, word: str) -> str:
    at = random.randint(0, len(word) - 3)
    hidden = random.choice([1, 2]) if at else 1
    return word[:at] + random.choice("*＊") * random.choice([1, hidden]) + word[at + hidden :]


DIGITS = {"ا": "12", "ح": "7", "ر": "r", "س": "s", "ت": "t", "ل": "l", "و": "9w", "ك": "k"}


def with_foreign(random: Random, word: str) -> str:
    """A letter inside an Arabic word as a digit or a Latin letter; other words stay."""
    places = [at for at in range(1, len(word) - 1) if word[at] in DIGITS]
    if not places:
        return word
    at = random.choice(places)
    return word[:at] + random.choice(DIGITS[word[at]]) + word[at + 1 :]


INJECTED = {Evasion.LEET: with_sign, Evasion.FOREIGN: with_foreign, Evasion.REPEATED: with_repeats,
            Evasion.SEPARATED: apart, Evasion.MASKED: with_star}  # fmt: skip


@given(seeds)
@share(5)
def test_an_injected_disguise_is_found_where_it_is(seed: int) -> None:
    random = Random(seed)
    word, (before, after) = random.choice(WORDS), random.choice(AROUND)
    evasion = random.choice(list(INJECTED))
    dressed = INJECTED[evasion](random, word)
    text = f"{before}{dressed}{after}"
    hits = Matcher([pack_of(rule_of(word, "another"))]).find(text)
    found = [(span.start, span.end) for hit in hits for span in hit.spans]
    assert found == [(len(before), len(before) + len(dressed))], text
    if fold(dressed) != fold(word):
        assert evasion in hits[0].spans[0].evasion
        assert Matcher([pack_of(rule_of(word, exact=True))]).find(text) == (), text


@given(seeds)
@share(2.5)
def test_a_text_with_a_reading_is_always_suspect(seed: int) -> None:
    text = draw_text(Random(seed))
    vocabulary = Vocabulary([f" {fold(word).strip()} " for word in WORDS])
    if any(read(candidate, vocabulary) for candidate in find_candidates(text)):
        assert is_suspect(text, fold(text)), text
        assert Suspects(vocabulary).among(ALPHABET.line([text]), [text]) == {0}, text


@given(seeds)
@share(5, each=TEXTS_TOGETHER)
def test_many_posts_in_disguise_are_found_as_each_alone(seed: int) -> None:
    random = Random(seed)
    rule = rule_of(*random.sample(WORDS, 8))
    matcher = Matcher([pack_of(rule)])
    texts = [draw_text(random) for _ in range(TEXTS_TOGETHER)]
    index = PatternIndex([rule])
    prefilter = Prefilter(index.patterns, index.needs(), [1], Vocabulary(index.patterns))
    passing = {passing.text for passing in prefilter.passing(texts)}
    assert [at for at, text in enumerate(texts) if matcher.find(text) and at not in passing] == []


@given(seeds)
@share(2.5)
def test_the_index_of_words_finds_what_each_word_alone_finds(seed: int) -> None:
    random = Random(seed)
    patterns = [draw_pattern(random) for _ in range(6)]
    together, alone = Vocabulary(patterns), [Vocabulary([pattern]) for pattern in patterns]
    for candidate in find_candidates(draw_text(random)):
        if candidate.kind is CandidateKind.WORD:
            each = {reading for vocabulary in alone for reading in read(candidate, vocabulary)}
            found = read(candidate, together)
            assert set(found) <= each
            assert len(found) >= min(len(each), READINGS_OF_CANDIDATE)


@given(seeds)
@share(2.5)
def test_a_reading_is_what_its_units_may_stand_for(seed: int) -> None:
    """Without stars and foreign letters: each letter is there, or a sign of it, in order."""
    random = Random(seed)
    vocabulary = Vocabulary([draw_pattern(random) for _ in range(6)])
    text = draw_text(random)
    for candidate in find_candidates(text):
        for reading in read(candidate, vocabulary):
            assert list(reading.at) == sorted(reading.at)
            assert candidate.start <= reading.start < reading.end <= candidate.end
            if reading.evasion <= {Evasion.LEET, Evasion.REPEATED, Evasion.SEPARATED}:
                for letter, at in zip(reading.letters, reading.at, strict=True):
                    own = FOLD[ord(text[at])].strip() or text[at]
                    assert letter in own + LOOKALIKES.get(text[at], "") or letter == " ", text


@given(st.text(st.characters(codec=None), max_size=200))
@share(2.5)
def test_any_text_at_all_has_its_candidates(text: str) -> None:
    for candidate in find_candidates(text):
        assert len(candidate.units) == len(candidate.at) == len(candidate.written)
        assert list(candidate.at) == sorted(candidate.at)


@given(st.text("b0o*@#aA!.-+ 1l\u200b验ب", max_size=60))
@share(2.5)
def test_a_dense_text_of_signs_is_matched(text: str) -> None:
    Matcher([pack_of(rule_of("bool*", "*oba", "*bo*", "ab", "验验验"))]).find(text)


def draw_pattern(random: Random) -> str:
    """A folded word of few letters, so that several fit, at times open at an end."""
    letters = random.choice(["abo", "ilo", "est", "رسا"])
    word = "".join(random.choices(letters, k=random.randint(3, 6)))
    return random.choice([" ", " ", ""]) + word + random.choice([" ", " ", ""])


def draw_text(random: Random) -> str:
    """Words of few letters and signs, or some of the words above in disguise."""
    pieces = []
    for _ in range(random.randint(1, 4)):
        if random.random() < 0.5:
            piece = random.choice(list(INJECTED.values()))(random, random.choice(WORDS))
        else:
            letters = random.choice(
                ["abo04@", "ilo1!0", "est357$", "est++7", "رساsr", "رسا12", "aabb44**"]
            )
            piece = "".join(random.choices(letters + STAR, k=random.randint(3, 9)))
        pieces.append(piece)
    return random.choice([" ", "\n", ", "]).join(pieces)
