"""The `terang` command: its help, its examples, and what wrong usage is answered."""

import ast
import shlex
import subprocess
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path
from shutil import copy
from typing import NoReturn

import pytest

import terang.cli
from terang import ROOT, InputError
from terang.cli import COMMANDS, GROUPS, Command, build_app, main, parse
from terang.remote import Remote


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


@pytest.mark.parametrize(("words", "suggestion"), [
    (["pack"], "did you mean packs?"),
    (["packs", "chek"], "did you mean check?"),
    (["xyz"], "allowed: run, scan"),
    (["run", "--provder", "acme"], "Did you mean --provider?"),
    (["redrive", "--queue", "post"], '"posts"'),
    (["packs", "check"], "PACKS is missing"),
    (["packs", "check", "packs", "--today"], "--today needs a value"),
    (["recount", "a", "b"], "there is no place for 'b'"),
    (["packs"], "name a command: check, try"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")  # fmt: skip
def test_wrong_usage_says_what_to_type(words: list[str], suggestion: str,
                                       capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    assert main(words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    first, *_, last = printed.err.splitlines()
    assert suggestion in first
    assert last.startswith("All options: terang")


BY_ROW = {
    "done": (0, "packs schema", "packs check {packs}",
             "packs diff {packs} {packs} --posts {empty}"),
    "refused posts are data": (0, "scan --packs {packs}"),
    "a problem is found": (1, "packs check {bad}", "packs format {bad}", "statements lint {bad}"),
    "refused, or it failed": (1, "partners add nobody"),
    "a file is missing": (
        2, *("run {no}", "scan --packs {no}", "packs check {no}", "packs try {no} x"),
        *("packs format {no}", "packs diff {packs} {packs} --posts {no}"),
        "packs import {no} --id abc --category SELF_HARM",
        "packs learn {no} --id abc --category SELF_HARM --out {empty}",
        *("review {no} --moderator m", "cases send {no} --provider acme"),
        "audit {no} --provider acme --month 2026-11 --moderator m",
        *("factchecks import {no} --index {tmp}", "ask x --index {no}", "recount {no}"),
        *("verify {no}", "monitor {no} --state {empty}", "prove file {no} {tmp}"),
        *("prove file {empty} {tmp}", "statements lint {no}"),
        *("statements submit {no} --to https://x", "report check {no}", "report lint {no}"),
        "report --ledger {no} --period 2026 --out {tmp}"),
    "nothing is read": (
        2,
        *("packs format {tmp}", "packs try {packs} -", "cases send {empty} --provider acme"),
        "packs import {empty} --id abc --category SELF_HARM",
        *("factchecks import {empty} --index {tmp}", "report lint {tmp}", "report check {tmp}")),
    "no stack": (
        2,
        *("packs publish {packs}", "packs list", "packs rollback 0123456789abcdef", "case x"),
        *("audit --provider acme --month 2026-11 --moderator m", "partners list", "fsck"),
        *("redrive", "publish", "restore x", "providers list", "webhooks list", "prove finding x"),
        *("erase --provider acme --account x", "report --provider acme --period 2026 --out {tmp}")),
}  # fmt: skip


@pytest.mark.parametrize(
    ("code", "line"),
    [pytest.param(code, line, id=row + ": " + line) for row, (code, *lines) in BY_ROW.items()
     for line in lines],
)  # fmt: skip
def test_exit_codes_are_those_of_the_table(code: int, line: str, tmp_path: Path,
                                           monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """The table of docs/operate.md: 2 if nothing was read or done, whatever the command."""
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(b"")))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    (tmp_path / "empty").touch()
    (tmp_path / "bad").write_text("{")
    (tmp_path / "packs").mkdir()
    copy(ROOT / "packs/account-takeover.yaml", tmp_path / "packs")
    folders = {name: str(tmp_path / name) for name in ("no", "empty", "bad", "packs")}
    words = [word.format(tmp=tmp_path, **folders) for word in line.split()]
    assert main(words) == code


def test_alone_it_lists_all_commands_in_groups(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    printed = capsys.readouterr().out
    assert [title for title in GROUPS if title not in printed] == []
    top = {command.words.split()[0] for command in COMMANDS}
    assert top == set(" ".join(GROUPS.values()).split())


def test_help_does_not_import_the_commands() -> None:
    """Help is instant, however slow the libraries are that a command needs."""
    program = (
        "import sys\nfrom terang.cli import main\nmain(['--help'])\n"
        "print(*(name for name in sys.modules if name.startswith('terang.')), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    loaded = {name for name in done.stderr.split() if name.startswith("terang.cli")}
    assert (done.returncode, loaded) == (0, {"terang.cli"})


def test_a_command_imports_no_other_command() -> None:
    for path in Path(next(iter(terang.cli.__path__))).glob("*.py"):
        imported = {node.module
                    for node in ast.walk(ast.parse(path.read_text("utf-8")))
                    if isinstance(node, ast.ImportFrom) and node.module}  # fmt: skip
        others = {name for name in imported if name.startswith("terang.cli.")}
        assert others == set(), path.name


def test_a_stack_that_cannot_be_found_is_not_taken_for_work_half_done(
        monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """Nothing was done, and repeating it does not help: a mistyped name is wrong usage."""

    def find(name: str) -> NoReturn:
        raise InputError(f"cannot read the stack {name}: it does not exist")

    monkeypatch.setattr(Remote, "find", find)
    asked = ["erase", "--provider", "acme", "--account", "zzz-account", "--stack", "nosuch"]
    assert main(asked) == 2
    told = capsys.readouterr().err
    assert "cannot read the stack nosuch" in told
    assert "repeat" not in told
    assert "zzz-account" not in told


@pytest.mark.parametrize(("provider", "account", "told"), [
    ("Big Co", "ana", 'Invalid value "Big Co" for --provider'),
    ("acme", "", "--account has 0 characters; allowed: 1 to 200"),
    ("acme", "zzz" * 99, "--account has 297 characters; allowed: 1 to 200"),
], ids=["provider", "nobody", "too long"])  # fmt: skip
def test_arguments_that_contradict_each_other_are_named(capsys: pytest.CaptureFixture[str],
        provider: str, account: str, told: str) -> None:  # fmt: skip
    """The message gives the length of the account, which must not be on a screen or in a log."""
    assert main(["erase", "--provider", provider, "--account", account]) == 2
    found = capsys.readouterr().err
    assert told in found
    assert "zzz" not in found


@pytest.mark.parametrize(("url", "reason"), [
    ("http://hooks.example/", "https"), ("hooks.example", "https"),
    ("https://name:word@hooks.example/", "password"), ("https://hooks.example/a b", "ASCII"),
])  # fmt: skip
def test_an_address_that_is_not_plain_https_is_wrong_usage(url: str, reason: str,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """Before any stack is asked."""
    assert main(["webhooks", "add", "acme-chat", url]) == 2
    assert reason in capsys.readouterr().err
