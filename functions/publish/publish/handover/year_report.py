"""Writes the harmonised report of a year that is over, once, if each of its numbers is proved."""

from dataclasses import dataclass
from datetime import date

from dsa.report.about import About
from dsa.report.entries import Entries
from dsa.report.files import LEDGER, report_files
from dsa.report.report import Period, Report
from ledger.keys import report_key
from ledger.ports import JournalStore
from publish.handover.auditing import OutBucket
from publish.periods import PeriodKind
from publish.public_bucket import SummaryBucket
from report_proof.proof import WrittenReport, prove


@dataclass(frozen=True, slots=True)
class YearReports:
    """Writes reports of the published days into the bucket that providers read.

    An entry counts on the day of its commit, so a year that is over no longer changes.
    """

    store: JournalStore
    public: SummaryBucket
    out: OutBucket
    today: date

    def write(self, provider: str, closed: str) -> list[str]:
        """Write the report of the last year that is over by a closed day, if it is not there yet.

        Return what could not be proved; then nothing is written.
        """
        year = _year_over(closed)
        days = [day for day in self.public.periods(provider, PeriodKind.DAY) if day[:4] == year]
        done = report_key(provider, year, LEDGER)
        if not days or done in self.out.objects.keys(self.out.name, done):
            return []
        entries = [entry for day in days for entry in self.store.journal_entries(provider, day)]
        reporting = Report(
            period=Period.year(int(year)),
            entries=Entries.of(entries),
            inspected=self._inspected(provider, year),
            about=About(name=provider, published=self.today),
        )
        files = report_files(reporting, provider)
        differences = prove(WrittenReport.read(files)).differences
        if differences:
            return [f"{provider} {year}: {difference}" for difference in differences]
        # The ledger is written last: its presence means that the report is complete.
        for name in sorted(files, key=lambda name: name == LEDGER):
            self.out.objects.put(self.out.name, report_key(provider, year, name), files[name])
        return []

    def _inspected(self, provider: str, year: str) -> dict[str, int]:
        """Return the inspected posts of each month of a year in which there were any."""
        months = self.public.published_in(provider, PeriodKind.MONTH, f"{year}-01", f"{year}-12")
        return {m.period: m.numbers.inspected for m in months if m.numbers.inspected}


def _year_over(closed: str) -> str:
    """Return the last year of which every day is closed.

    >>> _year_over("2026-12-30"), _year_over("2026-12-31")
    ('2025', '2026')
    """
    year = int(closed[:4])
    return str(year if closed[5:] == "12-31" else year - 1)
