"""A provider's day: its public journal, its numbers, and its seal.

Receipts are taken one after another and never held together, and the journal's lines are on disk: a
day may have millions.

A line keeps the counts of a receipt and drops ids, the sender's file and all times: `first` and
`last` are days here, because the second in which a single post was published would identify it.
It leaves out zeros and empty values, and names sets, rules and packs by number. A names line gives
the numbers: each of its names gets the next one, from 0 at the start of a file. So each file can be
read alone, from top to bottom. Case lines follow in the same file.

A seal is what a closed day came to, so that an hourly run need not read it again. It is a note and
never a fact: it is used only while it agrees with the published files, and made again from nothing
when it is CHECK_AFTER old, missing, or of a release that folds otherwise. So a lost or damaged seal
costs time and changes no byte.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from itertools import batched
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any, Literal

import msgspec

from cases.case_message import CaseLine
from cases.kinds import CaseNumbers, case_lines, case_numbers
from ledger.cases import JournalEntry
from ledger.findings import DayCopies, short_digest
from ledger.objects import S3Objects
from ledger.texts import utc
from ledger.units import Count, Counts, OpenFile, Receipt, Tally, sum_records
from phrases import package_words
from publish.folding import CopyLine, Numbers, PublishedSets, left_out_reason, numbers_of
from publish.summary import JournalFile, LeftOut, OpenFileNote, Summary, WentLive, journal_path
from rules.pack_parts import ALGORITHM


class NamesLine(msgspec.Struct, frozen=True):
    """A line that gives numbers to names, for the lines that follow in the same file."""

    kind: Literal["names"]
    names: tuple[str, ...]


class ReceiptLine(Counts, msgspec.Struct, frozen=True, kw_only=True):
    """One receipt: what one unit came to. A field that is left out is 0 or empty.

    `last` is also left out if it is the same as `first`.
    """

    kind: str
    by_rule: Tally = {}
    refused: Tally = {}
    held: Tally = {}
    skipped: tuple[int, ...] = ()
    set: int | None = None
    messages: Count = 0


@dataclass(slots=True)
class NamesOfFile:
    """The numbers of the names in one journal file."""

    numbers: dict[str, int] = field(default_factory=dict)

    def encode(self, receipt: Receipt) -> bytes:
        """Return a receipt as a line, after a names line if it has new names."""
        known = len(self.numbers)
        data = _encoded(self._line(receipt))
        if len(self.numbers) == known:
            return data
        return _encoded(NamesLine(kind="names", names=tuple(self.numbers)[known:])) + data

    def _line(self, receipt: Receipt) -> ReceiptLine:
        line = {name: getattr(receipt, name) for name in ReceiptLine.__struct_fields__}
        first, last = receipt.first[:10], receipt.last[:10]
        return ReceiptLine(
            **line
            | {
                "refused": {code: count for code, count in receipt.refused.items() if count},
                "by_rule": self._numbered(receipt.by_rule),
                "held": self._numbered(receipt.held),
                "by_language": {tag: n for tag, n in receipt.by_language.items() if n},
                "skipped": tuple(self._number(pack) for pack in sorted(receipt.skipped)),
                "set": self._number(receipt.set) if receipt.set else None,
                "first": first,
                "last": "" if last == first else last,
            }
        )

    def _numbered(self, tally: Tally) -> Tally:
        return {str(self._number(name)): count for name, count in sorted(tally.items()) if count}

    def _number(self, name: str) -> int:
        return self.numbers.setdefault(name, len(self.numbers))


FILE_BYTES = 8 * 1024 * 1024
"""The most bytes of a file: a browser can download and show it."""


@dataclass(slots=True)
class JournalPiece:
    """One file of a day's journal: its place in the spool, and what it holds so far.

    `lines` counts receipts and case entries; a line that only gives numbers to names is neither.
    """

    start: int = 0
    size: int = 0
    lines: int = 0
    digest: Any = field(default_factory=sha256)
    names: NamesOfFile = field(default_factory=NamesOfFile)


@dataclass(slots=True)
class JournalSpool:
    """Takes the lines of a day in order, receipts first, and begins a file when one is full.

    A published file is never deleted, so a day keeps as many files as it had: `at_least`.
    """

    at_least: int = 0
    pieces: list[JournalPiece] = field(default_factory=lambda: [JournalPiece()])
    _file: SpooledTemporaryFile[bytes] = field(
        default_factory=lambda: SpooledTemporaryFile(max_size=FILE_BYTES)  # noqa: SIM115 - see close
    )

    def close(self) -> None:
        """Delete the bytes."""
        self._file.close()

    def add_receipt(self, receipt: Receipt) -> None:
        """Add a receipt, in a new file if this one is full."""
        data = self.pieces[-1].names.encode(receipt)
        if self._is_full(data):
            self._begin_file()
            data = self.pieces[-1].names.encode(receipt)
        self._write(data)

    def add(self, line: msgspec.Struct) -> None:
        """Add a case entry, or the line on copy groups."""
        data = _encoded(line)
        if self._is_full(data):
            self._begin_file()
        self._write(data)

    def finish(self) -> list[JournalPiece]:
        """Return the files, the last ones empty if there are fewer than `at_least`."""
        while len(self.pieces) < self.at_least:
            self._begin_file()
        return self.pieces

    def read(self) -> Iterator[bytes]:
        """Yield the bytes of each file."""
        for piece in self.pieces:
            self._file.seek(piece.start)
            yield self._file.read(piece.size)

    def _is_full(self, data: bytes) -> bool:
        size = self.pieces[-1].size
        return size > 0 and size + len(data) > FILE_BYTES

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        piece = self.pieces[-1]
        piece.digest.update(data)
        piece.size += len(data)
        piece.lines += 1

    def _begin_file(self) -> None:
        last = self.pieces[-1]
        self.pieces.append(JournalPiece(last.start + last.size))


def _encoded(line: msgspec.Struct) -> bytes:
    return msgspec.json.encode(line, order="sorted") + b"\n"


FOLD_AT = 500
"""How many receipts are held before they are added up."""


class FoldedJournal(msgspec.Struct, frozen=True):
    """How many receipts and entries were folded, and a digest over each kind, in their order."""

    receipts: int
    receipts_sha256: str
    entries: int
    entries_sha256: str


class DayFold(msgspec.Struct, frozen=True, kw_only=True):
    """What the receipts and case entries of a day come to, and which records these are."""

    folded: FoldedJournal
    journal: tuple[JournalFile, ...]
    numbers: Numbers
    cases: CaseNumbers
    left_out: tuple[LeftOut, ...]


class DayFacts(DayFold, frozen=True, kw_only=True):
    """A provider's day: its fold, the bytes of its journal, and files that were being read."""

    spool: JournalSpool
    open_files: tuple[OpenFileNote, ...]
    went_live: tuple[WentLive, ...]

    @property
    def is_empty(self) -> bool:
        """Nothing arrived that day, and no file was being read."""
        return not (self.folded.receipts or self.folded.entries or self.open_files)


