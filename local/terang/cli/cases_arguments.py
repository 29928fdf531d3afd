"""The words of `terang review`, `terang case` and `terang cases`."""

from pathlib import Path

from terang.cli.arguments import Commands, add, add_stack, later


def add_cases(commands: Commands) -> None:
    """Adds what moderators use."""
    _add_review(commands)
    _add_audit(commands)
    _add_case(commands)
    _add_send(commands)


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
    one.add_argument("--provider", default="", metavar="ID", help="whose findings, of a stack")
    add_stack(one)
    one.add_argument("--send", action="store_true", help="send the decisions at the end")
    one.add_argument("--limit", type=int, default=200, metavar="N", help="findings at one sitting")
    one.set_defaults(work=later("terang.cli.review", "review"))


def _add_audit(commands: Commands) -> None:
    one = add(
        commands,
        "audit",
        "judge posts that no rule met: the month's sample, drawn by chance",
        "terang audit --provider acme-chat --month 2026-11 --moderator m-7",
    )
    one.add_argument(
        "run", nargs="?", type=Path, metavar="OUT", help="a run's folder, else a stack"
    )
    one.add_argument("--provider", required=True, metavar="ID")
    one.add_argument("--month", required=True, metavar="YYYY-MM")
    one.add_argument("--moderator", required=True, metavar="NAME", help="a pseudonym, published")
    one.add_argument(
        "--verdicts", type=Path, metavar="FILE", help="default: audit-MONTH-NAME.jsonl"
    )
    add_stack(one)
    one.set_defaults(work=later("terang.cli.audit", "audit"))


def _add_case(commands: Commands) -> None:
    one = add(
        commands,
        "case",
        "show one case with all that happened",
        "terang case 9f2c… --stack terang",
    )
    one.add_argument("case", metavar="ID", help="a finding, or a message of the provider's")
    one.add_argument("--provider", default="", metavar="ID", help="whose message it is")
    one.add_argument("--show", action="store_true", help="excerpts too")
    add_stack(one)
    one.set_defaults(work=later("terang.cli.cases", "show"))


def _add_send(commands: Commands) -> None:
    group = add(
        commands,
        "cases",
        "send decisions, complaints and what else people did",
        "terang cases send decisions.jsonl --provider acme-chat",
    )
    cases = group.add_subparsers(required=True, metavar="COMMAND")
    one = add(
        cases,
        "send",
        "send a file of messages, and wait for what became of each",
        "terang cases send decisions.jsonl --provider acme-chat --stack terang",
    )
    one.add_argument("file", type=Path, metavar="FILE", help="docs/case-message.schema.json")
    one.add_argument("--provider", required=True, metavar="ID")
    add_stack(one)
    one.set_defaults(work=later("terang.cli.cases", "send"))
