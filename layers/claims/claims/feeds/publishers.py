"""Look up trusted publishers and the meaning of their ratings in public lists."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from claims.check import Rating
from claims.lists import read_json

LONGEST_LINK = 2_000
NOT_A_CHECK = "no check"
"""The value in ratings.json for pages without a claim, such as lessons, events and notices."""

_WORDS = re.compile(r"[\w/]+")
_SENTENCE = re.compile(r"[.:;,!?()\[\]—–|。：；，！]+|\s-\s")

type RatingTable = dict[str, str]
"""From a phrase in its plain form to a rating, or `NOT_A_CHECK`."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """A publisher. Its language is used if a review names none."""

    domain: str
    name: str = ""
    language: str = ""


class Trust:
    """The publishers that one import trusts: those in the list, and added domains."""

    def __init__(self, added: Iterable[str] = ()):
        self._publishers = _listed() | {
            domain: Publisher(domain) for name in added if (domain := name.strip().lower())
        }

    def publisher_of(self, link: str) -> Publisher | None:
        """Return the trusted publisher to whose domain a link leads, or None.

        >>> Trust().publisher_of("https://www.snopes.com/fact-check/x").name
        'Snopes'
        >>> Trust().publisher_of("https://snopes.com.bread.example/x") is None
        True
        >>> Trust().publisher_of("https://snopes.com@bread.example/x") is None
        True
        """
        host = host_of(link)
        labels = host.split(".") if host else []
        for at in range(len(labels) - 1):
            if (publisher := self._publishers.get(".".join(labels[at:]))) is not None:
                return publisher
        return None


def host_of(link: str) -> str:
    """Return the host that a plain web link leads to; empty for any other link.

    Another scheme, a name or password in the link, a port, a blank or control character, and a
    host outside ASCII are not accepted.

    >>> host_of("https://Check.example/a?b"), host_of("javascript:alert(1)"), host_of("//a.example")
    ('check.example', '', '')
    >>> [bool(host_of("https://check.example/".ljust(length, "a"))) for length in (2000, 2001)]
    [True, False]
    >>> [host_of(f"https://check.example{end}") for end in (".", ":443", ":99999", "<")]
    ['check.example', '', '', '']
    """
    if (
        len(link) > LONGEST_LINK
        or not link.isprintable()
        or any(char in link for char in " \"'<>\\")
    ):
        return ""
    try:
        parts = urlsplit(link)
        port = parts.port
    except ValueError:
        return ""
    host = parts.hostname or ""
    plain = host.isascii() and "." in host and parts.username is None and port is None
    return host.rstrip(".") if parts.scheme in ("http", "https") and plain else ""


def rating_of(stated: str, domain: str, language: str) -> str | None:
    """Return the rating for a publisher's words, `NOT_A_CHECK`, or None if no table has them.

    >>> [rating_of(*words) for words in [("Pants on Fire!", "politifact.com", "en"),
    ...     ("[SALAH] Video lama", "turnbackhoax.id", "id"), ("EDUKASI", "turnbackhoax.id", "id"),
    ...     ("部分錯誤", "", "zh"), ("Three bananas", "", "en")]]
    ['false', 'false', 'no check', 'misleading', None]
    """
    by_name = _rating_tables()
    tables = [by_name[name] for name in (domain, language, "any") if name in by_name]
    others = [table for name, table in by_name.items() if len(name) == 2 and name != language]
    for phrase in _phrases(stated):
        for table in (*tables, *others):
            if phrase in table:
                return table[phrase]
    for table in tables:
        if (rating := _by_beginning(_plain(stated), table)) is not None:
            return rating
    return None


def stored_rating(rating: str | None) -> Rating:
    """Return the rating to store. Unknown words become unclear, which makes no finding.

    >>> stored_rating(None)
    <Rating.UNCLEAR: 'unclear'>
    """
    return Rating(rating) if rating in set(Rating) else Rating.UNCLEAR


def _plain(text: str) -> str:
    return " ".join(_WORDS.findall(unicodedata.normalize("NFKC", text).casefold()))


def _phrases(stated: str) -> list[str]:
    """Return the whole text and its part before the first sentence mark, both in plain form."""
    pieces = [piece for piece in map(_plain, _SENTENCE.split(stated)) if piece]
    return [_plain(stated), *pieces[:1]]


def _by_beginning(text: str, table: RatingTable) -> str | None:
    """Return the rating of the longest phrase with which the text begins.

    The phrase must end with a word. In a script without spaces it may end anywhere.
    """
    fitting = [
        phrase
        for phrase in table
        if text.startswith(phrase + " ") or (not phrase.isascii() and text.startswith(phrase))
    ]
    return table[max(fitting, key=len)] if fitting else None


def publishers_in(language: str) -> list[Publisher]:
    """Return the listed publishers of a language by name, each with one of its domains.

    >>> [publisher.name for publisher in publishers_in("zh")]
    ['MyGoPen', 'Taiwan FactCheck Center']
    """
    by_name = {each.name: each for each in _listed().values() if each.language == language}
    return sorted(by_name.values(), key=lambda publisher: publisher.name.casefold())


@cache
def _listed() -> dict[str, Publisher]:
    publishers = read_json("publishers.json")["publishers"]
    return {domain: Publisher(domain, **facts) for domain, facts in publishers.items()}


@cache
def _rating_tables() -> dict[str, RatingTable]:
    loaded = read_json("ratings.json")
    named = loaded["publishers"] | loaded["languages"] | {"any": loaded["any"]}
    return {
        name: {_plain(phrase): rating for rating, phrases in table.items() for phrase in phrases}
        for name, table in named.items()
    }
