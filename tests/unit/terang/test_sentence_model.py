"""The model of meaning: what it is given, and how near texts come out."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from ledger.codes import OperatorError
from terang import check_library
from terang.check_library import SentenceModel


@dataclass
class Tokens:
    ids: list[int]


class Letters:
    """A tokenizer whose tokens are the letters of a text."""

    def encode(self, text: str) -> Tokens:
        return Tokens([ord(letter) for letter in text if letter.isalpha() or letter == "?"])


@dataclass
class Session:
    """A model whose state of a letter has a 1 in the letter's own place."""

    asked: list[dict[str, Any]] = field(default_factory=list)

    def run(self, outputs: None, inputs: dict[str, Any]) -> list[Any]:
        self.asked.append(inputs)
        return [np.eye(128, dtype=np.float32)[inputs["input_ids"]]]


def test_nearness_is_the_cosine_of_the_means() -> None:
    model = SentenceModel(Session(), Letters())
    assert model.nearness("ab", ["ab", "ba", "ac", "cd"]) == pytest.approx([1, 1, 0.5, 0])
    assert model.nearness("aab", ["a"]) == pytest.approx([2 / 5**0.5])


def test_each_claim_is_computed_once() -> None:
    session = Session()
    model = SentenceModel(session, Letters())
    model.nearness("ab", ["cd", "ef", "cd"])
    model.nearness("gh", ["ef", "cd"])
    assert len(session.asked) == 4
    assert all((inputs["attention_mask"] == 1).all() for inputs in session.asked)
    assert not any(inputs["token_type_ids"].any() for inputs in session.asked)


def test_links_of_a_text_do_not_count() -> None:
    model = SentenceModel(Session(), Letters())
    assert model.nearness("salt https://a.example/x", ["salt"]) == [pytest.approx(1)]


def test_text_outside_utf_8_becomes_a_question_mark() -> None:
    model = SentenceModel(Session(), Letters())
    assert model.nearness("salt \udcff water", ["salt ? water"]) == [pytest.approx(1)]


def test_without_the_model_the_error_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_library, "PACKAGES", "no such folder")
    monkeypatch.setattr(check_library, "NEEDED", ("no_such_package",))
    with pytest.raises(OperatorError, match="make meaning"):
        SentenceModel.load()
