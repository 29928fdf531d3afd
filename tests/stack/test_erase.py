"""`terang erase` as an operator calls it, on the deployed stack."""

import json
from pathlib import Path
from typing import Any

import pytest
from stack.running import STACK, Running
from support.format_files import post as sample

from terang.cli import main

PROVIDER, WORD = "erase-chat", "zq7-erased"


def post(number: int, text: str, account: str = f"ana-{WORD}") -> dict[str, Any]:
    name = f"p-{number}-{WORD if WORD in account else 'ben'}"
    return sample(id=name, account=account, text=text, published_at="2026-11-24T08:00:00Z")


OTP = "Please send me the OTP you just got"
POSTS = [post(1, f"{OTP}, {WORD}"), post(2, f"A quiet day, {WORD}"), post(3, OTP, "ben")]


def erase(capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    words = ["--provider", PROVIDER, "--account", f"ana-{WORD}", "--stack", STACK, "--json"]
    assert main(["erase", *words, *more]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_an_erased_author_is_in_no_version_and_every_number_stays(
        running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """Lines and a translated file; afterwards both come again, and a message of the author."""
    for name, value in running.stack.environment().items():
        monkeypatch.setenv(name, value)
    lines, array = tmp_path / "lines.jsonl", tmp_path / "array.json"
    lines.write_text("".join(json.dumps(one) + "\n" for one in POSTS))
    array.write_text(json.dumps([post(4, f"{OTP} at once, {WORD}"), post(5, "Rain", "ben")]))
    running.take(PROVIDER, lines, array)
    running.publish()
    numbers = running.summary(PROVIDER)["numbers"]
    kinds = {place.partition("/")[0].partition("#")[0] for place in running.places_of(WORD)}
    assert kinds == {"C", "J", "OutBucket"}
    planned = erase(capsys, "--dry-run")
    assert (planned["findings"], planned["dry_run"]) == (2, True)
    assert erase(capsys) == planned | {"dry_run": False}
    assert running.places_of(WORD) == []
    running.take(PROVIDER, lines, array)
    running.publish()
    assert running.summary(PROVIDER)["numbers"] == numbers
    body = json.dumps(post(6, f"{OTP} now, {WORD}"))
    running.finish(PROVIDER, [], running.send(PROVIDER, [body]))
    assert erase(capsys)["findings"] == 0
    assert running.places_of(WORD) == []
    assert WORD not in running.logs()
