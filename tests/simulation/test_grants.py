"""Whatever fails, no function makes a call that its role does not grant.

`template/test_calls.py` plays each kind of call once, and shows as well that nothing more is
granted; here calls come in the order and under the faults that seeds draw.
"""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from greenlet import getcurrent
from simulation.chance import PlannedFaults, SeededFaults
from simulation.fault_injection import FaultInjector
from simulation.runs import run
from simulation.scenarios import SCENARIOS
from template.calls import NOT_THERE, Calls, Need
from template.changes import broken, drop
from template.permissions import allows
from template.resolved import Resolved, source

pytestmark = [
    pytest.mark.usefixtures("patched_machine"),
    pytest.mark.filterwarnings("ignore:No application metrics to publish"),
]
STACK = Resolved.of(source())
SCAN = "Resources/ScanRole/Properties/Policies/0/PolicyDocument/Statement"
SEEDS = 40
SERVICES = {"S3": "s3", "SQS": "sqs", "DynamoDB": "dynamodb"}


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> dict[str, Calls]:
    """What each function calls, under the names of the deployed stack."""
    calls = {name: Calls(STACK) for name in ("intake", "scan", "publish")}
    pass_on = FaultInjector.call

    def record(
        injector: FaultInjector, operation: str, perform: Callable[..., Any], params: dict[str, Any]
    ) -> Any:
        function = getattr(getcurrent(), "function", "")
        if not function:
            return pass_on(injector, operation, perform, params)
        service = SERVICES[type(perform.__self__).__name__]  # type: ignore[attr-defined]
        named = deployed(params)
        calls[function].note(service, _spelt(operation), named)
        try:
            return pass_on(injector, operation, perform, params)
        except ClientError as error:
            if service == "s3" and error.response["Error"]["Code"] in NOT_THERE:
                calls[function].miss(named)
            raise

    monkeypatch.setattr(FaultInjector, "call", record)
    return calls


def test_under_faults_nothing_is_called_that_is_not_granted(called: dict[str, Calls]) -> None:
    for scenario in SCENARIOS:
        assert run(scenario, PlannedFaults()).wrong == []
    for seed in range(SEEDS):
        run(SCENARIOS[seed % len(SCENARIOS)], SeededFaults(seed))
    for function, calls in called.items():
        assert len(calls.needs) > 20
        assert denied(STACK, function, calls) == []
    untagged = Resolved.of(broken(drop(f"{SCAN}/7")))
    assert {need.action for need in denied(untagged, "scan", called["scan"])} == {
        "s3:PutObjectTagging"
    }


def denied(stack: Resolved, function: str, calls: Calls) -> list[Need]:
    role = f"{function.capitalize()}Role"
    return [
        need
        for need in calls.needs
        if not allows(stack, role, need.action, need.resource, LeadingKeys=need.partition)
    ]


def deployed(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a call with the names of the stack's bucket or queue."""
    named = dict(params)
    if "Bucket" in named:
        kind = named["Bucket"].partition("-")[0]
        named["Bucket"] = f"terang-{kind}-123456789012-eu-west-1"
    if "QueueUrl" in named:
        named["QueueUrl"] = named["QueueUrl"].replace("units", "Units")
    return named


def _spelt(operation: str) -> str:
    """The operation as AWS spells it.

    >>> _spelt("list_objects_v2")
    'ListObjectsV2'
    """
    return "".join(part.capitalize() for part in operation.split("_"))
