"""Turns the receipts and entries of a provider's day into its public journal and its numbers.

Receipts are taken one after another and never held together: a day may have millions.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import UNSET

from ledger.cases.case import JournalEntry
from ledger.privacy.copies import DayCopies
from ledger.records.identity import short_digest
from ledger.records.manifest import OpenFile
from ledger.records.receipt import Receipt
from publish.catalogue import PublishedSets
from publish.count.case_counting import case_numbers
from publish.count.case_numbers import CaseNumbers
from publish.count.copy_counts import copy_line, numbers_of_copies
from publish.count.folding import Numbers, left_out_reason, numbers_of, sum_numbers
from publish.journal.case_line import case_lines
from publish.journal.journal_spool import WHOLE_FORM, JournalSpool
from publish.journal.public_journal import receipt_line
from publish.summary import JournalFile, LeftOut, OpenFileNote, journal_path

FOLD_AT = 500
"""How many receipts are held before they are added up."""


@dataclass(frozen=True, slots=True)
class DayJournal:
    """What the table holds of a provider's day.

    `receipts` come in the order of their unit's id and are read once. `files` are all files of the
    provider, open or closed. `copies` are the copy groups of its findings, `letters` those of the
    moderators who made the entries.
    """

    receipts: Iterable[Receipt]
    files: Sequence[OpenFile]
    entries: Sequence[JournalEntry] = ()
    letters: Mapping[str, str] = field(default_factory=dict)
    copies: DayCopies | None = None


class FoldedJournal(msgspec.Struct, frozen=True):
    """How many receipts and entries were folded, and a digest over each kind, in their order."""

    receipts: int
    receipts_sha256: str
    entries: int
    entries_sha256: str


@dataclass(frozen=True, slots=True)
class DayFacts:
    """A provider's day: its public journal, its numbers, and what is missing from both.

    `journal` holds the bytes of the files; it is None where the day was not read again.
    """

    journal_files: tuple[JournalFile, ...]
    journal: JournalSpool | None
    numbers: Numbers
    cases: CaseNumbers
    left_out: tuple[LeftOut, ...]
    open_files: tuple[OpenFileNote, ...]
    folded: FoldedJournal

    @property
    def is_empty(self) -> bool:
        """Nothing arrived that day, and no file was being read."""
        return not (self.folded.receipts or self.folded.entries or self.open_files)


@dataclass(slots=True)
class _DayFold:
    """The receipts of a day so far."""

    provider: str
    day: str
    catalogue: PublishedSets
    journal: JournalSpool
    numbers: Numbers = field(default_factory=Numbers)
    left_out: list[LeftOut] = field(default_factory=list)
    receipts: int = 0
    counted: int = 0
    _digest: Any = field(default_factory=sha256)
    _parts: list[Numbers] = field(default_factory=list)

    def add(self, receipt: Receipt) -> None:
        """Add a receipt, or name one that must not be counted."""
        self.receipts += 1
        self._digest.update(msgspec.json.encode(receipt))
        reason = left_out_reason(receipt, self.catalogue)
        if reason is not None:
            name, messages = short_digest(receipt.unit), receipt.messages or UNSET
            self.left_out.append(LeftOut(self.provider, self.day, name, reason, messages))
            return
        self.counted += 1
        line = receipt_line(self.counted, receipt)
        self.journal.add_receipt(line)
        self._parts.append(numbers_of(line, self.catalogue))
        if len(self._parts) == FOLD_AT:
            self._fold()

    def end(self) -> str:
        """Add up the other receipts, and return the digest of all receipts."""
        self._fold()
        return str(self._digest.hexdigest())

    def _fold(self) -> None:
        self.numbers = sum_numbers([self.numbers, *self._parts])
        self._parts.clear()


def count_day(
    provider: str,
    day: str,
    stored: DayJournal,
    catalogue: PublishedSets,
    journal: JournalSpool,
    at_least: int,
) -> DayFacts:
    """Return the numbers of a day, and fill its journal.

    `at_least` is how many files of it are published already.
    """
    folding = _DayFold(provider, day, catalogue, journal)
    for receipt in stored.receipts:
        folding.add(receipt)
    receipts_digest = folding.end()
    cases = case_lines(stored.entries, stored.letters, folding.counted + 1)
    for line in cases:
        journal.add(line)
    numbers, count = folding.numbers, folding.counted + len(cases) + 1
    if stored.copies is not None:
        copies = copy_line(count, stored.copies)
        journal.add(copies)
        numbers = sum_numbers([numbers, numbers_of_copies(copies)])
    entries = msgspec.json.encode(sorted(stored.entries, key=lambda entry: entry.entry))
    form = UNSET if journal.form == WHOLE_FORM else journal.form
    return DayFacts(
        journal_files=tuple(
            JournalFile(
                path=f"{journal_path(provider, day, number)}.jsonl",
                sha256=piece.sha256,
                lines=piece.lines,
                form=form,
            )
            for number, piece in enumerate(journal.finish(at_least))
        ),
        journal=journal,
        numbers=numbers,
        cases=case_numbers(cases),
        left_out=tuple(sorted(folding.left_out, key=lambda left: left.receipt)),
        open_files=open_on(provider, day, stored.files),
        folded=FoldedJournal(
            folding.receipts, receipts_digest, len(cases), sha256(entries).hexdigest()
        ),
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
