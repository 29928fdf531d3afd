"""The function intake, event by event."""

import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from integration.handlers import Context, created, delivery, deployed
from simulation.answers import refusal
from simulation.sqs import SQS
from support.sample_posts import lines
from support.world import World

from ledger.codes import OperatorError
from ledger.objects import TimeReserveError


@pytest.fixture
def intake(world: World) -> Iterator[ModuleType]:
    with deployed("intake", world) as module:
        yield module


def call(intake: ModuleType, *records: dict[str, Any]) -> None:
    assert intake.handler({"Records": list(records)}, Context(seconds=900)) is None


def deliver(world: World, intake: ModuleType, *bodies: object, receives: int = 1,
            handle: str = "handle") -> set[str]:  # fmt: skip
    """Deliver messages of the queue of files; the bodies of those that are named as failed."""
    records = [
        delivery(number, json.dumps(one), "arn:files", receives=receives)
        | {"receiptHandle": handle}
        for number, one in enumerate(bodies)
    ]
    answer = intake.handler({"Records": records}, Context())
    failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
    return {record["body"] for record in records if record["messageId"] in failed}


def file_event(world: World, name: str = "posts.jsonl") -> dict[str, Any]:
    return {"Records": [created(world, *world.put(lines("a"), name))]}


def test_a_file_that_waited_in_the_queue_is_cut(world: World, intake: ModuleType) -> None:
    assert deliver(world, intake, file_event(world)) == set()
    assert len(world.units()) == 1


def test_a_message_that_comes_twice_sends_the_same_units(world: World, intake: ModuleType) -> None:
    event = file_event(world)
    assert deliver(world, intake, event) == set()
    first = world.units()
    assert deliver(world, intake, event, receives=2) == set()
    assert world.units() == first
    world.scan(*first)
    before = world.state()
    assert deliver(world, intake, event, receives=3) == set()
    world.scan(*world.units())
    assert world.state() == before


def test_the_test_message_of_s3_is_taken_and_does_nothing(world: World, intake: ModuleType) -> None:
    before = world.state()
    told = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": world.drop}
    assert deliver(world, intake, told) == set()
    assert world.state() == before


def test_a_message_that_fails_is_named_and_its_neighbours_are_not(world: World, intake: ModuleType,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    assert deliver(world, intake, file_event(world), "zq7-poison") == {'"zq7-poison"'}
    assert len(world.units()) == 1
    assert "zq7-poison" not in capsys.readouterr().out


@pytest.mark.parametrize(("receives", "seconds"), [(1, 60), (2, 120), (4, 240)])
def test_a_failed_message_comes_again_after_minutes_and_not_hours(world: World, intake: ModuleType,
        monkeypatch: pytest.MonkeyPatch, receives: int, seconds: int) -> None:  # fmt: skip
    """While no set is published, as on the first day of a stack."""
    world.clients.s3.delete_object(Bucket=world.public, Key="sets/current.json")
    hidden: list[dict[str, Any]] = []
    monkeypatch.setattr(
        intake.sqs, "change_message_visibility", lambda **asked: hidden.append(asked)
    )
    event = file_event(world)
    assert deliver(world, intake, event, receives=receives, handle="h") == {json.dumps(event)}
    queue = {"QueueUrl": intake.files_queue_url, "ReceiptHandle": "h"}
    assert hidden == [queue | {"VisibilityTimeout": seconds}]


def test_a_message_that_cannot_be_shown_sooner_fails_all_the_same(world: World, intake: ModuleType,
        monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """Its handle is one that SQS does not know any more."""

    def unknown(*_: object, **__: object) -> None:
        raise refusal("ReceiptHandleIsInvalid", "ChangeMessageVisibility")

    monkeypatch.setattr(SQS, "change_message_visibility", unknown)
    world.clients.s3.delete_object(Bucket=world.public, Key="sets/current.json")
    assert len(deliver(world, intake, file_event(world), handle="stale")) == 1


def test_a_worker_without_memory_names_nothing_and_ends(world: World, intake: ModuleType,
        monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    def spent(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(type(intake.intake), "receive", spent)
    with pytest.raises(MemoryError):
        deliver(world, intake, file_event(world))


def test_the_test_event_of_s3_does_nothing(world: World, intake: ModuleType) -> None:
    before = world.state()
    event = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": world.drop}
    assert intake.handler(event, Context()) is None
    assert world.state() == before


def test_events_of_another_bucket_or_kind_are_ignored(world: World, intake: ModuleType) -> None:
    key, version = world.put(lines("a"))
    foreign = created(world, key, world.objects.put(world.work, key, lines("a")).version)
    foreign["s3"] = foreign["s3"] | {"bucket": {"name": world.work}}
    before = world.state()
    call(intake, foreign, created(world, key, version, eventName="ObjectRemoved:Delete"))
    assert world.state() == before
    assert world.units() == []


def test_every_record_of_an_event_is_taken(world: World, intake: ModuleType) -> None:
    places = [world.put(lines("a"), f"{number}.jsonl") for number in range(3)]
    call(intake, *(created(world, *place) for place in places))
    assert len(world.units()) == 3


def test_a_file_for_which_too_little_time_is_left_comes_again_with_its_event(world: World,
        intake: ModuleType) -> None:  # fmt: skip
    """It would be refused as too large, for the time that the file before it took."""
    places = [world.put(lines("a"), f"{number}.jsonl") for number in range(2)]
    records = {"Records": [created(world, *place) for place in places]}
    with pytest.raises(TimeReserveError):
        intake.handler(records, Context(seconds=500))
    assert len(world.units()) == 1


def test_a_fault_of_the_platform_brings_the_event_again(world: World, intake: ModuleType) -> None:
    world.clients.s3.delete_object(Bucket=world.public, Key="sets/current.json")
    key, version = world.put(lines("a"))
    with pytest.raises(OperatorError, match="no set is published"):
        call(intake, created(world, key, version))


def test_outcomes_are_counted_and_no_name_or_word_is_logged(world: World, intake: ModuleType,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    canary = "canary-4711"
    places = [world.put(lines(canary), f"{canary}.jsonl"),
              world.put(bytes(range(256)) * 8 + canary.encode(), f"{canary}.bin"),
              world.put(lines(canary), f"{canary}.jsonl", provider=f"no-{canary}")]  # fmt: skip
    call(intake, *(created(world, *place) for place in places))
    output = capsys.readouterr()
    assert canary not in output.out + output.err
    written = [json.loads(row) for row in output.out.splitlines()]
    logged = [row["message"] for row in written if "message" in row]
    assert logged == ["cut", "refused", "unknown_provider"]
    [emf] = [row for row in written if "_aws" in row]
    assert emf["UnknownProvider"] == [1]