def count_day(
    provider: str,
    day: str,
    receipts: Iterable[Receipt],
    entries: Sequence[JournalEntry],
    letters: Mapping[str, str],
    copies: DayCopies | None,
    files: Sequence[OpenFile],
    catalogue: PublishedSets,
    spool: JournalSpool,
) -> DayFacts:
    """Return the numbers of a day, and fill its journal.

    `receipts` come in the order of their unit's id and are read once. `letters` are those of the
    moderators who made the `entries`, `copies` the copy groups of the day's findings, `files` all
    files of the provider.
    """
    numbers, digest, folded, counted = Numbers(), sha256(), 0, 0
    left_out: list[LeftOut] = []
    for batch in batched(receipts, FOLD_AT):
        parts = [numbers]
        for receipt in batch:
            digest.update(msgspec.json.encode(receipt))
            if reason := left_out_reason(receipt, catalogue):
                name = short_digest(receipt.unit)
                left_out.append(LeftOut(provider, day, name, reason, receipt.messages))
            else:
                spool.add_receipt(receipt)
                parts.append(numbers_of(receipt, catalogue))
        numbers = sum_records(Numbers, parts)
        folded, counted = folded + len(batch), counted + len(parts) - 1
    cases = case_lines(entries, letters, counted + 1)
    for line in cases:
        spool.add(line)
    if copies is not None:
        number, groups = counted + len(cases) + 1, copies.groups
        spool.add(CopyLine(number, "copies", ALGORITHM, copies.findings, groups, copies.by_rule))
        numbers = msgspec.structs.replace(
            numbers,
            copy_findings=copies.findings,
            copy_groups=groups,
            copy_groups_by_rule=copies.by_rule,
        )
    ordered = msgspec.json.encode(sorted(entries, key=lambda entry: entry.entry))
    return DayFacts(
        journal=tuple(
            JournalFile(
                f"{journal_path(provider, day, number)}.jsonl",
                piece.digest.hexdigest(),
                piece.lines,
            )
            for number, piece in enumerate(spool.finish())
        ),
        spool=spool,
        numbers=numbers,
        cases=case_numbers(cases),
        left_out=tuple(sorted(left_out, key=lambda left: left.receipt)),
        open_files=open_on(provider, day, files),
        went_live=tuple(
            WentLive(provider, day, line.tried, line.band, line.evidence)
            for line in cases
            if line.type == "adoption"
        ),
        folded=FoldedJournal(folded, digest.hexdigest(), len(cases), sha256(ordered).hexdigest()),
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


class Seal(DayFold, frozen=True, kw_only=True):
    """The fold of a closed day. `form` says how it was folded."""

    form: str
    checked_at: str

    @classmethod
    def of(cls, fold: DayFold, now: datetime) -> "Seal":
        """Return the seal of a day that was read now."""
        folded = {name: getattr(fold, name) for name in DayFold.__struct_fields__}
        return cls(**folded, form=seal_form(), checked_at=utc(now))

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


_FOLDER = Path(__file__).parent
_FIELD_WORDS = {
    (record, name): text
    for records, words in (
        *msgspec.json.decode((_FOLDER / "schema_words.json").read_bytes()).items(),
        *package_words(_FOLDER).items(),  # which pages translate
    )
    for record in records.split(", ")
    for name, text in words.items()
}
"""What a field of a published record means, by the names of both; of several, the last holds."""


@cache
def json_schemas() -> Mapping[str, bytes]:
    """Return the JSON Schema of each kind of published record, by path.

    >>> sorted(json_schemas())
    ['schemas/journal.json', 'schemas/summary.json']
    """
    line = "A line of Terang's public journal: a receipt, what somebody did about a case, or copies"
    lines = (ReceiptLine, NamesLine, CaseLine, CopyLine)
    return {
        "schemas/summary.json": _schema("A summary of Terang", Summary),
        "schemas/journal.json": _schema(line, *lines),
    }


def described(*records: type[msgspec.Struct]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the JSON Schema of each of these records, and of all in them by name, in words.

    What a field means is in `schema_words.json` or `words.json`.
    """
    found, components = msgspec.json.schema_components(records, ref_template="#/$defs/{name}")
    for record, schema in components.items():
        for name, shape in schema.get("properties", {}).items():
            shape["description"] = _FIELD_WORDS[record, name]
    return list(found), components


def _schema(title: str, *records: type[msgspec.Struct]) -> bytes:
    dialect = "https://json-schema.org/draft/2020-12/schema"
    shown, components = described(*records)
    body: dict[str, Any] = shown[0] if len(shown) == 1 else {"anyOf": shown}
    schema = {"$schema": dialect, "title": title, **body, "$defs": components}
    return msgspec.json.format(msgspec.json.encode(schema, order="sorted"), indent=2) + b"\n"
