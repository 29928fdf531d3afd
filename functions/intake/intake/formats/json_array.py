"""One JSON array of posts, alone or under the key `posts`; each post is as in JSON Lines."""

from collections.abc import Iterator
from typing import BinaryIO

from intake.formats.reader import FileContext, FileHead, PostItem, read_elements
from ledger.refusals import Refusal
from ledger.streams import JsonDocument

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
    return read_elements(document, place, lambda record, at: PostItem(at, record))
