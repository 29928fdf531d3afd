"""Deploys template.yaml unchanged to the local stack: builds the zips, and creates the stack."""

import hashlib
import io
import re
import time
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from terang import ROOT
from terang.emulator.stack import REGION, LocalStack, StackError

ARTIFACTS, TEMPLATE = "local-artifacts", "template.yaml"
BUILT = ROOT / ".local-build"
DEPLOY_SECONDS = 120

LAYERS = ("rules", "matcher", "arrays", "ledger", "dsa", "claims", "phrases", "tlog", "desk")
FUNCTIONS = ("intake", "scan", "decide", "publish", "learn", "answer", "announce", "console")

SKIPPED = {"__pycache__", "requirements.in", "requirements.txt", "tests"}
PROVIDED = {"boto3", "botocore", "s3transfer"}
"""Lambda's runtime brings these packages."""

_NAME = re.compile(r"[A-Za-z0-9._-]+")


def built() -> dict[str, Path]:
    """Return the zips of layers and functions by path in the template; build changed ones."""
    zips = {}
    for uri in (
        *(f"layers/{name}" for name in LAYERS),
        *(f"functions/{name}" for name in FUNCTIONS),
    ):
        folder = ROOT / uri
        path = BUILT / f"{uri.replace('/', '-')}-{fingerprint(folder)}.zip"
        if not path.exists():
            BUILT.mkdir(exist_ok=True)
            data = zip_of(folder, "python/" if uri.startswith("layers/") else "")
            for old in BUILT.glob(f"{uri.replace('/', '-')}-*.zip"):
                if old != path:
                    old.unlink(missing_ok=True)
            _create_whole(path, data)
        zips[uri] = path
    return zips


def _create_whole(path: Path, data: bytes) -> None:
    """Create a file with all its bytes at once: another run may look for it at any moment."""
    with NamedTemporaryFile(dir=path.parent, delete=False) as part:
        part.write(data)
    Path(part.name).replace(path)


def deploy(stack: LocalStack, name: str, parameters: dict[str, str]) -> dict[str, str]:
    """Create the stack from the template. Return its outputs. Raises StackError with the reason."""
    zips = built()
    s3 = stack.client("s3")
    s3.create_bucket(Bucket=ARTIFACTS, CreateBucketConfiguration={"LocationConstraint": REGION})
    for path in zips.values():
        s3.put_object(Bucket=ARTIFACTS, Key=path.name, Body=path.read_bytes())
    s3.put_object(Bucket=ARTIFACTS, Key=TEMPLATE, Body=_with_artifacts(zips).encode())
    cloudformation = stack.client("cloudformation")
    cloudformation.create_stack(
        StackName=name,
        TemplateURL=f"{stack.url}/{ARTIFACTS}/{TEMPLATE}",  # the call takes only 51,200 bytes
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in ({"PublicDoor": "own"} | parameters).items()
        ],
    )
    return _outputs(cloudformation, name)


def _outputs(cloudformation: Any, name: str) -> dict[str, str]:
    deadline = time.monotonic() + DEPLOY_SECONDS
    while time.monotonic() < deadline:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        status = stack["StackStatus"]
        if status == "CREATE_COMPLETE":
            return {
                output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())
            }
        if not status.endswith("_IN_PROGRESS"):
            events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
            failed = [
                f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
                for event in events
                if event["ResourceStatus"].endswith("FAILED")
            ]
            raise StackError(f"the template did not deploy ({status}):\n" + "\n".join(failed))
        time.sleep(0.1)
    raise StackError(f"the template did not deploy within {DEPLOY_SECONDS} s")


def _with_artifacts(zips: dict[str, Path]) -> str:
    """Return the template with addresses of zips instead of folders, as `sam build` does."""
    text = (ROOT / "template.yaml").read_text()
    for uri, path in zips.items():
        for key in ("CodeUri", "ContentUri"):
            text = text.replace(f"{key}: {uri}\n", f"{key}: s3://{ARTIFACTS}/{path.name}\n")
    return text


def zip_of(folder: Path, prefix: str = "") -> bytes:
    """Return a zip of the folder and of the packages in its requirements.txt.

    The same files give the same bytes. Packages are copied from the environment that runs this,
    so nothing is downloaded; `sam build` resolves the same pins for AWS.
    """
    files = {
        name: path for name, path in _below(folder) if not SKIPPED.intersection(name.split("/"))
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
    """Return a digest of everything in a folder's zip, without building it."""
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
    """Return a package's files by name, without its tests: each worker unpacks what is here."""
    files = {file.as_posix(): Path(str(file.locate())) for file in package.files or ()}
    return {
        name: path
        for name, path in files.items()
        if not name.startswith("..")
        and not SKIPPED.intersection(name.split("/"))
        and path.is_file()
    }
