"""The words of `terang statements`."""

from pathlib import Path

from terang.cli.arguments import Commands, add, later


def add_statements(commands: Commands) -> None:
    """Adds `terang statements` and what it can do."""
    group = add(
        commands,
        "statements",
        "check statements of reasons before they are sent, and send them",
        "terang statements lint out/out/acme-chat/statements",
    )
    statements = group.add_subparsers(required=True, metavar="COMMAND")
    _add_lint(statements)
    _add_submit(statements)


def _add_lint(statements: Commands) -> None:
    one = add(
        statements,
        "lint",
        "check anybody's statements against the schema, and whether they mean what they say",
        "terang statements lint statements.jsonl --last last-month.csv.gz",
    )
    one.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE|DIR",
        help="JSON Lines, API batches, or the database's CSV; gzip and zip are opened",
    )
    one.add_argument("--json", action="store_true", help="a line of JSON for each problem")
    one.add_argument(
        "--packs", type=Path, metavar="DIR", help="the packs that facts name; default: packs/"
    )
    one.add_argument(
        "--last",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="statements of the month before, to compare with",
    )
    one.add_argument("--today", default="", metavar="DAY", help="later days are wrong")
    one.set_defaults(work=later("terang.cli.statements", "lint"))


def _add_submit(statements: Commands) -> None:
    one = add(
        statements,
        "submit",
        "send statements to the DSA Transparency Database; the same command again goes on",
        "terang statements submit out/out/acme-chat/statements --to https://SANDBOX",
    )
    one.add_argument("files", nargs="+", type=Path, metavar="FILE|DIR")
    one.add_argument(
        "--to", required=True, metavar="ADDRESS", help="of the sandbox, or of the database"
    )
    one.add_argument(
        "--sent",
        type=Path,
        default=Path("statements-sent.jsonl"),
        metavar="FILE",
        help="keeps what was sent; default: statements-sent.jsonl",
    )
    one.add_argument(
        "--token-file",
        type=Path,
        metavar="FILE",
        help="holds the token; default: the environment variable TERANG_SOR_TOKEN",
    )
    one.set_defaults(work=later("terang.cli.statements_submit", "submit"))
