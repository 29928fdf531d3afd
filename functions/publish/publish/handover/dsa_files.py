"""Writes what a provider hands to the Commission: batches of statements, and the yearly report.

The transparency database accepts a day's statements of reasons in batches. The harmonised report of
a year that is over is written once, if each of its numbers is proved.
"""

from dataclasses import dataclass
from datetime import date
from itertools import batched

import msgspec

from dsa.report.about import About
from dsa.report.entries import Entries
from dsa.report.files import LEDGER, report_files
from dsa.report.report import Period, Report
from dsa.statement.schema import BATCH
from ledger.errors import OperatorError
from ledger.keys import report_key, statement_batch_key, statements_of_day
from ledger.ports import JournalStore
from ledger.records.json_text import encode_json
from publish.handover.auditing import OutBucket
from publish.periods import PeriodKind
from publish.public_bucket import SummaryBucket
from report_proof.proof import WrittenReport, prove


class StatementId(msgspec.Struct, frozen=True):
    """The id of a statement in a batch."""

    puid: str


class StatementBatch(msgspec.Struct, frozen=True):
    """A request to the database's API: 1 to 100 statements."""

    statements: list[msgspec.Raw]


class BatchIds(msgspec.Struct, frozen=True):
    """The ids of the statements in a batch."""

    statements: list[StatementId]


def batch_statements(out: OutBucket, provider: str, day: str) -> None:
    """Write the batches of a day that are missing or incomplete.

    Decide writes each statement with its decision, so batches of a day that is over never change;
    those of an open day grow.
    """
    prefix = statements_of_day(provider, day)
    keys = out.objects.keys(out.name, prefix)
    for number, batch in enumerate(batched(keys, BATCH), 1):
        key = statement_batch_key(provider, day, number)
        puids = [name.removeprefix(prefix).removesuffix(".json") for name in batch]
        if _puids(out.objects.get(out.name, key)) != puids:
            statements = [msgspec.Raw(_read(out, name)) for name in batch]
            out.objects.put(out.name, key, encode_json(StatementBatch(statements)))


def _puids(data: bytes | None) -> list[str]:
    if data is None:
        return []
    return [statement.puid for statement in msgspec.json.decode(data, type=BatchIds).statements]


def _read(out: OutBucket, key: str) -> bytes:
    data = out.objects.get(out.name, key)
    if data is None:
        raise OperatorError(f"{key} was listed in the out bucket and is gone")
    return data


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
