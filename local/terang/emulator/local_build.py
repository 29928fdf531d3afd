"""Builds layers and functions for the local stack.

The emulator unpacks each zip again for each worker, and a layer has up to 1,200 files. So each
layer is unpacked once, into `BUILT`, where its bytecode stays as well. Its zip has one line, which
leads there.
"""

import fcntl
import hashlib
import io
import os
import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.metadata import Distribution, distribution
from pathlib import Path
from tempfile import NamedTemporaryFile, mkdtemp

from terang import ROOT

BUILT = ROOT / ".local-build"
SITE = "python/lib/python3.13/site-packages"
"""Where the emulator's workers read files `*.pth` of a layer."""

LAYERS = ("rules", "matcher", "arrays", "ledger", "dsa", "claims", "phrases", "tlog", "desk")
FUNCTIONS = ("intake", "scan", "decide", "publish", "learn", "answer", "announce", "console")

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
def kept() -> Iterator[int]:
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
    """Yield the files below a folder with their names there, sorted."""
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
