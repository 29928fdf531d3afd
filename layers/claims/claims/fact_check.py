"""Published fact-checks: the checks that Terang keeps, and the reviews of a feed of any size.

The reviews are those of schema.org ClaimReview: a data feed, objects or arrays of JSON-LD, or a
table. In JSON any value may be alone, in a list, or missing. A table is CSV with a header;
docs/factchecks.md lists its columns.

Source: https://schema.org/ClaimReview, and Google's guide to its structured data, which requires
`claimReviewed`, `reviewRating` and `url`.
"""

import codecs
import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, BinaryIO, cast

import msgspec

from claims.text_words import without_categories
from ledger.codes import Code, FileRefusedError
from ledger.streams import JsonDocument
from ledger.texts import JSON_DEPTH, resolve_references

LONGEST_CLAIM = 1_000
"""Code points that are read of a claim, title or summary. A longer text is an article."""

_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
DEEPEST_CONTAINER = 8
"""Levels of containers (`@graph`, `item`, lists) that are searched for reviews."""
MOST_TEXTS = 50
NEEDED_COLUMNS = ("url", "claim")
ELEMENT_BYTES = 16 << 20
"""Most bytes of one element of a feed. This bounds the memory."""
CHUNK_BYTES = 1 << 16

_CONTAINERS = ("@graph", "dataFeedElement", "item", "itemListElement", "mainEntity")
_TAG = re.compile(r"<[^<>]{0,2000}>")
_LINE_BREAKS = re.compile(r"[\n\r\t]")
_SPACES = re.compile(r"\s+")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})

type BytesRead = Callable[[int], None]
"""Called from time to time with how many bytes have been read."""


class Rating(StrEnum):
    """The verdict of a check, in the same six words for all publishers."""

    FALSE = "false"
    MISLEADING = "misleading"
    MISSING_CONTEXT = "missing context"
    SATIRE = "satire"
    TRUE = "true"
    UNCLEAR = "unclear"


FOUND_WRONG = frozenset({Rating.FALSE, Rating.MISLEADING, Rating.MISSING_CONTEXT})
"""Ratings that make a finding. Satire is protected, and true or unclear claims are not wrong."""


class Review(msgspec.Struct, frozen=True, omit_defaults=True):
    """One reviewed claim of a feed. Its texts are those of the feed, cut to `LONGEST_CLAIM`.

    `date` is YYYY-MM-DD or empty, `language` a tag or empty, `rating` in the publisher's words.
    Title and summary help to find the claim and are never shown. `labels` (the publisher's keywords
    and sections) and `speaker` (who made the claim) help to decide its topic.
    """

    url: str
    claim: str
    rating: str = ""
    publisher: str = ""
    date: str = ""
    language: str = ""
    title: str = ""
    summary: str = ""
    labels: str = ""
    speaker: str = ""


class Check(msgspec.Struct, frozen=True, array_like=True):
    """A check as an index stores and shows it.

    `stated` is the rating in the publisher's words. `topic` is empty if the check only answers on
    the tip line and never makes a finding.
    """

    url: str
    claim: str
    rating: Rating
    stated: str
    publisher: str
    date: str
    language: str
    topic: str

    @property
    def makes_findings(self) -> bool:
        """Posts that repeat the claim are findings."""
        return bool(self.topic) and self.rating in FOUND_WRONG


@dataclass(frozen=True, slots=True)
class FeedCheck:
    """A check of a feed, with the texts that only help to find it.

    `labels` and `speaker` help to decide its topic.
    """

    check: Check
    title: str = ""
    summary: str = ""
    labels: str = ""
    speaker: str = ""

    @property
    def own_title(self) -> str:
        """The title, or nothing if it only repeats the claim."""
        return "" if self.title == self.check.claim else self.title

    @property
    def claim_and_title(self) -> str:
        """Claim and title in one text; a title that repeats the claim counts once."""
        claim = self.check.claim
        return claim if self.title == claim else f"{claim} {self.title}"


class FeedError(ValueError):
    """A feed cannot be read; its sender must repair it."""


def read_feed(stream: BinaryIO, progress: BytesRead | None = None) -> Iterator[Review]:
    r"""Yield the reviews of a feed. Its first bytes show its format.

    Raises FeedError if it is neither JSON nor such a table, or breaks off.

    >>> import io
    >>> table = b"url,claim\nhttps://a.example/1,Salt cures colds\n"
    >>> [review.claim for review in read_feed(io.BytesIO(table))]
    ['Salt cures colds']
    """
    head = stream.read(CHUNK_BYTES).removeprefix(codecs.BOM_UTF8)
    bounded = _BoundedStream(head, stream, progress)
    if head.lstrip().startswith((b"{", b"[")):
        reviews = _reviews_in_json(bounded, is_data_feed=b'"dataFeedElement"' in head)
    else:
        reviews = _reviews_in_table(bounded)
    for review in reviews:
        bounded.since_element = 0
        yield review


