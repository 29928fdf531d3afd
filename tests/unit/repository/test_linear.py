"""Nothing that reads untrusted text takes more than a multiple of its length.

No test here measures time: patterns are walked step by step, and the lines and loops of a reader
are counted. `make bench` measures the same texts in seconds.
"""

import ast
import importlib
import re
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.regex_growth import growth
from support.worst_inputs import WORST

ROOT = Path(__file__).parents[3]
PACKAGES = (
    *("layers/matcher/matcher", "layers/claims/claims", "layers/ledger/ledger", "layers/dsa/dsa"),
    *("functions/intake/intake/formats", "functions/scan/scan"),
)
"""Where untrusted text is read."""

AT_ONE_PLACE = frozenset({"match", "fullmatch"})
HANDED_ON = frozenset({"json_document"})
"""Modules that hand their patterns to a method of their own, which matches at one place."""

SIZE = 1_500
MOST = 2.5
"""By how much steps may grow when a text doubles; quadratic ones grow by nearly 4."""


def _patterns() -> Iterator[Any]:
    for package in PACKAGES:
        top = ROOT.joinpath(*package.split("/")[:2])
        for path in sorted((ROOT / package).rglob("*.py")):
            text = path.read_text("utf-8")
            if "re.compile" not in text:
                continue
            name = ".".join(path.relative_to(top).with_suffix("").parts)
            module = importlib.import_module(name.removesuffix(".__init__"))
            used = _used(text)
            for name, value in vars(module).items():
                for number, pattern in enumerate(_within(value)):
                    anchored = name in used and used[name] <= AT_ONE_PLACE
                    anchored |= path.stem in HANDED_ON
                    yield pytest.param(pattern, anchored, id=f"{path.stem}.{name}.{number}")


def _used(text: str) -> dict[str, set[str]]:
    """Return how a module uses its names: the attributes that it asks of each."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.setdefault(node.value.id, set()).add(node.attr)
    return found


def _within(value: object) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _within(inner)
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from _within(inner)


def deeply[T](run: Callable[[], T]) -> T:
    """Run in a thread that may recurse as deep as a pattern matches characters."""
    told: list[T] = []
    before, size = sys.getrecursionlimit(), threading.stack_size(256 * 1024 * 1024)
    sys.setrecursionlimit(20_000)
    try:
        thread = threading.Thread(target=lambda: told.append(run()))
        thread.start()
        thread.join()
    finally:
        sys.setrecursionlimit(before)
        threading.stack_size(size)
    return told[0]


@pytest.mark.parametrize(("pattern", "anchored"), [*_patterns()])
def test_a_pattern_takes_a_multiple_of_the_length(pattern: re.Pattern[Any], anchored: bool) -> None:
    times, text = deeply(lambda: growth(pattern, anchored=anchored))
    assert times <= MOST, f"{text!r} takes {times:.1f} times the steps when it is twice as long"


SLOW = {
    "each letter begins anew": r"a+b",
    "hidden characters begin a host": r"(?<![\w.])(?:[^\W_](?:[^\W_]|[-\x02])*+\.)+[a-z]{2,63}",
    "two runs of the same": r"\d+\s*\d+x",
    "a choice that says the same": r"(?:a|a)*b",
}


@pytest.mark.parametrize("pattern", SLOW.values(), ids=SLOW)
def test_a_slow_pattern_would_be_found(pattern: str) -> None:
    assert deeply(lambda: growth(re.compile(pattern)))[0] > MOST


def steps_of(run: Callable[[], object]) -> int:
    """Return how many lines of Python a call runs, and how often it goes round in a loop."""
    count = 0

    def counted(code: object, *place: int) -> None:
        nonlocal count
        count += 1

    tool, events = sys.monitoring.OPTIMIZER_ID - 1, sys.monitoring.events
    sys.monitoring.use_tool_id(tool, "steps")
    for event in (events.LINE, events.JUMP):
        sys.monitoring.register_callback(tool, event, counted)
    sys.monitoring.set_events(tool, events.LINE | events.JUMP)
    try:
        run()
    finally:
        sys.monitoring.set_events(tool, 0)
        sys.monitoring.free_tool_id(tool)
    return count


@pytest.mark.parametrize(("read", "text"), WORST.values(), ids=WORST)
def test_a_reader_runs_a_multiple_of_the_length(
    read: Callable[[Any], object], text: Callable[[int], Any]
) -> None:
    """Of what is done in C, `make bench` tells."""
    short, long = text(SIZE), text(2 * SIZE)
    read(long)  # what is remembered of characters and words is told once
    read(short)
    once, twice = (steps_of(lambda of=of: read(of)) for of in (short, long))
    assert twice <= MOST * once + 200
