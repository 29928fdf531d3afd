"""A difference that `terang fsck` found: its place, both values, and the repairing command."""

from typing import NamedTuple

PAGE = "see docs/operate.md, "
RESTORE = PAGE + "Restoring a table"
EXPLAINED = PAGE + "What fsck names"
REBUILD = "terang publish --since {day} --rebuild --stack {stack}"

ADVICE = {
    "marker_without_receipt": RESTORE,
    "receipt_without_marker": RESTORE,
    "receipt_twice": RESTORE,
    "receipt_misplaced": RESTORE,
    "receipt_sums": PAGE + "ReceiptNotClosedAlarm",
    "receipt_findings": RESTORE,
    "finding_missing": RESTORE,
    "finding_stray": "if its file is gone, let its sender put it again, else: "
    "terang redrive --stack {stack}",
    "finding_twice": RESTORE,
    "range_missing": "reads what the bucket still has, records the rest as object_gone: "
    "terang redrive --file {name} --stack {stack}",
    "range_unit": RESTORE,
    "range_bytes": RESTORE,
    "file_not_closed": "terang publish --stack {stack}",
    "entry_gap": RESTORE,
    "entry_without_journal": RESTORE,
    "journal_without_entry": RESTORE,
    "message_without_entry": RESTORE,
    "entry_without_message": RESTORE,
    "decided_and_listed": RESTORE,
    "findings_untold": EXPLAINED,
    "findings_mistold": EXPLAINED,
    "findings_of_nothing": EXPLAINED,
    "refusals_untold": EXPLAINED,
    "batch_untold": EXPLAINED,
    "file_untold": "terang publish --stack {stack}",
    "file_mistold": EXPLAINED,
    "statement_missing": EXPLAINED,
    "public_ahead": RESTORE
    + "; if the loss is true: terang publish --accept {name} --stack {stack}",
    "public_behind": "terang publish --since {day} --stack {stack}",
    "public_other": REBUILD,
    "recount": REBUILD,
    "page_missing": REBUILD,
}
"""The advice for every kind of difference; `{name}` is the end of its place."""


class Difference(NamedTuple):
    """One difference. `where` is a key of the table or of a bucket."""

    kind: str
    where: str
    found: str
    wanted: str

    def advice(self, stack: str) -> str:
        """Return the command to type, or the page to read.

        >>> Difference("public_behind", "acme/2026-11-25", "1 line", "2 lines").advice("terang")
        'terang publish --since 2026-11-25 --stack terang'
        """
        day = self.where.rpartition("/")[2].partition(".")[0]
        since = f"{day}-01" if len(day) == len("2026-11") else day
        name = self.where.rpartition("#")[2].removeprefix("journal/")
        return ADVICE[self.kind].format(stack=stack, name=name, day=since)

    def record(self, stack: str) -> dict[str, str]:
        """Return the difference as `--json` prints it."""
        return {
            "kind": self.kind,
            "where": self.where,
            "is": self.found,
            "should": self.wanted,
            "type": self.advice(stack),
        }
