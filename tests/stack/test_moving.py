"""What a removed stack leaves behind, and how another stack takes it over."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from stack.conftest import PARAMETERS
from stack.running import BUCKETS, DAY, ROOT, Running

from matcher import Pack
from terang.emulator import EMULATOR, LocalStack, local_stack
from terang.runner import ARTIFACTS, deploy
from terang.set_publishing import PackBucket
from tlog import parse_checkpoint
from verify import Folder, Options, check_place

OLD, NEW = "terang-old", "terang-new"
TEMPLATE = f"{ARTIFACTS}/template.yaml"


@pytest.fixture(scope="module")
def emulator() -> Iterator[LocalStack]:
    if not EMULATOR.exists():
        pytest.skip("the local stack is not set up: scripts/bootstrap.sh stack")
    with local_stack() as stack:
        yield stack


def create(stack: LocalStack, name: str, log_key: str) -> Running:
    """Create a stack from the template that is uploaded; AssertionError with its status if not."""
    parameters = PARAMETERS | {"LogKeyArn": log_key}
    cloudformation = stack.client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateURL=f"{stack.url}/{TEMPLATE}",
                                Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
                                Parameters=[{"ParameterKey": k, "ParameterValue": v}
                                            for k, v in parameters.items()])  # fmt: skip
    found = settled(stack, name)
    assert found["StackStatus"] == "CREATE_COMPLETE", found["StackStatus"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in found["Outputs"]}
    return Running(stack, outputs, DAY)


def settled(stack: LocalStack, name: str) -> dict[str, Any]:
    cloudformation = stack.client("cloudformation")
    while True:
        found: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        if not found["StackStatus"].endswith("IN_PROGRESS"):
            return found
        time.sleep(0.1)


def names(stack: LocalStack) -> set[str]:
    return {one["Name"] for one in stack.client("s3").list_buckets()["Buckets"]} - {ARTIFACTS}


def remove(stack: LocalStack, name: str) -> None:
    cloudformation = stack.client("cloudformation")
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1}
    )


def terang(stack: LocalStack, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([Path(sys.executable).with_name("terang"), *words, "--stack", NEW],
                          env=os.environ | stack.environment(), capture_output=True, check=False,
                          text=True)  # fmt: skip


def test_what_a_removed_stack_kept_gets_another_name(emulator: LocalStack, tmp_path: Path) -> None:
    """The steps of docs/operate.md; at the end every number is proved and the log grows."""
    old = Running(emulator, deploy(emulator, OLD, PARAMETERS), DAY)
    packs = [Pack.parse(path.read_text(), path.name) for path in (ROOT / "packs").glob("*.yaml")]
    PackBucket(old.objects, old.outputs["PublicBucket"]).publish(
        ROOT / "packs", packs, {}, notice_hours=0, now=datetime(2026, 11, 25, tzinfo=UTC)
    )
    old.take("moving-chat", ROOT / "local/samples/files/posts.jsonl")
    old.publish()
    pages, receipts = old.published(), old.receipts("moving-chat")
    remove(emulator, OLD)
    kept = {old.outputs[one] for one in BUCKETS}
    assert names(emulator) == kept
    assert old.receipts("moving-chat") == receipts

    with pytest.raises(AssertionError, match="ROLLBACK"):
        create(emulator, OLD, "")
    assert names(emulator) == kept

    remove(emulator, OLD)
    new = create(emulator, NEW, old.outputs["LogKeyArn"])
    early = terang(emulator, "publish")  # as the schedule does within the hour: it begins no log
    assert (early.returncode, "LogKeyArn is the key of a log" in early.stderr) == (1, True)
    assert terang(emulator, "restore", old.outputs["Table"]).returncode == 0
    secrets = emulator.client("secretsmanager")
    for one in ("PseudonymSecretArn", "PartnersSecretArn", "WebhooksSecretArn"):
        value = secrets.get_secret_value(SecretId=old.outputs[one])["SecretString"]
        secrets.put_secret_value(SecretId=new.outputs[one], SecretString=value)
    s3 = emulator.client("s3")
    for one in ("OutBucket", "PublicBucket"):
        for key in old.objects.keys(old.outputs[one], ""):
            source = {"Bucket": old.outputs[one], "Key": key}
            s3.copy_object(Bucket=new.outputs[one], Key=key, CopySource=source)
    looked = terang(emulator, "fsck")
    assert looked.returncode == 0, looked.stdout + looked.stderr
    assert new.receipts("moving-chat") == receipts
    assert new.published() == pages
    (again,) = new.take("moving-chat", ROOT / "local/samples/files/posts.jsonl")
    assert again.findings == sum(one.findings for one in receipts)
    assert new.receipts("moving-chat") == receipts
    size = parse_checkpoint(pages["log/checkpoint"]).size
    new.turn_clock_of_publish("2026-11-27")
    added = terang(emulator, "publish")
    assert added.returncode == 0, added.stderr
    assert parse_checkpoint(new.published()["log/checkpoint"]).size > size
    new.copy(new.outputs["PublicBucket"], "", tmp_path)
    now = datetime(2026, 11, 27, 12, tzinfo=UTC)
    assert check_place(Folder(tmp_path), Options(now=now)).wrong == []
