"""Lines become posts and refusals: each record is one or the other, and all are counted."""

from collections import Counter
from dataclasses import dataclass, field

import msgspec

from ledger.clock import utc
from ledger.records.post import Post, TranslatedPost, language_of, read_line, read_translated_line
from ledger.records.refusal import Refusal

BOM = b"\xef\xbb\xbf"

REFUSALS_IN_DETAIL = 10_000
"""Refusals of one unit that are kept with their places; all are counted."""


@dataclass(slots=True)
class Reading:
    """What the lines of one unit hold."""

    lines: int = 0
    records: int = 0
    posts: list[Post] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    unknown_fields: int = 0
    assumed_utc: int = 0

    @property
    def by_language(self) -> dict[str, int]:
        """Accepted posts by the language that they say: known ones by name, so that it is short."""
        said = Counter(post.language for post in self.posts)
        counted = Counter[str]()
        for tag, count in said.items():
            counted[language_of(tag)] += count
        return dict(counted)

    @property
    def first_and_last(self) -> tuple[str, str]:
        """The earliest and the latest time of publication, or two empty strings."""
        if not self.posts:
            return "", ""
        times = [post.published_at for post in self.posts]
        return utc(min(times)), utc(max(times))

    def accept(self, post: Post, unknown_fields: int) -> None:
        """Take a post."""
        self.posts.append(post)
        self.unknown_fields += unknown_fields
        self.assumed_utc += isinstance(post, TranslatedPost) and post.assumed_utc

    def refuse(self, refusal: Refusal) -> None:
        """Count a refusal, and keep its place while there is room."""
        self.refused[refusal.code] += 1
        if len(self.refusals) < REFUSALS_IN_DETAIL:
            self.refusals.append(refusal)


def read(data: bytes, *, translated: bool = False, begins_file: bool = False) -> Reading:
    r"""Read all lines; blank ones are no records.

    A byte order mark is none of the first line of a file, and nowhere else.

    >>> read(b'\n{"id": "1", "audience": "private"}\n').refusals
    [Refusal(code=<Code.NOT_PUBLIC: 'not_public'>, line=2, byte=1, field='audience')]
    """
    reading = Reading()
    byte = len(BOM) if begins_file and data.startswith(BOM) else 0
    read_one = _read_translated if translated else read_line
    for line in _lines(data[byte:] if byte else data):
        reading.lines += 1
        if line and not line.isspace():
            reading.records += 1
            found = read_one(line)
            if isinstance(found, Refusal):
                reading.refuse(msgspec.structs.replace(found, line=reading.lines, byte=byte))
            else:
                reading.accept(*found)
        byte += len(line) + 1
    return reading


def _read_translated(line: bytes) -> tuple[Post, int] | Refusal:
    found = read_translated_line(line)
    return found if isinstance(found, Refusal) else (found, found.unknown_fields)


def _lines(data: bytes) -> list[bytes]:
    """The lines without their newlines; bytes.splitlines would also cut at a lone CR."""
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines
