"""A JSON text read from a stream, value by value, in memory of one value.

Nothing is expanded before it is bounded: nesting and size are counted on the bytes, and only then
is a value decoded. A value that cannot be decoded costs itself and not the file; a parser of the
whole text would end at it, and would hold a string of any length.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from intake.formats.decoding import decode
from intake.formats.lines import CHUNK_BYTES, first_bytes
from intake.formats.refused import FileRefusedError
from ledger.records.post import JSON_DEPTH, LINE_BYTES
from ledger.records.refusal import Code

KEYS = 1_000
"""Keys that a streamed object may have; the exports have some twenty."""

_SPACE = re.compile(rb"[ \t\r\n]*+")
_SCALAR = re.compile(rb'[^ \t\r\n,:"\[\]{}]*+')
_QUOTED = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_OPENING, _CLOSING = re.compile(rb"[\[{]*+"), re.compile(rb"[\]}]*+")
_UP_TO_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+', re.DOTALL)


class Document:
    """A place in a JSON text. Each key or element given must be read or skipped before the next.

    Every method raises FileRefusedError `json_syntax`, with the byte, where the text breaks off
    or is no JSON between its values.

    >>> import io
    >>> document = Document(io.BytesIO(b'{"a": 1, "b": [{"c": 2}, 3]}'))
    >>> for key in document.members():
    ...     if key == "b":
    ...         print([document.value() for _ in document.elements()])
    ...     else:
    ...         document.skip()
    [b'{"c": 2}', b'3']
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._buffer = first_bytes(stream)
        self._position = 0
        self._dropped = 0

    def peek(self) -> bytes:
        """The next byte that is no white space, or nothing at the end."""
        while True:
            self._position = self._after(_SPACE)
            if self._position < len(self._buffer):
                return self._buffer[self._position : self._position + 1]
            if not self._read_on(self._position):
                return b""

    def members(self) -> Iterator[str]:
        """The keys of the object that comes next; after each, its value does.

        Raises FileRefusedError for a key that comes twice, and for more keys than KEYS.
        """
        seen: set[str] = set()
        for _ in self._separated(b"{", b"}"):
            key = _text(self.value()) if self.peek() == b'"' else None
            if key is None or len(seen) == KEYS:
                raise self._fault()
            if key in seen:
                raise self._fault(Code.JSON_DUPLICATE_KEY)
            seen.add(key)
            self._expect(b":")
            yield key

    def elements(self) -> Iterator[int]:
        """The numbers, from 0, of the array that comes next; after each, its value does."""
        yield from self._separated(b"[", b"]")

    def value(self) -> bytes | Code:
        """The bytes of the next value, or why they were passed over: too long or nested too deep.

        Its brackets and quotes are closed; whether it is JSON, its decoder says.
        """
        return self._value(None)

    def skip(self) -> None:
        """Pass over the next value and keep nothing of it."""
        self._value(Code.LINE_LONG)

    def end(self) -> None:
        """Make sure that nothing follows."""
        if self.peek():
            raise self._fault()

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
            if byte in (b"", b"\\"):  # an escape, too, may be cut by the end of what was read
                if self._position - mark > LINE_BYTES:
                    lost = lost or Code.LINE_LONG
                if not self._read_on(self._position if lost else mark):
                    raise self._fault()
                mark = 0
                continue
            # Brackets are counted by runs: a file may hold nothing else.
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
        if self._position - mark > LINE_BYTES:
            lost = lost or Code.LINE_LONG
        return lost or self._buffer[mark : self._position]

    def _scalar(self, lost: Code | None) -> bytes | Code:
        mark = self._position
        while (end := self._after(_SCALAR)) == len(self._buffer):
            self._position = end
            if end - mark > LINE_BYTES:
                lost = lost or Code.LINE_LONG
            more = self._read_on(end if lost else mark)
            mark = 0
            if not more:
                break
        self._position = self._after(_SCALAR)
        if self._position == mark and not lost:
            raise self._fault()
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
            raise self._fault()
        self._position += 1

    def _after(self, pattern: re.Pattern[bytes]) -> int:
        found = pattern.match(self._buffer, self._position)
        return found.end() if found else self._position

    def _read_on(self, keep_from: int) -> bool:
        """Read a chunk more and forget what stands before `keep_from`; False at the end."""
        chunk = self._stream.read(CHUNK_BYTES)
        self._buffer = self._buffer[keep_from:] + chunk
        self._position -= keep_from
        self._dropped += keep_from
        return bool(chunk)

    def _fault(self, code: Code = Code.JSON_SYNTAX) -> FileRefusedError:
        return FileRefusedError(code, at=f"byte {self._dropped + self._position}")


def _text(raw: bytes | Code) -> str | None:
    value = decode(raw)
    return value if isinstance(value, str) and not isinstance(value, Code) else None
