"""The words of `terang erase`."""

from terang.cli.arguments import Commands, add, add_stack, later


def add_erase(commands: Commands) -> None:
    """Adds what an operator uses when an author asks to be forgotten."""
    one = add(
        commands,
        "erase",
        "take an author out of a stack: what was counted stays, what names them goes",
        "terang erase --provider acme-chat --account - < account.txt",
    )
    one.add_argument("--provider", required=True, metavar="ID", help="where the author has it")
    one.add_argument(
        "--account",
        required=True,
        metavar="NAME",
        help="the account as the provider sends it; - reads it from stdin, where nobody sees it",
    )
    one.add_argument(
        "--post",
        action="append",
        default=[],
        metavar="ID",
        help="a post of theirs that its account does not lead to; again for more",
    )
    add_stack(one)
    one.add_argument("--dry-run", action="store_true", help="say what would go, and write nothing")
    one.add_argument("--json", action="store_true", help="one line of JSON on stdout")
    one.set_defaults(work=later("terang.cli.erase", "erase"))
