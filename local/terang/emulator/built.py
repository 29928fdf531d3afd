"""Runs what `sam build` makes under Lambda's own runtime client and emulator, without Docker.

Deploys template.yaml to the local stack, without its alarms, which it cannot read.
"""

import json
import os
import platform
import re
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from terang import ROOT
from terang.emulator.stack import REGION, LocalStack, StackError, built, ending_with_this_process

BUILD = ROOT / ".aws-sam/build"
SAM = ROOT / ".tools/sam/bin/sam"
RUNTIME = ROOT / ".tools/runtime/bin/python"
"""Lambda's interpreter with what its runtime brings: the runtime client and boto3."""

LAYERS = ("TerangLayer", "MatcherLayer", "ClaimsLayer", "PagesLayer")
SOURCES = ("functions", "layers", "template.yaml")
MACHINES = {"x86_64": "x86_64", "aarch64": "arm64"}
START_SECONDS = 20


def emulator() -> Path:
    """Return the Runtime Interface Emulator that ships with sam.

    Raises StackError if sam or the runtime client is not set up.
    """
    if not (SAM.exists() and RUNTIME.exists()):
        raise StackError("the build is not set up: run scripts/bootstrap.sh sam runtime")
    name = f"aws-lambda-rie-{MACHINES[platform.machine()]}"
    return next(SAM.parents[1].glob(f"lib/python3.*/site-packages/samcli/local/rapid/{name}"))


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
        for source in SOURCES
        for path in (ROOT / source, *(ROOT / source).rglob("*"))
        if "__pycache__" not in path.parts and path.is_file()
    )


def size_of(part: str) -> int:
    """Return the bytes of a built layer or function, unzipped."""
    return sum(path.stat().st_size for path in (BUILD / part).rglob("*") if path.is_file())


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
    """
    doors = [_free_port(), _free_port()]
    door, api = (f"127.0.0.1:{port}" for port in doors)
    command: list[str | Path] = [
        *(emulator(), "--log-level", "error"),
        *("--runtime-interface-emulator-address", door, "--runtime-api-address", api),
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
        _wait_for(doors[0])
        yield f"http://{door}/2015-03-31/functions/function/invocations"
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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
        else:
            return


ARTIFACTS, TEMPLATE = "local-artifacts", "template.yaml"
DEPLOY_SECONDS = 120


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
    # The emulator refuses alarms on more than one metric.
    text = re.sub(r"^  \w+Alarm:.*\n(?:    .*\n)+", "", text, flags=re.MULTILINE)
    for uri, path in zips.items():
        for key in ("CodeUri", "ContentUri"):
            text = text.replace(f"{key}: {uri}\n", f"{key}: s3://{ARTIFACTS}/{path.name}\n")
    return text
