"""A file of posts, the answers to its sample, and another file: a rule goes live at home."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from stack.running import DAY
from support.sample_messages import adoption, tried
from support.sample_posts import PRIZE, SHADOW, lines

from terang.cli import main
from terang.emulator import EMULATOR


def posts(file: Path, begin: int) -> Path:
    """Sixteen posts, each of which names a prize in other words."""
    texts = (f"{sha256(b'%d' % n).hexdigest()} {PRIZE}" for n in range(begin, begin + 16))
    file.write_bytes(lines(*texts))
    return file


def test_what_was_tried_in_one_run_is_live_in_the_next(tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    if not EMULATOR.exists():
        pytest.skip("the local stack is not set up: scripts/bootstrap.sh stack")
    (tmp_path / "packs").mkdir()
    checked = SHADOW.replace("[The grand prize]", "[The grand prize, A grand prize for you]")
    checked = checked.replace("[Nothing]", "[Nothing, A prize for the best essay]")
    (tmp_path / "packs/prizes.yaml").write_text(checked)

    def line(*words: object) -> dict[str, Any]:
        assert main([*map(str, words), "--json"]) == 0
        said = capsys.readouterr()
        found: dict[str, Any] = json.loads(said.out) | {"said": said.err}
        return found

    def run(file: Path, out: str, *words: object) -> dict[str, Any]:
        place = ("--provider", "acme-chat", "--packs", tmp_path / "packs", "--today", DAY)
        return line("run", file, *place, "--out", tmp_path / out, *words)

    first = posts(tmp_path / "first.jsonl", 0)
    assert "16 findings by 1 rule in shadow: try them with `.venv/bin/terang review" in (
        run(first, "out")["said"])  # fmt: skip
    sample = line("trial", tmp_path / "out")["sample"]
    names = [each["finding"] for each in sample]
    answers = tmp_path / "answers.jsonl"
    messages = [tried(id=f"t-{n}", finding=name) for n, name in enumerate(names)]
    messages += [adoption(), tried(id="late", finding=names[0]), adoption(id="v-2", version=2)]
    answers.write_text("".join(json.dumps(each) + "\n" for each in messages))
    again = run(first, "out", "--cases", answers, "--cases", answers)
    assert "34 of 38 messages about cases taken" in again["said"]
    assert "prizes/names-prize is adopted" in again["said"]
    stands = line("trial", tmp_path / "out")
    assert [each["finding"] for each in stands["sample"]] == names
    assert (stands["mode"], stands["right"], stands["band"]) == ("live", 16, "all")
    run(posts(tmp_path / "second.jsonl", 100), "more", "--trials", tmp_path / "out")
    found = (tmp_path / "more/findings.jsonl").read_text().splitlines()
    assert [json.loads(each)["mode"] for each in found] == ["live"] * 16
