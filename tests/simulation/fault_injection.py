"""Faults between workers and AWS: calls are lost, doubled or late."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from botocore.exceptions import ClientError, ReadTimeoutError
from greenlet import getcurrent
from simulation.answers import cancelled, refusal
from simulation.chance import Chance, Fault
from support.faults import CrashError

CALL_SECONDS = 0.02


class Worker(Protocol):
    """Who makes a call: a function's name, and how to let others go on."""

    function: str
    is_spent: bool

    def pause(self) -> None:
        """Let others go on."""


@dataclass(slots=True)
class FaultInjector:
    """Carries calls with the faults that chance gives. Calls of the test itself always pass."""

    chance: Chance
    seconds: float
    number: int = 0
    trace: list[tuple[str, str]] = field(default_factory=list)
    late_calls_pending: list[tuple[int, Callable[[], Any]]] = field(default_factory=list)
    planned: list[tuple[int, Callable[[], Any]]] = field(default_factory=list)
    is_faultless: bool = False
    late: set[str] = field(default_factory=set)

    def call(self, operation: str, perform: Callable[..., Any], params: dict[str, Any]) -> Any:
        worker: Any = getcurrent()
        if not hasattr(worker, "pause"):
            return perform(**params)
        if not self.is_faultless and self.chance.switches():
            worker.pause()
        self.seconds += CALL_SECONDS
        number, self.number = self.number, self.number + 1
        self.deliver_late()
        self._let_happen()
        if not self.is_faultless:
            self.trace.append((worker.function, operation))
        if operation == "transact_write_items":  # as boto3 does by itself
            params = {"ClientRequestToken": f"token-{number}"} | params
        if worker.is_spent:
            raise MemoryError
        if self.is_faultless:
            return perform(**params)
        fault = self.chance.fault(number, worker.function, operation)
        return perform(**params) if fault is None else self._fail(fault, operation, perform, params)

    def stop_faults(self) -> None:
        """Let all calls pass. Late calls arrive now, and planned happenings happen now. They must
        happen before the last day is published: here publish looks back few days only."""
        self.is_faultless = True
        self._let_happen(all_of_it=True)
        self.deliver_late(all_of_them=True)

    def plan(self, number: int, happening: Callable[[], Any]) -> None:
        """Let something happen to the stack before call number `number`."""
        self.planned.append((number, happening))

    def deliver_late(self, *, all_of_them: bool = False) -> None:
        """Apply the calls that were late, and are due."""
        due = [one for one in self.late_calls_pending if all_of_them or one[0] <= self.number]
        self.late_calls_pending = [one for one in self.late_calls_pending if one not in due]
        for _, perform in due:
            with suppress(ClientError):  # nobody is there any more to hear of it
                perform()

    def _let_happen(self, *, all_of_it: bool = False) -> None:
        """What others do to the stack at a planned call."""
        due = [one for one in self.planned if all_of_it or one[0] < self.number]
        self.planned = [one for one in self.planned if one not in due]
        for _, happening in due:
            happening()

    def _fail(self, fault: Fault, operation: str, perform: Callable[..., Any],
              params: dict[str, Any]) -> Any:  # fmt: skip
        if fault in {Fault.LATE, Fault.KILLED_LATE}:
            self.late.add(operation)
        match fault:
            case Fault.REFUSED:
                raise refusal("InternalServerError", operation)
            case Fault.BUSY:
                return self._busy(operation, perform, params)
            case Fault.REPEATED | Fault.DOUBLED:
                return self._again(fault, perform, params)
            case Fault.UNKNOWN:
                perform(**params)
                raise ReadTimeoutError(endpoint_url="https://aws.example")
            case Fault.LATE:
                self._later(perform, params)
                raise ReadTimeoutError(endpoint_url="https://aws.example")
            case Fault.SPENT:
                worker: Any = getcurrent()
                worker.is_spent = True
                raise MemoryError
            case Fault.KILLED_AFTER:
                perform(**params)
            case Fault.KILLED_LATE:
                self._later(perform, params)
        raise CrashError

    def _again(self, fault: Fault, perform: Callable[..., Any], params: dict[str, Any]) -> Any:
        """The client's second try, which sees the effect of the first one."""
        perform(**params)
        if fault is Fault.DOUBLED:
            params = {name: value for name, value in params.items() if name != "ClientRequestToken"}
        return perform(**params)

    def _later(self, perform: Callable[..., Any], params: dict[str, Any]) -> None:
        due = self.number + self.chance.late_calls()
        self.late_calls_pending.append((due, lambda: perform(**params)))

    def _busy(self, operation: str, perform: Callable[..., Any], params: dict[str, Any]) -> Any:
        match operation:
            case "transact_write_items":
                reasons = ["None"] * len(params["TransactItems"])
                raise cancelled(["TransactionConflict", *reasons[1:]])
            case "put_object":
                code = "ConditionalRequestConflict" if _is_conditional(params) else "SlowDown"
                raise refusal(code, operation)
            case "send_message_batch":
                kept, *refused = params["Entries"]
                answer = perform(**params | {"Entries": [kept]})
                failed = [{"Id": one["Id"], "Code": "InternalError"} for one in refused or [kept]]
                return answer | {"Failed": failed}
            case "batch_get_item":
                [(table, request)] = params["RequestItems"].items()
                few = request | {"Keys": request["Keys"][:1]}
                answer = perform(RequestItems={table: few})
                left = (
                    {table: request | {"Keys": request["Keys"][1:]}} if request["Keys"][1:] else {}
                )
                return answer | {"UnprocessedKeys": left}
        raise refusal("ThrottlingException", operation)


def _is_conditional(params: dict[str, Any]) -> bool:
    return bool(params.get("IfNoneMatch") or params.get("IfMatch"))
