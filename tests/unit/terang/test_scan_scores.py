"""Scored rules on this machine: the sum of a hit, and the model of meaning."""

import io
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support.packs_folder import run_packs, sample_folder
from support.sample_packs import SCORED

from ledger.codes import OperatorError
from terang import check_library
from terang.check_library import SentenceModel
from terang.cli import main

NAME = "one-time-codes/asks-for-code"


def scanned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
            *words: str) -> list[dict[str, Any]]:  # fmt: skip
    folder = sample_folder(tmp_path)
    folder.joinpath("packs/otp.yaml").write_text(SCORED, "utf-8")
    posts = folder.joinpath("posts.jsonl").read_bytes()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(posts)))
    assert main(["scan", "--packs", str(folder / "packs"), "--today", "2026-11-15", *words]) == 0
    out, err = capsys.readouterr()
    assert json.loads(err.splitlines()[-1])["line"] == 6
    return list(map(json.loads, out.splitlines()))


def test_a_hit_has_its_score_its_threshold_and_the_weight_of_each_term(tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    first, second = scanned(tmp_path, monkeypatch, capsys)
    assert [first["id"], second["id"]] == ["p-1", "p-2"]
    [hit] = first["hits"]
    assert (hit["score"], hit["threshold"], hit["severity"]) == (8, 6, "high")
    assert [(span["term"], span["weight"]) for span in hit["spans"]] == [("send me", 5), ("otp", 3)]


def test_scores_has_a_line_for_every_post(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                          capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    assert scanned(tmp_path, monkeypatch, capsys, "--scores") == [
        {"id": "p-1", "scores": {NAME: 8}}, {"id": "p-2", "scores": {NAME: 7}},
        {"id": "p-3", "scores": {NAME: 5}}, {"id": "p-4", "scores": {NAME: 0}}]  # fmt: skip


def test_diff_shows_changed_weights_and_what_they_change(tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    folder = sample_folder(tmp_path)
    folder.joinpath("packs/otp.yaml").write_text(SCORED, "utf-8")
    new = folder / "new.yaml"
    weights = SCORED.replace("otp: 3, login code: 2", "otp: 4, pin: 1").replace(
        "high: 9", "high: 8"
    )
    new.write_text(weights, "utf-8")
    posts = folder / "posts.jsonl"
    code, out, _ = run_packs(capsys, folder, "diff", folder / "packs", new, "--posts", posts)
    assert (code, out) == (0, [
        f"{NAME}: high 9 to 8, -login code 2, otp 3 to 4, +pin 1",
        f"{NAME}: 1 newly hit, 1 no longer, 1 still",
        ("  + p-3: score 6, it needs 6: text 0-7 'send me' +5, text 12-15 'pin' +1"
         "; decided by send me, pin"),
        "      send me the pin",
        ("  - p-2: score 7, it needs 6: text 0-7 'send me' +5, text 12-22 'login code' +2"
         "; decided by send me, login code"),
        "      send me the login code", "4 posts (1 lines refused): 1 newly hit, 1 no longer",
    ])  # fmt: skip


def test_diff_counts_what_gets_severe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = sample_folder(tmp_path)
    medium = SCORED.replace("severity: high", "severity: medium")
    folder.joinpath("packs/otp.yaml").write_text(medium, "utf-8")
    new = folder / "new.yaml"
    new.write_text(medium.replace("high: 9", "high: 8"), "utf-8")
    posts = folder / "posts.jsonl"
    for old, other, change in ((folder / "packs", new, "1 raised to high, 0 lowered"),
                               (new, folder / "packs", "0 raised to high, 1 lowered")):  # fmt: skip
        _, out, _ = run_packs(capsys, folder, "diff", old, other, "--posts", posts)
        assert out[1] == f"{NAME}: 0 newly hit, 0 no longer, 2 still, {change}"


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
