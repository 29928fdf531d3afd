"""The words of `terang review`, `terang case` and `terang cases`."""

from pathlib import Path

from terang.arguments import Commands, add, later


def add_cases(commands: Commands) -> None:
    """Adds what moderators use."""
    _add_review(commands)


def _add_review(commands: Commands) -> None:
    one = add(
        commands,
        "review",
        "decide on findings, one key a verdict",
        "terang review terang-out --moderator m-7",
    )
    one.add_argument("findings", nargs="?", type=Path, metavar="OUT", help="a run's folder")
    one.add_argument("--moderator", required=True, metavar="NAME", help="a pseudonym, published")
    one.add_argument("--decisions", type=Path, metavar="FILE", help="default: decisions-NAME.jsonl")
    one.set_defaults(work=later("review_command", "review"))
