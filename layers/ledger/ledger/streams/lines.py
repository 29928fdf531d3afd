"""Lines of a stream, with at most one line in memory, whatever its length."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from ledger.records.post import LINE_BYTES

CHUNK_BYTES = 256 * 1024
BOM = b"\xef\xbb\xbf"


class StreamLine(NamedTuple):
    """A line without its newline; `data` is None for a line longer than LINE_BYTES.

    `quotes` counts the double quotes of the whole line, also of a long one: a CSV reader needs to
    know whether a quoted field is still open after it.
    """

    number: int
    data: bytes | None
    quotes: int


def read_lines(stream: BinaryIO) -> Iterator[StreamLine]:
    r"""Yield all lines, numbered from 1. Leave out a byte order mark at the start.

    >>> import io
    >>> [line.data for line in read_lines(io.BytesIO(b"\xef\xbb\xbfone\n\ntwo"))]
    [b'one', b'', b'two']
    """
    pieces: list[bytes] = []
    number, size, quotes = 1, 0, 0
    chunk = read_past_bom(stream) or stream.read(CHUNK_BYTES)
    while chunk:
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            fits = size + len(part) <= LINE_BYTES
            data = b"".join((*pieces, part)) if fits else None
            yield StreamLine(number, data, quotes + part.count(b'"'))
            number, pieces, size, quotes = number + 1, [], 0, 0
        size += len(rest)
        quotes += rest.count(b'"')
        if size <= LINE_BYTES:
            pieces.append(rest)
        else:
            pieces.clear()
        chunk = stream.read(CHUNK_BYTES)
    if size:
        yield StreamLine(number, b"".join(pieces) if size <= LINE_BYTES else None, quotes)


def read_past_bom(stream: BinaryIO) -> bytes:
    """Return the first three bytes, or no bytes if they are a byte order mark."""
    head = b""
    while len(head) < len(BOM) and (more := stream.read(len(BOM) - len(head))):
        head += more
    return head.removeprefix(BOM)
