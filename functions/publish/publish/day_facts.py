"""Turns the records of a provider's day into its public journal and its numbers. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from msgspec import UNSET

from ledger.cases.case import JournalEntry
from ledger.records.manifest import OpenFile
from ledger.records.receipt import Receipt
from publish.catalogue import PublishedSets
from publish.count.case_counting import case_numbers
from publish.count.case_numbers import CaseNumbers
from publish.count.folding import Numbers, fold, left_out_reason, numbers_of
from publish.journal.case_line import case_lines
from publish.journal.public_journal import encode_journal, journal_lines, short_digest
from publish.summary import JournalFile, LeftOut, OpenFileNote, journal_path


@dataclass(frozen=True, slots=True)
class DayRecords:
    """What the table holds of a provider's day, in any order.

    `files` are all files of the provider, open or closed. `letters` are the letters of the
    moderators who made the entries.
    """

    receipts: Sequence[Receipt]
    files: Sequence[OpenFile]
    entries: Sequence[JournalEntry] = ()
    letters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DayFacts:
    """A provider's day: its public journal, its numbers, and the records missing from both."""

    journal_file: JournalFile
    journal: bytes
    numbers: Numbers
    cases: CaseNumbers
    left_out: tuple[LeftOut, ...]
    open_files: tuple[OpenFileNote, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing arrived that day and no file was being read."""
        return not (self.journal or self.left_out or self.open_files)


def count_day(provider: str, day: str, records: DayRecords, catalogue: PublishedSets) -> DayFacts:
    """Return the journal and the numbers of a day. Receipts that must not be counted are named."""
    counted: list[Receipt] = []
    left_out: list[LeftOut] = []
    for receipt in records.receipts:
        reason = left_out_reason(receipt, catalogue)
        if reason is None:
            counted.append(receipt)
        else:
            name, messages = short_digest(receipt.unit), receipt.messages or UNSET
            left_out.append(LeftOut(provider, day, name, reason, messages))
    receipts = journal_lines(counted)
    cases = case_lines(records.entries, records.letters, len(receipts) + 1)
    journal = encode_journal(receipts) + encode_journal(cases)
    path = f"{journal_path(provider, day)}.jsonl"
    return DayFacts(
        journal_file=JournalFile(path, sha256(journal).hexdigest(), len(receipts) + len(cases)),
        journal=journal,
        numbers=fold(numbers_of(line, catalogue) for line in receipts),
        cases=case_numbers(cases),
        left_out=tuple(sorted(left_out, key=lambda left: left.receipt)),
        open_files=open_on(provider, day, records.files),
    )


def open_on(provider: str, day: str, files: Iterable[OpenFile]) -> tuple[OpenFileNote, ...]:
    """Return the files that had arrived by the end of a day and were not yet read to their end.

    Closing such a file on a later day does not change the answer, so a closed day stays the same.

    >>> open_on("acme", "2026-11-02", [OpenFile("f", "2026-11-01", 3, "2026-11-03")])[0].since
    '2026-11-01'
    >>> open_on("acme", "2026-11-03", [OpenFile("f", "2026-11-01", 3, "2026-11-03")])
    ()
    """
    notes = [
        OpenFileNote(provider, short_digest(file.file), file.day)
        for file in files
        if file.day <= day and (not file.closed or file.closed > day)
    ]
    return tuple(sorted(notes, key=lambda note: (note.since, note.file)))
