"""Receipt lines of the public journal with all their fields: form 1, which is also added up.

A line keeps the counts of a receipt and drops ids, the sender's file and all times: `first` and
`last` are days here, because the second in which a single post was published would identify it.
`short_line` has the form in which lines are written now; case lines follow in the same file.

Short receipt lines: the form in which journals are written since form 2.

A line of form 1 repeats every field, the digest of its set and the full name of each rule: 320
bytes. A short line leaves out zeros and empty values, and names sets, rules and packs by number.
A names line gives the numbers: each of its names gets the next one, from 0 at the start of a file.
So each file can be read alone, from top to bottom.

A day's journal between counting and publishing: cut into files, on disk.

A day's lines may be more than the memory holds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ledger.posts import language_of
from ledger.units import Receipt
from publish.case_line import AbsentPositive, Tally
from publish.periods import counts, says


class ReceiptLine(msgspec.Struct, frozen=True):
    """One line of the public journal: what one unit came to."""

    n: Annotated[
        int, Meta(ge=1, description="Running number of the day, in the order of the unit's id.")
    ]
    kind: Annotated[
        str,
        says(
            "`range` of a file, `message`, `messages` (a batch of them), or `file`"
            " (refused as a whole: 1 record)."
        ),
    ]
    bytes: Annotated[int, counts("Bytes of the unit.")]
    lines: Annotated[int, counts("Lines of the unit.")]
    records: Annotated[int, counts("Records before any was judged: inspected plus all refused.")]
    inspected: Annotated[int, counts("Records accepted as public posts.")]
    refused: Annotated[Tally, says("Records not accepted, by code.")]
    findings: Annotated[int, counts("Findings that this unit put first.")]
    repeats: Annotated[int, counts("Findings that another unit had put before.")]
    by_rule: Annotated[Tally, says("Findings by `pack/version/rule/mode`.")]
    held: Annotated[
        Tally, says("Those of by_rule that were not proposed since the flood guard stood.")
    ]
    by_language: Annotated[
        Tally, says("Inspected posts by the language the sender named, `other` if unclear.")
    ]
    skipped: Annotated[tuple[str, ...], says("Packs out of their dates, as `pack/version`.")]
    set: Annotated[str, says("Digest of the set in force: `sets/<digest>.json`.")]
    unknown_fields: Annotated[int, counts("Fields that were ignored.")]
    assumed_utc: Annotated[int, counts("Times without an offset, read as UTC.")]
    first: Annotated[str, says("Day of the earliest post, or empty.")]
    last: Annotated[str, says("Day of the latest post, or empty.")]
    no_rules: Annotated[
        int | UnsetType,
        says("Inspected posts, where the provider had no rule in force; else absent."),
    ] = UNSET
    partly_read: Annotated[
        AbsentPositive, says("Inspected posts of which only a part was read; absent if none.")
    ] = UNSET
    messages: Annotated[
        AbsentPositive, says("Messages of a batch, each of them a unit; absent from other lines.")
    ] = UNSET


def receipt_line(number: int, receipt: Receipt) -> ReceiptLine:
    """Return a receipt as the public may see it. Old receipts may have any text as a language."""
    languages: Tally = {}
    for language, count in receipt.by_language.items():
        name = language_of(language)
        languages[name] = languages.get(name, 0) + count
    return ReceiptLine(
        n=number,
        kind=receipt.kind,
        bytes=receipt.bytes,
        lines=receipt.lines,
        records=receipt.records,
        inspected=receipt.inspected,
        refused=receipt.refused,
        findings=receipt.findings,
        repeats=receipt.repeats,
        by_rule=receipt.by_rule,
        held=receipt.held,
        by_language=languages,
        skipped=tuple(sorted(receipt.skipped)),
        set=receipt.set,
        unknown_fields=receipt.unknown_fields,
        assumed_utc=receipt.assumed_utc,
        first=receipt.first[:10],
        last=receipt.last[:10],
        no_rules=receipt.no_rules or UNSET,
        partly_read=receipt.partly_read or UNSET,
        messages=receipt.messages or UNSET,
    )


NumberedTally = dict[str, int]


class NamesLine(msgspec.Struct, frozen=True):
    """A line that gives numbers to names, for the lines that follow in the same file."""

    kind: Annotated[Literal["names"], says("Always `names`: it is no receipt.")]
    names: Annotated[
        tuple[str, ...],
        says(
            "Digests of sets, rules as `pack/version/rule/mode`, and packs as"
            " `pack/version`. Each gets the next number; the first name of a file has 0."
        ),
    ]


class ShortLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One receipt of a journal of form 2. A field that is left out is 0 or empty."""

    kind: Annotated[
        str,
        says(
            "`range` of a file, `message`, `messages` (a batch of them), or `file`"
            " (refused as a whole: 1 record)."
        ),
    ]
    records: Annotated[int, counts("Records before any was judged: inspected plus all refused.")]
    bytes: Annotated[int, counts("Bytes of the unit.")] = 0
    lines: Annotated[int, counts("Lines of the unit.")] = 0
    inspected: Annotated[int, counts("Records accepted as public posts.")] = 0
    refused: Annotated[Tally, says("Records not accepted, by code.")] = {}
    findings: Annotated[int, counts("Findings that this unit stored first.")] = 0
    repeats: Annotated[int, counts("Findings that another unit had stored before.")] = 0
    by_rule: Annotated[NumberedTally, says("Findings by the number of the rule.")] = {}
    held: Annotated[
        NumberedTally, says("Those of by_rule that the flood guard held back, by the same numbers.")
    ] = {}
    by_language: Annotated[
        Tally, says("Inspected posts by the language the sender named, `other` if unclear.")
    ] = {}
    skipped: Annotated[tuple[int, ...], says("Packs out of their dates, by number.")] = ()
    set: Annotated[int | None, says("Number of the set in force.")] = None
    unknown_fields: Annotated[int, counts("Fields that were ignored.")] = 0
    assumed_utc: Annotated[int, counts("Times without an offset, read as UTC.")] = 0
    first: Annotated[str, says("Day of the earliest post.")] = ""
    last: Annotated[str, says("Day of the latest post; left out if it is the same as `first`.")] = (
        ""
    )
    no_rules: Annotated[
        int, counts("Inspected posts, where the provider had no rule in force.")
    ] = 0
    partly_read: Annotated[int, counts("Inspected posts of which only a part was read.")] = 0
    messages: Annotated[
        int, counts("Messages of a batch, each of them a unit; 0 for other lines.")
    ] = 0


