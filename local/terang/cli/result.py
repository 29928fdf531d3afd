"""What a run came to: one line for programs, a table for people."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from ledger.closing import FileReceipt
from ledger.records.receipt import Receipt
from terang.casework.case_queue import Answer
from terang.casework.case_sending import told
from terang.console import Screen
from terang.trial.runner import Dropped, name_of

TABLE_BESIDE_RULES = 20
"""Columns that the table of findings needs beside `pack/version/rule/mode`; else it is a list."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to."""

    provider: str
    receipts: list[Receipt]
    files: list[tuple[Dropped, FileReceipt]]
    cases: list[Answer]
    report: Path | None

    def line(self, out: Path) -> dict[str, object]:
        """Return the one line of --json. Findings are distinct; a rule is `pack/rule`.

        `partly_read` is there only if it is not zero.
        """
        refused, by_rule = Counter[str](), Counter[str]()
        for receipt in self.receipts:
            refused.update(receipt.refused)
            for key, count in receipt.by_rule.items():
                pack, _, rule, _ = key.split("/")
                by_rule[f"{pack}/{rule}"] += count
        partly_read = sum(receipt.partly_read for receipt in self.receipts)
        return {
            "provider": self.provider,
            "inspected": sum(receipt.inspected for receipt in self.receipts),
            "refused": refused.total(),
            "findings": sum(receipt.findings for receipt in self.receipts),
            "by_rule": dict(sorted(by_rule.items())),
            "refusals_by_code": dict(sorted(refused.items())),
            "out": str(out),
            **({"partly_read": partly_read} if partly_read else {}),
        }

    def _table(self, counts: Counter[str]) -> Table:
        table = Table(title=f"{self.provider}: what was found", title_justify="left")
        table.add_column("rule", overflow="fold")
        table.add_column("mode")
        table.add_column("findings", justify="right")
        for key, count in _most_first(counts):
            pack, _, rule, mode = key.split("/")
            table.add_row(f"{pack}/{rule}", mode, f"{count:,}")
        return table

    def show(self, console: Screen, out: Path) -> None:
        """The table for people."""
        line = self.line(out)
        for dropped, file in self.files:
            said = f"refused: {file.code}" if file.status == "refused" else file.format
            again = ", delivered before" if file.repeated else ""
            advice = f" ({file.advice})" if file.advice else ""
            console.print(f"{name_of(dropped.path)}: {said}{again}{advice}")
        counts = Counter[str]()
        for receipt in self.receipts:
            counts.update(receipt.by_rule)
        widest = max(map(len, counts), default=0)
        if widest + TABLE_BESIDE_RULES > console.width:
            for key, count in _most_first(counts):
                pack, _, rule, mode = key.split("/")
                console.print(f"{count:,} {pack}/{rule} ({mode})")
        elif counts:
            console.print(self._table(counts))
        console.print(
            f"{line['inspected']:,} posts inspected, {line['refused']:,} records refused,"
            f" {line['findings']:,} findings"
        )
        if "partly_read" in line:
            console.print(
                f"  read in part: {line['partly_read']:,} (their texts take too much work)"
            )
        for code, count in dict(line["refusals_by_code"]).items():  # type: ignore[call-overload]
            console.print(f"  refused {code}: {count:,}")
        for told_of in told(self.cases) if self.cases else ():
            console.print(told_of)
        console.print(f"pages:    {out / 'public/index.html'}")
        console.print(f"findings: {out / 'findings.jsonl'}")
        if self.report:
            console.print(f"report:   {self.report} (the year so far)")
        console.print(f"check:    terang recount {out / 'public'}")


def _most_first(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
