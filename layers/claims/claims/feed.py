"""The reviews of a feed: schema.org ClaimReview in JSON, or a table with a header.

In JSON any value may be alone, in a list, or missing. Source: https://schema.org/ClaimReview, and
Google's guide to its structured data, which requires `claimReviewed`, `reviewRating` and `url`.
A table is CSV with a header; docs/factchecks.md lists its columns.

Read a feed of reviews of any size: a data feed, objects or arrays of JSON-LD, or a table.
"""

import codecs
import csv
import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Protocol

import ijson

from claims.fact_check import LONGEST_CLAIM, Review, day_of
from claims.text_words import resolve_references, without_categories

DEEPEST_CONTAINER = 8
"""Levels of containers (`@graph`, `item`, lists) that are searched for reviews."""
MOST_TEXTS = 50
NEEDED_COLUMNS = ("url", "claim")

_CONTAINERS = ("@graph", "dataFeedElement", "item", "itemListElement", "mainEntity")
_TAG = re.compile(r"<[^<>]{0,2000}>")
_LINE_BREAKS = re.compile(r"[\n\r\t]")
_SPACES = re.compile(r"\s+")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


class FeedError(ValueError):
    """A feed cannot be read; its sender must repair it."""


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int = ..., /) -> bytes:
        """Return the next bytes; an empty value is the end."""


def reviews_in_value(value: object, depth: int = 0) -> Iterator[Review]:
    """Yield the reviews in a decoded JSON value and its containers, in order.

    >>> page = {"@graph": [{"@type": ["ClaimReview"], "url": ["https://check.example/1"],
    ...     "claimReviewed": "Salt cures colds", "reviewRating": [{"alternateName": "False"}]}]}
    >>> [(review.claim, review.rating) for review in reviews_in_value(page)]
    [('Salt cures colds', 'False')]
    >>> nested = [[[[[[[[{"@type": "ClaimReview", "url": "https://check.example/1"}]]]]]]]]
    >>> len(list(reviews_in_value(nested))), len(list(reviews_in_value([nested])))
    (1, 0)
    """
    if depth > DEEPEST_CONTAINER:
        return
    if isinstance(value, list):
        for item in value:
            yield from reviews_in_value(item, depth + 1)
    elif isinstance(value, dict):
        types = value.get("@type", "")
        if "ClaimReview" in (types if isinstance(types, list) else [types]):
            yield from _reviews_of(value)
        else:
            for key in _CONTAINERS:
                if key in value:
                    yield from reviews_in_value(value[key], depth + 1)


def reviews_in_table(stream: Readable) -> Iterator[Review]:
    """Yield the reviews of a table, in order. Missing columns are empty, others are ignored.

    Raises FeedError if the header lacks `url` or `claim`, the table is not UTF-8, or a field is
    above 128 KiB: the limit of Python's reader holds for the whole process, so it is not changed
    here.
    """
    table = csv.DictReader(_lines(stream), restkey="")
    try:
        names = [name.strip().lower() for name in table.fieldnames or ()]
        if missing := [name for name in NEEDED_COLUMNS if name not in names]:
            raise FeedError(f"the table's first line lacks {' and '.join(missing)}")
        table.fieldnames = names
        for row in table:
            yield _review_of_row(
                {name: value or "" for name, value in row.items() if name in names}
            )
    except UnicodeDecodeError as error:
        raise FeedError("the table is not UTF-8") from error
    except csv.Error as error:
        raise FeedError(f"the table cannot be read after line {table.line_num}") from error


def plain_line(value: str) -> str:
    r"""Return a text on one line without tags and invisible characters, cut to `LONGEST_CLAIM`.

    This makes texts readable, not safe: pages escape them in any case.

    >>> plain_line(" <b>Drinking</b>&nbsp;salt\u200b water  cures\n nothing ")
    'Drinking salt water cures nothing'
    """
    text = _TAG.sub(" ", resolve_references(value[: LONGEST_CLAIM * 8]))
    text = without_categories(_LINE_BREAKS.sub(" ", text), _UNSEEN)
    return _SPACES.sub(" ", text).strip()[:LONGEST_CLAIM]