class _BoundedStream:
    """Counts the bytes of a stream, and refuses an element that is too long.

    `head` are the first bytes, which were already read to find the format.
    """

    def __init__(self, head: bytes, stream: BinaryIO, progress: BytesRead | None):
        self._head, self._stream, self._progress = head, stream, progress
        self._read_bytes = self.since_element = 0

    def read(self, _: int) -> bytes:
        """Return at most CHUNK_BYTES."""
        data, self._head = self._head or self._stream.read(CHUNK_BYTES), b""
        self._read_bytes += len(data)
        self.since_element += len(data)
        if self.since_element > ELEMENT_BYTES:
            raise FeedError(f"one element of the feed is longer than {ELEMENT_BYTES:,} bytes")
        if self._progress is not None:
            self._progress(self._read_bytes)
        return data


def _reviews_in_json(stream: _BoundedStream, *, is_data_feed: bool) -> Iterator[Review]:
    try:
        document = JsonDocument(cast("BinaryIO", stream), longest=ELEMENT_BYTES)
        for element in _elements(document, is_data_feed=is_data_feed):
            stream.since_element = 0
            yield from reviews_in_value(_decoded(element))
    except FileRefusedError as error:
        raise FeedError(f"the feed is not JSON before {error.at}") from error


def _elements(document: JsonDocument, *, is_data_feed: bool) -> Iterator[bytes | Code]:
    """Yield the elements of arrays and of the data feed one by one; another value is one element.

    The values of a feed follow one another, as in lines of JSON.
    """
    while first := document.peek():
        if first == b"[":
            yield from (document.value() for _ in document.elements())
        elif is_data_feed and first == b"{":
            for key in document.members():
                if key != "dataFeedElement":
                    document.skip()
                elif document.peek() == b"[":
                    yield from (document.value() for _ in document.elements())
                else:
                    yield document.value()
        else:
            yield document.value()


def _decoded(element: bytes | Code) -> object:
    if element is Code.JSON_DEPTH:
        raise FeedError(f"the feed nests deeper than {JSON_DEPTH} levels")
    if isinstance(element, Code):
        raise FeedError(f"one element of the feed is longer than {ELEMENT_BYTES:,} bytes")
    try:
        return json.loads(element.decode())
    except ValueError as error:
        raise FeedError("an element of the feed is not JSON, or not UTF-8") from error


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


def _reviews_in_table(stream: _BoundedStream) -> Iterator[Review]:
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
    lines = ("claim", "rating", "publisher", "title", "summary", "speaker")
    labels = ", ".join(row[name] for name in ("keywords", "section") if row.get(name))
    return Review(
        url=row.get("url", "").strip(),
        date=day_of(row.get("date", "")),
        language=row.get("language", "").strip().lower(),
        labels=plain_line(labels),
        **{name: plain_line(row.get(name, "")) for name in lines},
    )


def _speaker(value: object, depth: int = 0) -> str:
    """Return who made the claim: the author of the reviewed item, or of its source."""
    value = _first(value)
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


def _lines(stream: _BoundedStream) -> Iterator[str]:
    """Yield the lines of the text, with their line ends. The last may lack one."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    rest = ""
    while data := stream.read(CHUNK_BYTES):
        *whole, rest = (rest + decoder.decode(data)).split("\n")
        yield from (line + "\n" for line in whole)
    yield rest + decoder.decode(b"", final=True)


def day_of(value: str) -> str:
    """Return the day at the start of a date or time as YYYY-MM-DD, or an empty text.

    >>> [day_of(text) for text in ("2026-03-09T10:00:00+07:00", "2026-3-9", "2026-02-30", "March")]
    ['2026-03-09', '2026-03-09', '', '']
    """
    match = _DAY.match(value.strip())
    if match is None:
        return ""
    try:
        return date(int(match[1]), int(match[2]), int(match[3])).isoformat()
    except ValueError:
        return ""


def days_between(earlier: str, later: str) -> int | None:
    """Return the days from one day to another, or None if either is empty.

    >>> days_between("2020-01-01", "2026-01-01"), days_between("", "2026-01-01")
    (2192, None)
    """
    if not earlier or not later:
        return None
    return (date.fromisoformat(later) - date.fromisoformat(earlier)).days
