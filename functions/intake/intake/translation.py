"""A file of another format becomes JSON Lines: one line for each post or refusal.

A line holds a post whose account is already a pseudonym, or the code and the place of a refusal
and nothing of its content. The same file gives the same bytes each time.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import msgspec

from intake.formats import gzipped, zipped
from intake.formats.choosing import choose_plain
from intake.formats.reader import (
    HEAD_BYTES,
    PRIVATE,
    FileContext,
    FileHead,
    FormatReader,
    PostItem,
    read_counted,
)
from ledger.privacy.pseudonyms import Pseudonyms
from ledger.records.post import LINE_BYTES, Post, TranslatedPost, read_fields
from ledger.records.refusal import Code, FileRefusedError, Refusal

ARCHIVES: tuple[FormatReader, ...] = (gzipped, zipped)

WHITE = b"\xef\xbb\xbf \t\r\n"


def choose_reader(head: bytes, name: str, size: int) -> FormatReader:
    """Return the reader of a file by its first HEAD_BYTES, its name and its size in bytes.

    Raises FileRefusedError `empty`, `format_unknown`, or `encoding` for text that is not UTF-8.

    >>> choose_reader(b"id;account;text", "posts", 15).name
    'csv'
    """
    whole = size <= min(len(head), HEAD_BYTES)
    if whole and not head.strip(WHITE):
        raise FileRefusedError(Code.EMPTY)
    file_head = FileHead(head[:HEAD_BYTES], name, whole)
    for archive in ARCHIVES:
        if archive.recognises(file_head):
            return archive
    return choose_plain(file_head)


def translate(
    stream: BinaryIO, reader: FormatReader, context: FileContext, pseudonyms: Pseudonyms
) -> Iterator[bytes]:
    """Yield a line for each item of the file, in order.

    `ledger.records.post.read_translated_line` reads these lines.

    Raises FileRefusedError, with the place if it is known, when the whole file is refused: do not
    use the lines that came before. At the end it raises `not_public` (or `channel_not_open`) if the
    file holds private items, and otherwise only items that are no posts.
    """
    codes: Counter[Code | None] = Counter()
    for item in read_counted(reader, stream, context):
        line = item if isinstance(item, Refusal) else _post_line(item, pseudonyms)
        codes[line.code if isinstance(line, Refusal) else None] += 1
        if isinstance(line, Refusal):
            line = _refusal_line(line)
        context.effort.record(len(line))
        yield line
    if codes.keys() & PRIVATE and codes.keys() <= PRIVATE | {Code.NOT_A_POST}:
        code = Code.NOT_PUBLIC if Code.NOT_PUBLIC in codes else Code.CHANNEL_NOT_OPEN
        raise FileRefusedError(code, advice="Send only posts that are addressed to everyone.")


def join_parts(lines: Iterable[bytes], part_bytes: int) -> Iterator[bytes]:
    r"""Join lines into parts of at most `part_bytes`; a longer line is a part of its own.

    >>> list(join_parts([b"a\n", b"b\n", b"cccccc\n", b"d\n"], 4))
    [b'a\nb\n', b'cccccc\n', b'd\n']
    """
    part: list[bytes] = []
    size = 0
    for line in lines:
        if part and size + len(line) > part_bytes:
            yield b"".join(part)
            part, size = [], 0
        part.append(line)
        size += len(line)
    if part:
        yield b"".join(part)


def _post_line(item: PostItem, pseudonyms: Pseudonyms) -> bytes | Refusal:
    result = read_fields(item.fields)
    if isinstance(result, Refusal):
        return msgspec.structs.replace(result, at=item.at)
    post, unknown = result
    fields = {field: getattr(post, field) for field in Post.__struct_fields__}
    fields["account"] = pseudonyms.of(post.account)
    translated = TranslatedPost(
        **fields, at=item.at, assumed_utc=item.assumed_utc, unknown_fields=unknown
    )
    line = msgspec.json.encode(translated) + b"\n"
    # An HTML entity can be shorter than the character it becomes, so a line may grow.
    return line if len(line) <= LINE_BYTES else Refusal(Code.LINE_LONG, at=item.at)


def _refusal_line(refusal: Refusal) -> bytes:
    fields = {"refused": refusal.code, "at": refusal.at}
    if refusal.field:
        fields["field"] = refusal.field
    return msgspec.json.encode(fields) + b"\n"
