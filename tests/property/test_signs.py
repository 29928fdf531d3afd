"""Laws of signs, on texts of pieces that they read."""

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from property.effort import share

from matcher.batch.gate_view import GateView
from matcher.batch.key_finders import ALPHABET
from matcher.batch.sign_bounds import SignBounds
from matcher.batch.sign_finder import SignFinder, signs_of
from matcher.signs.catalogue import SIGNS, find_signs
from matcher.signs.gates import SCRIPTS, passes
from rules.score import Gate

WRITTEN = """
HOKI88 gac0r toko4d bandarslot 𝐇𝐎𝐊𝐈 𝟖𝟖 ⓑⓞ ａｂ ʙᴏ b̶ 8️⃣ Б ж é ß ﷺ ½ № ² ℹ️ 🅰 ① ❽ ٣ µ K
Rp $ € 50.000 10 8 0812-3456-7890 +62 jt rb mg g % 元 ayo main sekarang A e r o
https://a.example/b t.me/x bit.ly/1 toko.com @akun a@b.example #topik www.
🔥 👍🏽 👩‍👧 🇮🇩 ! ? ！ . - _ • / : , ， 。 ‘ ( ) 加 微 信 㣲 年 ก ガ رمز ی
"""
SPACES = ["\u200b", "\u0301", "\u00a0", "\n", " ", " ", " ", "\ud800", "\x00", "\x1c", "\x7f"]
PIECES = [*WRITTEN.split(), *SPACES, "ayo main sekarang "]


def draw_text(random: Random) -> str:
    """A text of such pieces, some of them several times in a row."""
    pieces = [
        random.choice(PIECES) * random.choice([1, 1, 1, 1, 2, 3, 4])
        for _ in range(random.randint(0, 14))
    ]
    return "".join(piece + random.choice(["", "", " "]) for piece in pieces)


seeds = st.integers(0, 2**48)


@given(seeds)
@share(25)
def test_spans_lie_in_the_text_in_order_and_hold_something(seed: int) -> None:
    text = draw_text(Random(seed))
    for sign, spans in find_signs(text, SIGNS).items():
        assert spans == sorted(set(spans)), sign
        assert all(0 <= start < end <= len(text) for start, end in spans), (sign, text)


@given(st.text(st.characters(codec=None), max_size=100))
@share(10)
def test_any_text_at_all_is_taken(text: str) -> None:
    """Lone surrogates, unassigned and private code points too."""
    find_signs(text, SIGNS)


@given(seeds)
@share(5)
def test_a_sign_alone_finds_what_it_finds_with_all(seed: int) -> None:
    random = Random(seed)
    text, name = draw_text(random), random.choice(list(SIGNS))
    assert SIGNS[name].find(text) == find_signs(text, SIGNS).get(name, [])


@given(seeds)
@share(25, each=8)
def test_many_texts_have_the_signs_of_each_alone(seed: int) -> None:
    random = Random(seed)
    texts = [draw_text(random) for _ in range(8)]
    found = signs_of(texts, SIGNS)
    assert found == [frozenset(find_signs(text, SIGNS)) for text in texts], texts


@given(seeds)
@share(10, each=8)
def test_a_text_is_never_worth_less_than_its_signs(seed: int) -> None:
    """Each sign may be in a text that has it, by the traits of the text."""
    random = Random(seed)
    texts = [draw_text(random) for _ in range(8)]
    bounds = SignBounds({sign: [(at, 1)] for at, sign in enumerate(SIGNS)}, len(SIGNS))
    view = SignFinder(SIGNS).view(ALPHABET.line(texts))
    for text, worth in zip(texts, bounds.worth(view).tolist(), strict=True):
        missed = [sign for sign, may in zip(SIGNS, worth, strict=True) if not may]
        assert find_signs(text, missed) == {}, text


@given(seeds)
@share(10, each=8)
def test_many_texts_pass_the_gates_that_each_passes_alone(seed: int) -> None:
    random = Random(seed)
    texts = [draw_text(random) for _ in range(8)]
    gates = GateView(ALPHABET.line(texts), texts)
    for gate in (*map(Gate, SCRIPTS), Gate(words_of="id"), None):
        passing = gates.passing(np.arange(8), gate).tolist()
        assert passing == [at for at in range(8) if gate is None or passes(texts[at], gate)]
