"""AWS in memory: the simulation's, or moto, both with the limits that neither keeps."""

from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any

import boto3
import pytest
from botocore.config import Config
from integration.event_account import account, shipped  # noqa: F401 - fixtures
from moto import mock_aws
from moto.core.models import botocore_stubber
from simulation.clients import DirectTransport
from support.canary import leaks, log_places, places_of
from support.world import SECRET, SECRET_NAME, Clients, World, clients_in_memory

TRANSACTION_BYTES = 4 * 1024 * 1024

OVER_BOTO3 = ("test_objects", "test_store", "test_unknown_names")
"""Modules that hang faults into boto3's own clients, or ask for other services: they have moto. The
worlds of all others stand on the simulation's services, which answer 20 times as fast. The contract
in `simulation/contract` proves that both answer alike."""


def keep_limits(params: dict[str, Any], model: Any, **_: Any) -> None:
    keep_limits_of(model.name, params)


def keep_limits_of(operation: str, params: dict[str, Any]) -> None:
    """Reads are consistent, except of the index; transactions are as small as they must be."""
    if operation in {"GetItem", "Query"} and "IndexName" not in params:
        assert params.get("ConsistentRead") is True
    if operation == "BatchGetItem":
        for request in params["RequestItems"].values():
            assert request["ConsistentRead"] is True
            assert len(request["Keys"]) <= 100
    if operation == "TransactWriteItems":
        assert len(params["TransactItems"]) <= 100
        assert len(repr(params["TransactItems"])) < TRANSACTION_BYTES


_one_at_a_time = Lock()


def answer(event_name: str, request: Any, **more: Any) -> Any:
    """What moto answers. It is not made for threads, so they wait for each other here."""
    with _one_at_a_time:
        return botocore_stubber(event_name=event_name, request=request, **more)


def clients_of_moto() -> Clients:
    """Clients that try three times."""
    quick = Config(retries={"mode": "standard", "total_max_attempts": 3})
    session = boto3.Session(region_name="us-east-1")
    made = Clients(*(session.client(name, config=quick) for name in ("dynamodb", "s3", "sqs")))
    made.dynamodb.meta.events.register("before-parameter-build.dynamodb.*", keep_limits)
    for client in (made.dynamodb, made.s3, made.sqs):
        client.meta.events.unregister("before-send", botocore_stubber)
        client.meta.events.register_first("before-send", answer)
    return made


class LimitedTransport(DirectTransport):
    """Keeps the limits in calls of the simulation's clients."""

    def call(self, operation: str, perform: Callable[..., Any], params: dict[str, Any]) -> Any:
        keep_limits_of(operation.title().replace("_", ""), params)
        return super().call(operation, perform, params)


@pytest.fixture(scope="module")
def clients(request: pytest.FixtureRequest) -> Iterator[Clients]:
    """Clients made once a module: making one takes longer than most tests."""
    if not request.module.__name__.endswith(OVER_BOTO3):
        yield clients_in_memory(LimitedTransport())
        return
    with mock_aws():
        secrets = boto3.client("secretsmanager", region_name="us-east-1")
        secrets.create_secret(Name=SECRET_NAME, SecretString=SECRET.decode())
        yield clients_of_moto()


@pytest.fixture
def heard(
        capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:  # fmt: skip
    """All that a test printed, logged and measured, also what it has read itself."""
    read, parts = capsys.readouterr, list[str]()

    def reading() -> Any:
        found = read()
        parts.append(found.out + found.err)
        return found

    monkeypatch.setattr(capsys, "readouterr", reading)
    return lambda: f"{reading() and ''.join(parts)}{caplog.text}"


@pytest.fixture
def new_world(clients: Clients, heard: Callable[[], str]) -> Iterator[Callable[..., World]]:
    """Make worlds; at the test's end they are searched for what senders said, and are gone."""
    made: list[World] = []

    def make(**settings: Any) -> World:
        made.append(World(clients, **settings))
        return made[-1]

    yield make
    places = [place for world in made if not world.removed for place in places_of(world)]
    assert leaks([*places, *log_places(heard())]) == []
    for world in made:
        world.remove()


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    return new_world()


@pytest.fixture
def fresh_clients(clients: Clients) -> Clients:
    """Clients of the same AWS that a test may hang faults into."""
    return clients_of_moto()
