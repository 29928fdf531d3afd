"""Reads a feed of reviews of any size: a data feed, objects or arrays of JSON-LD, or a table."""

from collections.abc import Callable, Iterator
from typing import BinaryIO

import ijson

from claims.errors import FeedError
from claims.feeds import comma_separated
from claims.feeds.claim_review import reviews_in
from claims.feeds.nesting import Nesting
from claims.review import Review

ELEMENT_BYTES = 16 << 20
"""Bytes between two elements of a feed, above which it is refused: memory stays flat."""
DEEPEST = 64
"""Levels of brackets of a feed, above which it is refused; those of publishers have some ten."""
CHUNK_BYTES = 1 << 16
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

type BytesRead = Callable[[int], None]
"""Is told from time to time how many bytes have been read."""


class Watched:
    """A stream that counts its bytes, and refuses an element that does not end.

    Its first bytes were read already, to see what it is.
    """

    def __init__(self, head: bytes, stream: BinaryIO, progress: BytesRead | None, *, is_json: bool):
        self._nesting = Nesting(DEEPEST) if is_json else None
        self._head, self._stream, self._progress = head, stream, progress
        self.read_bytes = self.since_element = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes of the stream, CHUNK_BYTES of them at most."""
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


def read_feed(stream: BinaryIO, progress: BytesRead | None = None) -> Iterator[Review]:
    r"""The reviews of a feed, one after the other; what the feed is, its first bytes say.

    >>> import io
    >>> table = b"url,claim\nhttps://a.example/1,Salt cures colds\n"
    >>> [review.claim for review in read_feed(io.BytesIO(table))]
    ['Salt cures colds']

    Raises:
        FeedError: the feed is neither JSON nor such a table, or breaks off.
    """
    head = stream.read(CHUNK_BYTES)
    head = head.removeprefix(BYTE_ORDER_MARK)
    start = head.lstrip()[:1]
    is_json = start in (b"{", b"[")
    watched = Watched(head, stream, progress, is_json=is_json)
    if is_json:
        yield from _json(watched, _prefix(start, head))
    else:
        for review in comma_separated.reviews(watched):
            watched.since_element = 0
            yield review


def _json(watched: Watched, prefix: str) -> Iterator[Review]:
    try:
        for value in ijson.items(watched, prefix, multiple_values=True, use_float=True):
            watched.since_element = 0
            yield from reviews_in(value)
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise FeedError(f"no JSON any more before byte {watched.read_bytes:,}") from error


def _prefix(start: bytes, head: bytes) -> str:
    """Where the elements of a JSON document stand: in its array, in its feed, or it is one."""
    if start == b"[":
        return "item"
    return "dataFeedElement.item" if b'"dataFeedElement"' in head else ""
