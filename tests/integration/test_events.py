"""The events in events/ as they stand: true sizes, digests and settings, each in the README."""

from hashlib import md5

import pytest
from integration.event_account import (
    ENV,
    EVENTS,
    ROOT,
    SAMPLE,
    names,
    place,
    read_event,
)
from support.declared import read_template


def test_env_json_names_what_the_template_declares_for_each_function() -> None:
    """`sam local invoke` passes over every other name."""
    template = read_template()
    common = template["Globals"]["Function"]["Environment"]["Variables"].keys()
    for function, settings in ENV.items():
        own = template["Resources"][function]["Properties"]["Environment"]["Variables"].keys()
        assert settings.keys() <= common | own, function


@pytest.mark.parametrize("name", names("intake-s3-put"))
def test_events_of_the_sample_tell_its_true_size_and_digest(name: str) -> None:
    data = SAMPLE.read_bytes()
    dropped = place(read_event(name))["object"]
    assert (dropped["size"], dropped["eTag"]) == (len(data), md5(data).hexdigest())


@pytest.mark.parametrize("name", [*names("intake-queued"), *names("scan"), *names("decide")])
def test_messages_tell_the_true_digest_of_their_bodies(name: str) -> None:
    for record in read_event(name)["Records"]:
        assert record["md5OfBody"] == md5(record["body"].encode()).hexdigest()


def test_the_event_of_a_feed_tells_its_true_size_and_digest() -> None:
    data = (ROOT / "local/samples/factchecks.csv").read_bytes()
    dropped = place(read_event("learn-s3-put"))["object"]
    assert (dropped["size"], dropped["eTag"]) == (len(data), md5(data).hexdigest())


def test_the_readme_lists_every_event() -> None:
    readme = (EVENTS / "README.md").read_text()
    for path in sorted(EVENTS.glob("*-*.json")):
        assert f"| `{path.stem}` |" in readme
