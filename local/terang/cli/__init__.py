"""The `terang` command: every command with its summary and an example, and how a command ends.

A command is a function that reads arguments, does or calls the work, and prints; its signature
describes its arguments. No command imports another one. The module is imported when the command is
called, so `terang scan` does not wait for boto3.

Exit codes are in docs/operate.md: 2 if nothing was read or done, because of the arguments or of
what they name. For a pack with problems, `packs check` ends with 1, and other commands with 2.
"""

import os
import sys
import tomllib
import traceback
from collections.abc import Callable, Sequence
from importlib import metadata
from inspect import BoundArguments
from itertools import batched
from pathlib import Path
from typing import Any, NamedTuple

import cyclopts

from ledger.codes import OperatorError
from terang import IS_INSTALLED, ROOT, USAGE, InputError, UnknownNameError
from terang.terminal import UsageError, escape_unencodable, print_problem

TRACEBACK = "TERANG_TRACEBACK"
"""The variable that lets an unexpected error end with its traceback; the tests set it."""

CALLERS = InputError, FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError
"""Mistakes of the caller: the exit code is `USAGE`."""


class Command(NamedTuple):
    """One line of `terang --help`. `function` is `module:name`, and empty for a group."""

    words: str
    function: str
    summary: str
    example: str


_TABLE = Path(__file__).with_name("commands.txt").read_text("utf-8")
"""Three lines for each command: its words and function, its summary, an example."""

GROUPS = {
    "Try, and write rules": "run scan packs ask factchecks",
    "Moderate": "review trial audit case cases",
    "Check what was published": "verify recount prove monitor reconcile",
    "Answer for a provider": "statements report",
    "Operate a stack": "providers partners relay webhooks publish fsck redrive restore erase",
}
"""The groups of `terang --help`, by who types them."""

COMMANDS = tuple(
    Command(*head.partition(" -> ")[::2], summary.strip(), example.strip())
    for head, summary, example in batched(_TABLE.splitlines(), 3, strict=True)
)


def build_app() -> cyclopts.App:
    """Return the command line. No module of a command is imported yet."""
    app = cyclopts.App(
        name="terang",
        help="Inspect public posts against published, expiring rules.",
        help_epilogue="Example: terang run posts.jsonl --provider acme-chat --packs packs",
        help_format="plaintext",
        version=_version,
        version_flags="--version",
        default_parameter=cyclopts.Parameter(negative=(), show_default=False, allow_repeating=True),
        result_action="return_value",
    )
    groups = {
        name: group
        for order, (title, names) in enumerate(GROUPS.items())
        for group in [cyclopts.Group(title, sort_key=order)]
        for name in names.split()
    }
    for order, command in enumerate(COMMANDS):
        above, _, name = command.words.rpartition(" ")
        parent = app[above] if above else app
        shown: dict[str, Any] = {"help": command.summary, "sort_key": order}
        if not above:
            shown["group"] = groups[name]
        if not command.function.endswith(":app"):  # one has commands of its own, and its example
            shown["help_epilogue"] = f"Example: {command.example}"
        if command.function:
            parent.command(command.function, name=name, **shown)
        else:
            parent.command(cyclopts.App(name=name, **shown))
    return app


def _version() -> str:
    """Return the release of the program: that of its checkout, or that which was installed."""
    if IS_INSTALLED:
        return metadata.version("terang")
    project: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    return project


def parse(
    app: cyclopts.App, tokens: Sequence[str]
) -> tuple[Callable[..., int | None], BoundArguments]:
    """Return the function that the tokens name, and its arguments.

    Raises CycloptsError or UsageError for wrong usage.
    """
    words, apps, rest = app.parse_commands(tokens)
    if not tokens:
        return app.parse_args(["--help"])[:2]
    if apps[-1].default_command is None and not rest:
        names = _names_below(" ".join(("terang", *words)))
        raise UsageError(f"name a command: {', '.join(names)}")
    function, bound, _ = app.parse_args(tokens, exit_on_error=False, print_error=False)
    for name, value in bound.arguments.items():
        if name not in {"text", "feed"}:  # a text to look at and a feed's name may be any bytes
            _check_utf8(value)
    return function, bound


def _check_utf8(value: object) -> None:
    """Raise UsageError for an option that is not UTF-8. A path may be any bytes."""
    for word in value if isinstance(value, tuple | list) else (value,):
        try:
            _ = word.encode() if isinstance(word, str) else b""
        except UnicodeEncodeError:
            raise UsageError(f"{word!r} is not UTF-8") from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    escape_unencodable()
    app, tokens = build_app(), list(sys.argv[1:] if arguments is None else arguments)
    try:
        name = " ".join(("terang", *app.parse_commands(tokens)[0]))
        return _call(*parse(app, tokens))
    except (cyclopts.CycloptsError, UsageError) as error:
        print_problem(f"{name}: {_explain(error, name)}")
        examples = {f"terang {command.words}": command.example for command in COMMANDS}
        if name in examples:
            print_problem(f"Example: {examples[name]}")
        print_problem(f"All options: {name} --help")
        return USAGE
    except BrokenPipeError:
        sys.stderr.close()  # the program that read our output has ended
        return 0
    except (OperatorError, OSError) as error:
        for line in f"{name}: {error}".splitlines():  # a stack that fails quotes its log
            print_problem(line)
        return USAGE if isinstance(error, CALLERS) else 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        place = traceback.extract_tb(error.__traceback__)[-1]
        print_problem(  # without its text: that may quote a post
            f"terang: an unexpected error ({type(error).__name__} at"
            f" {Path(place.filename).name}:{place.lineno}). Please report it with the command, as"
            f" CONTRIBUTING.md says; {TRACEBACK}=1 in the environment shows where it came from"
        )
        return 1


def _call(function: Callable[..., int | None], bound: BoundArguments) -> int:
    """Run a command. What AWS answers becomes an error that says what to do."""
    try:
        return function(*bound.args, **bound.kwargs) or 0
    except Exception as error:
        remote = sys.modules.get("terang.remote")  # a command that asks no stack waits for no boto3
        if remote and (advice := remote.what_to_do(error)):
            raise OperatorError(advice) from error
        raise


def _explain(error: Exception, name: str) -> str:
    """Return the error in plain words. The library's text is kept where it is plain."""
    if isinstance(error, cyclopts.UnknownCommandError):  # its own text would import every command
        word = (error.unused_tokens or [""])[0]
        return str(UnknownNameError("command", word, _names_below(name)))
    if isinstance(error, cyclopts.UnusedCliTokensError):
        return f"there is no place for {' '.join(error.unused_tokens or ())!r}"
    if isinstance(error, cyclopts.MissingArgumentError) and error.argument is not None:
        is_given = error.keyword is not None
        return f"{error.argument.name} {'needs a value' if is_given else 'is missing'}"
    return str(error)


def _names_below(name: str) -> list[str]:
    """Return the commands of `terang`, or of one of its groups such as `terang packs`."""
    below = [f"terang {command.words}".partition(f"{name} ")[2] for command in COMMANDS]
    return [words for words in below if words and " " not in words]
