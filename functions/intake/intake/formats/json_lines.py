"""JSON Lines in an archive: one post a line. A plain file is cut and not read here.

A line is read as scan reads it in a plain file, with the same codes.
"""

from collections.abc import Iterator
from typing import BinaryIO

from intake.formats.reader import FileContext, FileHead, PostItem
from ledger.refusals import Code, Refusal
from ledger.streams import read_object_lines

name = "jsonl"
version = 1
marks = b"\n,[{"


def recognises(head: FileHead) -> bool:
    """Return whether one of the first lines is in braces, or all lines are blank.

    A line in braces that cannot be decoded (Latin-1, nested too deep) is refused alone.
    """
    cut_short = head.text.startswith(b"{") and not head.whole and not head.lines
    return any(map(_in_braces, head.lines)) or cut_short or not head.text


def _in_braces(line: bytes) -> bool:
    stripped = line.strip()
    return stripped.startswith(b"{") and stripped.endswith(b"}")


def items(stream: BinaryIO, context: FileContext) -> Iterator[PostItem | Refusal]:  # noqa: ARG001
    """Yield a post for each line that is not blank, at `line 12`."""
    for at, record in read_object_lines(stream):
        yield Refusal(record, at=at) if isinstance(record, Code) else PostItem(at, record)
