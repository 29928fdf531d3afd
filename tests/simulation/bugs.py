"""A known bug, and the two ways to give it to the product without touching its source. `at_aws`
stands between the product and AWS: it changes calls or answers. `everywhere` replaces a public
function in each product module that imported it. Bugs of one public method replace that method.
None of them reads source text or private names, so the product can be rearranged."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from simulation import invocation
from simulation.clients import Client
from simulation.cluster import Cluster

type Change = Callable[[pytest.MonkeyPatch], None]
type Call = Callable[..., Any]

TESTS = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Bug:
    """A bug by its name, and the change that makes it."""

    name: str
    change: Change

    @contextmanager
    def alive(self) -> Iterator[None]:
        """Give the product this bug."""
        with pytest.MonkeyPatch.context() as patched:
            self.change(patched)
            yield


def at_aws(operation: str, bent: Callable[..., Any]) -> Change:
    """Return a change that sends each call of an operation through `bent(call, **params)`."""

    class Bent(Client):
        def __getattr__(self, name: str) -> Call:
            call = super().__getattr__(name)
            return partial(bent, call) if name == operation else call

    def change(patched: pytest.MonkeyPatch) -> None:
        def client(self: Cluster, service: str) -> Client:
            return Bent(getattr(self, service), self.injector)

        patched.setattr(Cluster, "client", client)

    return change


def without(name: str) -> Callable[..., Any]:
    """Return a change for `at_aws`: the answer lacks one of its fields."""

    def bent(call: Call, **params: Any) -> Any:
        answer = dict(call(**params))
        answer.pop(name, None)
        return answer

    return bent


def everywhere(function: Call, bent: Call) -> Change:
    """Return a change that replaces a public function in all modules of the product."""

    def change(patched: pytest.MonkeyPatch) -> None:
        name = function.__name__
        for module in list(sys.modules.values()):
            if getattr(module, "__dict__", {}).get(name) is function and not _is_of_tests(module):
                patched.setattr(module, name, bent)

    return change


def method(owner: type, name: str, bent: Callable[..., Any]) -> Change:
    """Return a change of one public method: `bent(original, self, …)` takes its place."""
    original = getattr(owner, name)

    def bent_method(self: Any, *given: Any, **named: Any) -> Any:
        return bent(original, self, *given, **named)

    return lambda patched: patched.setattr(owner, name, bent_method)


def handler(function: str, bent: Callable[..., Any]) -> Change:
    """Return a change of a function's handler: `bent(original, event, context)`."""
    cold_start = invocation.cold_start

    def cold_start_with_bug(name: str) -> ModuleType:
        module = cold_start(name)
        if name == function:
            original = module.handler
            module.handler = partial(bent, original)  # type: ignore[attr-defined]
        return module

    return lambda patched: patched.setattr(invocation, "cold_start", cold_start_with_bug)


def both(*changes: Change) -> Change:
    """Return a change that makes several changes."""

    def change(patched: pytest.MonkeyPatch) -> None:
        for change in changes:
            change(patched)

    return change


class Port:
    """A port with some of its methods changed."""

    def __init__(self, port: Any, **changed: Call) -> None:
        self._port, self._changed = port, changed

    def __getattr__(self, name: str) -> Any:
        return self._changed.get(name) or getattr(self._port, name)


def _is_of_tests(module: ModuleType) -> bool:
    return Path(getattr(module, "__file__", None) or "/").is_relative_to(TESTS)
