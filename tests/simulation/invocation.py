"""One call of a function, which can stand still between two calls of AWS."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from greenlet import getcurrent, greenlet
from simulation.patches import cold_start
from support.faults import CrashError

SECONDS = {"intake": 900, "scan": 300, "publish": 900}


@dataclass(slots=True)
class Worker:
    """A warm environment of a function: its module, and a clock that may be off."""

    function: str
    module: ModuleType
    skew: float
    is_spent: bool = False

    @classmethod
    def started(cls, function: str, skew: float) -> "Worker":
        return cls(function, cold_start(function), skew)


class Invocation(greenlet):
    """A running call: `answer` or `error` is its result, which `ended` gets. `looks_left` is how
    often there is still time when the function looks; None: always."""

    def __init__(
            self, worker: Worker, event: dict[str, Any], ended: Callable[["Invocation"], None],
            looks_left: int | None = None) -> None:  # fmt: skip
        super().__init__(self._work)
        self.worker, self.event, self.ended = worker, event, ended
        self.function, self.skew = worker.function, worker.skew
        self.looks_left = looks_left
        self.answer: Any = None
        self.error: BaseException | None = None
        self.hub = getcurrent()

    @property
    def is_spent(self) -> bool:
        """Whether the worker has no memory left."""
        return self.worker.is_spent

    @is_spent.setter
    def is_spent(self, spent: bool) -> None:
        self.worker.is_spent = spent

    def pause(self) -> None:
        """Let others go on."""
        self.hub.switch()

    def get_remaining_time_in_millis(self) -> int:
        """What Lambda's context says."""
        if self.looks_left is None:
            return SECONDS.get(self.function, 300) * 1_000
        self.looks_left -= 1
        return SECONDS.get(self.function, 300) * 1_000 if self.looks_left >= 0 else 1_000

    def _work(self) -> None:
        try:
            self.answer = self.worker.module.handler(self.event, _Context(self))
        except (Exception, CrashError) as error:  # noqa: BLE001 - Lambda hears of whatever it is
            self.error = error


@dataclass(frozen=True, slots=True)
class _Context:
    """What Lambda tells of a call."""

    invocation: Invocation
    function_name: str = "function"
    memory_limit_in_mb: str = "1769"
    aws_request_id: str = "request"
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:function"

    def get_remaining_time_in_millis(self) -> int:
        return self.invocation.get_remaining_time_in_millis()
