"""Ratings in many words, brought to six: by publisher, by language, and by a public table."""

import json
import re
import unicodedata
from functools import cache
from importlib import resources

from claims.review import Rating

NO_CHECK = "no check"
"""What the table calls pages that check no claim: lessons, events, notices of the house."""

_WORDS = re.compile(r"[\w/]+")
_SENTENCE = re.compile(r"[.:;,!?()\[\]—–|。：；，！]+|\s-\s")

type Table = dict[str, str]
"""From a phrase in its plain form to a rating, or `NO_CHECK`."""


def rating_of(stated: str, domain: str, language: str) -> str | None:
    """The rating that a publisher's words mean, `NO_CHECK`, or nothing if no table knows them.

    >>> [rating_of(*one) for one in [("Pants on Fire!", "politifact.com", "en"),
    ...     ("[SALAH] Video lama", "turnbackhoax.id", "id"), ("EDUKASI", "turnbackhoax.id", "id"),
    ...     ("部分錯誤", "", "zh"), ("Three bananas", "", "en")]]
    ['false', 'false', 'no check', 'misleading', None]
    """
    tables = [_tables()[name] for name in (domain, language, "any") if name in _tables()]
    others = [table for name, table in _tables().items() if len(name) == 2 and name != language]
    for phrase in _phrases(stated):
        for table in (*tables, *others):
            if phrase in table:
                return table[phrase]
    for table in tables:
        if (found := _beginning(_plain(stated), table)) is not None:
            return found
    return None


def readable(rating: str | None) -> Rating:
    """The rating to store: words that no table knows are unclear, and never make a finding.

    >>> readable(None)
    <Rating.UNCLEAR: 'unclear'>
    """
    return Rating(rating) if rating in set(Rating) else Rating.UNCLEAR


def _plain(text: str) -> str:
    return " ".join(_WORDS.findall(unicodedata.normalize("NFKC", text).casefold()))


def _phrases(stated: str) -> list[str]:
    """The whole, and its first piece before a full stop or the like."""
    pieces = [piece for piece in map(_plain, _SENTENCE.split(stated)) if piece]
    return [_plain(stated), *pieces[:1]]


def _beginning(text: str, table: Table) -> str | None:
    """The rating whose longest phrase the text begins with, as a word or in a joined script."""
    fitting = [
        phrase
        for phrase in table
        if text.startswith(phrase + " ") or (not phrase.isascii() and text.startswith(phrase))
    ]
    return table[max(fitting, key=len)] if fitting else None


@cache
def _tables() -> dict[str, Table]:
    text = resources.files("claims").joinpath("data/ratings.json").read_text(encoding="utf-8")
    loaded = json.loads(text)
    named = loaded["publishers"] | loaded["languages"] | {"any": loaded["any"]}
    return {
        name: {_plain(phrase): rating for rating, some in table.items() for phrase in some}
        for name, table in named.items()
    }