@dataclass(slots=True)
class NamesOfFile:
    """The numbers of the names in one journal file."""

    numbers: dict[str, int] = field(default_factory=dict)

    def encode(self, line: ReceiptLine) -> bytes:
        r"""Return a receipt as a short line, after a names line if it has new names.

        >>> line = ReceiptLine(n=1, kind="message", bytes=240, lines=1, records=1, inspected=1,
        ...     refused={}, findings=0, repeats=0, by_rule={}, held={}, by_language={"id": 1},
        ...     skipped=(), set="ab", unknown_fields=0, assumed_utc=0, first="2026-11-25",
        ...     last="2026-11-25")
        >>> names = NamesOfFile()
        >>> names.encode(line).splitlines()[0]
        b'{"kind":"names","names":["ab"]}'
        >>> len(names.encode(line))
        119
        """
        known = len(self.numbers)
        short = self._short(line)
        data = msgspec.json.encode(short, order="sorted") + b"\n"
        if len(self.numbers) == known:
            return data
        new = NamesLine(kind="names", names=tuple(self.numbers)[known:])
        return msgspec.json.encode(new, order="sorted") + b"\n" + data

    def _short(self, line: ReceiptLine) -> ShortLine:
        return ShortLine(
            kind=line.kind,
            records=line.records,
            bytes=line.bytes,
            lines=line.lines,
            inspected=line.inspected,
            refused=_without_zeros(line.refused),
            findings=line.findings,
            repeats=line.repeats,
            by_rule=self._numbered(line.by_rule),
            held=self._numbered(line.held),
            by_language=_without_zeros(line.by_language),
            skipped=tuple(self._number(pack) for pack in line.skipped),
            set=self._number(line.set) if line.set else None,
            unknown_fields=line.unknown_fields,
            assumed_utc=line.assumed_utc,
            first=line.first,
            last="" if line.last == line.first else line.last,
            no_rules=line.no_rules or 0,
            partly_read=line.partly_read or 0,
            messages=line.messages or 0,
        )

    def _numbered(self, tally: Tally) -> NumberedTally:
        if not tally:
            return {}
        return {str(self._number(name)): count for name, count in sorted(tally.items()) if count}

    def _number(self, name: str) -> int:
        return self.numbers.setdefault(name, len(self.numbers))


