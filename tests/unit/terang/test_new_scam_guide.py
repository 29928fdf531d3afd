"""docs/new-scam.md: its pack and its commands, as somebody types them."""

import re
import shlex
from pathlib import Path

import pytest

from matcher import Matcher, Pack
from terang import ROOT
from terang.cli import main

GUIDE = (ROOT / "docs/new-scam.md").read_text("utf-8")
YAML = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
TYPED = [shlex.split(line.removeprefix("$ .venv/bin/terang "))
         for line in re.findall(r"^\$ .venv/bin/terang .*$", GUIDE, re.MULTILINE)]  # fmt: skip
LOCAL = [words for words in TYPED if "--stack" not in words]


@pytest.fixture(autouse=True)
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("packs", "local"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/parcel-release-fee.yaml").write_text(YAML[0], "utf-8")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("words", LOCAL, ids=" ".join)
def test_a_command_of_the_guide_succeeds(words: list[str]) -> None:
    assert main(words) == 0


def test_the_posts_of_the_guide_are_hit_by_its_rule() -> None:
    [posts] = re.findall(r"```text\n(.*?)```", GUIDE, re.DOTALL)
    matcher = Matcher([Pack.parse(YAML[0], "mine")])
    assert [len(matcher.find(line)) for line in posts.splitlines()] == [1, 1]


def test_every_other_command_publishes() -> None:
    assert [words[:2] for words in TYPED if words not in LOCAL] == [["packs", "publish"]]