def _reviews_of(value: dict[str, Any]) -> Iterator[Review]:
    claims = list(_texts(value.get("claimReviewed"))) or [""]
    title = _text(value.get("headline")) or _text(value.get("name"))
    labels = (value.get(field) for field in ("keywords", "articleSection", "about", "genre"))
    for claim in claims:
        yield Review(
            url=_link(value.get("url")),
            claim=plain_line(claim),
            rating=_rating(value.get("reviewRating")),
            publisher=_name(value.get("author")) or _name(value.get("publisher")),
            date=day_of(_text(value.get("dateModified")) or _text(value.get("datePublished"))),
            language=_text(value.get("inLanguage")).lower(),
            title=plain_line(title),
            summary=plain_line(_text(value.get("description")) or _text(value.get("reviewBody"))),
            labels=plain_line(", ".join(text for label in labels for text in _texts(label))),
            speaker=_speaker(value.get("itemReviewed")),
        )


def _review_of_row(row: dict[str, str]) -> Review:
    return Review(
        url=row.get("url", "").strip(),
        claim=plain_line(row.get("claim", "")),
        rating=plain_line(row.get("rating", "")),
        publisher=plain_line(row.get("publisher", "")),
        date=day_of(row.get("date", "")),
        language=row.get("language", "").strip().lower(),
        title=plain_line(row.get("title", "")),
        summary=plain_line(row.get("summary", "")),
        labels=plain_line(
            ", ".join(row[name] for name in ("keywords", "section") if row.get(name))
        ),
        speaker=plain_line(row.get("speaker", "")),
    )


def _speaker(value: object, depth: int = 0) -> str:
    """Return who made the claim: the author of the reviewed item, or of its source."""
    if isinstance(value, list):
        value = value[0] if value else None
    if not isinstance(value, dict) or depth > DEEPEST_CONTAINER:
        return ""
    return _name(value.get("author")) or _speaker(value.get("itemReviewed"), depth + 1)


def _texts(value: object) -> Iterator[str]:
    """Yield the strings of a value: a string, a list of them, or an object that wraps one."""
    if isinstance(value, str):
        if value.strip():
            yield value
    elif isinstance(value, list):
        for item in value[:MOST_TEXTS]:
            if not isinstance(item, list):
                yield from _texts(item)
    elif isinstance(value, dict):
        for key in ("@value", "name", "text", "@id"):
            if isinstance(value.get(key), str):
                yield from _texts(value[key])
                return


def _text(value: object) -> str:
    return next(_texts(value), "")


def _link(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("@id") or value.get("url")
    return _text(value).strip()


def _first(value: object) -> object:
    return value[0] if isinstance(value, list) and value else value


def _name(value: object) -> str:
    first = _first(value)
    return plain_line(_text(first.get("name") if isinstance(first, dict) else first))


def _rating(value: object) -> str:
    """Return the rating in words, or else the number and the best number, as `2/5`."""
    first = _first(value)
    if not isinstance(first, dict):
        return plain_line(_text(first))
    words = _text(first.get("alternateName")) or _text(first.get("name"))
    if words:
        return plain_line(words)
    number, best = first.get("ratingValue"), first.get("bestRating")
    if number is not None and best is not None:
        return f"{number}/{best}"
    return plain_line(_text(number))


def _lines(stream: Readable) -> Iterator[str]:
    """Yield the lines of the text, with their line ends. The last may lack one."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    rest = ""
    while data := stream.read(1 << 16):
        *whole, rest = (rest + decoder.decode(data)).split("\n")
        yield from (line + "\n" for line in whole)
    yield rest + decoder.decode(b"", final=True)


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
