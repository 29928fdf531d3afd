"""JSON read from a stream, value by value, and members of archives, in bounded memory.

Nothing is expanded before it is bounded: nesting and size are counted on the bytes, and only then
is a value decoded. A value that cannot be decoded is refused alone, and the rest of the file is
read. A parser of the whole text would stop there, and would hold a string of any length. The bytes
that members of archives expand to are bounded while they are read.
"""

import gzip
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, BinaryIO, Protocol

from ledger.codes import Code, FileRefusedError
from ledger.posts import CHUNK_BYTES, LINE_BYTES, read_lines, read_past_bom
from ledger.texts import JSON_DEPTH, decode_object, decode_value, nests_too_deep

KEYS = 1_000
"""The most keys of a streamed object; exports of messengers have about twenty."""

_SPACE = re.compile(rb"[ \t\r\n]*+")
_SCALAR = re.compile(rb'[^ \t\r\n,:"\[\]{}]*+')
_QUOTED = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_OPENING, _CLOSING = re.compile(rb"[\[{]*+"), re.compile(rb"[\]}]*+")
_UP_TO_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+', re.DOTALL)


class JsonDocument:
    """A JSON text and the position of a reader in it.

    A value of more than `longest` bytes is refused.

    After each key or element, read or skip its value before you ask for the next one. Every method
    raises FileRefusedError `json_syntax`, with the byte, where the text breaks off or is not JSON
    between its values.

    >>> import io
    >>> document = JsonDocument(io.BytesIO(b'{"a": 1, "b": [{"c": 2}, 3]}'))
    >>> for key in document.members():
    ...     if key == "b":
    ...         print([document.value() for _ in document.elements()])
    ...     else:
    ...         document.skip()
    [b'{"c": 2}', b'3']
    """

    def __init__(self, stream: BinaryIO, longest: int = LINE_BYTES) -> None:
        self._stream, self._longest = stream, longest
        self._buffer = read_past_bom(stream)
        self._position = 0
        self._dropped = 0

    def peek(self) -> bytes:
        """Return the next byte that is not white space, or no bytes at the end."""
        while True:
            self._position = self._after(_SPACE)
            if self._position < len(self._buffer):
                return self._buffer[self._position : self._position + 1]
            if not self._read_on(self._position):
                return b""

    def members(self) -> Iterator[str]:
        """Yield the keys of the next object. After each key comes its value.

        Raises FileRefusedError for a key that occurs twice and for more than KEYS keys.
        """
        seen: set[str] = set()
        for _ in self._separated(b"{", b"}"):
            key = decode_value(self.value()) if self.peek() == b'"' else None
            if not isinstance(key, str) or isinstance(key, Code) or len(seen) == KEYS:
                raise self._refused()
            if key in seen:
                raise self._refused(Code.JSON_DUPLICATE_KEY)
            seen.add(key)
            self._expect(b":")
            yield key

    def elements(self) -> Iterator[int]:
        """Yield the index, from 0, of each element of the next array. After it comes its value."""
        yield from self._separated(b"[", b"]")

    def value(self) -> bytes | Code:
        """Return the bytes of the next value, or the code if it is too long or nested too deep.

        Its brackets and quotes are closed. Only decoding shows whether it is JSON.
        """
        return self._value(None)

    def skip(self) -> None:
        """Pass over the next value without keeping any of it."""
        self._value(Code.LINE_LONG)

    def end(self) -> None:
        """Raise FileRefusedError if anything but white space follows."""
        if self.peek():
            raise self._refused()

    def _value(self, lost: Code | None) -> bytes | Code:
        first = self.peek()
        depth, quoted = int(first in (b"[", b"{")), first == b'"'
        if not first or not (depth or quoted):
            return self._scalar(lost)
        mark = self._position
        self._position += 1
        while depth or quoted:
            self._position = self._after(_QUOTED if quoted else _UP_TO_BRACKET)
            byte = self._buffer[self._position : self._position + 1]
            if byte in (b"", b"\\"):  # the end of the buffer, also within an escape
                if self._position - mark > self._longest:
                    lost = lost or Code.LINE_LONG
                if not self._read_on(self._position if lost else mark):
                    raise self._refused()
                mark = 0
                continue
            # Count runs of brackets: a file may consist of nothing else.
            if byte == b'"':
                quoted = not quoted
                self._position += 1
            elif opening := self._after(_OPENING) - self._position:
                depth += opening
                self._position += opening
                if depth > JSON_DEPTH:
                    lost = lost or Code.JSON_DEPTH
            else:
                closing = min(depth, self._after(_CLOSING) - self._position)
                depth -= closing
                self._position += closing
        if self._position - mark > self._longest:
            lost = lost or Code.LINE_LONG
        return lost or self._buffer[mark : self._position]

    def _scalar(self, lost: Code | None) -> bytes | Code:
        mark = self._position
        while (end := self._after(_SCALAR)) == len(self._buffer):
            self._position = end
            if end - mark > self._longest:
                lost = lost or Code.LINE_LONG
            more = self._read_on(end if lost else mark)
            mark = 0
            if not more:
                break
        self._position = self._after(_SCALAR)
        if self._position == mark and not lost:
            raise self._refused()
        return lost or self._buffer[mark : self._position]

    def _separated(self, first: bytes, last: bytes) -> Iterator[int]:
        self._expect(first)
        if self.peek() == last:
            self._position += 1
            return
        number = 0
        while True:
            yield number
            number += 1
            if self.peek() == last:
                self._position += 1
                return
            self._expect(b",")

    def _expect(self, byte: bytes) -> None:
        if self.peek() != byte:
            raise self._refused()
        self._position += 1

    def _after(self, pattern: re.Pattern[bytes]) -> int:
        match = pattern.match(self._buffer, self._position)
        return match.end() if match else self._position

    def _read_on(self, keep_from: int) -> bool:
        """Read another chunk, and drop the bytes before `keep_from`. Return False at the end."""
        chunk = self._stream.read(CHUNK_BYTES)
        self._buffer = self._buffer[keep_from:] + chunk
        self._position -= keep_from
        self._dropped += keep_from
        return bool(chunk)

    def _refused(self, code: Code = Code.JSON_SYNTAX) -> FileRefusedError:
        return FileRefusedError(code, at=f"byte {self._dropped + self._position}")


