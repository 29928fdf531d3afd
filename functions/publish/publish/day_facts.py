"""Turns the receipts and entries of a provider's day into its public journal and its numbers.

Receipts are taken one after another and never held together: a day may have millions.

Seals of closed days: what a day came to, so that an hourly run need not read it again.

A seal is a note and never a fact. It is used only while it agrees with the published files, and
made again from nothing when it is CHECK_AFTER old, missing, or of a release that folds otherwise.
So a lost or damaged seal costs time and changes no byte.

Compare a draft with the published summary: keep it, replace it, or publish a new revision.

A closed period is compared by its numbers, never by the bytes of its page. A provisional summary is
replaced without a revision.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from itertools import chain
from typing import Any

import msgspec

from cases.case_message import CaseLine
from cases.kinds import CaseNumbers, case_lines, case_numbers
from ledger.aws.objects import S3Objects
from ledger.cases import JournalEntry
from ledger.findings import short_digest
from ledger.privacy import DayCopies
from ledger.texts import utc
from ledger.units import OpenFile, Receipt, sum_records
from phrases import Phrases, of
from publish.folding import (
    Numbers,
    copy_line,
    left_out_reason,
    measures,
    numbers_of,
    numbers_of_copies,
)
from publish.periods import PeriodKind
from publish.public_journal import JournalSpool, ReceiptLine
from publish.set_catalogue import PublishedSets
from publish.summary import JournalFile, LeftOut, NumberChange, OpenFileNote, Summary, journal_path

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
            name = short_digest(receipt.unit)
            self.left_out.append(LeftOut(self.provider, self.day, name, reason, receipt.messages))
            return
        self.counted += 1
        self.journal.add_receipt(receipt)
        self._parts.append(numbers_of(receipt, self.catalogue))
        if len(self._parts) == FOLD_AT:
            self._fold()

    def end(self) -> str:
        """Add up the other receipts, and return the digest of all receipts."""
        self._fold()
        return str(self._digest.hexdigest())

    def _fold(self) -> None:
        self.numbers = sum_records(Numbers, [self.numbers, *self._parts])
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
        numbers = sum_records(Numbers, [numbers, numbers_of_copies(copies)])
    entries = msgspec.json.encode(sorted(stored.entries, key=lambda entry: entry.entry))
    return DayFacts(
        journal_files=tuple(
            JournalFile(
                path=f"{journal_path(provider, day, number)}.jsonl",
                sha256=piece.sha256,
                lines=piece.lines,
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


SEAL_FORM = 1
"""Raise it when a release folds the same records into other numbers or lines."""

CHECK_AFTER = timedelta(hours=22)
"""When a sealed day is read again. Runs are an hour apart, so a late receipt is found within 23
hours, within 24 if a run fails, and later where runs have no time left for the check."""


class Seal(msgspec.Struct, frozen=True):
    """The fold of a closed day, and which records it folds. `form` says how it was folded."""

    form: str
    checked_at: str
    folded: FoldedJournal
    journal: tuple[JournalFile, ...]
    numbers: Numbers
    cases: CaseNumbers
    left_out: tuple[LeftOut, ...]

    @classmethod
    def of(cls, facts: DayFacts, now: datetime) -> "Seal":
        """Return the seal of a day that was read now."""
        return cls(
            form=seal_form(),
            checked_at=utc(now),
            folded=facts.folded,
            journal=facts.journal_files,
            numbers=facts.numbers,
            cases=facts.cases,
            left_out=facts.left_out,
        )

    def is_due(self, now: datetime) -> bool:
        """Return whether the day is to be read again. A time in the future does not count."""
        age = now - datetime.fromisoformat(self.checked_at)
        return not timedelta() <= age < CHECK_AFTER

    def agrees_with(self, published: Summary | None) -> bool:
        """Return whether publishing the day again would change nothing.

        Nothing is published of the empty days before a provider's first.
        """
        if published is None:
            return not (self.folded.receipts or self.folded.entries)
        counted = (published.numbers, published.cases, published.left_out)
        return not published.provisional and counted == (self.numbers, self.cases, self.left_out)


@cache
def seal_form() -> str:
    """Return how this release folds: its number, and a digest of the fields that it counts."""
    counted = (Numbers, CaseNumbers, ReceiptLine, CaseLine, LeftOut)
    _, fields = msgspec.json.schema_components(counted)
    digest = sha256(msgspec.json.encode(fields, order="sorted")).hexdigest()
    return f"{SEAL_FORM}-{digest[:12]}"


@dataclass(frozen=True, slots=True)
class SealBucket:
    """The seals in the work bucket. A lifecycle rule deletes old ones."""

    objects: S3Objects
    bucket: str

    def read(self, provider: str, day: str) -> Seal | None:
        """Return the seal of a day, or None if this release can use none."""
        data = self.objects.get(self.bucket, seal_key(provider, day))
        try:
            seal = msgspec.json.decode(data, type=Seal) if data else None
        except msgspec.DecodeError:
            return None
        return seal if seal and seal.form == seal_form() else None

    def write(self, provider: str, day: str, seal: Seal) -> None:
        """Write the seal of a day, and replace an earlier one."""
        data = msgspec.json.encode(seal, order="sorted")
        self.objects.put(self.bucket, seal_key(provider, day), data)


def seal_key(provider: str, day: str) -> str:
    """Return the key of a day's seal in the work bucket.

    >>> seal_key("acme", "2026-11-25")
    'seals/acme/2026-11-25.json'
    """
    return f"seals/{provider}/{day}.json"


def next_revision(published: Summary | None, draft: Summary) -> Summary:
    """Return the summary to publish: the published summary, the draft, or a revision of it.

    A new revision is needed if the numbers or the receipts left out differ, and for sums over days
    or providers also if the journal files differ. A closed period never becomes provisional again.
    """
    if published is None or published.provisional:
        return draft
    if draft.provisional:
        return published
    changes = tuple(changes_between(published, draft))
    if not changes:
        return published
    revision, why = published.revision + 1, reason_of(changes, published.revision, of("en"))
    return msgspec.structs.replace(draft, revision=revision, why_revised=why, changes=changes)


def has_lost_records(published: Summary, draft: Summary) -> bool:
    """Return whether the table holds less of a day than was published.

    Nothing is ever taken out of the journal; a receipt that is left out still counts as held.
    Limits: a lost case entry is not noticed if a new receipt came instead. `terang fsck` notices
    it.
    """
    before, now = _held(published), _held(draft)
    return any(fewer < more for fewer, more in zip(now, before, strict=True))


def _held(day: Summary) -> tuple[int, int]:
    """Return how many units the table holds of a day, and how many receipts and case entries."""
    left = sum(left.messages or 1 for left in day.left_out)
    records = sum(file.lines for file in day.journal) + len(day.left_out)
    return day.numbers.units + left, records


def changes_between(published: Summary, draft: Summary) -> Iterator[NumberChange]:
    """Yield the numbers that differ between two summaries of a period, in the CSV's order."""
    before, after = _numbers(published), _numbers(draft)
    for measure, key in [*before, *(name for name in after if name not in before)]:
        old, new = before.get((measure, key)), after.get((measure, key))
        if old != new:
            yield NumberChange(measure=measure, key=key, before=old, after=new)


