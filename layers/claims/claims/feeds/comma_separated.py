"""Reviews in a table: CSV with a header `url,claim,rating,publisher,date,language`."""

import codecs
import csv
from collections.abc import Iterator
from typing import Protocol

from claims.errors import FeedError
from claims.feeds.dates import day_of
from claims.feeds.plain_text import plain
from claims.review import Review

NEEDED = ("url", "claim")


class Readable(Protocol):
    """What bytes can be read from."""

    def read(self, size: int = ..., /) -> bytes:
        """The next bytes, none at the end."""


def reviews(stream: Readable) -> Iterator[Review]:
    """The reviews of a table, in order; columns that are missing are empty, others are ignored.

    Raises:
        FeedError: no header with `url` and `claim`, no UTF-8, or a field above 128 KiB, the
            bound of Python's reader: it is one for the whole process, so nothing here moves it.
    """
    table = csv.DictReader(_lines(stream), restkey="")
    try:
        names = [name.strip().lower() for name in table.fieldnames or ()]
        if missing := [name for name in NEEDED if name not in names]:
            raise FeedError(f"the table's first line lacks {' and '.join(missing)}")
        table.fieldnames = names
        for row in table:
            yield _review({name: value or "" for name, value in row.items() if name in names})
    except UnicodeDecodeError as error:
        raise FeedError("the table is not UTF-8") from error
    except csv.Error as error:
        raise FeedError(f"the table cannot be read after line {table.line_num}") from error


def _review(row: dict[str, str]) -> Review:
    return Review(
        url=row.get("url", "").strip(),
        claim=plain(row.get("claim", "")),
        rating=plain(row.get("rating", "")),
        publisher=plain(row.get("publisher", "")),
        date=day_of(row.get("date", "")),
        language=row.get("language", "").strip().lower(),
        title=plain(row.get("title", "")),
        summary=plain(row.get("summary", "")),
        labels=plain(", ".join(row[name] for name in ("keywords", "section") if row.get(name))),
        speaker=plain(row.get("speaker", "")),
    )


def _lines(stream: Readable) -> Iterator[str]:
    """The text in lines with their ends; a line without end is given in pieces by no one."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    rest = ""
    while data := stream.read(1 << 16):
        *whole, rest = (rest + decoder.decode(data)).split("\n")
        yield from (line + "\n" for line in whole)
    yield rest + decoder.decode(b"", final=True)
