"""Deploys template.yaml to the local stack, without the one alarm that it cannot read."""

import re
import time
from pathlib import Path
from typing import Any

from terang import ROOT
from terang.emulator.local_build import built
from terang.emulator.stack import REGION, LocalStack, StackError

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
    text = re.sub(r"^  PublishMissingAlarm:.*\n(?:    .*\n)+", "", text, flags=re.MULTILINE)
    for uri, path in zips.items():
        for key in ("CodeUri", "ContentUri"):
            text = text.replace(f"{key}: {uri}\n", f"{key}: s3://{ARTIFACTS}/{path.name}\n")
    return text
