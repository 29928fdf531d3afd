"""The page on threats names tests that exist, and says what is not stopped."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/threats.md").read_text("utf-8")
NAMED = re.compile(r"`(?P<file>[a-z_/0-9]+\.py)::(?P<test>[A-Za-z_:0-9]+)`")
ROWS = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| ")][1:]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}: {row[1][:40]}")
def test_a_threat_has_its_answer_its_tests_and_its_rest(row: list[str]) -> None:
    assert len(row) == 5
    assert all(cell.strip() for cell in row)
    named = [(found["file"], found["test"]) for found in NAMED.finditer(row[3])]
    assert named
    assert [f"{file}::{test}" for file, test in named if test not in functions_of(file)] == []


def test_every_kind_of_adversary_is_there() -> None:
    kinds = " ".join(row[0] for row in ROWS)
    for kind in ("provider", "outsider", "author", "state", "insider", "flood", "file", "supply"):
        assert kind in kinds


def functions_of(file: str) -> set[str]:
    path = ROOT / "tests" / file
    if not path.exists():
        return set()
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
