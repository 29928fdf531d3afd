"""Whatever a file holds or is, no command of `terang` ends in a traceback. Each command reads one
file after the other in its place: some hundred kinds of damage to a sound one, and what is no file
at all. It ends with 0, 1 or 2 and says at least one sentence."""

import io
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import pytest
from support.damaged_readers import POSTS, READERS, REPORT, STATEMENTS, Reader, damaged, packs
from support.desk_world import http_event
from support.published_days import published_folder
from support.review_world import run_folder
from support.sample_checks import CHECKS, table

import terang.cli.published
import terang.remote
import terang.runner
import terang.submission
from ledger.codes import OperatorError
from terang.cli import main
from terang.emulator import StackError
from terang.home_desk import HomeServer

SECONDS = 30
"""Longer waits no command: then it reads what never ends, or nobody writes."""


class StuckError(BaseException):
    """A command did not end; no command may take this for an error of a file."""


@pytest.fixture(scope="module")
def sound_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sound file in every place."""
    folder = tmp_path_factory.mktemp("sound")
    packs(folder)
    published_folder(folder / "public")
    (folder / "report").mkdir()
    for name, data in REPORT.items():
        (folder / "report" / name).write_bytes(data)
    (folder / "ledger").write_bytes(REPORT["ledger.jsonl"])
    (folder / "sound.jsonl").write_bytes(STATEMENTS)
    (folder / "posts").write_bytes(POSTS)
    run_folder(folder / "run")
    (folder / "run/out/acme/audit").mkdir(parents=True)
    (folder / "run/out/acme/audit/2026-11.jsonl").write_bytes(READERS["audit"].sound)
    feed = folder / "feed.csv"
    feed.write_bytes(table(*CHECKS))
    words = ("--index", str(folder / "index"), "--trust", "check.example")
    assert main(["factchecks", "import", str(feed), *words]) == 0
    return folder


@pytest.fixture
def world(sound_folder: Path, tmp_path: Path,
          monkeypatch: pytest.MonkeyPatch) -> Callable[[Reader], Path]:  # fmt: skip
    """Puts a copy of the sound folder in place, and gives the path of the file to damage."""

    def not_there(*_: object, **__: object) -> NoReturn:
        raise OperatorError("there is no stack here")

    def not_started(**_: object) -> NoReturn:
        raise StackError("the local stack does not start here")

    def looked_through(self: HomeServer) -> None:
        """Open the queue and every card, as a moderator would, instead of listening."""
        cookie = self.enter(self.key).partition(";")[0].partition("=")
        for item in self.application.desk.items(self.moderator):
            for path in ("/", f"/card/{item.key}", "/lead", "/training", "/history"):
                self.answer(http_event("GET", path, cookies={cookie[0]: cookie[2]}))
        self._server.server_close()

    monkeypatch.setattr(terang.remote.Remote, "find", not_there)
    monkeypatch.setattr(terang.runner, "local_stack", not_started)
    monkeypatch.setattr(terang.submission.SorApi, "send", not_there)
    monkeypatch.setenv(terang.cli.published.TOKEN, "token")
    monkeypatch.setattr(HomeServer, "serve", looked_through)
    folder = tmp_path / "work"
    shutil.copytree(sound_folder, folder)
    monkeypatch.chdir(folder)

    def place(reader: Reader) -> Path:
        claims = next(iter(folder.glob("index/*.claims"))).name
        sets = next(iter(folder.glob("run/public/sets/*"))).name
        return folder / reader.file.format(claims=claims, set=sets)

    return place


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[Reader], tuple[int, str]]]:
    """Calls a command, and stops it where it waits for ever."""

    def too_long(_: int, __: FrameType | None) -> NoReturn:
        raise StuckError

    before = signal.signal(signal.SIGALRM, too_long)

    def called(reader: Reader) -> tuple[int, str]:
        capsys.readouterr()
        signal.alarm(SECONDS)
        try:
            code = main(reader.words)
        finally:
            signal.alarm(0)
        told = capsys.readouterr()
        return code, told.out + told.err

    yield called
    signal.signal(signal.SIGALRM, before)


def fault(call: Callable[[Reader], tuple[int, str]], reader: Reader, what: object) -> str:
    """What is wrong with how a command ended, or nothing."""
    try:
        code, said = call(reader)
    except BaseException as error:  # noqa: BLE001 - each kind is named, and the next one is tried
        return f"{what!r:.80}: {type(error).__name__}: {error!s:.120}"
    if code not in (0, 1, 2):
        return f"{what!r:.80}: ended with {code}"
    silent = reader.words[0] in ("scan", "packs", "ask") and code == 0  # nothing in, nothing out
    return "" if silent or said.strip() else f"{what!r:.80}: said nothing"


@pytest.mark.parametrize("name", READERS)
def test_no_damage_ends_in_a_traceback(
    name: str, world: Callable[[Reader], Path], call: Callable[[Reader], tuple[int, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    reader = READERS[name]
    path = world(reader)
    sound = reader.sound or path.read_bytes()
    faults = []
    for data in damaged(name, sound):
        if reader.stdin:
            stdin = io.TextIOWrapper(io.BytesIO(data), "utf-8", "surrogateescape")
            monkeypatch.setattr(sys, "stdin", stdin)
        else:
            path.write_bytes(data)
        faults.append(fault(call, reader, data))
        for left in ("written", "other", "o", "sent", "decisions-m-7.jsonl", "audit-m-7.jsonl"):
            shutil.rmtree(left, ignore_errors=True)
            Path(left).unlink(missing_ok=True)
    assert list(filter(None, faults)) == []


def folder_there(path: Path) -> None:
    path.mkdir()


def folder_of_folders(path: Path) -> None:
    (path / "a/b").mkdir(parents=True)


def link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def pipe(path: Path) -> None:
    """A pipe into which somebody writes a little, where a command reads it at all."""
    os.mkfifo(path)

    def write() -> None:
        # Without O_CREAT: a thread that starts late must not make a file where the pipe was.
        with suppress(OSError), os.fdopen(os.open(path, os.O_WRONLY), "wb") as written:
            written.write(b"\x00\xff[{\n")

    threading.Thread(target=write, daemon=True).start()


def let_go(path: Path) -> None:
    """Let whoever still waits to write into a pipe go on."""
    if path.is_fifo():
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))


def device(path: Path) -> None:
    path.symlink_to("/dev/null")


KINDS: dict[str, Callable[[Path], None]] = {
    "nothing": lambda path: None, "a folder": folder_there,
    "a folder of folders": folder_of_folders, "a pipe": pipe, "a device": device,
    "a ring of links": link_to_itself,
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name, reader in READERS.items() if reader.file])
def test_what_is_no_file_ends_in_no_traceback(
    name: str, world: Callable[[Reader], Path], call: Callable[[Reader], tuple[int, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    reader = READERS[name]
    path = world(reader)
    faults = []
    for kind, make in KINDS.items():
        path.unlink(missing_ok=True)
        make(path)
        faults.append(fault(call, reader, kind))
        let_go(path)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.write_bytes(reader.sound or b"x")
    refuse(path, monkeypatch)
    faults.append(fault(call, reader, "a file that may not be read"))
    assert list(filter(None, faults)) == []


def refuse(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody read a file: whoever runs the tests may be root, who may read all."""
    opening = io.open

    def opened(file: Any, *words: Any, **more: Any) -> Any:
        if isinstance(file, str | Path) and Path(file).absolute() == path:
            raise PermissionError(13, "Permission denied", str(file))
        return opening(file, *words, **more)

    monkeypatch.setattr(io, "open", opened)


def test_a_fault_that_nobody_expected_is_one_sentence(monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:  # fmt: skip
    """Only outside of tests; it quotes nothing that was read."""

    def broken(folder: Path, /) -> NoReturn:
        raise KeyError("what somebody wrote")

    monkeypatch.setattr("recount.recount_command", broken)
    with pytest.raises(KeyError):
        main(["recount", str(tmp_path)])
    monkeypatch.delenv("TERANG_TRACEBACK")
    assert main(["recount", str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1
    assert "KeyError at test_damaged_inputs.py:" in told
    assert "somebody" not in told


def test_no_utf_8_is_wrong_usage(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["run", "--open", "telegram:\udcff", "--out", str(tmp_path / "o")]) == 2
    assert "is not UTF-8" in capsys.readouterr().err
