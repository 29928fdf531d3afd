"""The folder of a run, and its result for people."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.publish_world import sample_receipt
from support.sample_posts import line

from ledger.codes import OperatorError
from terang.cli import main
from terang.cli.run import RunResult, empty, owned, print_run
from terang.runner import name_of
from terang.terminal import Screen


def run(tmp_path: Path, out: Path, *words: object) -> int:
    posts = tmp_path / "posts.jsonl"
    posts.write_bytes(line())
    given = map(str, (posts, "--out", out, "--today", "2026-11-25", *words))
    return main(["run", *given])


def earlier(folder: Path) -> Path:
    """A folder that holds what a run leaves."""
    (folder / "public/sets").mkdir(parents=True)
    (folder / "public/index.html").write_text("old")
    (folder / "findings.jsonl").write_text("old")
    return folder


def test_a_second_run_into_one_folder_is_refused_with_a_sentence(tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    out = earlier(tmp_path / "out")
    with owned(out):
        assert run(tmp_path, out) == 2
        assert "another run is writing into it" in capsys.readouterr().err
    assert (out / "findings.jsonl").read_text() == "old"


@pytest.mark.parametrize(("words", "ends"), [(("--keep",), "well"), ((), "interrupted")])
def test_ctrl_c_after_the_run_stops_only_a_stack_that_is_not_kept(tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], ends: str) -> None:  # fmt: skip
    """A stack is kept if its context ends without an exception."""
    ended: list[str] = []

    @contextmanager
    def deployed(trial: object, *, keep: bool) -> Iterator[object]:
        try:
            yield object()
        except KeyboardInterrupt:
            ended.append("interrupted")
            raise
        ended.append("well")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("terang.runner.deployed_for", deployed)
    monkeypatch.setattr("terang.cli.run.run_trial", lambda *_: None)
    monkeypatch.setattr("terang.cli.run.print_run", interrupted)
    assert run(tmp_path, tmp_path / "out", *words) == 130
    assert ended == [ends]


def test_the_folder_is_free_again_when_a_run_is_killed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    program = ("import sys, time, pathlib\nfrom terang.cli.run import owned\n"
               "with owned(pathlib.Path(sys.argv[1])):\n"
               "    print('mine', flush=True)\n    time.sleep(60)\n")  # fmt: skip
    with subprocess.Popen([sys.executable, "-c", program, out], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"mine\n"
        with pytest.raises(OperatorError, match="another run"), owned(out):
            pass
        other.kill()
        other.wait()
    with owned(out):
        pass


def test_a_run_that_fails_leaves_no_empty_folder(tmp_path: Path) -> None:
    for out in (tmp_path / "out", earlier(tmp_path / "kept")):
        was_there = out.exists()
        with pytest.raises(OperatorError, match="failed"), owned(out):
            raise OperatorError("failed")
        assert out.exists() == was_there


def test_the_lock_is_the_folders_whatever_it_is_called(tmp_path: Path) -> None:
    out = earlier(tmp_path / "out")
    (tmp_path / "link").symlink_to(out)
    with owned(tmp_path / "link"), pytest.raises(OperatorError, match="another run"), owned(out):
        pass


def test_a_folder_that_is_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    target, link = earlier(tmp_path / "disk/out"), tmp_path / "out"
    link.symlink_to(target)
    with owned(link):
        empty(link)
    assert link.is_symlink()
    assert list(target.iterdir()) == []


def test_of_a_link_inside_only_the_link_is_removed(tmp_path: Path) -> None:
    """Also deeper inside what a run leaves."""
    elsewhere = tmp_path / "mine"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("kept")
    out = earlier(tmp_path / "out")
    (out / "out").symlink_to(elsewhere)
    (out / "public/sets/deep").symlink_to(elsewhere)
    (out / "refusals.jsonl").symlink_to(elsewhere / "precious")
    with owned(out):
        empty(out)
    assert list(out.iterdir()) == []
    assert (elsewhere / "precious").read_text() == "kept"


@pytest.mark.parametrize("kind", ["a file", "a link to nothing", "a ring of links", "below a file"])
def test_a_path_that_is_not_a_folder_is_refused_with_a_sentence(kind: str, tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    out = tmp_path / "out"
    if kind == "a file":
        out.write_text("mine")
    elif kind == "a link to nothing":
        out.symlink_to(tmp_path / "nowhere")
    elif kind == "a ring of links":
        out.symlink_to(out)
    else:
        out.write_text("mine")
        out = out / "deeper"
    assert run(tmp_path, out) == 2
    assert capsys.readouterr().err.startswith(f"terang run: --out {out}: ")


def test_a_link_to_something_else_than_a_run_is_refused(tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    home = tmp_path / "home"
    home.mkdir()
    (home / "letters").write_text("mine")
    (tmp_path / "out").symlink_to(home)
    assert run(tmp_path, tmp_path / "out") == 2
    assert "holds something else" in capsys.readouterr().err
    assert (home / "letters").read_text() == "mine"


def test_messages_that_are_no_text_are_refused_before_anything_starts(tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    messages = tmp_path / "messages.jsonl"
    messages.write_bytes(line() + b"\n\xff\xfe\n")
    assert run(tmp_path, tmp_path / "out", "--messages", messages) == 2
    assert f"{messages}:2: not UTF-8" in capsys.readouterr().err


@pytest.mark.parametrize(("written", "name"), [
    pytest.param(b"posts.jsonl", "posts.jsonl", id="ASCII"),
    pytest.param("帖子.jsonl".encode(), "帖子.jsonl", id="UTF-8"),
    pytest.param(b"caf\xe9.csv", "caf\\xe9.csv", id="Latin-1"),
    pytest.param(b"\xff" * 255, "\\xff" * 200, id="the longest"),
])  # fmt: skip
def test_a_name_of_any_bytes_is_text_for_keys_and_lines(written: bytes, name: str) -> None:
    assert name_of(Path(os.fsdecode(written))) == name
    assert len(f"drop/{'p' * 40}/0000/{name}".encode()) <= 1024


@pytest.mark.parametrize(("found", "shown"), [({"a/1/r/live": 2}, True), ({}, False)])
def test_a_table_is_shown_where_something_was_found(found: dict[str, int], shown: bool,
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    print_run(RunResult("acme", [sample_receipt(by_rule=found)], [], [], None), Screen(), tmp_path)
    told = capsys.readouterr().out
    assert ("what was found" in told) == shown
    assert "posts inspected" in told
