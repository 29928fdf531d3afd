"""The public journal of a day: its receipts as lines, cut into files, on disk.

A line keeps the counts of a receipt and drops ids, the sender's file and all times: `first` and
`last` are days here, because the second in which a single post was published would identify it.
It leaves out zeros and empty values, and names sets, rules and packs by number.
A names line gives the numbers: each of its names gets the next one, from 0 at the
start of a file. So each file can be read alone, from top to bottom. Case lines follow in the same
file. A day's lines may be more than the memory holds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from ledger.units import Counts, Receipt, Tally, counts, says


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


class ReceiptLine(Counts, msgspec.Struct, frozen=True, kw_only=True):
    """One receipt: what one unit came to. A field that is left out is 0 or empty.

    `last` is also left out if it is the same as `first`.
    """

    kind: Annotated[
        str,
        says(
            "`range` of a file, `message`, `messages` (a batch of them), or `file`"
            " (refused as a whole: 1 record)."
        ),
    ]
    by_rule: Annotated[Tally, says("Findings by the number of the rule.")] = {}
    refused: Annotated[Tally, says("Records not accepted, by code.")] = {}
    held: Annotated[
        Tally, says("Those of by_rule that the flood guard held back, by the same numbers.")
    ] = {}
    skipped: Annotated[tuple[int, ...], says("Packs out of their dates, by number.")] = ()
    set: Annotated[int | None, says("Number of the set in force.")] = None
    messages: Annotated[
        int, counts("Messages of a batch, each of them a unit; 0 for other lines.")
    ] = 0


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

    def add_receipt(self, receipt: Receipt) -> None:
        """Add a receipt, in a new file if this one is full."""
        data = self._names.encode(receipt)
        if self._is_full(data):
            self._end_file()
            data = self._names.encode(receipt)
        self._write(data)

    def add(self, line: msgspec.Struct) -> None:
        """Add a case entry, or the line on copy groups."""
        data = _encoded(line)
        if self._is_full(data):
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
