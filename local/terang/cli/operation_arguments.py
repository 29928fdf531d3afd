"""The words of `terang fsck`, `redrive`, `publish` and `restore`: what an operator types."""

from terang.cli.arguments import Commands, add, add_stack, later

QUEUES = ("units", "posts", "cases", "intake", "publish", "learn")
"""What can be redriven: dead letters of four queues, failed events of two functions."""


def add_operation(commands: Commands) -> None:
    """Adds what operators use."""
    _add_fsck(commands)
    _add_redrive(commands)
    _add_publish(commands)
    _add_restore(commands)


def _add_fsck(commands: Commands) -> None:
    one = add(
        commands,
        "fsck",
        "recompute every published number from the table and the files; name each difference",
        "terang fsck --stack terang",
    )
    add_stack(one)
    one.add_argument("--json", action="store_true", help="one line of JSON on stdout")
    one.set_defaults(work=later("terang.cli.fsck", "fsck"))


def _add_redrive(commands: Commands) -> None:
    one = add(
        commands,
        "redrive",
        "return dead letters and failed events to where they were going",
        "terang redrive --queue posts --dry-run",
    )
    one.add_argument("--queue", choices=QUEUES, action="append", help="default: all of them")
    one.add_argument("--dry-run", action="store_true", help="only show what is there")
    one.add_argument("--limit", type=int, metavar="N", help="at most so many of each queue")
    one.add_argument(
        "--file", default="", metavar="ID", help="instead: send all units of a sealed file again"
    )
    add_stack(one)
    one.set_defaults(work=later("terang.cli.redrive", "redrive"))


def _add_publish(commands: Commands) -> None:
    one = add(
        commands,
        "publish",
        "publish now what is due, or more than is due",
        "terang publish --since 2026-01-01 --rebuild",
    )
    one.add_argument("--since", metavar="DAY", help="look further back than 35 days")
    one.add_argument("--through", metavar="DAY", help="no day after this one")
    one.add_argument("--provisional", action="store_true", help="open days too, marked so")
    one.add_argument("--rebuild", action="store_true", help="write what stands again too")
    one.add_argument(
        "--accept",
        action="append",
        default=[],
        metavar="PROVIDER/DAY",
        help="a day that is published though the table lost some of it",
    )
    add_stack(one)
    one.set_defaults(work=later("terang.cli.publish", "publish"))


def _add_restore(commands: Commands) -> None:
    one = add(
        commands,
        "restore",
        "put back what a restored copy of the table has and the table has not",
        "terang restore terang-Table-1ABC-restored",
    )
    one.add_argument("copy", metavar="TABLE", help="the copy, as DynamoDB restored it")
    add_stack(one)
    one.set_defaults(work=later("terang.cli.restore", "restore"))
