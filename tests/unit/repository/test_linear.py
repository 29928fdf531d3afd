"""Nothing that reads untrusted text takes more than a multiple of its length. No test here measures
time: patterns are walked step by step, and the lines and loops of a reader are counted. `make
bench` measures the same texts in seconds."""

import ast
import importlib
import re
import sys
import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeAliasType

import pytest
from msgspec import Meta
from support.regex_growth import growth
from support.worst_inputs import POSTS, WORST

import verify
from matcher import Matcher, load_packs
from rules.rule import ID

ROOT = Path(__file__).parents[3]
SOURCES = [
    (folder, path)
    for place in ("layers/*", "functions/*", "local")
    for folder in sorted(ROOT.glob(place))
    for path in sorted(folder.rglob("*.py"))
]
"""Each module of the repository, with the folder that it is imported from."""

CALLS = frozenset(
    f"re.{name}"
    for name in ("compile", "search", "match", "fullmatch", "split", "findall", "finditer", "sub")
)
AT_ONE_PLACE = frozenset({"match", "fullmatch"})
HANDED_ON = frozenset({"streams"})
"""Modules that hand their patterns to a method of their own, which matches at one place."""

KEPT_AS_TEXT = {
    "terminal": [ID],
    "yaml_reader": [],  # of the types in `rule`, `pack` and `pack_parts`, which are walked there
    "verify": [text for kind in verify.FIELDS.values() for _, text in kind.values()],
}
"""By module: what is compiled where only its variable is written."""

SIZE = 1_500
MOST = 2.5
"""By how much steps may grow when a text doubles; quadratic ones grow by nearly 4."""

MOST_LINES = 110
"""Lines and loops that the packs that ship may run for each code point of a post."""


def _patterns() -> Iterator[Any]:
    """Yield every pattern: of names of modules, of types, and those that a call writes."""
    for folder, path in SOURCES:
        text = path.read_text("utf-8")
        if not re.search(r"\bre\.[a-z]+\(|\b(?:Meta|allowed)\(", text):
            continue
        name = ".".join(path.relative_to(folder).with_suffix("").parts)
        module = importlib.import_module(name.removesuffix(".__init__"))
        tree = ast.parse(text)
        used = _used(tree)
        for name, value in vars(module).items():
            anchored = path.stem in HANDED_ON or used.get(name, {""}) <= AT_ONE_PLACE
            for number, pattern in enumerate(_within(value)):
                yield pytest.param(pattern, anchored, id=f"{path.stem}.{name}.{number}")
        for call, line in _calls(tree):
            for pattern in _written(call, path.stem, vars(module)):
                yield pytest.param(
                    pattern, call.func.attr in AT_ONE_PLACE, id=f"{path.stem}:{line}"
                )


def _used(tree: ast.AST) -> dict[str, set[str]]:
    """Return how a module uses its names: the attributes that it asks of each."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.setdefault(node.value.id, set()).add(node.attr)
    return found


def _calls(tree: ast.AST) -> Iterator[tuple[Any, int]]:
    """Yield the calls of `re` inside functions, with their lines."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for node in dict.fromkeys(inner for function in functions for inner in ast.walk(function)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in CALLS:
            yield node, node.lineno


class _Shown(ast.NodeTransformer):
    """Replaces what a formatted text takes from variables of a function by a letter."""

    def __init__(self, names: dict[str, Any]):
        self.names = names

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        try:
            return ast.Constant(str(_value_of(node.value, self.names)))
        except (NameError, AttributeError):
            return ast.Constant("x")


def _value_of(node: ast.expr, names: dict[str, Any]) -> Any:
    tree = ast.fix_missing_locations(ast.Expression(node))
    return eval(compile(tree, "a call", "eval"), dict(names))


def _written(call: Any, module: str, names: dict[str, Any]) -> Iterator[re.Pattern[Any]]:
    flags = [
        node
        for node in ast.walk(call)
        if ast.unparse(node).startswith("re.")
        and isinstance(node, ast.Attribute)
        and node.attr.isupper()
    ]
    try:
        texts = [_value_of(_Shown(names).visit(call.args[0]), names)]
    except NameError:
        texts = KEPT_AS_TEXT[module]
    for text in texts:
        yield re.compile(text, sum(_value_of(flag, names) for flag in flags))


def _within(value: object) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from _within(list(value.values()))
    elif isinstance(value, tuple | list | set | frozenset):
        for inner in value:
            yield from _within(inner)
    elif isinstance(value, TypeAliasType):
        yield from _within(value.__value__)
    elif isinstance(value, Meta):
        pattern = value.pattern or (value.extra_json_schema or {}).get("pattern")
        yield from [re.compile(pattern)] if pattern else []
    elif isinstance(getattr(value, "__metadata__", None), tuple):
        yield from _within(value.__metadata__)


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


SLOW = {"each letter begins anew": r"a+b",
    "hidden characters begin a host": r"(?<![\w.])(?:[^\W_](?:[^\W_]|[-\x02])*+\.)+[a-z]{2,63}",
    "two runs of the same": r"\d+\s*\d+x", "a choice that says the same": r"(?:a|a)*b"}  # fmt: skip


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
def test_a_reader_runs_a_multiple_of_the_length(read: Callable[[Any], object],
                                                text: Callable[[int], Any]) -> None:  # fmt: skip
    """Of what is done in C, `make bench` tells."""
    short, long = text(SIZE), text(2 * SIZE)
    read(long)  # what is remembered of characters and words is told once
    read(short)
    once, twice = (steps_of(lambda of=of: read(of)) for of in (short, long))
    assert twice <= MOST * once + 200


@cache
def _shipped() -> Matcher:
    return Matcher(load_packs(ROOT / "packs"))


@pytest.mark.parametrize("pieces", POSTS.values(), ids=POSTS)
@pytest.mark.parametrize("length", [300, 3_000])
def test_a_post_takes_few_lines_for_each_code_point(pieces: list[str], length: int) -> None:
    """A unit is as long as its posts together, so it ends in time, whoever wrote them."""
    text = ("".join(pieces) * length)[:length]
    _shipped().find(text)  # what is remembered of characters and words is told once
    assert steps_of(lambda: _shipped().find(text)) <= MOST_LINES * length
