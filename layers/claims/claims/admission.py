"""Decide which reviews of a feed become checks, and build the index of these.

Public lists say which publishers are trusted, and what their ratings mean. The checks are kept on
disk, where any number is merged, sorted and compared in constant memory.
"""

import heapq
import re
import sqlite3
import unicodedata
from collections import Counter
from collections.abc import Buffer, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter
from urllib.parse import unquote, urlsplit

import msgspec

from claims.check_finder import Bounds, ClaimIndex, Progress, measure, silent, watched
from claims.fact_check import Check, FeedCheck, Rating, Review
from claims.index import LanguageIndex, index_bytes, lay_out
from claims.ranking import published_curves
from claims.text_words import guess_language, primary, read_json
from claims.topics import lists_digest, topic_of

_TABLE = """
    PRAGMA journal_mode = OFF;
    CREATE TABLE checks (url, feed, claim, day, language, stored, PRIMARY KEY (url, feed, claim))
    WITHOUT ROWID"""
_TAKE = """
    INSERT INTO checks VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (url, feed, claim) DO UPDATE
    SET day = excluded.day, language = excluded.language, stored = excluded.stored
    WHERE excluded.day >= checks.day"""
_DROP_OUTDATED = """
    DELETE FROM checks
    WHERE (SELECT max(day) FROM checks AS same_feed
           WHERE same_feed.url = checks.url AND same_feed.feed = checks.feed)
    < (SELECT max(day) FROM checks AS any_feed WHERE any_feed.url = checks.url)"""
_DROP_REPEATED = """
    DELETE FROM checks WHERE EXISTS (SELECT 1 FROM checks AS later
    WHERE later.url = checks.url AND later.claim = checks.claim AND later.feed > checks.feed)"""


class Spool:
    """The checks of all feeds in order, one for each link and claim.

    A publisher that corrects a page may reword its claim. So for each link, only the feeds with its
    latest day count. Within a feed, the latest check of a link and claim counts, of equal days the
    last.
    """

    def __init__(self, feeds: Iterable[Iterable[FeedCheck]] = ()):
        self._rows = sqlite3.connect("")  # a file without a name, gone when it is closed
        self._rows.executescript(_TABLE)
        for feed, checks in enumerate(feeds):
            self.take(checks, feed)
        self._rows.execute(_DROP_OUTDATED)
        self._rows.execute(_DROP_REPEATED)

    def take(self, checks: Iterable[FeedCheck], feed: int = 0) -> None:
        """Store the checks of a feed, in any order. Raises OSError if the disk is full."""

        def row(found: FeedCheck) -> tuple[str, int, bytes, str, str, bytes]:
            check = found.check
            claim = blake2b(check.claim.casefold().encode(), digest_size=16).digest()
            return check.url, feed, claim, check.date, check.language, msgspec.json.encode(found)

        try:
            self._rows.executemany(_TAKE, map(row, checks))
        except sqlite3.Error as error:
            raise OSError(f"no room to sort the checks: {error}") from error

    def __del__(self) -> None:
        self._rows.close()

    def __len__(self) -> int:
        return sum(self.totals().values())

    def __iter__(self) -> Iterator[FeedCheck]:
        return self._read("SELECT stored FROM checks ORDER BY url")

    def of(self, language: str) -> Iterator[FeedCheck]:
        """Yield the checks of a language."""
        return self._read("SELECT stored FROM checks WHERE language = ? ORDER BY url", language)

    def totals(self) -> dict[str, int]:
        """Return how many checks there are, by language."""
        query = "SELECT language, count(*) FROM checks GROUP BY language ORDER BY language"
        return dict(self._rows.execute(query))

    def links(self) -> int:
        """Return how many pages the checks are on."""
        query = "SELECT count(DISTINCT url) FROM checks"
        count: int = self._rows.execute(query).fetchone()[0]
        return count

    def _read(self, query: str, *values: str) -> Iterator[FeedCheck]:
        decoder = msgspec.json.Decoder(FeedCheck)
        checks = (decoder.decode(stored) for (stored,) in self._rows.execute(query, values))
        for _, of_link in groupby(checks, key=lambda found: found.check.url):
            yield from sorted(of_link, key=lambda found: found.check.claim)


class ChangeKind(StrEnum):
    """What happened to a check."""

    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"


class CheckedClaim(msgspec.Struct, frozen=True):
    """The claim, rating and day of a check."""

    claim: str
    rating: str
    date: str


