"""Code as zips: a function's folder, or a layer's package with what its requirements name."""

import hashlib
import io
import re
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

SKIPPED = {"__pycache__", "requirements.in", "requirements.txt"}
PROVIDED = {"boto3", "botocore", "s3transfer"}
"""Lambda's runtime brings these."""

_NAME = re.compile(r"[A-Za-z0-9._-]+")


def zip_of(folder: Path, prefix: str = "") -> bytes:
    """The folder and the packages of its requirements.txt as a zip; the same files, the same bytes.

    Packages come from the environment that runs this, which the lock made: nothing is fetched.
    `sam build` resolves the same pins for AWS.
    """
    files = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not SKIPPED & set(path.parts)
    }
    requirements = folder / "requirements.txt"
    if requirements.exists():
        for package in packages(requirements.read_text()):
            files |= _files_of(package)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(prefix + name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name].read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def fingerprint(folder: Path) -> str:
    """A digest of all that a folder's zip is made of, without making it."""
    sha = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            sha.update(path.relative_to(folder).as_posix().encode())
            sha.update(hashlib.sha256(path.read_bytes()).digest())
    return sha.hexdigest()[:32]


def packages(requirements: str) -> list[Distribution]:
    """The distributions that these requirements name, and those that they need in turn."""
    found: dict[str, Distribution] = {}
    waiting = [line.partition("#")[0] for line in requirements.splitlines()]
    while waiting:
        requirement = waiting.pop().strip()
        match = _NAME.match(requirement)
        if match is None or requirement.startswith("-") or "extra ==" in requirement:
            continue
        name = match.group().lower().replace("_", "-")
        if name not in found and name not in PROVIDED:
            found[name] = distribution(name)
            waiting += found[name].requires or []
    return list(found.values())


def _files_of(package: Distribution) -> dict[str, Path]:
    files = {file.as_posix(): Path(str(file.locate())) for file in package.files or ()}
    return {
        name: path
        for name, path in files.items()
        if not name.startswith("..") and "__pycache__" not in name and path.is_file()
    }
