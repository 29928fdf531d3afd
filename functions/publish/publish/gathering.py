"""Gathering: what the journal and the list of files say of one provider's day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from ledger.cases.case import JournalEntry
from ledger.records.manifest import OpenFile
from ledger.records.receipt import Receipt
from publish.catalogue import Catalogue
from publish.count.case_counting import case_numbers
from publish.count.case_numbers import CaseNumbers
from publish.count.folding import Numbers, fold, left_out_reason, numbers_of
from publish.journal.case_line import case_lines
from publish.journal.public_journal import encode_journal, journal_lines, short_digest
from publish.summary import JournalFile, LeftOut, OpenFileNote, journal_path


@dataclass(frozen=True, slots=True)
class DayEntries:
    """What people did on a day, and the letters under which moderators are told apart."""

    entries: Sequence[JournalEntry] = ()
    letters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DayFacts:
    """A provider's day: its public journal, the fold of it, and what is missing from both."""

    journal_file: JournalFile
    journal: bytes
    numbers: Numbers
    cases: CaseNumbers
    left_out: tuple[LeftOut, ...]
    open_files: tuple[OpenFileNote, ...]

    @property
    def silent(self) -> bool:
        """Whether nothing at all came that day, and nothing was under way."""
        return not (self.journal or self.left_out or self.open_files)


def gather(
    provider: str,
    day: str,
    receipts: Iterable[Receipt],
    people: DayEntries,
    files: Sequence[OpenFile],
    catalogue: Catalogue,
) -> DayFacts:
    """Fold a day into its journal and numbers; receipts that may not be counted are named.

    Args:
        provider: The provider.
        day: The day of the journal, UTC.
        receipts: All receipts of that day, in any order.
        people: What people did that day, and the letters of moderators.
        files: The provider's files, open or closed.
        catalogue: The sets in which the receipts' rules are looked up.
    """
    counted: list[Receipt] = []
    left_out: list[LeftOut] = []
    for receipt in receipts:
        fault = left_out_reason(receipt, catalogue)
        if fault is None:
            counted.append(receipt)
        else:
            left_out.append(LeftOut(provider, day, short_digest(receipt.unit), fault))
    lines = journal_lines(counted)
    done = case_lines(people.entries, people.letters, len(lines) + 1)
    journal = encode_journal(lines) + encode_journal(done)
    path = f"{journal_path(provider, day)}.jsonl"
    return DayFacts(
        journal_file=JournalFile(path, sha256(journal).hexdigest(), len(lines) + len(done)),
        journal=journal,
        numbers=fold(numbers_of(line, catalogue) for line in lines),
        cases=case_numbers(done),
        left_out=tuple(sorted(left_out, key=lambda left: left.receipt)),
        open_files=open_on(provider, day, files),
    )


def open_on(provider: str, day: str, files: Iterable[OpenFile]) -> tuple[OpenFileNote, ...]:
    """The files that had come by the end of a day and were not yet read to their end.

    It does not change when such a file is closed later, so a closed day stays as it was said.

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
