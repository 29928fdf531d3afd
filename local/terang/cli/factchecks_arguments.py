"""The words of `terang factchecks` and `terang ask`."""

from pathlib import Path

from terang.cli.arguments import Commands, add, add_stack, later

INDEX = Path("terang-index")


def add_partners(commands: Commands) -> None:
    """Adds `terang partners`."""
    group = add(commands, "partners", "who may ask the tip line", "terang partners list")
    partners = group.add_subparsers(required=True, metavar="COMMAND")
    for name, text in (
        ("add", "give a partner a new secret, which is printed this once"),
        ("remove", "let a partner ask no more"),
    ):
        one = add(partners, name, text, f"terang partners {name} helpdesk --stack terang")
        one.add_argument("partner", metavar="ID")
        add_stack(one)
        one.set_defaults(work=later("terang.cli.partners", name))
    one = add(partners, "list", "list the partners", "terang partners list --stack terang")
    add_stack(one)
    one.set_defaults(work=later("terang.cli.partners", "list_all"))


def add_factchecks(commands: Commands) -> None:
    """Adds `terang factchecks` and `terang ask`."""
    group = add(
        commands,
        "factchecks",
        "bring in published fact-checks",
        "terang factchecks import feed.json --index terang-index",
    )
    factchecks = group.add_subparsers(required=True, metavar="COMMAND")
    one = add(
        factchecks,
        "import",
        "read a feed of ClaimReview or a table of checks, and build the index anew",
        "terang factchecks import checks.csv --index terang-index --trust check.example",
    )
    one.add_argument("feed", metavar="FILE|URL", help="JSON-LD, a DataFeed, or CSV")
    one.add_argument("--index", type=Path, metavar="DIR", help=f"default: {INDEX}")
    one.add_argument(
        "--trust",
        action="append",
        default=[],
        metavar="DOMAIN",
        help="with --index: take this publisher's checks in addition to those of the public list;"
        " a stack has its parameter TrustedPublishers",
    )
    one.add_argument(
        "--stack", default="", metavar="NAME", help="put it where a deployed stack learns from it"
    )
    one.add_argument(
        "--confirm", action="store_true", help="with --stack: it may withdraw most of its checks"
    )
    one.set_defaults(work=later("terang.cli.factchecks", "import_feed"))
    one = add(
        commands,
        "ask",
        "which published checks are about a text; nothing is stored",
        'terang ask "salt water cures colds" --index terang-index',
    )
    one.add_argument("text", nargs="?", metavar="TEXT", help="- reads it from stdin")
    one.add_argument("--file", type=Path, metavar="TEXTS", help='lines of {"id", "text"}')
    one.add_argument("--index", type=Path, default=INDEX, metavar="DIR")
    one.add_argument("--json", action="store_true", help="a line of JSON for each text")
    one.add_argument("--language", default="", metavar="TAG", help="default: guessed")
    one.add_argument("--published", default="", metavar="DAY", help="when the text was posted")
    one.add_argument("--why", action="store_true", help="the terms that decided the order")
    one.add_argument(
        "--meaning", action="store_true", help="suggest in an order by meaning too (`make meaning`)"
    )
    one.set_defaults(work=later("terang.cli.ask", "ask_texts"))
