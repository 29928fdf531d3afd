"""JSON Lines: a post a line, as DESIGN says a post. Inside archives; a plain file is cut by bytes.

A line is read as the scan of a plain file reads it, with the same codes.
"""

from collections.abc import Iterator
from typing import BinaryIO

from intake.formats.reader import Context, Item
from intake.formats.sample import Sample
from ledger.records.refusal import Code, Refusal
from ledger.streams.json_document import read_object_lines

name = "jsonl"
version = 1
marks = b"\n,[{"


def recognises(sample: Sample) -> bool:
    """One of the first lines is an object, or would be; or there is nothing but blank lines.

    A line in braces that cannot be decoded (Latin-1, nested too deep) is refused by itself.
    """
    cut_short = sample.text.startswith(b"{") and not sample.whole and not sample.lines
    return any(map(_in_braces, sample.lines)) or cut_short or not sample.text


def _in_braces(line: bytes) -> bool:
    stripped = line.strip()
    return stripped.startswith(b"{") and stripped.endswith(b"}")


def items(stream: BinaryIO, context: Context) -> Iterator[Item | Refusal]:  # noqa: ARG001
    """A post of each line that is not blank, at `line 12`."""
    for at, record in read_object_lines(stream):
        yield Refusal(record, at=at) if isinstance(record, Code) else Item(at, record)
