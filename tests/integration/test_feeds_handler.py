"""The function feeds, event by event."""

import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from integration.handlers import Context, created, deployed
from support.sample_checks import CHECKS, table
from support.world import World

KEY = "factchecks/checks.csv"


@pytest.fixture
def feeds(world: World) -> Iterator[ModuleType]:
    with deployed("feeds", world) as module:
        yield module


def put(world: World, bucket: str, key: str, feed: bytes) -> dict[str, Any]:
    """Put a feed and return S3's record of it."""
    record = created(world, key, world.objects.put(bucket, key, feed).version)
    record["s3"] = record["s3"] | {"bucket": {"name": bucket}}
    return record


def test_a_feed_is_taken_and_its_checks_are_logged(world: World, feeds: ModuleType,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    feeds.handler({"Records": [put(world, world.work, KEY, table(*CHECKS))]}, Context())
    [line] = map(json.loads, capsys.readouterr().out.splitlines())
    assert (line["message"], line["checks"], line["corrected"]) == ("taken", 4, 0)
    assert line["function_request_id"] == "request"


def test_events_of_another_bucket_or_prefix_are_ignored(world: World, feeds: ModuleType) -> None:
    feed = table(*CHECKS)
    records = [put(world, world.drop, KEY, feed), put(world, world.work, "parts/checks.csv", feed)]
    before = world.state()
    feeds.handler({"Records": records}, Context())
    assert world.state() == before
