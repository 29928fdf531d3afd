"""The core stands alone: from a dropped file to a published, recountable number. It imports nothing
of the rooms behind it, neither at the top of a module nor inside a function. A room behind adds
itself to a list, such as the steps of publish, which a `handler.py` puts together."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[3]
CORE = {*("rules", "matcher", "ledger", "cases", "intake", "scan", "decide", "publish", "phrases")}
BEHIND = {*("claims", "adapters", "dsa", "tlog", "publish_steps", "desk", "announce", "authoring"),
    *("terang", "answer", "inbox", "strangers", "feeds", "console", "recount",
      "verify")}  # fmt: skip
EXCEPTIONS = set[tuple[str, str]]()
"""What still breaks the law. Each goes with the change that mends it: one too many also fails."""


def packages() -> dict[str, Path]:
    """The packages of the product by name, and the modules that are alone in a layer."""
    folders = [*ROOT.glob("layers/*/*/"), *ROOT.glob("functions/*/*/"), *ROOT.glob("local/*/")]
    alone = {path.stem: path for path in ROOT.glob("layers/*/*.py")}
    return alone | {folder.name: folder for folder in folders if (folder / "__init__.py").exists()}


def imported(text: str) -> set[str]:
    """The packages that a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_each_package_is_of_the_core_or_behind_it() -> None:
    assert packages().keys() == CORE | BEHIND


def test_the_core_imports_nothing_of_the_rooms_behind_it() -> None:
    found = {(package, target): str(path.relative_to(ROOT))
             for package in CORE for path in packages()[package].rglob("*.py")
             if path.name != "handler.py"
             for target in imported(path.read_text("utf-8")) & BEHIND}  # fmt: skip
    assert found.keys() == EXCEPTIONS, found


def test_an_import_inside_a_function_is_seen() -> None:
    assert imported("def f():\n    import dsa.report\n    from tlog import x") == {"dsa", "tlog"}
