"""The reader of what is inside an archive."""

import io
from collections.abc import Iterator

from intake.formats.effort import ALL_MARKS, count_marks
from intake.formats.plain import choose_plain
from intake.formats.reader import Context, Item, read_counted
from intake.formats.sample import HEAD_BYTES, Sample
from ledger.records.refusal import Refusal
from ledger.streams.unpacking import UnpackedMember


def read_inside(inflated: UnpackedMember, name: str, context: Context) -> Iterator[Item | Refusal]:
    """The items of what was packed, by the reader of its own format. Raises FileRefusedError."""
    stream = io.BufferedReader(inflated, HEAD_BYTES)
    head = stream.peek(HEAD_BYTES)
    context.effort.mark(1 + count_marks(head, ALL_MARKS))  # choosing a format looks at each of them
    reader = choose_plain(Sample(head, name, whole=len(head) < HEAD_BYTES))
    yield from read_counted(reader, stream, context)