class CheckChange(msgspec.Struct, frozen=True):
    """A check that changed, by its link. After a withdrawal, `after` is empty."""

    url: str
    change: ChangeKind
    before: tuple[CheckedClaim, ...]
    after: tuple[CheckedClaim, ...] = ()


def changes(before: Spool, after: Spool) -> list[CheckChange]:
    """Return the checks that changed or are gone, in order of their links. New checks do not count.

    A later day alone is a correction: publishers change their words without changing their rating.
    """
    changed = []
    both = heapq.merge(_checked_claims(before, 0), _checked_claims(after, 1), key=itemgetter(0))
    for url, of_link in groupby(both, key=itemgetter(0)):
        sides: tuple[list[CheckedClaim], list[CheckedClaim]] = ([], [])
        for _, side, checked in of_link:
            sides[side].append(checked)
        old, new = (tuple(sorted(side, key=msgspec.structs.astuple)) for side in sides)
        if old and new != old:
            kind = ChangeKind.CORRECTED if new else ChangeKind.WITHDRAWN
            changed.append(CheckChange(url, kind, old, new))
    return changed


def _checked_claims(checks: Spool, side: int) -> Iterator[tuple[str, int, CheckedClaim]]:
    for found in checks:
        check = found.check
        yield check.url, side, CheckedClaim(check.claim, str(check.rating), check.date)


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
    first_pieces = [piece for piece in map(_plain, _SENTENCE.split(stated)) if piece][:1]
    for phrase in (_plain(stated), *first_pieces):
        for table in (*tables, *others):
            if phrase in table:
                return table[phrase]
    for table in tables:
        if (rating := _by_beginning(_plain(stated), table)) is not None:
            return rating
    return None


def _plain(text: str) -> str:
    return " ".join(_WORDS.findall(unicodedata.normalize("NFKC", text).casefold()))


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


GUESSED = ("en", "id", "zh", "es", "fr", "pt", "de", "ms")
FEWEST_LETTERS, FEWEST_JOINED_LETTERS = 8, 4
"""Least letters of a claim. In a script without spaces, fewer letters say as much."""
LONGEST_STATED = 100
MOST_STRANGERS = 1_000
"""Hosts that are counted by name. A hostile feed could have a new one in each review."""

_PATH_WORD = re.compile(r"[^\W_]+")


class RefusalCode(StrEnum):
    """Why a review is not accepted."""

    NO_LINK = "no_link"
    NOT_TRUSTED = "publisher_not_trusted"
    NO_CLAIM = "no_claim"
    NOT_A_CHECK = "checks_no_claim"


@dataclass(slots=True)
class Admitted:
    """The result of an import.

    `taken` counts repeated checks too, `checks` holds each once. `incomplete` counts by code the
    checks that were accepted although something is missing. `strangers` counts reviews by host, for
    the first MOST_STRANGERS hosts that are not trusted.
    """

    checks: Spool = field(default_factory=Spool)
    taken: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    incomplete: Counter[str] = field(default_factory=Counter)
    strangers: Counter[str] = field(default_factory=Counter)


def admit(reviews: Iterable[Review], trust: Trust) -> Admitted:
    """Return the accepted and refused reviews. They are read once, and checks go to disk.

    If a link and claim come twice, the review with the later day counts, then the later review.
    """
    admitted = Admitted()
    admitted.checks.take(_accepted(reviews, trust, admitted))
    if repeated := admitted.taken - len(admitted.checks):
        admitted.incomplete["repeated"] = repeated
    return admitted


def _accepted(reviews: Iterable[Review], trust: Trust, admitted: Admitted) -> Iterator[FeedCheck]:
    for review in reviews:
        found = _feed_check(review, trust, admitted.incomplete)
        if not isinstance(found, RefusalCode):
            admitted.taken += 1
            yield found
            continue
        admitted.refused[found] += 1
        host = host_of(review.url) if found is RefusalCode.NOT_TRUSTED else ""
        if host and (host in admitted.strangers or len(admitted.strangers) < MOST_STRANGERS):
            admitted.strangers[host] += 1


