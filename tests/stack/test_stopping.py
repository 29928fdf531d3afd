"""However a run ends, nothing of its emulator stays: neither processes nor folder."""

import os
import select
import shutil
import signal
import subprocess
import sys
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest
from stack.running import ROOT, Running

import terang.emulator
from terang.emulator import StackError, local_stack

WAITS = """
import signal
from terang.emulator import local_stack
with local_stack() as stack:
    print(stack.pid, stack.folder, flush=True)
    signal.pause()
"""

SERVES = """
import sys
import terang.cli.run
from terang.cli import main
terang.cli.run.PAGES_PORT = 0  # any that is free
sys.exit(main(sys.argv[1:]))
"""


def test_a_stack_on_which_something_failed_is_not_kept(running: Running) -> None:
    """Whoever called is told of the failure only, and would not know what to stop."""
    with pytest.raises(StackError, match="of the test"), local_stack(keep=True) as stack:
        raise StackError("of the test")
    assert not stack.folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(stack.pid, 0)


def test_term_stops_the_stack_too(running: Running) -> None:
    """The emulator has a session of its own, so that no signal of the caller's reaches it."""
    with subprocess.Popen([sys.executable, "-c", WAITS], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout
        pid, folder = run.stdout.readline().split()
        run.terminate()
    assert run.returncode == -signal.SIGINT
    assert not Path(folder).exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


def test_a_run_that_serves_answers_until_it_is_stopped(running: Running, tmp_path: Path) -> None:
    posts = ROOT / "local/samples/files/posts.jsonl"
    words = ["run", str(posts), "--provider", "acme-chat", "--out", str(tmp_path), "--serve"]
    with subprocess.Popen([sys.executable, "-c", SERVES, *words], stderr=subprocess.PIPE,
                          text=True) as run:  # fmt: skip
        assert run.stderr
        printed = []
        while "until Ctrl-C" not in "".join(printed[-1:]):
            printed.append(run.stderr.readline())
            assert printed[-1], "".join(printed)
        [ask] = [line.split()[1] for line in printed if line.startswith("ask:")]
        host, port = ask.removeprefix("http://").strip("/").split(":")
        with closing(HTTPConnection("127.0.0.1", int(port), timeout=60)) as connection:
            connection.request("GET", "/", headers={"Host": f"{host}:{port}"})
            page = connection.getresponse()
            assert (page.status, b"<form" in page.read()) == (200, True)
        run.terminate()
    with pytest.raises(ConnectionRefusedError):
        HTTPConnection("127.0.0.1", int(port)).connect()


@pytest.mark.parametrize("system", ["linux", "darwin"])
def test_an_emulator_ends_with_a_run_that_is_killed(running: Running, system: str) -> None:
    """Its folder is left to the machine: nobody is there any more to remove it."""
    told = f"""
import terang.emulator as stack
stack._ENDS_WITH = stack._ENDS_WITH.replace("sys.platform", "'{system}'")
"""
    waits = [sys.executable, "-c", told + WAITS]
    with subprocess.Popen(waits, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout
        pid, folder = run.stdout.readline().split()
        emulator = os.pidfd_open(int(pid))
        run.kill()
    try:
        assert select.select([emulator], [], [], 10)[0]
    finally:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(emulator, signal.SIGKILL)
        os.close(emulator)
        shutil.rmtree(folder)


def test_workers_that_it_forgot_are_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that holds the pipe: its end is seen there, whoever reaps it."""
    pipe, emulator = tmp_path / "pipe", tmp_path / "emulator"
    os.mkfifo(pipe)
    emulator.write_text(f"#!/bin/sh\nexec 3>{pipe}\nsleep 600 &\nexit 1\n")
    emulator.chmod(0o755)
    monkeypatch.setattr(terang.emulator, "EMULATOR", emulator)
    held = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(StackError, match="did not start"), local_stack():
            pass
        assert select.select([held], [], [], 10)[0]
        assert os.read(held, 1) == b""
    finally:
        os.close(held)
