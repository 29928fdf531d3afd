"""Keep the checks of feeds on disk: merge, sort and compare any number in constant memory."""

import heapq
import sqlite3
from collections.abc import Iterable, Iterator
from enum import StrEnum
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter

import msgspec

from claims.check import Entry

_TABLE = """
    PRAGMA journal_mode = OFF;
    CREATE TABLE entries (url, feed, claim, day, language, entry, PRIMARY KEY (url, feed, claim))
    WITHOUT ROWID"""
_TAKE = """
    INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (url, feed, claim) DO UPDATE
    SET day = excluded.day, language = excluded.language, entry = excluded.entry
    WHERE excluded.day >= entries.day"""
_DROP_OUTDATED = """
    DELETE FROM entries
    WHERE (SELECT max(day) FROM entries AS same_feed
           WHERE same_feed.url = entries.url AND same_feed.feed = entries.feed)
    < (SELECT max(day) FROM entries AS any_feed WHERE any_feed.url = entries.url)"""
_DROP_REPEATED = """
    DELETE FROM entries WHERE EXISTS (SELECT 1 FROM entries AS later
    WHERE later.url = entries.url AND later.claim = entries.claim AND later.feed > entries.feed)"""


class Spool:
    """The checks of all feeds in order, one for each link and claim.

    A publisher that corrects a page may reword its claim. So for each link, only the feeds with its
    latest day count. Within a feed, the latest check of a link and claim counts, of equal days the
    last.
    """

    def __init__(self, feeds: Iterable[Iterable[Entry]] = ()):
        self._rows = sqlite3.connect("")  # a file without a name, gone when it is closed
        self._rows.executescript(_TABLE)
        for feed, entries in enumerate(feeds):
            self.take(entries, feed)
        self._rows.execute(_DROP_OUTDATED)
        self._rows.execute(_DROP_REPEATED)

    def take(self, entries: Iterable[Entry], feed: int = 0) -> None:
        """Store the checks of a feed, in any order. Raises OSError if the disk is full."""
        try:
            self._rows.executemany(_TAKE, (_row(feed, entry) for entry in entries))
        except sqlite3.Error as error:
            raise OSError(f"no room to sort the checks: {error}") from error

    def __del__(self) -> None:
        self._rows.close()

    def __len__(self) -> int:
        return sum(self.totals().values())

    def __iter__(self) -> Iterator[Entry]:
        return self._read("SELECT entry FROM entries ORDER BY url")

    def of(self, language: str) -> Iterator[Entry]:
        """Yield the checks of a language."""
        return self._read("SELECT entry FROM entries WHERE language = ? ORDER BY url", language)

    def totals(self) -> dict[str, int]:
        """Return how many checks there are, by language."""
        query = "SELECT language, count(*) FROM entries GROUP BY language ORDER BY language"
        return dict(self._rows.execute(query))

    def links(self) -> int:
        """Return how many pages the checks are on."""
        query = "SELECT count(DISTINCT url) FROM entries"
        count: int = self._rows.execute(query).fetchone()[0]
        return count

    def _read(self, query: str, *values: str) -> Iterator[Entry]:
        decoder = msgspec.json.Decoder(Entry)
        entries = (decoder.decode(entry) for (entry,) in self._rows.execute(query, values))
        for _, of_link in groupby(entries, key=lambda entry: entry.check.url):
            yield from sorted(of_link, key=lambda entry: entry.check.claim)


def _row(feed: int, entry: Entry) -> tuple[str, int, bytes, str, str, bytes]:
    check = entry.check
    claim = blake2b(check.claim.casefold().encode(), digest_size=16).digest()
    return check.url, feed, claim, check.date, check.language, msgspec.json.encode(entry)


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
    for entry in checks:
        check = entry.check
        yield check.url, side, CheckedClaim(check.claim, str(check.rating), check.date)
