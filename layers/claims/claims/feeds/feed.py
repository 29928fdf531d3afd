"""Read a feed of reviews of any size: a data feed, objects or arrays of JSON-LD, or a table."""

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

import ijson

from claims.check import Review
from claims.feeds.reviews import FeedError, reviews_in_table, reviews_in_value

ELEMENT_BYTES = 16 << 20
"""Most bytes of one element of a feed. This bounds the memory."""
DEEPEST = 64
"""Most levels of brackets of a feed. Feeds of publishers have about ten."""
CHUNK_BYTES = 1 << 16
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:(")|\\?\Z)', re.DOTALL)
"""A string, or the beginning of one that continues in the next piece."""
_END_OF_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")

type BytesRead = Callable[[int], None]
"""Called from time to time with how many bytes have been read."""


def read_feed(stream: BinaryIO, progress: BytesRead | None = None) -> Iterator[Review]:
    r"""Yield the reviews of a feed. Its first bytes show its format.

    Raises FeedError if it is neither JSON nor such a table, or breaks off.

    >>> import io
    >>> table = b"url,claim\nhttps://a.example/1,Salt cures colds\n"
    >>> [review.claim for review in read_feed(io.BytesIO(table))]
    ['Salt cures colds']
    """
    head = stream.read(CHUNK_BYTES).removeprefix(BYTE_ORDER_MARK)
    start = head.lstrip()[:1]
    is_json = start in (b"{", b"[")
    bounded = _BoundedStream(head, stream, progress, is_json=is_json)
    if is_json:
        yield from _json(bounded, _prefix(start, head))
    else:
        for review in reviews_in_table(bounded):
            bounded.since_element = 0
            yield review


def _json(stream: "_BoundedStream", prefix: str) -> Iterator[Review]:
    try:
        for value in ijson.items(stream, prefix, multiple_values=True, use_float=True):
            stream.since_element = 0
            yield from reviews_in_value(value)
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise FeedError(f"the feed is not JSON before byte {stream.read_bytes:,}") from error


def _prefix(start: bytes, head: bytes) -> str:
    """Return the path of the elements of a JSON document; empty if it is one element."""
    if start == b"[":
        return "item"
    return "dataFeedElement.item" if b'"dataFeedElement"' in head else ""


class _BoundedStream:
    """Counts the bytes of a stream, and refuses an element that is too long or nests too deep.

    `head` are the first bytes, which were already read to find the format.
    """

    def __init__(self, head: bytes, stream: BinaryIO, progress: BytesRead | None, *, is_json: bool):
        self._nesting = Nesting(DEEPEST) if is_json else None
        self._head, self._stream, self._progress = head, stream, progress
        self.read_bytes = self.since_element = 0

    def read(self, size: int = -1) -> bytes:
        """Return at most CHUNK_BYTES, whatever `size` is."""
        wanted = CHUNK_BYTES if size < 0 else min(size, CHUNK_BYTES)
        data, self._head = self._head[:wanted], self._head[wanted:]
        data = data or self._stream.read(wanted)
        self.read_bytes += len(data)
        self.since_element += len(data)
        if self.since_element > ELEMENT_BYTES:
            raise FeedError(f"one element of the feed is longer than {ELEMENT_BYTES:,} bytes")
        if self._nesting is not None and self._nesting.exceeds(data):
            raise FeedError(f"the feed nests deeper than {DEEPEST} levels")
        if self._progress is not None:
            self._progress(self.read_bytes)
        return data


class Nesting:
    """Counts the open brackets of a stream of JSON, in pieces of any size, before it is parsed.

    ijson names each value by its whole path, so a hundred thousand open brackets took more memory
    than any machine has.

    Limits: Brackets that open and close within one piece are counted separately, so up to twice the
    limit may pass.

    >>> nesting = Nesting(2)
    >>> nesting.exceeds(b'[{"a": "[[["'), nesting.exceeds(b"}, [[[[1]]]]]")
    (False, True)
    >>> Nesting(2).exceeds(b"[[["), Nesting(2).exceeds(b"[[")
    (True, False)
    """

    def __init__(self, limit: int):
        self._limit, self._depth = limit, 0
        self._in_string = False
        self._rest = b""

    def exceeds(self, data: bytes) -> bool:
        """Return whether the stream nests deeper than the limit, these bytes included.

        It removes pairs of brackets, level by level. A loop over each byte takes ten times as long
        as reading the feed.
        """
        brackets = self._outside_strings(self._rest + data).translate(None, _NO_BRACKETS)
        for _ in range(self._limit + 1):
            shorter = brackets.replace(b"[]", b"").replace(b"{}", b"")
            if len(shorter) == len(brackets):
                break
            brackets = shorter
        else:
            return True
        closing = brackets.count(b"]") + brackets.count(b"}")
        self._depth = max(0, self._depth - closing) + len(brackets) - closing
        return self._depth > self._limit

    def _outside_strings(self, data: bytes) -> bytes:
        """Return the bytes outside strings. A string may continue in the next piece."""
        self._rest = b""
        if self._in_string:
            end = _END_OF_STRING.match(data)
            if end is None:
                self._rest = _odd_backslash(data)
                return b""
            self._in_string, data = False, data[end.end() :]
        return _STRING.sub(self._drop, data)

    def _drop(self, string: re.Match[bytes]) -> bytes:
        """Drop a string, and note whether it ended."""
        if string[1] is None:
            self._in_string, self._rest = True, _odd_backslash(string[0])
        return b""


def _odd_backslash(data: bytes) -> bytes:
    r"""Return the last byte if it is a backslash that escapes the next byte, or nothing.

    >>> _odd_backslash(rb"a\\"), _odd_backslash(rb"a\\\\"[:-1])
    (b'', b'\\')
    """
    return data[-1:] if (len(data) - len(data.rstrip(b"\\"))) % 2 else b""
