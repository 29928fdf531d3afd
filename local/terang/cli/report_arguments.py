"""The words of `terang report`."""

from pathlib import Path

from terang.cli.arguments import Commands, add, add_stack, later


def add_report(commands: Commands) -> None:
    """Adds `terang report`, and what proves and checks a report."""
    one = add(
        commands,
        "report",
        "write the harmonised report of a provider's year, with the proof of every number",
        "terang report --provider acme-chat --period 2026 --out report --about about.yaml",
    )
    one.add_argument("--provider", metavar="ID")
    one.add_argument("--period", metavar="YEAR", help="or FIRST/LAST, both days included")
    one.add_argument("--out", type=Path, metavar="DIR")
    one.add_argument("--about", type=Path, metavar="FILE", help="what the provider says of itself")
    one.add_argument(
        "--ledger", type=Path, metavar="FILE", help="ledger.jsonl of an earlier report, and no AWS"
    )
    add_stack(one, "whose ledger it is read from")
    one.set_defaults(work=later("terang.cli.report", "report"))
    more = one.add_subparsers(metavar="COMMAND")
    _add_check(more)
    _add_lint(more)


def _add_check(more: Commands) -> None:
    one = add(
        more, "check", "prove each number of a report from its entries", "terang report check DIR"
    )
    one.add_argument("folder", type=Path, metavar="DIR")
    one.add_argument(
        "--cell", default="", metavar="PART:ROW:COLUMN", help="print the entries behind 5:2:F"
    )
    one.set_defaults(work=later("terang.cli.report_check", "check"))


def _add_lint(more: Commands) -> None:
    one = add(
        more,
        "lint",
        "check anybody's report against the template and its own sums",
        "terang report lint DIR --json",
    )
    one.add_argument("folder", type=Path, metavar="DIR")
    one.add_argument("--json", action="store_true", help="a line of JSON for each problem")
    one.set_defaults(work=later("terang.reports.lint", "lint"))
