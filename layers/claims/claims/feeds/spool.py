"""Keep the checks of feeds on disk: merge, sort and compare any number in constant memory."""

import heapq
import sqlite3
from collections.abc import Iterable, Iterator
from enum import StrEnum
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter

import msgspec

from claims.check import FeedCheck

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
        try:
            self._rows.executemany(_TAKE, (_row(feed, check) for check in checks))
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


def _row(feed: int, found: FeedCheck) -> tuple[str, int, bytes, str, str, bytes]:
    check = found.check
    claim = blake2b(check.claim.casefold().encode(), digest_size=16).digest()
    return check.url, feed, claim, check.date, check.language, msgspec.json.encode(found)


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