def _feed_check(review: Review, trust: Trust, incomplete: Counter[str]) -> FeedCheck | RefusalCode:
    publisher = trust.publisher_of(review.url)
    if publisher is None:
        return RefusalCode.NOT_TRUSTED if review.url else RefusalCode.NO_LINK
    claim = review.claim or review.title
    if not _is_long_enough(claim):
        return RefusalCode.NO_CLAIM
    language = (
        primary(review.language) or publisher.language or guess_language(claim, GUESSED) or "en"
    )
    rating = rating_of(review.rating, publisher.domain, language)
    if rating == NOT_A_CHECK:
        return RefusalCode.NOT_A_CHECK
    if rating is None:
        incomplete["rating_unknown" if review.rating else "rating_missing"] += 1
    if not review.date:
        incomplete["date_missing"] += 1
    check = Check(
        url=review.url,
        claim=claim,
        rating=Rating(rating) if rating in set(Rating) else Rating.UNCLEAR,
        stated=review.rating[:LONGEST_STATED],
        publisher=publisher.name or review.publisher or publisher.domain,
        date=review.date,
        language=language,
        topic="",
    )
    # Many publishers put section and title into the path of a link.
    path = " ".join(_PATH_WORD.findall(unquote(urlsplit(review.url).path)))
    labels = ", ".join(filter(None, (review.labels, path)))
    return with_topic(FeedCheck(check, review.title, review.summary, labels, review.speaker))


def with_topic(found: FeedCheck) -> FeedCheck:
    """Return a check with its topic by the lists of this release.

    Stored checks may have a topic by earlier lists; one version of the lists holds for an index.
    """
    check = found.check
    topic = topic_of(f"{check.claim}\n{found.title}", check.language, found.labels, found.speaker)
    return replace(found, check=msgspec.structs.replace(check, topic=topic))


def _is_long_enough(claim: str) -> bool:
    """Return whether a claim says something.

    >>> [_is_long_enough(claim) for claim in ("Salt cure", "Salt cur", "盐水治病", "盐水治")]
    [True, False, True, False]
    """
    letters = sum(char.isalnum() for char in claim)
    joined = sum(char > "\u3000" for char in claim)
    return letters >= FEWEST_LETTERS or joined >= FEWEST_JOINED_LETTERS


CHANGED_SHOWN = 100


class PublishedChange(msgspec.Struct, frozen=True):
    """A check that was corrected or withdrawn, and the day when that became known."""

    url: str
    change: str
    day: str


class IndexFacts(msgspec.Struct, frozen=True):
    """The published counts of an index.

    `by_topic` counts the checks that may make findings. `refused` counts by code the reviews that
    were refused from its feeds. `changed` are checks that were corrected or withdrawn lately:
    labels that name them are superseded. `lists` is the digest of the word lists that gave the
    checks their topics; they are published under `factchecks/topics/`.
    """

    index: str
    checks: int
    by_publisher: dict[str, int]
    by_language: dict[str, int]
    by_rating: dict[str, int]
    by_topic: dict[str, int]
    refused: dict[str, int]
    changed: tuple[PublishedChange, ...] = ()
    lists: str = ""


def facts_of(
    index: ClaimIndex, refused: Mapping[str, int], changed: Iterable[PublishedChange] = ()
) -> IndexFacts:
    """Return the facts of an index, with the newest CHANGED_SHOWN of the changed checks."""
    newest = sorted(changed, key=lambda check: (check.day, check.url), reverse=True)
    checks = list(index.checks())
    return IndexFacts(
        index=index.digest,
        checks=len(checks),
        by_publisher=_counted(check.publisher for check in checks),
        by_language=dict(sorted(index.totals.items())),
        by_rating=_counted(str(check.rating) for check in checks),
        by_topic=_counted(check.topic for check in checks if check.makes_findings),
        refused=dict(sorted(refused.items())),
        changed=tuple(newest[:CHANGED_SHOWN]),
        lists=lists_digest(),
    )


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def build_index(found: Iterable[FeedCheck], progress: Progress = silent) -> bytes:
    """Return the bytes of the index of these checks; their order does not matter.

    One language after the other is read from disk: in memory are only the arrays.
    """
    checks = found if isinstance(found, Spool) else Spool([found])
    totals = checks.totals()
    arrays: dict[str, Buffer] = {}
    bounds: dict[str, Bounds] = {}
    for language, total in totals.items():
        in_language = watched(checks.of(language), f"laying out {language}", total, progress)
        for name, numbers in lay_out(in_language, language, total).items():
            arrays[f"{language}/{name}"] = numbers
        bounds[language] = measure(LanguageIndex(arrays, language, total), progress)
    facts = {"checks": totals, "bounds": bounds, "attaching": published_curves()}
    return index_bytes(facts, arrays)
