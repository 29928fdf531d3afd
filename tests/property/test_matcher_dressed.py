"""A text with words in disguise is found as the obvious matcher finds the plain one. The reference
knows no disguise, so it reads the plain text. The engine reads the same text with some words
dressed up, and must find the same rules and terms, where those words now stand."""

from collections.abc import Callable, Mapping
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from property.effort import share
from support import reference
from support.sample_packs import pack_of

from matcher import AtLeast, Hit, Matcher, Pack, Rule, Severity, engine
from matcher.candidates import LOOKALIKES

TEXTS_OF_PACK = 4

LATIN = ["bombing", "payload", "transfer", "kirimkan", "Überweisung", "deliver", "toilet",
         "tickets"]  # fmt: skip
CYRILLIC = ["пароли", "заказы", "рассылка", "звезда", "чебурек"]
ARABIC = ["حوالات", "رسالتك", "مكافات"]
DEVANAGARI = ["पासवर्ड", "कोड", "भेजो"]
THAI = ["รหัสผ่าน", "โอนเงิน"]
HAN = ["验证码", "转账号", "发给我"]
BESIDE = ["hello", "now", "12", "ok", "привет", "عن", "और", "请", "ที่", "🔥", "!", "…", "@otp"]
BESIDE += ["https://a.example/#BigWord", "#otp", "(", "-"]
GAPS = [" ", " ", " ", "\n", ", ", "  ", " 🔥 "]

INVISIBLE = "\u200b\u00ad\u2060\u202e\ufeff"
MARKS = "\u064e\u0640\u0651"
SEPARATORS = [".", "-", "_", "🔥", "·", " ", " - "]
TRADITIONAL = dict(zip("验证码转账号发给", "驗證碼轉賬號發給", strict=True))
OTHER_SCRIPT = dict(zip("oeacрасо", "оеасpaco", strict=True))
SOUNDS = dict(zip("ارسملكت", "arsmlkt", strict=True))
ARABIC_DIGITS = {"ح": "7", "ا": "1", "و": "9", "ة": "5"}
EDGES = {"t": "+", "s": "$"}
DIGITS = {
    letter: next(sign for sign in LOOKALIKES if letter in LOOKALIKES[sign] and sign not in "@+|!")
    for letter in "oielastgbбзч"
}


def swapped(random: Random, word: str, by: Mapping[str, str], edge: int = 0) -> str:
    """Replace one letter by another one, not at an edge if asked for."""
    places = [at for at in range(edge, len(word) - edge) if word[at] in by]
    if not places:
        return word
    at = random.choice(places)
    return word[:at] + by[word[at]] + word[at + 1 :]


def with_sign(random: Random, word: str) -> str:
    return swapped(random, word, DIGITS, 1)


def with_lookalike(random: Random, word: str) -> str:
    return swapped(random, word, OTHER_SCRIPT)


def with_foreign(random: Random, word: str) -> str:
    return swapped(random, word, SOUNDS, 1)


def with_digit(random: Random, word: str) -> str:
    return swapped(random, word, ARABIC_DIGITS, 1)


def with_edge(random: Random, word: str) -> str:
    """A sign in place of the first or last letter, if that letter has one."""
    if random.random() < 0.5:
        return EDGES.get(word[0], word[0]) + word[1:]
    return word[:-1] + EDGES.get(word[-1], word[-1])


def stretched(random: Random, word: str) -> str:
    at = random.randrange(len(word))
    return word[:at] + word[at] * random.randint(3, 9) + word[at + 1 :]


def masked(random: Random, word: str) -> str:
    at = random.randint(0, len(word) - 3)
    hidden = random.choice([1, 2]) if at else 1
    return word[:at] + random.choice("*＊") * random.choice([1, hidden]) + word[at + hidden :]


def parted(random: Random, word: str) -> str:
    return random.choice(SEPARATORS).join(word)


def with_invisible(random: Random, word: str) -> str:
    at = random.randrange(1, len(word))
    return word[:at] + random.choice(INVISIBLE) * random.randint(1, 3) + word[at:]


def with_vowel_mark(random: Random, word: str) -> str:
    return word[:2] + random.choice(MARKS) + word[2:]


