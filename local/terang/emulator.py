"""Emulators on loopback: of AWS (MiniStack, in an environment of its own), and of Lambda's runtime.

For AWS, layers and functions are zipped here. The emulator unpacks each zip again for each worker,
and a layer has up to 1,200 files. So each layer is unpacked once, into `BUILT`, where its bytecode
stays as well. Its zip has one line, which leads there.

What `sam build` makes runs under Lambda's own runtime client and emulator, without Docker.
"""

import fcntl
import hashlib
import io
import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
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
FUNCTIONS = (
    *("intake", "scan", "decide", "publish", "feeds"),
    *("answer", "inbox", "announce", "console"),
)

PROVIDED = {"boto3", "botocore", "s3transfer"}
"""Lambda's runtime brings these packages."""


def built() -> dict[str, Path]:
    """Return the zips of layers and functions by path in the template; build changed ones."""
    BUILT.mkdir(exist_ok=True)
    zips = {f"layers/{name}": _layer(name) for name in LAYERS}
    for name in FUNCTIONS:
        folder = ROOT / "functions" / name
        path = zips[f"functions/{name}"] = BUILT / f"functions-{name}-{fingerprint(folder)}.zip"
        if not path.exists():
            files = files_of(folder)
            _create_whole(path, zip_of({key: file.read_bytes() for key, file in files.items()}))
    return zips


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
            seen = set()
            for path in sorted(BUILT.iterdir(), key=lambda each: -each.stat().st_mtime_ns):
                part, _, _ = path.name.rpartition("-")
                if part and (part, path.suffix) not in seen:
                    seen.add((part, path.suffix))  # the newest
                elif path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink()
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield lock
    finally:
        os.close(lock)


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
    files = dict(_below(folder))
    requirements = folder / "requirements.txt"
    if requirements.exists():
        for package in packages(requirements.read_text()):
            installed = {file.as_posix(): Path(str(file.locate())) for file in package.files or ()}
            files |= {name: path for name, path in installed.items() if not name.startswith("..")}
    skipped = {"__pycache__", "requirements.in", "requirements.txt", "tests"}
    return {
        name: path
        for name, path in files.items()
        if not skipped.intersection(name.split("/")) and path.is_file()
    }


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
        match = re.match(r"[A-Za-z0-9._-]+", requirement)
        if match is None or requirement.startswith("-") or "extra ==" in requirement:
            continue
        name = match.group().lower().replace("_", "-")
        if name not in named and name not in PROVIDED:
            named[name] = distribution(name)
            waiting += named[name].requires or []
    return list(named.values())


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
        return environment_of(self.url, REGION)

    def log(self) -> str:
        """Return the emulator's log, which includes the lines of the functions."""
        return (self.folder / "log").read_text(errors="replace")


def environment_of(endpoint: str, region: str) -> dict[str, str]:
    """Return the variables that lead to an emulator, which takes any credentials."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
    }


@contextmanager
def local_stack(*, keep: bool = False) -> Iterator[LocalStack]:
    """Start the emulator on a free port of loopback, and stop it unless it is kept.

    TERM has the effect of Ctrl-C meanwhile. An emulator that is not kept ends with this process,
    even if this process is killed.
    Raises StackError if it is not installed or does not start.
    """
    if not EMULATOR.exists():
        raise StackError("the local stack is not set up: run `make run` or scripts/bootstrap.sh")
    folder = Path(mkdtemp(prefix="terang-"))
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    # The functions inherit the environment, so the caller's other variables stay out of it.
    names = ("PATH", "HOME", "LANG")
    kept_variables = {name: os.environ[name] for name in names if name in os.environ}
    with (folder / "log").open("wb") as log, builds_kept() as builds:
        process = subprocess.Popen(  # noqa: S603 - a path of ours, no shell
            [EMULATOR] if keep else ending_with_this_process(EMULATOR),
            env=kept_variables
            | {
                "GATEWAY_PORT": str(port),
                "BIND_HOST": "127.0.0.1",  # else it listens on every interface
                "IOT_MTLS_ENABLED": "0",  # and opens a port for MQTT
                "SERVICES": SERVICES,
                "LAMBDA_EXECUTOR": "local",
                "MINISTACK_REGION": REGION,
                "MINISTACK_ACCOUNT_ID": ACCOUNT,
                "TMPDIR": str(folder),
            },
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
            # Asked to end, it takes a second and forgets workers that are just starting. So its
            # process group is killed: it writes nothing that outlives it.
            with suppress(ProcessLookupError):  # it has ended by itself, and left none
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
            shutil.rmtree(folder, ignore_errors=True)
        signal.signal(signal.SIGTERM, before)


def ending_with_this_process(*command: str | Path) -> list[str | Path]:
    """Return the command so that it gets TERM when this process ends.

    A killed process runs no signal handler and no `finally`. Linux sends the TERM; elsewhere a
    child of the command does, within a second.

    Limits: to Linux the parent is the thread that starts the command; start it in the main thread.
    """
    return [sys.executable, "-I", "-S", "-c", _ENDS_WITH, str(os.getpid()), *command]


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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


BUILD = ROOT / ".aws-sam/build"
SAM = ROOT / ".tools/sam/bin/sam"
RUNTIME = ROOT / ".tools/runtime/bin/python"
"""Lambda's interpreter with what its runtime brings: the runtime client and boto3."""

