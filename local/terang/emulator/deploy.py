"""Deploys template.yaml unchanged to the local stack."""

import time
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from terang import ROOT
from terang.emulator.archive import fingerprint, zip_of
from terang.emulator.stack import REGION, LocalStack, StackError

ARTIFACTS, TEMPLATE = "local-artifacts", "template.yaml"
BUILT = ROOT / ".local-build"
DEPLOY_SECONDS = 120


def built() -> dict[str, Path]:
    """The zips of layers and functions by the path that the template names, made where changed."""
    zips = {}
    for uri in (*(f"layers/{one}" for one in LAYERS), *(f"functions/{one}" for one in FUNCTIONS)):
        folder = ROOT / uri
        path = BUILT / f"{uri.replace('/', '-')}-{fingerprint(folder)}.zip"
        if not path.exists():
            BUILT.mkdir(exist_ok=True)
            data = zip_of(folder, "python/" if uri.startswith("layers/") else "")
            for old in BUILT.glob(f"{uri.replace('/', '-')}-*.zip"):
                if old != path:
                    old.unlink(missing_ok=True)
            _put_whole(path, data)
        zips[uri] = path
    return zips


def _put_whole(path: Path, data: bytes) -> None:
    """Let a file appear with all its bytes: another run may be looking for it just now."""
    with NamedTemporaryFile(dir=path.parent, delete=False) as part:
        part.write(data)
    Path(part.name).replace(path)


LAYERS = ("rules", "matcher", "ledger", "dsa", "claims")
FUNCTIONS = ("intake", "scan", "decide", "publish", "learn", "answer")


def deploy(stack: LocalStack, name: str, parameters: dict[str, str]) -> dict[str, str]:
    """Create the stack from the template; its outputs. Raises StackError with the reason."""
    zips = built()
    s3 = stack.client("s3")
    s3.create_bucket(Bucket=ARTIFACTS, CreateBucketConfiguration={"LocationConstraint": REGION})
    for path in zips.values():
        s3.put_object(Bucket=ARTIFACTS, Key=path.name, Body=path.read_bytes())
    s3.put_object(Bucket=ARTIFACTS, Key=TEMPLATE, Body=_with_artifacts(zips).encode())
    cloudformation = stack.client("cloudformation")
    cloudformation.create_stack(
        StackName=name,
        TemplateURL=f"{stack.url}/{ARTIFACTS}/{TEMPLATE}",  # 51,200 bytes in the call are too few
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
    )
    return _outputs(cloudformation, name)


def _outputs(cloudformation: Any, name: str) -> dict[str, str]:
    deadline = time.monotonic() + DEPLOY_SECONDS
    while time.monotonic() < deadline:
        found = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        status = found["StackStatus"]
        if status == "CREATE_COMPLETE":
            return {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", ())}
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
    """The template's text with the place of each zip instead of its folder, as `sam build` does."""
    text = (ROOT / "template.yaml").read_text()
    for uri, path in zips.items():
        for key in ("CodeUri", "ContentUri"):
            text = text.replace(f"{key}: {uri}\n", f"{key}: s3://{ARTIFACTS}/{path.name}\n")
    return text
