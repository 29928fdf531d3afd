"""`terang scan` with scored rules: the sum of a hit, and with `--scores` a line for every post."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.packs_folder import sample_folder
from support.sample_packs import SCORED

from terang.cli.command import main

NAME = "one-time-codes/asks-for-code"


def scanned(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *words: str,
) -> list[dict[str, Any]]:
    folder = sample_folder(tmp_path)
    folder.joinpath("packs/otp.yaml").write_text(SCORED, "utf-8")
    posts = folder.joinpath("posts.jsonl").read_bytes()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(posts)))
    assert main(["scan", "--packs", str(folder / "packs"), "--today", "2026-11-15", *words]) == 0
    out, err = capsys.readouterr()
    assert json.loads(err.splitlines()[-1])["line"] == 6
    return list(map(json.loads, out.splitlines()))


def test_a_hit_has_its_score_its_threshold_and_the_weight_of_each_term(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = scanned(tmp_path, monkeypatch, capsys)
    assert [first["id"], second["id"]] == ["p-1", "p-2"]
    [hit] = first["hits"]
    assert (hit["score"], hit["threshold"], hit["severity"]) == (8, 6, "high")
    assert [(span["term"], span["weight"]) for span in hit["spans"]] == [("send me", 5), ("otp", 3)]


def test_scores_has_a_line_for_every_post(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scanned(tmp_path, monkeypatch, capsys, "--scores") == [
        {"id": "p-1", "scores": {NAME: 8}},
        {"id": "p-2", "scores": {NAME: 7}},
        {"id": "p-3", "scores": {NAME: 5}},
        {"id": "p-4", "scores": {NAME: 0}},
    ]