def wide(random: Random, word: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in word)


def traditional(random: Random, word: str) -> str:
    return "".join(TRADITIONAL.get(char, char) for char in word)


SPACED: list[Callable[[Random, str], str]] = [stretched, masked, parted, with_invisible]
DRESSES = [(LATIN, [*SPACED, with_sign, with_edge, with_lookalike, wide]),
           (CYRILLIC, [*SPACED, with_sign, with_lookalike]),
           (ARABIC, [*SPACED, with_foreign, with_digit, with_vowel_mark]),
           (DEVANAGARI + THAI, [with_invisible]),
           (HAN, [parted, traditional, with_invisible])]  # fmt: skip
WORDS = [word for words, _ in DRESSES for word in words]


def dress(random: Random, word: str, *, keeps_count: bool) -> str:
    """Disguise a word, if asked for in as many words as it has."""
    dresses = next(dresses for words, dresses in DRESSES if word in words)
    chosen = random.choice(dresses)
    parts = chosen in (parted, masked) and word not in HAN  # a window counts the parts
    return word if keeps_count and parts else chosen(random, word)


def draw_terms(random: Random, low: int, high: int) -> tuple[str, ...]:
    """Words, and phrases of two."""
    count = random.randint(low, high)
    return tuple(" ".join(random.sample(WORDS, random.choice([1, 1, 2]))) for _ in range(count))


def draw_pack(random: Random) -> Pack:
    return pack_of(*(
        Rule(id=f"rule-{number}", severity=Severity.LOW, why="Tests.",
             groups=tuple(draw_terms(random, 1, 3) for _ in range(random.randint(1, 2))),
             at_least=random.choice([None, None, AtLeast(2, draw_terms(random, 2, 4))]),
             within=random.choice([None, None, 1, 3]), except_=draw_terms(random, 0, 1),
             unless=draw_terms(random, 0, 1) if random.random() < 0.3 else ())
        for number in range(2)
    ))  # fmt: skip


def draw_texts(random: Random, pack: Pack) -> tuple[str, str, dict[int, int]]:
    """A plain text, the same in disguise, and where each end of a word has moved."""
    terms = [term for rule in pack.rules for group in reference.groups_of(rule) for term in group]
    terms += [term for rule in pack.rules for term in (*rule.except_, *rule.unless)]
    keeps_count = any(rule.within is not None for rule in pack.rules)
    plain, dressed, moved = "", "", {}
    for _ in range(random.randint(1, 6)):
        for word in random.choice([*terms, *terms, *BESIDE]).split():
            worn = word
            if word in WORDS and random.random() < 0.6:
                worn = dress(random, word, keeps_count=keeps_count)
            moved[len(plain)] = len(dressed)
            plain, dressed = plain + word, dressed + worn
            moved[len(plain)] = len(dressed)
            gap = random.choice(GAPS)
            if gap == " " and worn[1:2] == " ":  # the next word may be apart by spaces, too
                gap = "  "
            plain, dressed = plain + gap, dressed + gap
    return plain, dressed, moved


def found_in(hits: tuple[Hit, ...]) -> list[object]:
    return [(hit.rule, [(span.start, span.end, span.term) for span in hit.spans]) for hit in hits]


@given(st.integers(0, 2**48))
@share(15, each=TEXTS_OF_PACK)
def test_a_disguised_text_is_found_as_the_plain_one(seed: int) -> None:
    random = Random(seed)
    pack = draw_pack(random)
    matcher = Matcher([pack])
    drawn = [draw_texts(random, pack) for _ in range(TEXTS_OF_PACK)]
    for plain, dressed, moved in drawn:
        expected = [
            (rule, [(moved[start], moved[end], term) for _, start, end, term, _ in spans])
            for _, rule, spans in reference.find([pack], plain)
        ]
        assert found_in(matcher.find(dressed)) == expected, (plain, dressed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "FIRST_BATCH", 0)
        patch.setattr(engine, "BATCH", 0)
        texts = [dressed for _, dressed, _ in drawn]
        assert matcher.find_all(texts) == [matcher.find(text) for text in texts]
