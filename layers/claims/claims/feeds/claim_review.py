"""schema.org ClaimReview, as publishers write it: any value may be alone, in a list, or missing.

Source: https://schema.org/ClaimReview, and Google's guide to its structured data, which demands
`claimReviewed`, `reviewRating` and `url`.
"""

from collections.abc import Iterator
from typing import Any

from claims.feeds.dates import day_of
from claims.feeds.plain_text import plain
from claims.review import Review

DEEPEST = 8
"""Levels of containers (`@graph`, `item`, lists) that are looked into."""


def reviews_in(value: object, depth: int = 0) -> Iterator[Review]:
    """The reviews in a decoded value, in order, however it wraps them.

    >>> page = {"@graph": [{"@type": ["ClaimReview"], "url": ["https://check.example/1"],
    ...     "claimReviewed": "Salt cures colds", "reviewRating": [{"alternateName": "False"}]}]}
    >>> [(review.claim, review.rating) for review in reviews_in(page)]
    [('Salt cures colds', 'False')]
    """
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        for one in value:
            yield from reviews_in(one, depth + 1)
    elif isinstance(value, dict):
        if _is_review(value):
            yield from _reviews_of(value)
        else:
            for key in ("@graph", "dataFeedElement", "item", "itemListElement", "mainEntity"):
                if key in value:
                    yield from reviews_in(value[key], depth + 1)


def _is_review(value: dict[str, Any]) -> bool:
    kinds = value.get("@type", "")
    return "ClaimReview" in (kinds if isinstance(kinds, list) else [kinds])


def _reviews_of(value: dict[str, Any]) -> Iterator[Review]:
    """One review for each claim that the object says it reviewed."""
    claims = list(_texts(value.get("claimReviewed"))) or [""]
    title = _text(value.get("headline")) or _text(value.get("name"))
    for claim in claims:
        yield Review(
            url=_link(value.get("url")),
            claim=plain(claim),
            rating=_rating(value.get("reviewRating")),
            publisher=_name(value.get("author")) or _name(value.get("publisher")),
            date=day_of(_text(value.get("dateModified")) or _text(value.get("datePublished"))),
            language=_text(value.get("inLanguage")).lower(),
            title=plain(title),
            summary=plain(_text(value.get("description")) or _text(value.get("reviewBody"))),
            labels=_labels(value),
            speaker=_speaker(value.get("itemReviewed")),
        )


def _labels(value: dict[str, Any]) -> str:
    """Return what a publisher files the check under, separated by commas."""
    fields = ("keywords", "articleSection", "about", "genre")
    return plain(", ".join(text for field in fields for text in _texts(value.get(field))))


def _speaker(value: object, depth: int = 0) -> str:
    """Return who made the claim, as the reviewed item or what it appeared in names its author."""
    if isinstance(value, list):
        value = value[0] if value else None
    if not isinstance(value, dict) or depth > DEEPEST:
        return ""
    return _name(value.get("author")) or _speaker(value.get("itemReviewed"), depth + 1)


def _texts(value: object) -> Iterator[str]:
    """The strings of a value that is one, a list of them, or an object that wraps one."""
    if isinstance(value, str):
        if value.strip():
            yield value
    elif isinstance(value, list):
        for one in value[:50]:
            if not isinstance(one, list):
                yield from _texts(one)
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


def _name(value: object) -> str:
    one = value[0] if isinstance(value, list) and value else value
    return plain(_text(one.get("name"))) if isinstance(one, dict) else plain(_text(one))


def _rating(value: object) -> str:
    """The rating in words, else its number out of the best one, as `2/5`."""
    one = value[0] if isinstance(value, list) and value else value
    if not isinstance(one, dict):
        return plain(_text(one))
    words = _text(one.get("alternateName")) or _text(one.get("name"))
    if words:
        return plain(words)
    number, best = one.get("ratingValue"), one.get("bestRating")
    return f"{number}/{best}" if number is not None and best is not None else plain(_text(number))
