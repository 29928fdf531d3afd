"""Which lines of a file a range owns, and the posts and refusals in these lines.

A range owns the lines whose first byte lies in it. Each record is one post or one refusal.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ledger.aws.objects import S3Objects
from ledger.findings import unit_id
from ledger.posts import (
    LINE_BYTES,
    Post,
    TranslatedPost,
    language_of,
    read_line,
    read_translated_line,
)
from ledger.refusals import Refusal
from ledger.texts import lines_of_body, utc
from ledger.units import RangeMessage, sum_tallies

BOM = b"\xef\xbb\xbf"

REFUSALS_IN_DETAIL = 10_000
"""Refusals of one unit that are kept with their places. All are counted."""

READ_ON_BYTES = 256 * 1024
PASS_OVER_BYTES = 8 * 1024 * 1024

# A quote inside a text has a backslash before it, so this matches the field and nothing else.
_PSEUDONYM = re.compile(rb'"account":"k[0-9]{4}-[0-9]{2}:[0-9a-f]{32}"')


@dataclass(frozen=True, slots=True)
class OwnedLines:
    """The lines of a range. Of a last line that is too long, `passed_over` bytes are left out.

    `size` counts both, so that the sizes of a source's ranges add up to the source.
    """

    data: bytes
    passed_over: int = 0

    @property
    def size(self) -> int:
        """The number of bytes that the range owns."""
        return len(self.data) + self.passed_over

    def id_in(self, unit: RangeMessage) -> str:
        """Return the unit's id, a digest of its own bytes.

        The id of a translated unit leaves out the pseudonyms, which change with the month, so that
        the same file is known when it comes again later. A translated unit that holds only refusals
        does not hold the refused records, so the digest of the file's content joins the id.
        A byte order mark that does not begin the file is read as part of its record. Such a unit
        has another id than the same bytes at the start of a file.
        """
        tail = b"\n+%d" % self.passed_over if self.passed_over else b""
        data = self.data
        if unit.start and data.startswith(BOM):
            tail += b"\n+mark"
        if unit.translated:
            data, posts = _PSEUDONYM.subn(b'"account":""', data)
            tail += b"" if posts else unit.content.encode()
        return unit_id(unit.provider, data + tail)


def read_owned(objects: S3Objects, unit: RangeMessage) -> OwnedLines:
    """Read the lines that begin in the unit's range, in bounded memory whatever their length.

    Raises ObjectChangedError or ObjectGoneError.
    """
    # One byte before the range shows whether a line begins at its first byte.
    before = min(unit.start, 1)
    data = objects.read_range(unit.source, unit.start - before, unit.end)
    if before:
        newline = data.find(b"\n")
        if newline < 0:
            return OwnedLines(b"")
        data = data[newline + 1 :]
    if not data or data.endswith(b"\n"):
        return OwnedLines(data)
    return _read_rest_of_line(objects, unit, data)


def _read_rest_of_line(objects: S3Objects, unit: RangeMessage, data: bytes) -> OwnedLines:
    """Complete the last line. Beyond LINE_BYTES, count its bytes and do not keep them."""
    pieces, position, passed_over = [data], unit.end, 0
    line_size = len(data) - data.rfind(b"\n") - 1
    while position < unit.source.size:
        step = READ_ON_BYTES if line_size <= LINE_BYTES else PASS_OVER_BYTES
        end = min(unit.source.size, position + step)
        more = objects.read_range(unit.source, position, end)
        newline = more.find(b"\n") + 1
        rest = more[:newline] if newline else more
        if line_size <= LINE_BYTES:
            pieces.append(rest)
            line_size += len(rest)
        else:
            passed_over += len(rest)
        if newline:
            break
        position = end
    return OwnedLines(b"".join(pieces), passed_over)


@dataclass(slots=True)
class UnitRecords:
    """The posts and refusals of one unit, with their counts."""

    lines: int = 0
    records: int = 0
    posts: list[Post] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    unknown_fields: int = 0
    assumed_utc: int = 0

    @property
    def counts(self) -> dict[str, Any]:
        """What is counted of them, by the names of a receipt."""
        times = [post.published_at for post in self.posts]
        by_tag = Counter(post.language for post in self.posts)
        return {
            "lines": self.lines,
            "records": self.records,
            "inspected": len(self.posts),
            "refused": dict(self.refused),
            "by_language": sum_tallies({language_of(tag): n} for tag, n in by_tag.items()),
            "unknown_fields": self.unknown_fields,
            "assumed_utc": self.assumed_utc,
            "first": utc(min(times)) if times else "",
            "last": utc(max(times)) if times else "",
        }

    @classmethod
    def merged(cls, parts: Iterable["UnitRecords"]) -> "UnitRecords":
        """Return the records of several messages as those of one unit, without their places."""
        merged = cls()
        for part in parts:
            merged.lines += part.lines
            merged.records += part.records
            merged.posts += part.posts
            merged.refused.update(part.refused)
            merged.unknown_fields += part.unknown_fields
            merged.assumed_utc += part.assumed_utc
        return merged

    def accept(self, post: Post, unknown_fields: int) -> None:
        """Add a post."""
        self.posts.append(post)
        self.unknown_fields += unknown_fields
        self.assumed_utc += isinstance(post, TranslatedPost) and post.assumed_utc

    def refuse(self, refusal: Refusal) -> None:
        """Count a refusal; keep its place for the first REFUSALS_IN_DETAIL."""
        self.refused[refusal.code] += 1
        if len(self.refusals) < REFUSALS_IN_DETAIL:
            self.refusals.append(refusal)


def read_records(
    data: bytes, *, translated: bool = False, begins_file: bool = False
) -> UnitRecords:
    r"""Read all lines; blank ones are not records.

    Strip a byte order mark at the start of a file. Keep it anywhere else.

    >>> read_records(b'\n{"id": "1", "audience": "private"}\n').refusals
    [Refusal(code=<Code.NOT_PUBLIC: 'not_public'>, line=2, byte=1, field='audience')]
    """
    records = UnitRecords()
    byte = len(BOM) if begins_file and data.startswith(BOM) else 0
    read_record = read_translated_line if translated else read_line
    lines = (data[byte:] if byte else data).split(b"\n")  # splitlines would also cut at a lone CR
    if not lines[-1]:
        lines.pop()
    for line in lines:
        records.lines += 1
        if line and not line.isspace():
            records.records += 1
            record = read_record(line)
            if isinstance(record, Refusal):
                records.refuse(msgspec.structs.replace(record, line=records.lines, byte=byte))
            elif isinstance(record, TranslatedPost):
                records.accept(record, record.unknown_fields)
            else:
                records.accept(*record)
        byte += len(line) + 1
    return records


def read_body(body: str) -> UnitRecords:
    """Read the body of a message; one that cannot be read at all is one refused record."""
    lines = lines_of_body(body)
    if not isinstance(lines, Refusal):
        return read_records(lines)
    records = UnitRecords(lines=1, records=1)
    records.refuse(lines)
    return records
