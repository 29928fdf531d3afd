"""The events in events/ as they stand: true sizes, digests and settings, each in the README."""

import re
from datetime import datetime
from hashlib import md5
from typing import Any

import pytest
from integration.event_account import ENV, EVENTS, ROOT, SAMPLE, names, place, read_event
from support.declared import read_template

from terang import emulator


def test_env_json_names_what_the_template_declares_for_each_function() -> None:
    """`sam local invoke` passes over every other name."""
    template = read_template()
    common = template["Globals"]["Function"]["Environment"]["Variables"].keys()
    for function, settings in ENV.items():
        own = template["Resources"][function]["Properties"]["Environment"]["Variables"].keys()
        assert settings.keys() <= common | own, function


def test_a_built_function_has_the_memory_of_the_template() -> None:
    resources = read_template()["Resources"]
    for function in ENV:
        memory = emulator.environment(function, {})["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        assert memory == str(resources[function]["Properties"]["MemorySize"]), function


@pytest.mark.parametrize("name", names("intake-s3-put"))
def test_events_of_the_sample_tell_its_true_size_and_digest(name: str) -> None:
    data = SAMPLE.read_bytes()
    dropped = place(read_event(name))["object"]
    assert (dropped["size"], dropped["eTag"]) == (len(data), md5(data).hexdigest())


def with_length(text: str) -> bytes:
    return len(text.encode()).to_bytes(4) + text.encode()


def digest_of_attributes(attributes: dict[str, Any]) -> str:
    """As the developer guide of SQS computes it, for values that are strings."""
    hashed = md5()
    for name, given in sorted(attributes.items()):
        hashed.update(with_length(name) + with_length(given["dataType"]))
        hashed.update(b"\x01" + with_length(given["stringValue"]))
    return hashed.hexdigest()


@pytest.mark.parametrize(
    "name", [*names("intake-queued"), *names("scan"), *names("decide"), *names("announce-s3")]
)
def test_messages_tell_their_true_digests_and_are_received_after_they_are_sent(name: str) -> None:
    for record in read_event(name)["Records"]:
        assert record["md5OfBody"] == md5(record["body"].encode()).hexdigest()
        attributes = record["messageAttributes"]
        told = record.get("md5OfMessageAttributes")
        assert told == (digest_of_attributes(attributes) if attributes else None)
        sent = int(record["attributes"]["SentTimestamp"])
        assert sent < int(record["attributes"]["ApproximateFirstReceiveTimestamp"])
        for moment in re.findall(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)", record["body"]):
            assert datetime.fromisoformat(moment).timestamp() * 1000 <= sent


def test_the_event_of_a_feed_tells_its_true_size_and_digest() -> None:
    data = (ROOT / "local/samples/factchecks.csv").read_bytes()
    dropped = place(read_event("feeds-s3-put"))["object"]
    assert (dropped["size"], dropped["eTag"]) == (len(data), md5(data).hexdigest())


def test_the_readme_lists_every_event_and_each_function_has_one() -> None:
    readme = (EVENTS / "README.md").read_text()
    events = sorted(EVENTS.glob("*-*.json"))
    for path in events:
        assert f"| `{path.stem}` |" in readme
    functions = {path.stem.partition("-")[0] for path in events}
    assert functions == {path.name for path in (ROOT / "functions").iterdir() if path.is_dir()}