MACHINES = {"x86_64": "x86_64", "aarch64": "arm64"}


def build() -> None:
    """Bring the build up to the sources, for this machine's processor.

    Raises StackError with what sam said if it fails.
    """
    machine = MACHINES[platform.machine()]
    if _is_fresh(machine):
        return
    done = subprocess.run(  # noqa: S603 - a target of ours, no shell
        ["make", "build", f"ARCH={machine}"],  # noqa: S607 - whoever builds has make
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StackError(f"sam build failed:\n{done.stderr[-2000:]}")


def _is_fresh(machine: str) -> bool:
    built = BUILD / "template.yaml"
    if not built.exists() or f"BuildArchitecture: {machine}" not in built.read_text("utf-8"):
        return False
    return built.stat().st_mtime > max(
        path.stat().st_mtime
        for source in ("functions", "layers", "template.yaml")
        for path in (ROOT / source, *(ROOT / source).rglob("*"))
        if "__pycache__" not in path.parts and path.is_file()
    )


def layers_of(function: str) -> list[str]:
    """Return the layers that the template gives a function, in their order."""
    listed = _declared(function, "Layers").partition("[")[2].partition("]")[0]
    return re.findall(r"!Ref (\w+)", listed)


def _declared(function: str, name: str) -> str:
    """Return the template's text from the value of a function's property on."""
    text = (ROOT / "template.yaml").read_text("utf-8").partition(f"\n  {function}:\n")[2]
    return text.partition(f"\n      {name}: ")[2]


def environment(function: str, settings: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a function on Lambda.

    Modules come from its folder (/var/task), its layers (/opt/python) and the runtime, in that
    order.
    """
    places = [BUILD / function, *(BUILD / layer / "python" for layer in layers_of(function))]
    return dict(settings) | {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, places)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": str(BUILD / function),
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": _declared(function, "MemorySize").split()[0],
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "300",
    }


@contextmanager
def started(
    function: str, settings: Mapping[str, str], log: Path, handler: str = ""
) -> Iterator[str]:
    """Start a built function, and yield the address at which it waits for events.

    Its handler is the template's unless another one is named. `log` is the file of its output.
    Raises StackError if sam or the runtime client is not set up.
    """
    if not (SAM.exists() and RUNTIME.exists()):
        raise StackError("the build is not set up: run scripts/bootstrap.sh sam runtime")
    name = f"aws-lambda-rie-{MACHINES[platform.machine()]}"
    interface = next(SAM.parents[1].glob(f"lib/python3.*/site-packages/samcli/local/rapid/{name}"))
    ports = [_free_port(), _free_port()]
    address, api = (f"127.0.0.1:{port}" for port in ports)
    command: list[str | Path] = [
        *(interface, "--log-level", "error"),
        *("--runtime-interface-emulator-address", address, "--runtime-api-address", api),
        *(RUNTIME, "-m", "awslambdaric", handler or _declared(function, "Handler").split()[0]),
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - paths of ours, no shell
            ending_with_this_process(*command),
            cwd=BUILD / function,
            env=environment(function, settings),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", ports[0]), timeout=1).close()
                break
            except ConnectionRefusedError:
                if time.monotonic() > until:
                    raise
        yield f"http://{address}/2015-03-31/functions/function/invocations"
    finally:
        process.terminate()
        process.wait(10)


def invoke(url: str, event: Mapping[str, Any]) -> Any:
    """Return the answer to an event. An error of the handler is one too, with `errorMessage`."""
    request = urllib.request.Request(url, json.dumps(event).encode())  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=900) as answer:  # noqa: S310 # nosec B310
        data = answer.read() or b"null"
    try:
        return json.loads(data)
    except ValueError:  # the emulator's own words, such as "Task timed out"
        return {"errorMessage": data.decode(errors="replace")}