def _numbers(summary: Summary) -> dict[tuple[str, str], int | str]:
    """Return what counts as a change, by measure and key."""
    counted = chain(measures(summary.numbers), measures(summary.cases, "cases."))
    numbers = {(measure, key): value for measure, key, value in counted}
    if summary.sentinel:
        numbers["sentinel_found", ""] = summary.sentinel.found
    for left in summary.left_out:
        numbers["left_out", f"{left.provider}/{left.day}/{left.receipt}"] = str(left.why)
    if summary.kind is not PeriodKind.DAY or summary.provider == "all":
        for file in summary.journal:
            numbers["journal", file.path] = file.sha256
    return numbers


def why_revised(summary: Summary, phrases: Phrases) -> str:
    """Return why a summary was published again, in a language; "" for a first revision.

    Its JSON says it in English. What other languages say follows from its changes.
    """
    if phrases.language == "en" or not summary.why_revised:
        return summary.why_revised
    return reason_of(summary.changes, summary.revision - 1, phrases)


def reason_of(changes: Iterable[NumberChange], before: int, say: Phrases) -> str:
    """Return why the journal differs from that of the revision before, as far as numbers show it.

    >>> reason_of([NumberChange("units", "", 3, 5)], 1, of("en"))
    '2 units came to the journal after revision 1.'
    """
    late = left = 0
    sorts = set[str]()
    for change in changes:
        sorts.add(change.measure.partition(".")[0])
        if change.measure == "units":
            late = int(change.after or 0) - int(change.before or 0)
        elif change.measure == "left_out":
            left += (change.after is not None) - (change.before is not None)
    if left > 0:
        return say.ngettext(
            "%(num)s unit counted before did not close when it was read again.",
            "%(num)s units counted before did not close when they were read again.",
            left,
        )
    if late > 0:
        return say.ngettext(
            "%(num)s unit came to the journal after revision %(revision)s.",
            "%(num)s units came to the journal after revision %(revision)s.",
            late,
            revision=before,
        )
    if late < 0:
        return say.ngettext(
            "%(num)s unit of revision %(revision)s was no longer in the journal.",
            "%(num)s units of revision %(revision)s were no longer in the journal.",
            -late,
            revision=before,
        )
    if sorts - {"journal", "left_out"} == {"cases"}:
        return say.gettext(
            "Case entries came to the journal after revision %(revision)s.", revision=before
        )
    return say.gettext(
        "The journal differed from the one that revision %(revision)s added up.", revision=before
    )
