"""Three implementations of AWS for one contract."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from integration.conftest import clients_of_moto, keep_limits
from moto import mock_aws
from simulation.clients import Client, DirectTransport
from simulation.contract.strict import make_strict
from simulation.dynamodb import DynamoDB
from simulation.s3 import S3
from simulation.sqs import SQS
from support.world import Clients, World

from terang.emulator import EMULATOR, LocalStack, local_stack

PARAMETERS = "before-parameter-build.dynamodb.*"
SERVICES = ("dynamodb", "s3", "sqs")
IMPLEMENTATIONS = ["memory", "moto", pytest.param("emulator", marks=pytest.mark.stack)]


@pytest.fixture(scope="module", params=IMPLEMENTATIONS)  # a moto that stays would be everybody's
def implementation(request: pytest.FixtureRequest) -> Iterator[tuple[str, Clients]]:
    if request.param == "memory":
        services = (DynamoDB(page_items=3), S3(page_keys=3), SQS())
        yield request.param, Clients(*(Client(service, DirectTransport()) for service in services))
    elif request.param == "moto":
        with mock_aws():
            clients = clients_of_moto()
            clients.dynamodb.meta.events.unregister(PARAMETERS, keep_limits)
            make_strict(clients.dynamodb, clients.sqs)
            yield request.param, clients
    else:
        if not EMULATOR.exists():
            pytest.skip("the local stack is not set up: scripts/bootstrap.sh stack")
        with local_stack() as stack:
            yield request.param, Clients(*(client_of(stack, name) for name in SERVICES))


def client_of(stack: LocalStack, service: str) -> Any:
    """A client of the local stack, in the region where a bucket needs no place."""
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(service, endpoint_url=stack.url, region_name="us-east-1", **keys)


@pytest.fixture
def aws(implementation: tuple[str, Clients], request: pytest.FixtureRequest) -> Iterator[World]:
    """A world on each implementation. A test marked `gap` for one of them must fail there."""
    name, clients = implementation
    for gap in request.node.iter_markers("gap"):
        if name in gap.args:
            mark = pytest.mark.xfail(reason=gap.kwargs["reason"], strict=True)
            request.applymarker(mark)
    world = World(clients)
    yield world
    world.remove()


@pytest.fixture
def dynamodb(aws: World) -> Any:
    return aws.clients.dynamodb


@pytest.fixture
def s3(aws: World) -> Any:
    return aws.clients.s3


@pytest.fixture
def sqs(aws: World) -> Any:
    return aws.clients.sqs
