"""`terang review` on a terminal of its own, as a person types."""

from pathlib import Path

import pytest
from support.review_world import run_folder
from support.typed import typing

from terang.case_messages import read_messages
from terang.cli.command import main


def test_a_moderator_decides_with_keys_and_goes_on_another_day(tmp_path: Path) -> None:
    """Keys typed ahead are not lost, and an arrow is no verdict."""
    run, file = run_folder(tmp_path / "run"), tmp_path / "decisions.jsonl"
    with typing("review", run, "--moderator", "m-7", "--decisions", file) as person:
        assert "send me" not in person.until("3 waiting")
        person.type(" ")
        person.until("send")
        person.type("\x1b[Ac")
        person.until("What did the provider do")
        person.type("1")
        person.until("reason:")
        person.type("asks for a código 验证码\n")
        person.until("2 waiting, 1 decided")
        person.type("nq")
        assert person.ended() == 0
        person.until(f"1 decision in {file}")
    [message] = read_messages(file)
    assert (message["verdict"], message["reason"]) == ("confirmed", "asks for a código 验证码")
    with typing("review", run, "--moderator", "m-8", "--decisions", file) as person:
        person.until("2 waiting, 0 decided")
        person.type("ss")
        person.until("Nothing waits any more")
        person.type("q")
        assert person.ended() == 0
    assert len(read_messages(file)) == 3


def test_breaking_off_loses_no_decision(tmp_path: Path) -> None:
    run, file = run_folder(tmp_path / "run"), tmp_path / "decisions.jsonl"
    with typing("review", run, "--moderator", "m-7", "--decisions", file) as person:
        person.until("3 waiting")
        person.type("s")
        person.until("2 waiting")
        person.process.send_signal(2)
        assert person.ended() == 130
    assert len(read_messages(file)) == 1


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param(["run", "--moderator", "Jane Doe"], 2, "--moderator", id="a name"),
        pytest.param(["run", "--moderator", "m-7"], 2, "needs a terminal", id="no terminal"),
        pytest.param(["--moderator", "m-7"], 2, "a run's folder", id="nothing to review"),
    ],
)
def test_wrong_usage_says_why(
    words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["review", *words]) == code
    assert said in capsys.readouterr().err
