"""The function announce: a message that fails comes again, later each time, and no other does."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from integration.handlers import Context, call, delivery, deployed
from simulation.clients import Client, DirectTransport
from simulation.sqs import SQS
from support.world import World

from announce.announcements import WAITS
from ledger.keys import entry_key

SECRET = "whsec_c2VjcmV0LWNhbmFyeQ=="
KEY = entry_key("acme", "2026-11-25", "a" * 64)
ENTRY = {"entry": "a" * 64, "type": "decision", "at": "2026-11-25T12:00:00Z", "cases": ["b" * 64]}


@dataclass
class Announce:
    """The handler, and what it asked of the bus and the queues: which waits, and where."""

    module: ModuleType
    world: World
    waits: list[tuple[str, int]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    def take(self, queue: str, *bodies: Any, receives: int = 1) -> list[str]:
        """The names of those that failed; each is named by its place."""
        return call(self.module,
                    *(delivery(place, json.dumps(body), f"arn:{queue}", receives=receives)
                      for place, body in enumerate(bodies)))  # fmt: skip


@pytest.fixture
def announce(clients: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Announce]:
    webhooks = {"acme": {"url": "https://127.0.0.1/", "secrets": [{"secret": SECRET}]}}
    events: list[dict[str, Any]] = []

    def put_events(Entries: list[dict[str, Any]]) -> dict[str, int]:  # noqa: N803
        events.extend(Entries)
        return {"FailedEntryCount": 0}

    clients = SimpleNamespace(dynamodb=clients.dynamodb, s3=clients.s3,
                              sqs=Client(SQS(), DirectTransport()),
                              events=SimpleNamespace(put_events=put_events))  # fmt: skip
    world = World(clients)
    monkeypatch.setenv("ANNOUNCEMENTS_QUEUE_URL", f"{world.queue_url}-none")
    monkeypatch.setenv("WEBHOOKS_QUEUE_URL", world.queue_url)
    monkeypatch.setenv("WEBHOOKS_QUEUE_ARN", "arn:webhooks")
    monkeypatch.setenv("EVENT_BUS", "terang")
    monkeypatch.setenv("WEBHOOKS_SECRET", "webhooks")
    with deployed("announce", world, webhooks=json.dumps(webhooks)) as module:
        made = Announce(module, world, events=events)

        def wait(_: SQS, QueueUrl: str, VisibilityTimeout: int, **__: Any) -> None:  # noqa: N803
            made.waits.append((QueueUrl.removeprefix(world.queue_url), VisibilityTimeout))

        monkeypatch.setattr(SQS, "change_message_visibility", wait)
        yield made
    world.remove()


def put(world: World) -> dict[str, Any]:
    """A file for the provider, and the event of S3 about it."""
    world.clients.s3.put_object(Bucket=world.out, Key=KEY, Body=json.dumps(ENTRY).encode())
    return {"Records": [{"s3": {"bucket": {"name": world.out}, "object": {"key": KEY}}}]}


def test_only_what_failed_comes_again_later_each_time(announce: Announce,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    event = {"provider": "acme", "id": "event-1", "body": "{}"}
    for receives, wait in enumerate((*WAITS, WAITS[-1]), start=1):
        failed = announce.take("files", put(announce.world), {"Records": [{}]}, receives=receives)
        assert failed == ["1"]
        assert announce.take("webhooks", event, receives=receives) == ["0"]
        assert announce.waits == [("-none", wait), ("", wait)]
        announce.waits.clear()
    assert len({entry["Detail"] for entry in announce.events}) == 1
    logs = capsys.readouterr().out
    assert '"code":"address_refused"' in logs
    assert SECRET not in logs


def test_an_operator_learns_why_a_test_failed(announce: Announce) -> None:
    assert announce.module.handler({"test": "acme"}, Context()) == {"code": "address_refused"}
    assert announce.module.handler({"test": "beta"}, Context()) == {"code": "no_webhook"}
