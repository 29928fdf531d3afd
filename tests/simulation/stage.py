"""The machine on which handlers run in a simulation: clock, sleep, settings, clients.

Handlers are imported as they are. What they take from the machine comes from the fabric that is on
the stage, and what is pure and slow (a matcher, a page) is computed once for equal arguments.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import datetime
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import boto3
import msgspec
import pytest
from aws_lambda_powertools.utilities import parameters
from world import SECRET

import ledger.store
import ledger.table
import publishing
import rulesets
from folding import Numbers
from ledger.clock import SystemClock
from matcher import Matcher, Pack
from pages import Contents, Pages
from summary import Summary

ROOT = Path(__file__).resolve().parents[2]
LOOK_BACK_DAYS = 12
"""Days that publish looks at again: all that a run can touch, and fewer calls than 35."""

SMALL = {"PAIRS": 2, "IDS_PER_PAGE": 2}
"""Small limits, so that a few findings are several transactions and pages."""


class Fabric(Protocol):
    """What a worker gets from the run that is on the stage."""

    def client(self, service: str) -> Any:
        """A client of AWS."""

    def now(self) -> datetime:
        """The time on the clock of whoever asks, in UTC."""

    def sleep(self, seconds: float) -> None:
        """Let time pass, and others go on."""

    def heard(self, text: str) -> None:
        """What was logged."""


class _Sink:
    """Where workers write their logs and metrics."""

    def write(self, text: str) -> int:
        _playing[-1].heard(text)
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""


class _OneAfterAnother:
    """Stands for a pool of threads: the order among them is chance's elsewhere."""

    def __init__(self, _: int) -> None: ...
    def __enter__(self) -> "_OneAfterAnother":
        return self

    def __exit__(self, *_: object) -> None: ...
    def map(self, work: Callable[..., Any], *found: Any) -> Iterator[Any]:
        return iter([work(*one) for one in zip(*found, strict=True)])


_playing: list[Fabric] = []


@contextmanager
def on_stage(fabric: Fabric) -> Iterator[None]:
    """Let workers run on this fabric."""
    _playing.append(fabric)
    try:
        with redirect_stdout(_Sink()):  # type: ignore[type-var]
            yield
    finally:
        _playing.pop()


def deployed(function: str) -> ModuleType:
    """The module of a handler, imported anew: what a cold start does."""
    module = ModuleType(f"{function}_deployed")
    exec(_code(function), module.__dict__)
    return module


@cache
def _code(function: str) -> Any:
    path = ROOT / "functions" / function / f"{function}.py"
    return compile(path.read_text(), str(path), "exec")


@contextmanager
def stage(settings: dict[str, str]) -> Iterator[None]:
    """Set the stage up: while it stands, handlers of this process run in simulations only."""
    with pytest.MonkeyPatch.context() as patched:
        for name, value in settings.items():
            patched.setenv(name, value)
        patched.setattr(boto3, "client", lambda service: _playing[-1].client(service))
        patched.setattr(parameters, "get_secret", lambda _: SECRET.decode())
        patched.setattr(SystemClock, "now", lambda _: _playing[-1].now())
        patched.setattr(time, "sleep", lambda seconds: _playing[-1].sleep(seconds))
        patched.setattr(ledger.table, "ThreadPoolExecutor", _OneAfterAnother)
        patched.setattr(ledger.table, "PAIRS", SMALL["PAIRS"])
        patched.setattr(ledger.store, "IDS_PER_PAGE", SMALL["IDS_PER_PAGE"])
        patched.setattr(publishing, "LOOK_BACK_DAYS", LOOK_BACK_DAYS)
        patched.setattr(rulesets, "Matcher", _matcher)
        patched.setattr(Pages, "summary", _summary_page)
        patched.setattr(Pages, "packs", _pack_pages)
        patched.setattr(Pages, "index", _index_page)
        yield


_MATCHERS: dict[bytes, Matcher] = {}
_PAGES: dict[tuple[object, ...], Any] = {}
_summary, _packs, _index = Pages.summary, Pages.packs, Pages.index


def _matcher(packs: tuple[Pack, ...]) -> Matcher:
    key = msgspec.json.encode(packs)
    if key not in _MATCHERS:
        _MATCHERS[key] = Matcher(packs)
    return _MATCHERS[key]


def _summary_page(self: Pages, summary: Summary, earlier: str = "") -> str:
    key = (*_about(self), msgspec.json.encode(summary), earlier)
    return _once(key, lambda: _summary(self, summary, earlier))


def _pack_pages(self: Pages, totals: Numbers, campaigns: Any = ()) -> Any:
    key = (*_about(self), msgspec.json.encode(totals, order="sorted"), *campaigns)
    return _once(key, lambda: _packs(self, totals, campaigns))


def _index_page(self: Pages, contents: Contents) -> str:
    key = (*_about(self), msgspec.json.encode(contents, order="sorted"))
    return _once(key, lambda: _index(self, contents))


def _about(pages: Pages) -> tuple[object, ...]:
    catalogue = pages.catalogue
    return (catalogue.current, *sorted(catalogue.sets), pages.public_url, pages.today)


def _once(key: tuple[object, ...], make: Callable[[], Any]) -> Any:
    if key not in _PAGES:
        _PAGES[key] = make()
    return _PAGES[key]
