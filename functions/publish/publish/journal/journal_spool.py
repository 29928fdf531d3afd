"""A day's journal between counting and publishing: cut into files, on disk.

A day's lines may be more than the memory holds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Any, NamedTuple

import msgspec

from publish.journal.public_journal import ReceiptLine
from publish.journal.short_line import NamesOfFile

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
