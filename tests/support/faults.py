"""Faults of a platform: calls that are lost, or not acknowledged, or that kill the worker."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from moto.core.models import botocore_stubber


class CrashError(BaseException):
    """The worker is gone. No handler of errors may see it."""


def plan_answers(client: Any, service: str, operation: str, acts: Iterable[str]) -> None:
    """Let the next calls of an operation end as told: `ok`, `drop` or `lost_ack`. A dropped call
    was not applied; one whose acknowledgement is lost was. The client's own tries begin behind
    this, so each of them is an act."""
    acts = iter(acts)

    def answer(event_name: str, request: Any, **more: Any) -> None:
        act = next(acts, "ok")
        if act == "drop":
            raise ConnectionClosedError(endpoint_url=request.url)
        if act == "lost_ack":
            botocore_stubber(event_name=event_name, request=request, **more)
            raise ReadTimeoutError(endpoint_url=request.url)

    client.meta.events.register_first(f"before-send.{service}.{operation}", answer)


@dataclass(slots=True)
class Calls:
    """Counts the calls that pass through. Before number `at` something happens; when number `fatal`
    has been applied, the worker dies."""

    at: int | None = None
    happens: Callable[[], None] = lambda: None
    fatal: int | None = None
    names: list[str] = field(default_factory=list)

    def through(self, target: Any) -> Any:
        """The target, its calls counted."""
        return _Counted(target, self)


class _Counted:
    def __init__(self, target: Any, calls: Calls) -> None:
        self._target, self._calls = target, calls

    def __getattr__(self, name: str) -> Any:
        found, calls = getattr(self._target, name), self._calls

        def call(*args: Any, **options: Any) -> Any:
            number = len(calls.names)
            calls.names.append(name)
            if number == calls.at:
                calls.happens()
            answer = found(*args, **options)
            if number == calls.fatal:
                raise CrashError
            return answer

        return call
