"""The `terang` command: its help, its examples, and what wrong usage is answered."""

import ast
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import terang.cli
from terang.cli.command import COMMANDS, GROUPS, Command, build_app, main, parse

SHARED = {"terang.cli.arguments"}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.words)
def test_help_ends_with_an_example(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command.words.split(), "--help"]) == 0
    assert "Example: terang " in capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.words)
def test_an_example_can_be_typed(command: Command) -> None:
    line, _, _ = command.example.partition(" > ")
    line, _, _ = line.partition(" < ")
    words = shlex.split(line)
    assert words[0] == "terang"
    assert callable(parse(build_app(), words[1:])[0])


@pytest.mark.parametrize(
    ("words", "suggestion"),
    [
        (["pack"], "did you mean packs?"),
        (["packs", "chek"], "did you mean check?"),
        (["xyz"], "allowed: run, scan"),
        (["run", "--provder", "acme"], "Did you mean --provider?"),
        (["redrive", "--queue", "post"], '"posts"'),
        (["packs", "check"], "PACKS is missing"),
        (["packs", "check", "packs", "--today"], "--today needs a value"),
        (["recount", "a", "b"], "there is no place for 'b'"),
        (["packs"], "name a command: check, try"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_says_what_to_type(
    words: list[str], suggestion: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    first, *_, last = printed.err.splitlines()
    assert suggestion in first
    assert last.startswith("All options: terang")


def test_alone_it_lists_all_commands_in_groups(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    printed = capsys.readouterr().out
    assert [title for title in GROUPS if title not in printed] == []
    top = {command.words.split()[0] for command in COMMANDS}
    assert top == set(" ".join(GROUPS.values()).split())


def test_help_does_not_import_the_commands() -> None:
    """Help is instant, however slow the libraries are that a command needs."""
    program = (
        "import sys\nfrom terang.cli.command import main\nmain(['--help'])\n"
        "print(*(name for name in sys.modules if name.startswith('terang.')), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    allowed = {"terang.cli", "terang.cli.command", "terang.cli.arguments"}
    loaded = {name for name in done.stderr.split() if name.startswith("terang.cli")}
    assert (done.returncode, loaded) == (0, allowed)


def test_a_command_imports_no_other_command() -> None:
    for path in Path(next(iter(terang.cli.__path__))).glob("*.py"):
        imported = {
            node.module
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.ImportFrom) and node.module
        }
        others = {name for name in imported if name.startswith("terang.cli.")} - SHARED
        assert others == set(), path.name
