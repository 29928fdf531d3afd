"""Whatever fails, no function makes a call that its role does not grant. `template/test_calls.py`
plays each kind of call once, and shows as well that nothing more is granted; here calls come in the
order and under the faults that seeds draw."""

from collections.abc import Callable
from typing import Any

import pytest
from greenlet import getcurrent
from simulation.chance import PlannedFaults, SeededFaults
from simulation.fault_injection import FaultInjector
from simulation.runs import run
from simulation.scenarios import SCENARIOS
from template.calls import SERVICES, Calls, denied, spelt
from template.changes import broken, drop
from template.resolved import Resolved, resolved

pytestmark = [pytest.mark.usefixtures("patched_machine"),
              pytest.mark.filterwarnings("ignore:No application metrics to publish")]  # fmt: skip
STACK = resolved()
SEEDS = 40


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> dict[str, Calls]:
    """What each function calls, under the names of the deployed stack."""
    calls = {name: Calls(STACK) for name in ("intake", "scan", "publish")}
    pass_on = FaultInjector.call

    def record(injector: FaultInjector, operation: str, perform: Callable[..., Any],
               params: dict[str, Any]) -> Any:  # fmt: skip
        function = getattr(getcurrent(), "function", "")
        if not function:
            return pass_on(injector, operation, perform, params)
        return calls[function].noted(
            SERVICES[type(perform.__self__).__name__],  # type: ignore[attr-defined]
            spelt(operation),
            deployed(params),
            lambda: pass_on(injector, operation, perform, params),
        )

    monkeypatch.setattr(FaultInjector, "call", record)
    return calls


def test_under_faults_nothing_is_called_that_is_not_granted(called: dict[str, Calls]) -> None:
    for scenario in SCENARIOS:
        assert run(scenario, PlannedFaults()).wrong == []
    for seed in range(SEEDS):
        run(SCENARIOS[seed % len(SCENARIOS)], SeededFaults(seed))
    for function, calls in called.items():
        assert len(calls.needs) > 20
        assert denied(STACK, f"{function.capitalize()}Role", calls.needs) == set()
    untagged = Resolved.of(broken(drop("ScanRole/Policies/0/PolicyDocument/Statement/7")))
    [need] = {one.action for one in denied(untagged, "ScanRole", called["scan"].needs)}
    assert need == "s3:PutObjectTagging"


def deployed(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a call with the names of the stack's bucket or queue."""
    named = dict(params)
    if "Bucket" in named:
        kind = named["Bucket"].partition("-")[0]
        named["Bucket"] = f"terang-{kind}-123456789012-eu-west-1"
    if "QueueUrl" in named:
        named["QueueUrl"] = named["QueueUrl"].replace("units", "Units")
    return named
