"""The built layers and functions under Lambda's own runtime client: nothing is missing in them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stack.running import DAY, ROOT, STACK, Running

from ledger.findings import file_id
from terang import emulator
from terang.emulator import ACCOUNT
from terang.runner import Dropped

UNZIPPED_BYTES = 100_000_000
"""Far under the 250 MB that Lambda takes; what grows past it should be meant."""

MOST_LAYERS = 5

FUNCTIONS = ("Intake", "Scan", "Decide", "Publish", "Feeds", "Answer")
LAYERS = sorted({layer for function in FUNCTIONS for layer in emulator.layers_of(function)})


@pytest.fixture(scope="module", autouse=True)
def build() -> None:
    if not emulator.SAM.exists():
        pytest.skip("sam is not set up: scripts/bootstrap.sh sam runtime")
    subprocess.run([ROOT / "scripts/bootstrap.sh", "runtime"], check=True)
    emulator.build()


def event_of(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((ROOT / f"events/{name}.json").read_text())
    return event


def settings_of(running: Running, function: str) -> dict[str, str]:
    """The settings of the deployed function, and how to reach the local stack."""
    found = running.stack.client("lambda").get_function_configuration(
        FunctionName=running.outputs[f"{function}Function"]
    )
    settings: dict[str, str] = found["Environment"]["Variables"]
    return settings | running.stack.environment()


@pytest.fixture
def silent(running: Running) -> Iterator[None]:
    """The drop bucket tells the deployed intake nothing: the built one is alone."""
    s3, bucket = running.stack.client("s3"), running.outputs["DropBucket"]
    told = s3.get_bucket_notification_configuration(Bucket=bucket)
    told.pop("ResponseMetadata")
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    yield
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=told)


def test_the_built_intake_cuts_a_file(running: Running, silent: None, tmp_path: Path) -> None:
    """The deployed scan takes the units that it sent."""
    running.register("built-chat", ())
    bucket, key = running.outputs["DropBucket"], "drop/built-chat/posts.jsonl"
    sample = ROOT / "local/samples/files/posts.jsonl"
    source = running.objects.put(bucket, key, sample.read_bytes())
    event = event_of("intake-s3-put")
    place = event["Records"][0]["s3"]
    place["bucket"]["name"] = bucket
    place["object"] |= {"key": key, "versionId": source.version}
    with emulator.started("Intake", settings_of(running, "Intake"), tmp_path / "log") as url:
        assert emulator.invoke(url, event) is None
    log = (tmp_path / "log").read_text()
    assert '"message":"cut"' in log
    file = file_id(bucket, key, source.version)
    (told,) = running.finish("built-chat", [Dropped(sample, file, source.size)])
    assert (told.status, told.inspected, told.findings) == ("done", 58, 29)


def test_the_built_scan_finds_and_refuses(running: Running, tmp_path: Path) -> None:
    running.register("built-chat", ())
    event = event_of("scan-posts-malformed-among-good")
    for record in event["Records"]:
        record["messageAttributes"]["provider"]["stringValue"] = "built-chat"
        record["eventSourceARN"] = running.outputs["PostsArn"]
        record["attributes"]["SenderId"] = ACCOUNT
    with emulator.started("Scan", settings_of(running, "Scan"), tmp_path / "log") as url:
        assert emulator.invoke(url, event) == {"batchItemFailures": []}
    (receipt,) = [one for one in running.receipts("built-chat") if one.kind == "messages"]
    assert (receipt.messages, receipt.inspected) == (3, 2)
    assert receipt.refused == {"json_syntax": 1}
    packs = {rule.partition("/")[0] for rule in receipt.by_rule}
    assert packs == {"advance-fee", "sms-fraud-id"}


def test_the_built_decide_tells_an_author(running: Running, tmp_path: Path) -> None:
    """Its templates and the library that fills them are in the build."""
    running.register("built-decides", ())
    post = json.loads(event_of("scan-posts-object")["Records"][0]["body"])
    running.finish("built-decides", [], running.send("built-decides", [json.dumps(post)]))
    [finding] = running.store.open_findings("built-decides", 9)
    event = event_of("decide-decision")
    [record] = event["Records"]
    record["body"] = json.dumps(json.loads(record["body"]) | {"findings": [finding.finding]})
    record["messageAttributes"]["provider"]["stringValue"] = "built-decides"
    record["attributes"]["SenderId"] = ACCOUNT
    with emulator.started("Decide", settings_of(running, "Decide"), tmp_path / "log") as url:
        assert emulator.invoke(url, event) == {"batchItemFailures": []}
    keys = running.objects.keys(running.outputs["OutBucket"], "out/built-decides/notices/")
    assert [key.rpartition(".")[0][-2:] for key in keys] == ["en", "id", "zh"]


def test_the_built_publish_publishes(running: Running, tmp_path: Path) -> None:
    running.register("built-chat", ())
    sent = running.send("built-chat", ['{"id": "sent to be published"}'])
    running.finish("built-chat", [], sent)
    with emulator.started("Publish", settings_of(running, "Publish"), tmp_path / "log") as url:
        answer = emulator.invoke(url, event_of("publish-provisional"))
    assert answer["written"] > 0, answer
    receipts, numbers = running.receipts("built-chat"), running.summary("built-chat")["numbers"]
    assert numbers["records"] == sum(one.records for one in receipts)
    assert numbers["refused_by_code"]["not_public"] >= 1
    assert b"<svg" in running.published()[f"summaries/built-chat/{DAY}.html"]


def test_the_built_feeds_and_answer_start(running: Running, tmp_path: Path) -> None:
    """All that they import is in their layers."""
    with emulator.started("Feeds", settings_of(running, "Feeds"), tmp_path / "feeds") as url:
        assert emulator.invoke(url, event_of("intake-s3-test-event")) is None
    with emulator.started("Answer", settings_of(running, "Answer"), tmp_path / "answer") as url:
        answer = emulator.invoke(url, event_of("answer-question"))
        page = emulator.invoke(url, event_of("answer-page"))
    assert '<html lang="id">' in page["body"]
    assert (answer["statusCode"], answer["body"]) == (403, '{"code": "not_known"}')


def test_an_event_is_sent_with_the_names_of_the_stack(running: Running) -> None:
    """`make invoke`: the shipped event as it stands, to the built function, without Docker."""
    running.register("invoked-chat", ())
    event = [ROOT / "events/invoke.py", "scan-posts-object", STACK, "invoked-chat"]
    typed = [sys.executable, *event]
    done = subprocess.run(
        typed, env=os.environ | running.stack.environment(), capture_output=True, text=True
    )
    assert (done.returncode, json.loads(done.stdout)) == (0, {"batchItemFailures": []}), done.stderr
    (receipt,) = [each for each in running.receipts("invoked-chat") if each.kind == "message"]
    assert (receipt.inspected, receipt.findings) == (1, 1)
    assert '"message":' in done.stderr


def test_an_event_that_is_not_there_is_named() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "events/invoke.py", "scan-post", STACK],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert (
        "EVENT=scan-post: there is no such event here; there are announce-s3-put, " in done.stderr
    )


@pytest.mark.parametrize(("name", "said"), [
    ("scan-unit", '"refused":{"object_gone":1}'), ("announce-s3-put", "Memory Size: 512 MB"),
    ("announce-test", '"code": "no_webhook"'), ("console-page", '"statusCode": 303'),
])  # fmt: skip
def test_what_an_event_says_on_a_fresh_stack(running: Running, name: str, said: str) -> None:
    running.register("fresh-chat", ())
    typed = [sys.executable, ROOT / "events/invoke.py", name, STACK, "fresh-chat"]
    environment = os.environ | running.stack.environment()
    done = subprocess.run(typed, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert said in done.stdout + done.stderr, done.stderr


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_and_its_layers_are_far_from_lambdas_limit(function: str) -> None:
    layers = emulator.layers_of(function)
    assert 0 < len(layers) <= MOST_LAYERS
    files = (path for part in (function, *layers) for path in (emulator.BUILD / part).rglob("*"))
    assert sum(path.stat().st_size for path in files if path.is_file()) < UNZIPPED_BYTES


def test_only_scan_carries_numpy() -> None:
    """It lies in the matcher's layer."""
    assert [name for name in FUNCTIONS if "MatcherLayer" in emulator.layers_of(name)] == ["Scan"]


@pytest.mark.parametrize("part", [*FUNCTIONS, *LAYERS])
def test_nothing_built_is_what_the_runtime_brings(part: str) -> None:
    """boto3 in a layer would hide the runtime's own, and weigh more than all the rest."""
    names = {path.name for path in (emulator.BUILD / part).glob("**/*") if path.is_dir()}
    assert names.isdisjoint({"boto3", "botocore", "awslambdaric"})
