"""What a simulation replaces on this machine: clock, sleep, settings, clients, and slow functions.
Handlers are imported as they are. Clients and the time come from the cluster that is running. What
is pure and slow is computed once for equal arguments (matchers, schemas, tables); a page is the
digest of what it would be made of, so that equal pages stay equal and others do not."""

import os
import random
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import datetime, timedelta
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import boto3
import msgspec
import pytest
from aws_lambda_powertools.utilities import parameters
from support.world import SECRET

import ledger.finding_store
import ledger.table
from cases.kinds import CaseNumbers
from ledger.texts import SystemClock
from matcher import Matcher, Pack
from publish import day_facts, publish_run
from publish.folding import Numbers
from publish.precision import Errors, Evidence
from publish.rule_changes import PublishedTrials
from publish.summary import Summary, decode_summary, encode_summary
from publish_steps import handover, site_files
from publish_steps.site_files import encode_csv
from publish_steps.site_pages import Contents, Pages
from scan import scanner
from scan import unit_input as rulesets

ROOT = Path(__file__).resolve().parents[2]
LOOK_BACK_DAYS = 7
"""Days that publish looks at again: all that is touched between two weeks, with a clock a day off,
and until a sealed day was checked; and fewer calls than 35 days take."""

SMALL = {"PAIRS": 2, "IDS_PER_PAGE": 2, "BATCH_MESSAGES": 3, "SECOND_BATCH": 2, "FILE_BYTES": 600}
"""Small limits, so that a few findings or messages are several transactions and pages, and a few
receipts are several files of a journal."""


class Machine(Protocol):
    """What a worker gets from the cluster that is running."""

    settings: dict[str, str]

    def client(self, service: str) -> Any:
        """A client of AWS."""

    def now(self) -> datetime:
        """The time on the clock of the worker that asks, in UTC."""

    def sleep(self, seconds: float) -> None:
        """Let time pass, and others go on."""

    def log(self, text: str) -> None:
        """What was logged."""


class _Sink:
    """Where workers write their logs and metrics."""

    def write(self, text: str) -> int:
        _clusters[-1].log(text)
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


_clusters: list[Machine] = []


@contextmanager
def running_on(cluster: Machine) -> Iterator[None]:
    """Let workers run on this cluster."""
    _clusters.append(cluster)
    os.environ |= cluster.settings
    try:
        with redirect_stdout(_Sink()):  # type: ignore[type-var]
            yield
    finally:
        _clusters.pop()


def cold_start(function: str) -> ModuleType:
    """Import the module of a handler again, as a cold start does."""
    module = ModuleType(f"{function}_deployed")
    exec(_code(function), module.__dict__)
    return module


@cache
def _code(function: str) -> Any:
    path = ROOT / "functions" / function / function / "handler.py"
    return compile(path.read_text(), str(path), "exec")


@contextmanager
def patched_machine(settings: dict[str, str], *, is_small: bool = True) -> Iterator[None]:
    """Replace it all: until this ends, handlers of this process run in simulations only. `is_small`
    says that limits are small, and that pages and tables are not really made."""
    with pytest.MonkeyPatch.context() as patched:
        for name, value in settings.items():
            patched.setenv(name, value)
        patched.setattr(boto3, "client", lambda service, **_: _clusters[-1].client(service))
        patched.setattr(parameters, "get_secret", lambda _: SECRET.decode())
        patched.setattr(SystemClock, "now", lambda _: _clusters[-1].now())
        patched.setattr(time, "sleep", lambda seconds: _clusters[-1].sleep(seconds))
        patched.setattr(random, "uniform", _middle)
        patched.setattr(secrets, "token_bytes", bytes)  # a seed replays to the same pseudonyms
        patched.setattr(ledger.table, "ThreadPoolExecutor", _OneAfterAnother)
        patched.setattr(rulesets, "Matcher", _matcher)
        if not is_small:
            yield
            return
        patched.setattr(ledger.table, "PAIRS", SMALL["PAIRS"])
        patched.setattr(ledger.finding_store, "IDS_PER_PAGE", SMALL["IDS_PER_PAGE"])
        patched.setattr(scanner, "BATCH_MESSAGES", SMALL["BATCH_MESSAGES"])
        patched.setattr(scanner, "SECOND_BATCH", SMALL["SECOND_BATCH"])
        patched.setattr(day_facts, "FILE_BYTES", SMALL["FILE_BYTES"])
        patched.setattr(publish_run, "LOOK_BACK_DAYS", LOOK_BACK_DAYS)
        # Only scenarios change what is confirmed: publish would find no decision behind it.
        patched.setattr(handover, "WRITTEN_AFTER", timedelta.max)
        patched.setattr(site_files, "encode_csv", lambda summary: _csv(encode_summary(summary)))
        patched.setattr(Pages, "summary", _summary_page)
        patched.setattr(Pages, "pack", _pack_page)
        patched.setattr(Pages, "index", _index_page)
        patched.setattr(Pages, "authors", _authors_page)
        # Pages in one language and order: each page that is put is one more call that can fail.
        patched.setattr(site_files, "LANGUAGES", ("en",))
        patched.setattr(site_files, "COLUMNS", ("read",))
        patched.setattr(Pages, "method", _method_page)
        yield


def _middle(low: float, high: float) -> float:
    """Only the seed decides by chance: pauses and patience have their average length."""
    return (low + high) / 2


_matchers: dict[bytes, Matcher] = {}


def _matcher(packs: tuple[Pack, ...]) -> Matcher:
    """A matcher is built once for the same packs."""
    key = msgspec.json.encode(packs)
    if key not in _matchers:
        _matchers[key] = Matcher(packs)
    return _matchers[key]


def _summary_page(
        self: Pages, summary: Summary, earlier: str = "", months: Iterable[Summary] = (), *,
        digest: str, archive: bool = False) -> str:  # fmt: skip
    # No page of a summary depends on the day of the run.
    return _page_digest(self, "", summary, earlier, *months, digest, archive)


def _pack_page(
        self: Pages, pack: Pack, totals: Numbers, errors: Errors, campaigns: Iterable[str] = (),
        terms: Evidence | None = None, trials: PublishedTrials | None = None) -> str:  # fmt: skip
    digest = _page_digest(self, self.today, totals, errors, terms, trials, *campaigns)
    return f"{(pack.id, pack.version)} {digest}"


def _index_page(self: Pages, contents: Contents, checks: object = None, column: str = "") -> str:
    return _page_digest(self, self.today, contents, column)


def _authors_page(self: Pages, cases: CaseNumbers) -> str:
    return _page_digest(self, "", cases)


def _method_page(self: Pages) -> str:
    return _page_digest(self, "")


def _page_digest(pages: Pages, today: str, *arguments: object) -> str:
    catalogue = pages.catalogue
    about = (*(catalogue.current, *sorted(catalogue.sets), pages.public_url, today),
             *(pages.language, pages.contact, pages.licence, pages.forms_url))  # fmt: skip
    return sha256(msgspec.json.encode((about, arguments), order="sorted")).hexdigest()


@lru_cache(maxsize=2_000)
def _csv(encoded: bytes) -> bytes:
    return encode_csv(decode_summary(encoded))
