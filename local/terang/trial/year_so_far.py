"""The harmonised report of a trial: its year is not over, and shows what it will hold."""

from collections import Counter
from pathlib import Path

from dsa.report.about import About
from dsa.report.entries import Entries
from dsa.report.files import report_files
from dsa.report.report import Period, Report
from ledger.keys import report_key
from terang.trial.runner import Deployed


def write_year_so_far(deployed: Deployed, provider: str, out: Path) -> Path | None:
    """Write the report from a run's entries where publish puts that of a year that is over.

    Its folder; none where nobody did anything.
    """
    store, days = deployed.store, sorted({deployed.began, deployed.day})
    entries = Entries.of(one for day in days for one in store.journal_entries(provider, day))
    if not entries.all:
        return None
    inspected = Counter[str]()
    for day in days:
        inspected[day[:7]] += sum(one.inspected for one in store.receipts(provider, day))
    year = days[-1][:4]
    reporting = Report(Period.year(int(year)), entries, inspected, About(name=provider))
    files = report_files(reporting, provider)
    for name, data in files.items():
        path = out / report_key(provider, year, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return out / report_key(provider, year, "")
