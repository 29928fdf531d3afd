"""A file of another format becomes JSON Lines: one line of posts and refusals per item.

A line holds a post whose account is already a pseudonym, or the code and the place of a refusal
and nothing of its content. The same file gives the same bytes each time.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import msgspec

from intake.formats.reader import PRIVATE, Context, Item, Reader, read_counted
from ledger.privacy.pseudonyms import Pseudonyms
from ledger.records.post import LINE_BYTES, Post, TranslatedPost, read_fields
from ledger.records.refusal import Code, FileRefusedError, Refusal


def translate(
    stream: BinaryIO, reader: Reader, context: Context, pseudonyms: Pseudonyms
) -> Iterator[bytes]:
    """Yield a line for each item of the file, in order.

    `ledger.records.post.read_translated_line` reads these lines.

    Raises FileRefusedError where the file as a whole is at fault, at the place where that shows:
    what was yielded before must not be used. At the end it raises `not_public` (or
    `channel_not_open`) if the file holds private items and nothing besides but items that are no
    posts.
    """
    outcomes: Counter[Code | None] = Counter()
    for found in read_counted(reader, stream, context):
        outcome = found if isinstance(found, Refusal) else _post_line(found, pseudonyms)
        outcomes[outcome.code if isinstance(outcome, Refusal) else None] += 1
        line = _refusal_line(outcome) if isinstance(outcome, Refusal) else outcome
        context.effort.record(len(line))
        yield line
    if outcomes.keys() & PRIVATE and outcomes.keys() <= PRIVATE | {Code.NOT_A_POST}:
        code = Code.NOT_PUBLIC if Code.NOT_PUBLIC in outcomes else Code.CHANNEL_NOT_OPEN
        raise FileRefusedError(code, advice="Only posts addressed to everyone enter.")


def parts(lines: Iterable[bytes], part_bytes: int) -> Iterator[bytes]:
    r"""Join lines to parts of at most `part_bytes`, or of one line that is longer by itself.

    >>> list(parts([b"a\n", b"b\n", b"cccccc\n", b"d\n"], 4))
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


def _post_line(item: Item, pseudonyms: Pseudonyms) -> bytes | Refusal:
    found = read_fields(item.fields)
    if isinstance(found, Refusal):
        return msgspec.structs.replace(found, at=item.at)
    post, unknown = found
    told = {field: getattr(post, field) for field in Post.__struct_fields__}
    told["account"] = pseudonyms.of(post.account)
    translated = TranslatedPost(
        **told, at=item.at, assumed_utc=item.assumed_utc, unknown_fields=unknown
    )
    line = msgspec.json.encode(translated) + b"\n"
    # An entity of HTML may be shorter than what it stands for.
    return line if len(line) <= LINE_BYTES else Refusal(Code.LINE_LONG, at=item.at)


def _refusal_line(refusal: Refusal) -> bytes:
    told = {"refused": refusal.code, "at": refusal.at}
    if refusal.field:
        told["field"] = refusal.field
    return msgspec.json.encode(told) + b"\n"
