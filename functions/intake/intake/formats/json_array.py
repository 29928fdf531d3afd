"""One JSON array of posts, alone or under the key `posts`; each post is as in JSON Lines."""

from collections.abc import Iterator
from typing import BinaryIO

from intake.formats.reader import FileContext, FileHead, PostItem
from ledger.records.refusal import Code, Refusal
from ledger.streams.json_document import JsonDocument, decode_object

name = "json-array"
version = 1
marks = b",[{"


def recognises(head: FileHead) -> bool:
    """Return whether the file is an array of objects, or an object with the key `posts`."""
    return head.is_array or "posts" in head.outline


def items(stream: BinaryIO, context: FileContext) -> Iterator[PostItem | Refusal]:  # noqa: ARG001
    """Yield a post for each element, at `[3]` or `posts[3]`."""
    document = JsonDocument(stream)
    if document.peek() == b"[":
        yield from _posts(document, "")
    else:
        for key in document.members():
            if key == "posts":
                yield from _posts(document, key)
            else:
                document.skip()
    document.end()


def _posts(document: JsonDocument, place: str) -> Iterator[PostItem | Refusal]:
    for number in document.elements():
        at = f"{place}[{number}]"
        record = decode_object(document.value())
        yield Refusal(record, at=at) if isinstance(record, Code) else PostItem(at, record)
