"""The arrows of the house: functions know layers, and only the adapters know AWS."""

import ast
import inspect
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from ledger import ports
from ledger.clock import SystemClock
from ledger.objects import S3Objects
from ledger.store import DynamoStore
from ledger.unit_queue import SqsUnitQueue

ROOT = Path(__file__).parents[2]
LEDGER, MATCHER = ROOT / "layers/ledger/ledger", ROOT / "layers/matcher/matcher"
DSA = ROOT / "layers/dsa/dsa"
CLAIMS = ROOT / "layers/claims/claims"
ADAPTERS = {"store", "case_store", "author_store", "table", "objects", "unit_queue"}
CORE = sorted({path.stem for path in LEDGER.glob("*.py")} - ADAPTERS - {"__init__"})
FUNCTIONS = sorted(path for path in (ROOT / "functions").iterdir() if path.is_dir())
AWS = ("boto3", "botocore", "aws_lambda_powertools")


def imported(path: Path) -> Iterator[str]:
    """The top-level names that a module imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def names_of(function: Path) -> list[str]:
    """What a function's folder puts on the path: modules and packages."""
    return [
        path.stem
        for path in function.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    ]


def test_the_core_runs_where_there_is_no_aws() -> None:
    """In a process of its own, in which whoever imports boto3 or Powertools fails."""
    modules = [f"ledger.{name}" for name in CORE]
    for layer in (MATCHER, DSA, CLAIMS):
        modules += [f"{layer.name}.{one.stem}" for one in layer.glob("*.py") if one.stem[0] != "_"]
    program = (
        "import importlib, sys\n"
        f"sys.modules.update(dict.fromkeys({AWS!r}))\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "path",
    [
        *MATCHER.glob("*.py"),
        *DSA.glob("*.py"),
        *CLAIMS.glob("*.py"),
        *(LEDGER / f"{name}.py" for name in CORE),
    ],
    ids=lambda p: p.stem,
)
def test_no_module_of_the_core_names_aws(path: Path) -> None:
    assert not set(imported(path)) & set(AWS)


def test_layers_know_no_functions_and_only_dsa_knows_another() -> None:
    """What the Digital Services Act asks for is made of the ledger's entries."""
    of_functions = {name for function in FUNCTIONS for name in names_of(function)}
    knows = {"ledger": LEDGER, "matcher": MATCHER, "claims": CLAIMS, "dsa": DSA}
    for name, folder in knows.items():
        allowed = {name, "ledger"} if name == "dsa" else {name}
        for path in folder.glob("*.py"):
            assert not set(imported(path)) & (of_functions | knows.keys() - allowed), path


def test_claims_brings_no_library_of_arrays_or_learning() -> None:
    heavy = {"numpy", "scipy", "sklearn", "torch"}
    assert not any(set(imported(path)) & heavy for path in CLAIMS.glob("*.py"))


def test_a_function_imports_no_other_functions_modules() -> None:
    for function in FUNCTIONS:
        others = {name for other in FUNCTIONS if other != function for name in names_of(other)}
        for path in function.rglob("*.py"):
            assert not set(imported(path)) & others, path


def test_module_names_are_unique_and_shadow_nothing() -> None:
    """Two functions' folders are on one path in tests; a stem of the standard library hides it."""
    counted = Counter(name for function in FUNCTIONS for name in names_of(function))
    assert [name for name, count in counted.items() if count > 1] == []
    assert (
        counted.keys() & (sys.stdlib_module_names | {"claims", "dsa", "ledger", "matcher", *AWS})
        == set()
    )


def test_adapters_have_the_methods_of_their_ports() -> None:
    """That the types fit mypy sees where intake and scan put them together."""
    adapters = {
        "Clock": SystemClock,
        "Objects": S3Objects,
        "UnitQueue": SqsUnitQueue,
        "Store": DynamoStore,
    }
    classes = inspect.getmembers(ports, inspect.isclass)
    found = {name: one for name, one in classes if Protocol in one.__bases__}
    assert found.keys() == adapters.keys()
    for port, adapter in adapters.items():
        for name, method in inspect.getmembers(found[port], inspect.isfunction):
            if not name.startswith("_"):
                assert inspect.signature(getattr(adapter, name)) == inspect.signature(method), name


def test_the_command_tells_everything_in_one_place() -> None:
    """Another console would let a terminal obey what a stranger called something."""
    made = [
        path.name
        for path in (ROOT / "local/terang").glob("*.py")
        if path.name != "telling.py" and "import Console" in path.read_text("utf-8")
    ]
    assert made == []


def test_commands_that_need_no_stack_do_not_wait_for_boto3() -> None:
    """It takes longer to import than all of ours."""
    names = (
        *("scan_command", "packs_command", "recount", "report_command", "report_check"),
        *("report_lint", "statements_command", "statements_submit", "review_command"),
        *("audit_command", "ask_command"),
    )
    program = "import importlib, sys\n" + "".join(
        f"importlib.import_module('terang.{name}')\nassert 'boto3' not in sys.modules, '{name}'\n"
        for name in names
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_command_tells_every_problem_and_warning_by_telling() -> None:
    """One colour, one place, and no line that a narrow terminal breaks."""
    coloured = [
        path.name
        for path in (ROOT / "local/terang").glob("*.py")
        if path.name != "telling.py"
        and re.search(r'print\(.*style="(red|yellow)"', path.read_text("utf-8"))
    ]
    assert coloured == []
