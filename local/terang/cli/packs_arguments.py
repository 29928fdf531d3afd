"""The words of `terang packs`."""

import argparse
from pathlib import Path

from terang.cli.arguments import Commands, add, add_stack, later


def add_packs(commands: Commands) -> None:
    """Adds `terang packs` and what it can do."""
    group = add(
        commands, "packs", "write, check, try and publish packs", "terang packs check packs"
    )
    packs = group.add_subparsers(required=True, metavar="COMMAND")
    _add_check(packs)
    _add_try(packs)
    _add_format(packs)
    _add_diff(packs)
    _add_import(packs)
    _add_schema(packs)
    _add_publish(packs)
    _add_list(packs)
    _add_rollback(packs)


def _add_check(packs: Commands) -> None:
    one = add(packs, "check", "check every pack of a folder", "terang packs check packs")
    one.add_argument("packs", type=Path, metavar="DIR")
    one.add_argument("--today", default="", metavar="DAY")
    one.set_defaults(work=later("terang.cli.packs", "check"))


def _add_try(packs: Commands) -> None:
    one = add(
        packs,
        "try",
        "show what hits a text, and why or why not",
        'terang packs try packs "Please send me the OTP"',
    )
    one.add_argument("packs", type=Path, metavar="DIR")
    one.add_argument("text", metavar="TEXT", help="- reads stdin")
    one.add_argument("--today", default="", metavar="DAY")
    one.set_defaults(work=later("terang.cli.packs", "try_text"))


def _add_format(packs: Commands) -> None:
    one = add(
        packs,
        "format",
        "write packs in the canonical layout, comments kept",
        "terang packs format packs --check",
    )
    one.add_argument("packs", type=Path, metavar="DIR|FILE")
    one.add_argument("--check", action="store_true", help="change nothing; exit 1 if it would")
    one.set_defaults(work=later("terang.cli.packs_format", "format_packs"))


def _add_diff(packs: Commands) -> None:
    one = add(
        packs,
        "diff",
        "show what a new version of packs newly hits in some posts, and what it no longer hits",
        "terang packs diff packs new-packs --posts posts.jsonl",
    )
    one.add_argument("old", type=Path, metavar="OLD", help="a folder or a file")
    one.add_argument("new", type=Path, metavar="NEW", help="a folder or a file")
    one.add_argument("--posts", type=Path, required=True, metavar="FILE", help="JSON Lines")
    one.add_argument("--json", action="store_true", help="one line of JSON, without text of posts")
    one.set_defaults(work=later("terang.cli.packs_diff", "diff"))


def _add_import(packs: Commands) -> None:
    one = add(
        packs,
        "import",
        "turn a list of words into a shadow pack on stdout, to be filled in",
        "terang packs import words.txt --id new-pack --category SCAMS_AND_FRAUD > new-pack.yaml",
    )
    one.add_argument(
        "words", type=Path, metavar="FILE", help="a term a line (# for comments), or .csv, .tsv"
    )
    one.add_argument("--id", required=True, help="the pack's id")
    one.add_argument("--category", required=True, help="a category of the DSA")
    one.add_argument("--keyword", action="append", default=[], help="default: to be filled in")
    one.add_argument(
        "--language", action="append", default=[], help="such as en; default: to be filled in"
    )
    one.add_argument("--owner", default="", help="default: to be filled in")
    one.add_argument("--column", default="", help="of a table: by default `term`, or the first")
    one.add_argument("--today", default="", metavar="DAY", help="the first day in force")
    one.set_defaults(work=later("terang.cli.packs_import", "import_words"))


def _add_schema(packs: Commands) -> None:
    one = add(
        packs,
        "schema",
        "print the JSON Schema of a pack, for editors",
        "terang packs schema > docs/pack.schema.json",
    )
    one.set_defaults(work=later("terang.cli.packs", "schema"))


def _add_publish(packs: Commands) -> None:
    one = add(
        packs,
        "publish",
        "check packs and add them to the set in force, or replace theirs; others stay",
        "terang packs publish packs --stack terang",
    )
    one.add_argument("packs", type=Path, nargs="?", metavar="DIR", help="not needed with --remove")
    add_stack(one)
    one.add_argument(
        "--provider",
        action="append",
        default=[],
        metavar="ID=PACK,PACK",
        help="the packs that one provider runs; by default all that rest on the law",
    )
    one.add_argument(
        "--remove", action="append", default=[], metavar="ID", help="a pack that leaves the set"
    )
    _add_consent(one)
    one.set_defaults(work=later("terang.cli.packs_publish", "publish"))


def _add_list(packs: Commands) -> None:
    one = add(
        packs,
        "list",
        "show the set in force, what each provider runs, and the sets before it",
        "terang packs list --stack terang",
    )
    add_stack(one)
    one.set_defaults(work=later("terang.cli.packs_publish", "list_in_force"))


def _add_rollback(packs: Commands) -> None:
    one = add(
        packs,
        "rollback",
        "put the packs of an earlier set in force again",
        "terang packs rollback 0123456789abcdef --stack terang",
    )
    one.add_argument("digest", metavar="DIGEST", help="of `terang packs list`, or its beginning")
    add_stack(one)
    _add_consent(one)
    one.set_defaults(work=later("terang.cli.packs_publish", "rollback"))


def _add_consent(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "--posts", type=Path, metavar="FILE", help="JSON Lines: show what the change hits in them"
    )
    one.add_argument(
        "--allow-no-rules",
        action="append",
        default=[],
        metavar="PROVIDER",
        help="a provider that may be left with no rule",
    )
    one.add_argument("--yes", action="store_true", help="do not ask at a terminal")
