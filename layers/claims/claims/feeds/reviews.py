"""The reviews of a feed: schema.org ClaimReview in JSON, or a table with a header.

In JSON any value may be alone, in a list, or missing. Source: https://schema.org/ClaimReview, and
Google's guide to its structured data, which requires `claimReviewed`, `reviewRating` and `url`.
A table is CSV with a header; docs/factchecks.md lists its columns.
"""

import codecs
import csv
import re
from collections.abc import Iterator
from typing import Any, Protocol

from claims.check import LONGEST_CLAIM, Review, day_of
from claims.text.normalise import resolve_references, without_categories

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
    """Yield one review for each value of `claimReviewed`."""
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
