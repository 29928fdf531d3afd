"""What docs/statements.md shows is what its commands print, one after the other, after a run."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from month.faulty import FAULTS as STATEMENT_FAULTS
from stack.running import ROOT
from support.sor_server import TOKEN, Database, served
from unit.dsa.test_report_lint import FAULTS as REPORT_FAULTS

PAGE = (ROOT / "docs/statements.md").read_text("utf-8")
SANDBOX = "https://sandbox.example"


def commands() -> list[tuple[str, str]]:
    """Each command of the page with what stands below it."""
    blocks = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    found = re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", "".join(blocks), re.MULTILINE)
    return [(command, shown) for command, shown in found if " run " not in command]


@pytest.fixture(scope="module")
def folder(run: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone as the page has it: the run's folder, the samples, a token, and its statement."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / "out").symlink_to(run[0])
    for name in ("local", "packs"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "token").write_text(TOKEN)
    statement = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[0]
    (folder / "statement.json").write_text(statement)
    return folder


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    with served() as database:
        yield database


def test_each_command_prints_what_the_page_shows(folder: Path, database: Database) -> None:
    terang = str(Path(sys.executable).with_name("terang"))
    shown = commands()
    assert len(shown) == 8
    for command, wanted in shown:
        words = command.replace(".venv/bin/terang", terang).replace(SANDBOX, database.address)
        done = subprocess.run(words.split(), cwd=folder, env=os.environ | {"COLUMNS": "200"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, text=True)  # fmt: skip
        assert done.stdout == wanted, command


def test_each_code_of_the_lints_has_its_row() -> None:
    rows = re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
    told = {code for row in rows for code in re.findall(r"`([a-z_]+)`", row)} - {"code"}
    of_files = {"not_a_statement", "batch_too_large", "part_missing", "not_csv", "delimiter"}
    of_many = {"flag_constant", "flag_inverted", "distribution_shift", "other_repeated"}
    of_report = {code for _, _, code in REPORT_FAULTS.values()} | {"column_order"}
    assert told == {*STATEMENT_FAULTS, *of_report, *of_files, *of_many}
