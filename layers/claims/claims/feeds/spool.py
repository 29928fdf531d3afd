"""Checks on disk: as many as feeds bring, merged and in order, in flat memory."""

import sqlite3
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import groupby

import msgspec

from claims.arrays.shelving import Entry

_TABLE = """
    PRAGMA journal_mode = OFF;
    CREATE TABLE told (url, feed, claim, day, language, entry, PRIMARY KEY (url, feed, claim))
    WITHOUT ROWID"""
_TAKE = """
    INSERT INTO told VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (url, feed, claim) DO UPDATE
    SET day = excluded.day, language = excluded.language, entry = excluded.entry
    WHERE excluded.day >= told.day"""
_DROP_OUTDATED = """
    DELETE FROM told
    WHERE (SELECT max(day) FROM told AS own WHERE own.url = told.url AND own.feed = told.feed)
    < (SELECT max(day) FROM told AS one WHERE one.url = told.url)"""
_DROP_REPEATED = """
    DELETE FROM told WHERE EXISTS (SELECT 1 FROM told AS later
    WHERE later.url = told.url AND later.claim = told.claim AND later.feed > told.feed)"""


class Spool:
    """The checks of all feeds, one for each link and claim, by link and claim.

    Whoever corrects a page may word its claim anew: of a link, only the feeds count that have its
    latest day. Of one link and claim in a feed the latest stays, of equal days the last.
    """

    def __init__(self, feeds: Iterable[Iterable[Entry]] = ()):
        self._rows = sqlite3.connect("")  # a file without a name, gone when it is closed
        self._rows.executescript(_TABLE)
        for feed, entries in enumerate(feeds):
            self.take(entries, feed)
        self._rows.execute(_DROP_OUTDATED)
        self._rows.execute(_DROP_REPEATED)

    def take(self, entries: Iterable[Entry], feed: int = 0) -> None:
        """Take the checks of a feed, in any order. Raises OSError where the disk has no room."""
        try:
            self._rows.executemany(_TAKE, (_row(feed, entry) for entry in entries))
        except sqlite3.Error as error:
            raise OSError(f"no room to sort the checks: {error}") from error

    def __del__(self) -> None:
        self._rows.close()

    def __len__(self) -> int:
        return sum(self.totals().values())

    def __iter__(self) -> Iterator[Entry]:
        return self._read("SELECT entry FROM told ORDER BY url")

    def of(self, language: str) -> Iterator[Entry]:
        """The checks of a language."""
        return self._read("SELECT entry FROM told WHERE language = ? ORDER BY url", language)

    def totals(self) -> dict[str, int]:
        """How many checks there are, by language."""
        counted = "SELECT language, count(*) FROM told GROUP BY language ORDER BY language"
        return dict(self._rows.execute(counted))

    def links(self) -> int:
        """How many pages the checks stand on."""
        counted: int = self._rows.execute("SELECT count(DISTINCT url) FROM told").fetchone()[0]
        return counted

    def _read(self, asked: str, *values: str) -> Iterator[Entry]:
        decoder = msgspec.json.Decoder(Entry)
        entries = (decoder.decode(entry) for (entry,) in self._rows.execute(asked, values))
        for _, of_link in groupby(entries, key=lambda entry: entry.check.url):
            yield from sorted(of_link, key=lambda entry: entry.check.claim)


def _row(feed: int, entry: Entry) -> tuple[str, int, bytes, str, str, bytes]:
    check = entry.check
    claim = blake2b(check.claim.casefold().encode(), digest_size=16).digest()
    return check.url, feed, claim, check.date, check.language, msgspec.json.encode(entry)
