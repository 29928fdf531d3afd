"""No row of the catalogue is without a test, and no test without a row."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from catalogue.rows import ROWS

FOLDER = Path(__file__).parent
NAMED = re.compile(r"test_([a-z]\d+)_")


def named_by_row() -> Iterator[tuple[str, str]]:
    """Row and name of every test in this folder that names a row."""
    for path in sorted(FOLDER.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and (found := NAMED.match(node.name)):
                yield found[1].upper(), f"{path.name}::{node.name}"


TESTS = list(named_by_row())


@pytest.mark.parametrize("row", ROWS)
def test_a_row_has_a_test(row: str) -> None:
    assert [name for of_row, name in TESTS if of_row == row], f"{row}: {ROWS[row][0]}"


def test_no_test_names_a_row_that_is_none() -> None:
    assert {row for row, _ in TESTS} <= ROWS.keys()
