"""A folder of packs and posts for `terang packs`, and what the command says of it."""

import json
import os
from pathlib import Path

import pytest
from support.format_files import post
from support.sample_packs import PACK

from terang.cli import main

WORDS = "# bait\nfree gift\n\nkode otp\n@someone\nFree  Gift\nno\n"

POSTS = [("p-1", "send me the otp"), ("p-2", "send me the login code"), ("p-3", "send me the pin"),
         ("p-4", "hello")]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return sample_folder(tmp_path)


def sample_folder(tmp_path: Path) -> Path:
    """A folder with one sound pack, one protected sentence, posts and a list of words."""
    tmp_path.joinpath("packs/protected").mkdir(parents=True)
    tmp_path.joinpath("packs/protected/en.txt").write_text("Police warn of thefts.\n", "utf-8")
    tmp_path.joinpath("packs/otp.yaml").write_text(PACK, "utf-8")
    lines = [json.dumps(post(id=name, account="a", text=text)) for name, text in POSTS]
    tmp_path.joinpath("posts.jsonl").write_text("\n".join([*lines, "", "{}"]), "utf-8")
    tmp_path.joinpath("words.txt").write_text(WORDS, "utf-8")
    return tmp_path


def run_packs(capsys: pytest.CaptureFixture[str], folder: Path,
              *words: str | Path) -> tuple[int, list[str], list[str]]:  # fmt: skip
    """Return the exit code, and the lines on stdout and stderr, without the folder's path."""
    code = main(["packs", *map(str, words)])
    out, err = capsys.readouterr()
    plain = (text.replace(f"{folder}{os.sep}", "").splitlines() for text in (out, err))
    return code, *plain
