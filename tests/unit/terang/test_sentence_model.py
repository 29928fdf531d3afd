"""The model of meaning: its arithmetic against the same written out, and no model at all."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from ledger.errors import OperatorError
from terang.checks import sentence_model
from terang.checks.sentence_model import HEADS, LAYERS, Floats, SentenceModel

WIDTH, WIDE, WORDS = 2 * HEADS, 30, 50


class Pieces:
    """Each letter is a piece; like the real ones, they take only what UTF-8 can say."""

    def encode(self, text: str) -> SimpleNamespace:
        text.encode()
        return SimpleNamespace(ids=[ord(letter) % WORDS for letter in text])


def weights() -> dict[str, Floats]:
    """Drawn ones, by the names that are published."""
    drawn = np.random.default_rng(7)

    def some(*shape: int) -> Floats:
        return drawn.normal(0, 0.3, shape).astype(np.float32)

    found = {
        f"embeddings.{name}_embeddings.weight": some(WORDS, WIDTH)
        for name in ("word", "position", "token_type")
    }
    norms = ["embeddings"]
    for number in range(LAYERS):
        layer = f"encoder.layer.{number}"
        norms += [f"{layer}.attention.output", f"{layer}.output"]
        for name, out, into in (
            ("attention.self.query", WIDTH, WIDTH), ("attention.self.key", WIDTH, WIDTH),
            ("attention.self.value", WIDTH, WIDTH), ("attention.output.dense", WIDTH, WIDTH),
            ("intermediate.dense", WIDE, WIDTH), ("output.dense", WIDTH, WIDE),
        ):  # fmt: skip
            found[f"{layer}.{name}.weight"], found[f"{layer}.{name}.bias"] = (
                some(out, into),
                some(out),
            )
    for name in norms:
        found[f"{name}.LayerNorm.weight"], found[f"{name}.LayerNorm.bias"] = (
            some(WIDTH),
            some(WIDTH),
        )
    return found


def written_out(table: dict[str, Floats], ids: list[int]) -> list[float]:
    """BERT piece by piece, number by number, as its paper has it; with the exact GELU."""

    def linear(row: list[float], name: str) -> list[float]:
        rows, bias = table[f"{name}.weight"].tolist(), table[f"{name}.bias"].tolist()
        return [
            sum(w * x for w, x in zip(some, row, strict=True)) + b
            for some, b in zip(rows, bias, strict=True)
        ]

    def normal(row: list[float], name: str) -> list[float]:
        mean = sum(row) / len(row)
        spread = math.sqrt(sum((x - mean) ** 2 for x in row) / len(row) + 1e-12)
        gain, bias = (
            table[f"{name}.LayerNorm.weight"].tolist(),
            table[f"{name}.LayerNorm.bias"].tolist(),
        )
        return [(x - mean) / spread * g + b for x, g, b in zip(row, gain, bias, strict=True)]

    def plus(one: list[float], other: list[float]) -> list[float]:
        return [x + y for x, y in zip(one, other, strict=True)]

    word, place, kind = (
        table[f"embeddings.{name}_embeddings.weight"].tolist()
        for name in ("word", "position", "token_type")
    )
    rows = [
        normal(plus(plus(word[one], place[at]), kind[0]), "embeddings")
        for at, one in enumerate(ids)
    ]
    size = WIDTH // HEADS
    for number in range(LAYERS):
        layer = f"encoder.layer.{number}"
        asks, offers, brings = (
            [linear(row, f"{layer}.attention.self.{name}") for row in rows]
            for name in ("query", "key", "value")
        )
        mixed = []
        for ask in asks:
            out: list[float] = []
            for head in range(HEADS):
                cut = slice(head * size, (head + 1) * size)
                likes = [
                    math.exp(
                        sum(a * o for a, o in zip(ask[cut], offer[cut], strict=True))
                        / math.sqrt(size)
                    )
                    for offer in offers
                ]
                out += [
                    sum(like * bring[cut][at] for like, bring in zip(likes, brings, strict=True))
                    / sum(likes)
                    for at in range(size)
                ]
            mixed.append(linear(out, f"{layer}.attention.output.dense"))
        rows = [
            normal(plus(row, more), f"{layer}.attention.output")
            for row, more in zip(rows, mixed, strict=True)
        ]
        wide = [
            [
                x * (1 + math.erf(x / math.sqrt(2))) / 2
                for x in linear(row, f"{layer}.intermediate.dense")
            ]
            for row in rows
        ]
        rows = [
            normal(plus(row, linear(more, f"{layer}.output.dense")), f"{layer}.output")
            for row, more in zip(rows, wide, strict=True)
        ]
    mean = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
    length = math.sqrt(sum(x * x for x in mean))
    return [x / length for x in mean]


def test_nearness_is_what_the_same_written_out_gives() -> None:
    table = weights()
    texts = ["salt water", "salty water", "q"]
    vectors = [written_out(table, Pieces().encode(text).ids) for text in texts]
    expected = [sum(x * y for x, y in zip(vectors[0], one, strict=True)) for one in vectors]
    got = SentenceModel(table, Pieces()).nearness(texts[0], texts)
    assert got == pytest.approx(expected, abs=0.005)
    assert got[0] == pytest.approx(1)


def test_what_is_no_utf_8_is_read_as_a_question_mark() -> None:
    model = SentenceModel(weights(), Pieces())
    assert model.nearness("salt \udcff water", ["salt ? water"]) == [pytest.approx(1)]


def test_without_the_model_it_is_said_how_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentence_model, "PACKAGES", "no such folder")
    monkeypatch.setattr(sentence_model, "PACKAGE", "no_such_package")
    with pytest.raises(OperatorError, match="make meaning"):
        SentenceModel.load()
