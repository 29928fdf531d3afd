"""Lines of a stream, in memory of one line whatever its length."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from ledger.records.post import LINE_BYTES

CHUNK_BYTES = 256 * 1024
BOM = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """A line without its newline, or without data where it is longer than LINE_BYTES.

    `quotes` counts the double quotes of the whole line, data or not: CSV needs to know whether
    a quoted field is still open after it.
    """

    number: int
    data: bytes | None
    quotes: int


def lines(stream: BinaryIO) -> Iterator[Line]:
    r"""All lines, counted from 1; a byte order mark at the start is left out.

    >>> import io
    >>> [line.data for line in lines(io.BytesIO(b"\xef\xbb\xbfone\n\ntwo"))]
    [b'one', b'', b'two']
    """
    pieces: list[bytes] = []
    number, size, quotes = 1, 0, 0
    chunk = first_bytes(stream) or stream.read(CHUNK_BYTES)
    while chunk:
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            whole = size + len(part) <= LINE_BYTES
            data = b"".join((*pieces, part)) if whole else None
            yield Line(number, data, quotes + part.count(b'"'))
            number, pieces, size, quotes = number + 1, [], 0, 0
        size += len(rest)
        quotes += rest.count(b'"')
        if size <= LINE_BYTES:
            pieces.append(rest)
        else:
            pieces.clear()
        chunk = stream.read(CHUNK_BYTES)
    if size:
        yield Line(number, b"".join(pieces) if size <= LINE_BYTES else None, quotes)


def first_bytes(stream: BinaryIO) -> bytes:
    """The first three bytes, or nothing where they are a byte order mark."""
    head = b""
    while len(head) < len(BOM) and (more := stream.read(len(BOM) - len(head))):
        head += more
    return head.removeprefix(BOM)