def read_object_lines(stream: BinaryIO) -> Iterator[tuple[str, dict[str, Any] | Code]]:
    r"""Yield the place of each line that is not blank, with its object or a refusal's code.

    >>> import io
    >>> list(read_object_lines(io.BytesIO(b'\n{"a": 1}\n[]')))
    [('line 2', {'a': 1}), ('line 3', <Code.NOT_AN_OBJECT: 'not_an_object'>)]
    """
    for number, line, _ in read_lines(stream):
        at = f"line {number}"
        if line is None:
            yield at, Code.LINE_LONG
        elif line.strip():
            yield at, Code.JSON_DEPTH if nests_too_deep(line) else decode_object(line)


FREE_BYTES = 1024**2
"""A small file of one repeated line is not a bomb: the ratio does not bound the first MiB."""

EXPANSION_RATIO = 200
"""Text packs about 3 to 20 times smaller, DEFLATE at most 1,032 times."""

PIECE_BYTES = 64 * 1024

READ_BYTES = 4 * 1024**2
"""The most bytes of an archive that may be read at once: the directory of 40,000 members."""


class ArchiveMeter:
    """The stream of an archive. Counts the bytes read from it and the bytes they expand to.

    `on_expanded` gets the number of expanded bytes each time, and may raise FileRefusedError.
    """

    def __init__(
        self,
        stream: BinaryIO,
        on_expanded: Callable[[int], None] | None = None,
        ratio: int = EXPANSION_RATIO,
    ) -> None:
        self._stream, self._on_expanded, self._ratio = stream, on_expanded, ratio
        self._packed = self._expanded = 0
        self.seek, self.tell, self.seekable = stream.seek, stream.tell, stream.seekable

    def read(self, size: int = -1) -> bytes:
        """Read packed bytes. Raises FileRefusedError `bomb` for more than READ_BYTES at once."""
        data = self._stream.read(READ_BYTES + 1 if size < 0 else min(size, READ_BYTES + 1))
        if len(data) > READ_BYTES:
            raise FileRefusedError(Code.BOMB)
        self._packed += len(data)
        return data

    def count(self, expanded: int) -> None:
        """Count expanded bytes. Raises FileRefusedError `bomb` beyond the ratio."""
        self._expanded += expanded
        if self._expanded > FREE_BYTES + self._ratio * self._packed:
            raise FileRefusedError(Code.BOMB)
        if self._on_expanded:
            self._on_expanded(expanded)


class Unpacker(Protocol):
    """An open member of an archive."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` unpacked bytes, and no bytes at the end."""


class UnpackedMember(io.RawIOBase):
    """A member of an archive as a metered stream.

    `refusing_damage` turns the errors of the unpacker into FileRefusedError.
    """

    def __init__(
        self,
        unpacker: Unpacker,
        meter: ArchiveMeter,
        refusing_damage: Callable[[], AbstractContextManager[None]],
    ) -> None:
        super().__init__()
        self._unpacker, self._meter, self._refusing_damage = unpacker, meter, refusing_damage

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill the whole buffer unless the member ends, so that a peek sees all it asked for."""
        view = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(view):
            with self._refusing_damage():
                piece = self._unpacker.read(min(PIECE_BYTES, len(view) - filled))
            if not piece:
                break
            self._meter.count(len(piece))
            view[filled : filled + len(piece)] = piece
            filled += len(piece)
        return filled


@contextmanager
def refusing_damaged_gzip() -> Iterator[None]:
    """Turn the errors of a gzip unpacker into FileRefusedError."""
    try:
        yield
    except EOFError:
        raise FileRefusedError(Code.GZIP_TRUNCATED) from None
    except (gzip.BadGzipFile, zlib.error):
        raise FileRefusedError(Code.GZIP_BROKEN) from None


@contextmanager
def refusing_damaged_zip(*more: type[Exception]) -> Iterator[None]:
    """Turn the errors of `zipfile`, and `more` that mean damage, into FileRefusedError."""
    damage: tuple[type[Exception], ...] = (
        *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError),
        *more,
    )
    try:
        yield
    except NotImplementedError:
        raise FileRefusedError(Code.ZIP_METHOD) from None
    except damage:
        raise FileRefusedError(Code.ZIP_BROKEN) from None
