"""An emulator of AWS on loopback: MiniStack, in an environment of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from terang import ROOT
from terang.emulator.local_build import kept as kept_builds

EMULATOR = ROOT / ".tools/stack/bin/ministack"
REGION = "eu-west-1"
ACCOUNT = "123456789012"
"""The emulator's account. It also names this account as the sender of every message."""

START_SECONDS = 30

# CloudFront, Route 53 and others are left out: the template needs them only under a condition.
SERVICES = (
    "s3,sqs,dynamodb,dynamodbstreams,lambda,iam,sts,ssm,secretsmanager,kms,logs,monitoring,"
    "events,scheduler,cloudformation,apigateway,cognito-idp"
)


_ENDS_WITH = """
import ctypes, os, signal, sys, time
parent, *command = sys.argv[1:]
this = os.getpid()
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG, which exec keeps
elif os.fork() == 0:  # other systems tell nobody: a child looks each second
    while os.getppid() == this:
        time.sleep(1)
        try:
            os.kill(int(parent), 0)
        except ProcessLookupError:
            os.kill(this, signal.SIGTERM)
    os._exit(0)
if os.getppid() == int(parent):
    os.execv(command[0], command)
"""


class StackError(RuntimeError):
    """The emulator, or something on it, failed."""


@dataclass(slots=True)
class LocalStack:
    """A running emulator."""

    url: str
    pid: int
    folder: Path
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """Return the client of a service, the same one each time."""
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.url,
                region_name=REGION,
                aws_access_key_id="test",
                aws_secret_access_key="test",  # noqa: S106 - the emulator takes any
                config=Config(retries={"max_attempts": 5}, read_timeout=900),
            )
        return self._clients[service]

    def environment(self) -> dict[str, str]:
        """Return the variables with which a shell or `sam` reaches the emulator."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
        }

    def log(self) -> str:
        """Return the emulator's log, which includes the lines of the functions."""
        return (self.folder / "log").read_text(errors="replace")


@contextmanager
def local_stack(*, keep: bool = False) -> Iterator[LocalStack]:
    """Start the emulator on a free port of loopback, and stop it unless it is kept.

    TERM has the effect of Ctrl-C meanwhile. An emulator that is not kept ends with this process,
    even if this process is killed.
    Raises StackError if it is not installed or does not start.
    """
    if not EMULATOR.exists():
        raise StackError("the local stack is not set up: run `make run` or scripts/bootstrap.sh")
    folder = Path(tempfile.mkdtemp(prefix="terang-"))
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    with (folder / "log").open("wb") as log, kept_builds() as builds:
        process = subprocess.Popen(  # noqa: S603 - a path of ours, no shell
            [EMULATOR] if keep else ending_with_this_process(EMULATOR),
            env=_environment(port, folder),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[builds],
        )
    stack = LocalStack(url, process.pid, folder)
    kept = False
    # By default TERM would end Python at once, and leave the emulator and its workers.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _wait_until_up(url, process, folder)
        yield stack
        kept = keep  # not after a failure: nobody would know that it runs
    finally:
        if not kept:
            _stop(process)
            shutil.rmtree(folder, ignore_errors=True)
        signal.signal(signal.SIGTERM, before)


def ending_with_this_process(*command: str | Path) -> list[str | Path]:
    """Return the command so that it gets TERM when this process ends.

    A killed process runs no signal handler and no `finally`. Linux sends the TERM; elsewhere a
    child of the command does, within a second.

    Limits: to Linux the parent is the thread that starts the command; start it in the main thread.
    """
    return [sys.executable, "-I", "-S", "-c", _ENDS_WITH, str(os.getpid()), *command]


def _environment(port: int, folder: Path) -> dict[str, str]:
    """Return an environment without the caller's variables: the functions inherit it."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",  # else it listens on every interface
        "IOT_MTLS_ENABLED": "0",  # and opens a port for MQTT
        "SERVICES": SERVICES,
        "LAMBDA_EXECUTOR": "local",
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "TMPDIR": str(folder),
    }


def _wait_until_up(url: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/_ministack/health", timeout=1):  # noqa: S310 # nosec B310
                return
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.05)
    tail = (folder / "log").read_text(errors="replace")[-2000:]
    raise StackError(f"the local stack did not start:\n{tail}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Kill the emulator's process group. It writes nothing that outlives it.

    Asked to end, it takes a second, and forgets workers that are just starting.
    """
    with suppress(ProcessLookupError):  # it has ended by itself, and left none
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
