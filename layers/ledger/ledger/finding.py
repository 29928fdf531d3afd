"""A finding: a rule satisfied by a post, recorded."""

import msgspec

EXCERPT_LENGTH = 280
"""Code points of a post that are kept for whoever decides."""


class FoundSpan(msgspec.Struct, frozen=True):
    """Where a term stands: half-open code points of the original `part`."""

    part: str
    start: int
    end: int
    term: str
    evasion: tuple[str, ...] = ()


class Finding(msgspec.Struct, frozen=True):
    """One hit of one rule on one post, with its reason.

    `account` is a pseudonym; `published_at` and `found_at` are RFC 3339 in UTC; `unit` is the unit
    that first put it; `held` says that the flood guard kept it from being proposed.
    `post` and `url` are personal data: they are never published.
    """

    finding: str
    provider: str
    post: str
    account: str
    published_at: str
    found_at: str
    pack: str
    version: int
    set: str
    rule: str
    mode: str
    category: str
    severity: str
    spans: tuple[FoundSpan, ...]
    unit: str
    reach: int | None = None
    language: str | None = None
    url: str | None = None
    held: bool = False


def excerpt_of(text: str, start: int, end: int, length: int = EXCERPT_LENGTH) -> str:
    """At most `length` code points of the text, around the span if it fits.

    >>> excerpt_of("abcdefghij", 4, 6, 4)
    'defg'
    >>> excerpt_of("abc", 0, 1)
    'abc'
    """
    margin = max(0, length - (end - start)) // 2
    first = max(0, min(start - margin, len(text) - length))
    return text[first : first + length]
