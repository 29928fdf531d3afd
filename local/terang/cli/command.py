"""The `terang` command: its words, and which part does the work."""

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from terang.cli.arguments import Commands, Work, add, add_stack, later
from terang.cli.cases_arguments import add_cases
from terang.cli.erase_arguments import add_erase
from terang.cli.factchecks_arguments import add_factchecks, add_partners
from terang.cli.operation_arguments import add_operation
from terang.cli.packs_arguments import add_packs
from terang.cli.report_arguments import add_report
from terang.cli.statements_arguments import add_statements
from terang.console import escape_unencodable, print_problem
from terang.terminal_text import show_controls

TRACEBACK = "TERANG_TRACEBACK"
"""The variable that lets a fault of ours end with its traceback; the tests set it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0, 1 or 2; 130 after Ctrl-C."""
    escape_unencodable()
    parser = _parser()
    options = parser.parse_args(arguments)
    work: Work = options.work
    if fault := _not_text(options):
        parser.error(fault)
    try:
        return work(options)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        print_problem(_unexpected(error))
        return 1


def _not_text(options: argparse.Namespace) -> str:
    """Return which option is not UTF-8, or nothing; files and texts to look at may be anything."""
    for name, value in vars(options).items():
        words = value if isinstance(value, list) else [value]
        for word in words:
            if isinstance(word, str) and name not in ("text", "feed") and not _encodes(word):
                return f"{name} is not UTF-8: {word!r}"
    return ""


def _encodes(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unexpected(error: Exception) -> str:
    """Return a sentence on a fault of ours without its text, which may quote what was read."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"terang: a fault that nobody expected ({type(error).__name__} at"
        f" {Path(place.filename).name}:{place.lineno}). Please report it with the command, as"
        f" CONTRIBUTING.md says; {TRACEBACK}=1 in the environment shows where it came from"
    )


class _Parser(argparse.ArgumentParser):
    """A parser whose errors quote what was typed so that no terminal obeys it."""

    def error(self, message: str) -> NoReturn:
        super().error(show_controls(message))


def _parser() -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = _Parser(
        prog="terang",
        description="Inspects public posts against published, expiring rules.",
        epilog="example: terang run posts.jsonl --provider acme-chat --packs packs --out out",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands)
    _add_scan(commands)
    add_packs(commands)
    add_cases(commands)
    add_factchecks(commands)
    add_partners(commands)
    _add_providers(commands)
    _add_recount(commands)
    add_statements(commands)
    add_report(commands)
    add_operation(commands)
    add_erase(commands)
    return parser


def _add_run(commands: Commands) -> None:
    one = add(
        commands,
        "run",
        "send files through the whole stack on this machine, and publish what came of them",
        "terang run export.json --provider acme-chat --packs packs --out out --today 2026-11-25",
    )
    one.add_argument("files", nargs="*", type=Path, metavar="FILE", help="default: the samples")
    one.add_argument("--provider", default="sample-chat", help="whose posts they are")
    one.add_argument("--packs", type=Path, default=None, metavar="DIR", help="default: packs/")
    one.add_argument("--out", type=Path, default=Path("terang-out"), metavar="DIR")
    one.add_argument("--messages", type=Path, metavar="FILE", help="lines to send as messages")
    one.add_argument(
        "--cases", type=Path, metavar="FILE", help="messages about cases, sent after the findings"
    )
    one.add_argument("--json", action="store_true", help="one line of JSON on stdout")
    one.add_argument("--today", default="", metavar="DAY", help="the day that all clocks read")
    one.add_argument(
        "--open",
        action="append",
        default=[],
        metavar="CHANNEL",
        help="a channel that anybody may join: telegram:ID or discord:ID",
    )
    one.add_argument(
        "--index",
        type=Path,
        metavar="DIR",
        help="checks of `terang factchecks import`; default: PACKS/factchecks if it is there",
    )
    one.add_argument("--keep", action="store_true", help="leave the stack up")
    one.add_argument("--serve", action="store_true", help="serve the pages on loopback")
    one.set_defaults(work=later("terang.cli.run", "run"))


def _add_scan(commands: Commands) -> None:
    one = add(
        commands,
        "scan",
        "match posts on stdin, without AWS; a line for each post with hits on stdout",
        "terang scan --packs packs < posts.jsonl > hits.jsonl",
    )
    one.add_argument("--packs", type=Path, required=True, metavar="DIR")
    one.add_argument("--today", default="", metavar="DAY")
    one.set_defaults(work=later("terang.cli.scan", "scan"))


def _add_providers(commands: Commands) -> None:
    group = add(commands, "providers", "register providers", "terang providers list")
    providers = group.add_subparsers(required=True, metavar="COMMAND")
    one = add(
        providers,
        "add",
        "deploy a provider's role, register it, and print what the provider needs",
        "terang providers add acme-chat --principal arn:aws:iam::123456789012:root",
    )
    one.add_argument("provider", metavar="ID")
    one.add_argument("--principal", required=True, metavar="ARN", help="who may take the role")
    one.add_argument("--open", action="append", default=[], metavar="CHANNEL")
    one.add_argument("--packs", default="", metavar="PACK,PACK", help="default: those of the law")
    add_stack(one)
    one.set_defaults(work=later("terang.cli.providers", "add"))
    one = add(providers, "list", "list the providers", "terang providers list --stack terang")
    one.add_argument("--json", action="store_true", help="a line of JSON for each on stdout")
    add_stack(one)
    one.set_defaults(work=later("terang.cli.providers", "list_all"))
    one = add(
        providers,
        "pause",
        "hold a rule in shadow for a provider until a higher version of its pack",
        'terang providers pause acme-chat otp/asks-for-code --why "hits school timetables"',
    )
    one.add_argument("provider", metavar="ID")
    one.add_argument("rule", metavar="PACK/RULE")
    one.add_argument("--why", required=True, help="published with the set")
    add_stack(one)
    one.set_defaults(work=later("terang.cli.providers", "pause"))
    one = add(
        providers,
        "factchecks",
        "propose labels with published fact-checks to a provider, or only count them",
        "terang providers factchecks acme-chat on",
    )
    one.add_argument("provider", metavar="ID")
    one.add_argument("answer", choices=("on", "off"))
    add_stack(one)
    one.set_defaults(work=later("terang.cli.providers", "factchecks"))
    one = add(
        providers,
        "lift",
        "let a rule propose again that the flood guard holds today",
        "terang providers lift acme-chat one-time-codes/asks-for-code",
    )
    one.add_argument("provider", metavar="ID")
    one.add_argument("rule", metavar="PACK/RULE")
    add_stack(one)
    one.set_defaults(work=later("terang.cli.providers", "lift"))


def _add_recount(commands: Commands) -> None:
    one = add(
        commands,
        "recount",
        "prove every published number from the public journal",
        "terang recount out/public",
    )
    one.add_argument("folder", type=Path, metavar="DIR")
    one.set_defaults(work=later("recount.recount", "recount_command"))
