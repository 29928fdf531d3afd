"""Builds layers and functions for the local stack.

The emulator unpacks each zip again for each worker, and a layer has up to 1,200 files. So each
layer is unpacked once, into `BUILT`, where its bytecode stays as well. Its zip has one line, which
leads there.

An emulator of AWS on loopback: MiniStack, in an environment of its own.
"""

import fcntl
import hashlib
import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import Distribution, distribution
from pathlib import Path
from tempfile import NamedTemporaryFile, mkdtemp
from typing import Any

import boto3
from botocore.config import Config

from terang import ROOT

BUILT = ROOT / ".local-build"
SITE = "python/lib/python3.13/site-packages"
"""Where the emulator's workers read files `*.pth` of a layer."""

LAYERS = ("terang", "matcher", "claims", "pages")
FUNCTIONS = ("intake", "scan", "decide", "publish", "feeds", "answer", "announce", "console")

SKIPPED = {"__pycache__", "requirements.in", "requirements.txt", "tests"}
PROVIDED = {"boto3", "botocore", "s3transfer"}
"""Lambda's runtime brings these packages."""

_NAME = re.compile(r"[A-Za-z0-9._-]+")


def built() -> dict[str, Path]:
    """Return the zips of layers and functions by path in the template; build changed ones."""
    BUILT.mkdir(exist_ok=True)
    layers = {f"layers/{name}": _layer(name) for name in LAYERS}
    return layers | {f"functions/{name}": _function(name) for name in FUNCTIONS}


def _function(name: str) -> Path:
    folder = ROOT / "functions" / name
    path = BUILT / f"functions-{name}-{fingerprint(folder)}.zip"
    if not path.exists():
        files = files_of(folder)
        _create_whole(path, zip_of({name: file.read_bytes() for name, file in files.items()}))
    return path


def _layer(name: str) -> Path:
    """Unpack a layer where it is missing. Return the zip that leads to it."""
    folder = ROOT / "layers" / name
    unpacked = BUILT / f"layers-{name}-{fingerprint(folder)}"
    if not unpacked.exists():
        part = Path(mkdtemp(dir=BUILT))
        for file, source in files_of(folder).items():
            (part / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, part / file)
        try:
            part.rename(unpacked)
        except OSError:  # another run was faster
            shutil.rmtree(part)
    path = unpacked.with_suffix(".zip")
    line = f"import sys; sys.path.insert(0, {str(unpacked)!a})\n"
    _create_whole(path, zip_of({f"{SITE}/{name}.pth": line.encode()}))
    return path


@contextmanager
def builds_kept() -> Iterator[int]:
    """Yield a file descriptor: builds are kept while it is open here or in another process.

    Before, remove the builds of earlier sources, unless a stack is running.
    """
    BUILT.mkdir(exist_ok=True)
    lock = os.open(BUILT, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(BlockingIOError):  # a stack may start a worker from them
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove_earlier()
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield lock
    finally:
        os.close(lock)


def _remove_earlier() -> None:
    """Remove all builds but the newest of each layer and function."""
    seen = set()
    for path in sorted(BUILT.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True):
        part, _, _ = path.name.rpartition("-")
        if part and (part, path.suffix) not in seen:
            seen.add((part, path.suffix))
        elif path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _create_whole(path: Path, data: bytes) -> None:
    """Create a file with all its bytes at once: another run may look for it at any moment."""
    with NamedTemporaryFile(dir=path.parent, delete=False) as part:
        part.write(data)
    Path(part.name).replace(path)


def files_of(folder: Path) -> dict[str, Path]:
    """Return the files of a folder and of the packages in its requirements.txt, by name.

    Packages are copied from the environment that runs this, so nothing is downloaded; `sam build`
    resolves the same pins for AWS.
    """
    files = {
        name: path for name, path in _below(folder) if not SKIPPED.intersection(name.split("/"))
    }
    requirements = folder / "requirements.txt"
    if requirements.exists():
        for package in packages(requirements.read_text()):
            files |= _files_of(package)
    return files


def zip_of(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of files by name. The same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def fingerprint(folder: Path) -> str:
    """Return a digest of everything in a folder's build, without building it."""
    sha = hashlib.sha256()
    for name, path in _below(folder):
        if "__pycache__" not in name:
            sha.update(name.encode())
            sha.update(hashlib.sha256(path.read_bytes()).digest())
    return sha.hexdigest()[:32]


def _below(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path


def packages(requirements: str) -> list[Distribution]:
    """Return the packages that these requirements name, and those that they need in turn."""
    named: dict[str, Distribution] = {}
    waiting = [line.partition("#")[0] for line in requirements.splitlines()]
    while waiting:
        requirement = waiting.pop().strip()
        match = _NAME.match(requirement)
        if match is None or requirement.startswith("-") or "extra ==" in requirement:
            continue
        name = match.group().lower().replace("_", "-")
        if name not in named and name not in PROVIDED:
            named[name] = distribution(name)
            waiting += named[name].requires or []
    return list(named.values())


def _files_of(package: Distribution) -> dict[str, Path]:
    """Return a package's files by name, without its tests."""
    files = {file.as_posix(): Path(str(file.locate())) for file in package.files or ()}
    return {
        name: path
        for name, path in files.items()
        if not name.startswith("..")
        and not SKIPPED.intersection(name.split("/"))
        and path.is_file()
    }


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
    with (folder / "log").open("wb") as log, builds_kept() as builds:
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
