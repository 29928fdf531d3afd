"""One JSON array of posts, alone or under the key `posts`; the posts are those of JSON Lines."""

from collections.abc import Iterator
from typing import BinaryIO

from intake.formats.reader import Context, Item
from intake.formats.sample import Sample
from ledger.records.refusal import Code, Refusal
from ledger.streams.json_document import JsonDocument, decode_object

name = "json-array"
version = 1
marks = b",[{"


def recognises(sample: Sample) -> bool:
    """The file is an array of objects, or an object with `posts`."""
    return sample.is_array or "posts" in sample.outline


def items(stream: BinaryIO, context: Context) -> Iterator[Item | Refusal]:  # noqa: ARG001
    """A post of each element, at `[3]` or `posts[3]`."""
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


def _posts(document: JsonDocument, place: str) -> Iterator[Item | Refusal]:
    for number in document.elements():
        at = f"{place}[{number}]"
        record = decode_object(document.value())
        yield Refusal(record, at=at) if isinstance(record, Code) else Item(at, record)
