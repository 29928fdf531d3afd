"""The arrows of the house, as docs/architecture.md draws them, hold for every module."""

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/architecture.md").read_text("utf-8")
FOLDERS = sorted(
    folder for folder in (*ROOT.glob("layers/*"), *ROOT.glob("functions/*"), ROOT / "local")
    if folder.is_dir()
)  # fmt: skip
FUNCTIONS = {folder.name for folder in ROOT.glob("functions/*") if folder.is_dir()}
AWS = {"boto3", "botocore", "aws_lambda_powertools"}
STORED = ("table", "draws", "finding_store", "number_store", "store", "desk_store", "log_store")
STORES = {f"ledger.{name}" for name in (*STORED, "objects")}
ALONE = {"recount", "report_proof", "verify"}
PURE = ("tlog", "rules", "matcher", "claims", "phrases", "dsa", "cases", "authoring", "recount")


@cache
def modules() -> dict[str, Path]:
    """The modules of the product by name; a package stands for its `__init__.py`."""
    found = {}
    for folder in FOLDERS:
        for path in folder.rglob("*.py"):
            name = ".".join(path.relative_to(folder).with_suffix("").parts)
            found[name.removesuffix(".__init__")] = path
    return found


def imported(path: Path) -> Iterator[str]:
    """The names that a module imports, anywhere in it: modules, or what is taken from them."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def arrows() -> set[tuple[str, str]]:
    """Which module of the product imports which."""
    known = modules()
    return {(name, found)
            for name, path in known.items() for one in imported(path)
            if (found := one if one in known else one.rpartition(".")[0]) in known}  # fmt: skip


def listed(kind: str) -> dict[str, list[str]]:
    """A block of docs/architecture.md: a name on each line, and what stands behind it."""
    [block] = re.findall(rf"```{kind}\n(.*?)```", PAGE, flags=re.DOTALL)
    split = [re.split(r"\s*(?:->|:)\s*", line, maxsplit=1) for line in block.splitlines()]
    return {name: re.split(r"[ <]+", rest) if rest else [] for name, rest in split}


def function(module: str) -> str:
    """The folder below `functions/` that a module lies in, or an empty name."""
    place = modules()[module].relative_to(ROOT).parts
    return place[1] if place[0] == "functions" else ""


def room(module: str) -> str:
    return ".".join(module.split(".")[:2])


def test_packages_import_only_what_the_page_allows() -> None:
    allowed = listed("arrows")
    packages = {name.partition(".")[0] for name in modules()}
    assert packages == {name for name in allowed if not name.endswith(".handler")}
    wrong = {
        (importer, target)
        for importer, target in arrows()
        if (package := target.partition(".")[0]) != (own := importer.partition(".")[0])
        and package not in [*allowed[own], *allowed.get(importer, [])]
    }
    assert wrong == set()


def test_only_the_handler_of_scan_knows_the_rooms_whose_finders_it_runs() -> None:
    """The core stands alone: the list of finders is put together in one place."""
    assert {a for a, b in arrows() if (a.split(".")[0], b.split(".")[0]) == ("scan", "claims")} == {
        "scan.handler"
    }


def test_nothing_is_imported_by_its_name() -> None:
    """An import by name is an arrow that no test sees."""
    by_name = {
        name
        for name, path in modules().items()
        if not name.startswith("terang") and "importlib.import_module" in imported(path)
    }
    assert by_name == set()


def test_nothing_imports_a_handler_and_functions_do_not_know_each_other() -> None:
    for importer, target in arrows():
        assert target not in {f"{name}.handler" for name in FUNCTIONS}, importer
        assert function(target) in {"", function(importer)} or importer.startswith("terang."), (
            importer
        )


def test_a_room_imports_only_rooms_to_its_left() -> None:
    rooms = listed("rooms")
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name in modules():
        if "." in name:
            found[name.partition(".")[0]].add(name.split(".")[1])
    assert {package: set(names) for package, names in rooms.items()} == dict(found)
    for importer, target in arrows():
        if "." in importer and "." in target and room(importer) != room(target):
            package, _, of = importer.partition(".")
            order = rooms[package]
            if target.startswith(f"{package}."):
                left, right = target.split(".")[1], of.split(".")[0]
                assert order.index(left) < order.index(right), f"{importer} imports {target}"


def test_no_modules_import_each_other_in_a_circle() -> None:
    ahead: defaultdict[str, set[str]] = defaultdict(set)
    for importer, target in arrows():
        ahead[importer].add(target)
    done: set[str] = set()

    def visit(module: str, under: tuple[str, ...]) -> None:
        assert module not in under, " -> ".join((*under, module))
        if module not in done:
            for target in sorted(ahead[module] - {module}):
                visit(target, (*under, module))
            done.add(module)

    for name in modules():
        visit(name, ())


def test_a_module_is_read_in_one_sitting_and_found_by_its_name() -> None:
    """At most 500 lines, but for the three that check others; and no name twice but handlers."""
    named: defaultdict[str, list[str]] = defaultdict(list)
    for name, path in modules().items():
        assert len(path.read_text("utf-8").splitlines()) <= 500 or path.stem in ALONE, name
        named[path.name].append(name)
    twice = {name: places for name, places in named.items() if len(places) > 1}
    assert twice.keys() == {"__init__.py", "handler.py"}, twice


def test_each_package_says_what_is_inside() -> None:
    for name, path in modules().items():
        if path.name == "__init__.py":
            assert len(ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "") > 30, name


@pytest.mark.parametrize("package", PURE)
def test_the_core_names_no_aws(package: str) -> None:
    for name, path in modules().items():
        if name.partition(".")[0] == package:
            assert not {one.partition(".")[0] for one in imported(path)} & AWS, name


def test_the_ledger_knows_aws_in_its_stores_alone() -> None:
    for name, path in modules().items():
        if name.startswith("ledger") and name not in STORES:
            assert not {one.partition(".")[0] for one in imported(path)} & AWS, name


def test_the_core_runs_where_there_is_no_aws() -> None:
    """In a process of its own, in which whoever imports boto3 or Powertools fails."""
    layers = ("tlog", "rules", "matcher", "claims", "phrases", "dsa", "ledger")
    names = [name for name in modules() if name.partition(".")[0] in layers and name not in STORES]
    program = (
        "import importlib, sys\n"
        f"sys.modules.update(dict.fromkeys({sorted(AWS)!r}))\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_claims_brings_no_library_of_arrays_or_learning() -> None:
    heavy = {"numpy", "scipy", "sklearn", "torch"}
    for name, path in modules().items():
        if name.startswith("claims"):
            assert not {one.partition(".")[0] for one in imported(path)} & heavy, name


def test_the_command_prints_in_one_place() -> None:
    """Another console would let a terminal obey what a stranger called something. So would another
    colour of problems: one place, and no line that a narrow terminal breaks."""
    others = [(name, path.read_text("utf-8"))
              for name, path in modules().items()
              if name.startswith("terang") and name != "terang.terminal"]  # fmt: skip
    assert [name for name, text in others if "import Console" in text] == []
    coloured = re.compile(r'print\(.*style="(red|yellow)"')
    assert [name for name, text in others if coloured.search(text)] == []


def test_slow_libraries_are_imported_by_what_needs_them() -> None:
    """Boto3 takes longer to import than all of ours, and what is deployed has no PyYAML. `terang
    verify` needs no pages, and `terang scan` looks at few posts without arrays."""
    commands = ("packs", "packs_learning", "published", "review")
    names = ["recount", "terang.check_library", "terang.report_lint", "terang.cli",
             *(f"terang.cli.{one}" for one in commands)]  # fmt: skip
    program = "import importlib, matcher, sys\n" + "".join(
        f"assert '{late}' not in sys.modules, '{late}'\n" for late in ("yaml", "matcher.readings")
    )
    program += (
        "import terang.cli.published\nassert not {'jinja2', 'yaml'} & {*sys.modules}\n"
        "import terang.cli.packs\nassert 'numpy' not in sys.modules\n"
    )
    program += "".join(
        f"importlib.import_module('{name}')\nassert 'boto3' not in sys.modules, '{name}'\n"
        for name in names
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_recount_imports_the_standard_library_alone() -> None:
    """Whoever checks the numbers need not trust, or install, anything of ours."""
    for name, path in modules().items():
        if name.partition(".")[0] == "recount":
            roots = {one.partition(".")[0] for one in imported(path)}
            assert roots <= sys.stdlib_module_names, name