def _without_zeros(tally: Tally) -> Tally:
    return {name: count for name, count in tally.items() if count} if tally else tally


WHOLE_FORM = 1
"""Lines with all fields, a day in one file: what releases before short lines published."""

SHORT_FORM = 2

FILE_BYTES = 8 * 1024 * 1024
"""The most bytes of a file of form 2: a browser can download and show it."""


class JournalPiece(NamedTuple):
    """One file of a day's journal: its place in the spool, and the facts that are published on it.

    `lines` counts receipts and case entries; a line that only gives numbers to names is neither.
    """

    start: int
    size: int
    sha256: str
    lines: int


@dataclass(slots=True)
class JournalSpool:
    """Takes the lines of a day in order, receipts first, and begins a file when one is full."""

    form: int = SHORT_FORM
    pieces: list[JournalPiece] = field(default_factory=list)
    _file: SpooledTemporaryFile[bytes] = field(
        default_factory=lambda: SpooledTemporaryFile(max_size=FILE_BYTES)  # noqa: SIM115 - see __exit__
    )
    _names: NamesOfFile = field(default_factory=NamesOfFile)
    _start: int = 0
    _size: int = 0
    _lines: int = 0
    _digest: Any = field(default_factory=sha256)

    def __enter__(self) -> "JournalSpool":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def add_receipt(self, line: ReceiptLine) -> None:
        """Add a receipt, in a new file if this one is full."""
        if self.form == WHOLE_FORM:
            self._write(_encoded(line))
            return
        data = self._names.encode(line)
        if self._is_full(data):
            self._end_file()
            data = self._names.encode(line)
        self._write(data)

    def add(self, line: msgspec.Struct) -> None:
        """Add a case entry, or the line on copy groups."""
        data = _encoded(line)
        if self.form != WHOLE_FORM and self._is_full(data):
            self._end_file()
        self._write(data)

    def finish(self, at_least: int = 1) -> list[JournalPiece]:
        """Return the files, the last ones empty if there are fewer than `at_least`.

        A published file is never deleted, so a day keeps as many files as it had.
        """
        self._end_file()
        while len(self.pieces) < at_least:
            self._end_file()
        return self.pieces

    def read(self) -> Iterator[bytes]:
        """Yield the bytes of each file."""
        for piece in self.pieces:
            self._file.seek(piece.start)
            yield self._file.read(piece.size)

    def _is_full(self, data: bytes) -> bool:
        return self._size > 0 and self._size + len(data) > FILE_BYTES

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self._size += len(data)
        self._lines += 1

    def _end_file(self) -> None:
        digest = self._digest.hexdigest()
        self.pieces.append(JournalPiece(self._start, self._size, digest, self._lines))
        self._start, self._size, self._lines = self._start + self._size, 0, 0
        self._names, self._digest = NamesOfFile(), sha256()


def _encoded(line: msgspec.Struct) -> bytes:
    return msgspec.json.encode(line, order="sorted") + b"\n"
