"""`terang statements submit` against a server with the database's rules."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.sor_server import TOKEN, Database, served
from support.statement_samples import changed

import terang.cli.published
import terang.submission
from terang.cli import main


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv(terang.cli.published.TOKEN, TOKEN)
    with served() as database:
        yield database


@pytest.fixture
def paused(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, without their time."""
    pauses: list[float] = []
    api = terang.submission.SorApi
    monkeypatch.setattr(
        terang.submission, "SorApi", lambda to, token: api(to, token, pause=pauses.append)
    )
    return pauses


def many(count: int) -> list[dict[str, Any]]:
    return [changed(puid=f"p-{number:03}") for number in range(count)]


def written(folder: Path, statements: list[dict[str, Any]]) -> Path:
    path = folder / "statements"
    path.mkdir()
    for number in range(0, len(statements), 100):
        batch = {"statements": statements[number : number + 100]}
        (path / f"{number:06}.json").write_text(json.dumps(batch))
    return path


def submit(files: Path, to: str) -> int:
    sent = files.parent / "sent.jsonl"
    return main(["statements", "submit", str(files), "--to", to, "--sent", str(sent)])


def sent(files: Path) -> list[str]:
    lines = (files.parent / "sent.jsonl").read_text().splitlines()
    return [json.loads(line)["puid"] for line in lines]


def test_all_is_sent_once(tmp_path: Path, database: Database) -> None:
    files = written(tmp_path, many(130))
    assert submit(files, database.address) == 0
    assert len(database.has) == 130
    assert sorted(sent(files)) == sorted(database.has)
    assert submit(files, database.address) == 0
    assert database.requests == 2


def test_refused_statements_are_named_and_the_others_are_sent(tmp_path: Path, database: Database,
        capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:  # fmt: skip
    """A rule that came to the database later than to us."""
    monkeypatch.setattr(terang.submission, "schema_problems", lambda _: ())
    statements = many(5)
    statements[2]["category"] = "LATE"
    files = written(tmp_path, statements)
    assert submit(files, database.address) == 1
    assert sorted(database.has) == ["p-000", "p-001", "p-003", "p-004"]
    assert "p-002: category: refused: is invalid." in capsys.readouterr().out


def test_invalid_statements_are_not_sent(tmp_path: Path, database: Database,
                                         capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    files = written(tmp_path, [*many(2), changed(puid="p-9", content_language="id")])
    assert submit(files, database.address) == 1
    assert sorted(database.has) == ["p-000", "p-001"]
    assert "p-9: content_language: not_allowed" in capsys.readouterr().out


def test_statements_of_the_database_are_not_sent_again(tmp_path: Path, database: Database) -> None:
    database.has["p-001"] = {}
    files = written(tmp_path, many(3))
    assert submit(files, database.address) == 0
    assert sorted(sent(files)) == ["p-000", "p-001", "p-002"]


def test_an_answer_that_is_lost_sends_nothing_twice(tmp_path: Path, database: Database,
        paused: list[float]) -> None:  # fmt: skip
    database.next = ["lost"]
    files = written(tmp_path, many(3))
    assert submit(files, database.address) == 0
    assert sorted(sent(files)) == sorted(database.has) == ["p-000", "p-001", "p-002"]
    assert len(paused) == 1


def test_it_waits_as_long_as_asked(tmp_path: Path, database: Database, paused: list[float]) -> None:
    database.next = ["429", "500", "429"]
    assert submit(written(tmp_path, many(3)), database.address) == 0
    assert paused[0] == paused[2] == 7
    assert 1 <= paused[1] <= 2


def test_it_goes_on_where_it_was(tmp_path: Path, database: Database, paused: list[float]) -> None:
    database.next = ["", *["500"] * terang.submission.TRIES]
    files = written(tmp_path, many(250))
    assert submit(files, database.address) == 1
    assert len(database.has) == 100
    with (tmp_path / "sent.jsonl").open("ab") as file:
        file.write(b'{"puid": "p-1')  # it was killed while it wrote
    database.requests = 0
    assert submit(files, database.address) == 0
    assert len(database.has) == 250
    assert database.requests == 2
    assert len(sent(files)) == len(set(sent(files))) == 250


def test_killed_in_between_it_sends_nothing_twice(tmp_path: Path, database: Database) -> None:
    """Killed after the database took the third batch, and before it could note that."""
    files = written(tmp_path, many(730))
    database.next = ["", "", "held"]
    words = ["statements", "submit", files, "--to", database.address]
    words += ["--sent", tmp_path / "sent.jsonl"]
    command = [Path(sys.executable).with_name("terang"), *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as running:
        assert database.held.wait(30)
        arguments = Path(f"/proc/{running.pid}/cmdline").read_bytes()
        running.send_signal(signal.SIGKILL)
        printed = running.stdout.read() if running.stdout else b""
    database.go_on.set()
    assert TOKEN.encode() not in arguments + printed
    assert (len(database.has), len(sent(files))) == (300, 200)
    assert submit(files, database.address) == 0
    assert sorted(sent(files)) == sorted(database.has)
    assert len(database.has) == 730


def test_the_token_may_lie_in_a_file(tmp_path: Path, database: Database,
                                     monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.delenv(terang.cli.published.TOKEN)
    files, token = written(tmp_path, many(3)), tmp_path / "token"
    words = ["statements", "submit", str(files), "--to", database.address]
    words += ["--sent", str(tmp_path / "sent.jsonl"), "--token-file", str(token)]
    assert main(words) == 2
    token.write_text("")
    assert main(words) == 2
    token.write_text(f"{TOKEN}\n")
    assert main(words) == 0
    assert len(database.has) == 3


@pytest.mark.parametrize("token", ["a secret", "secret\nof two lines", "sécret"])
def test_a_token_that_is_none_is_not_shown(
        token: str, tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    monkeypatch.setenv(terang.cli.published.TOKEN, token)
    assert submit(written(tmp_path, many(1)), database.address) == 2
    told = capsys.readouterr()
    assert "cret" not in told.out + told.err
    assert database.requests == 0


def test_a_wrong_token_stops_at_once(
        tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    monkeypatch.setenv(terang.cli.published.TOKEN, "another")
    assert submit(written(tmp_path, many(3)), database.address) == 1
    assert database.requests == 1
    assert "does not know the token" in capsys.readouterr().err


@pytest.mark.parametrize("to", ["http://api.example", "ftp://127.0.0.1"])
def test_the_token_goes_to_no_open_address(tmp_path: Path, database: Database, to: str) -> None:
    assert submit(written(tmp_path, many(1)), to) == 2


def test_without_a_token_nothing_is_sent(tmp_path: Path, database: Database,
                                         monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.delenv(terang.cli.published.TOKEN)
    assert submit(written(tmp_path, many(1)), database.address) == 2
    assert database.requests == 0
