"""Choose the format of a file. Its content decides; its name only breaks ties.

`read_member` does the same for a file in an archive. The archive formats are in
`gzipped` and `zipped`, which import this module; `intake.arrival` lists them.
"""

import io
from collections.abc import Iterator

from intake.formats import (
    activitystreams,
    comma_separated,
    discord,
    jetstream,
    json_array,
    json_lines,
    telegram,
)
from intake.formats.reader import (
    ALL_MARKS,
    HEAD_BYTES,
    FileContext,
    FileHead,
    FormatReader,
    PostItem,
    count_marks,
    read_counted,
)
from ledger.refusals import Code, FileRefusedError, Refusal
from ledger.streams import UnpackedMember

READERS: tuple[FormatReader, ...] = (
    discord,
    telegram,
    activitystreams,
    json_array,
    jetstream,
    comma_separated,
    json_lines,  # the last: one object on one line may be any of the others
)
"""The formats that are not archives, in the order in which they are tried."""

GZIP = b"\x1f\x8b"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
WIDE = (b"\xff\xfe", b"\xfe\xff", b"{\0", b"\0{", b"[\0", b"\0[")
"""How text in UTF-16 or UTF-32 begins."""

ADVICE = (
    "Send JSON Lines, a JSON array, CSV, or an export of a known platform, either as it is or "
    "packed with gzip or zip."
)


def choose_plain(head: FileHead) -> FormatReader:
    """Return the reader that recognises the head of a file.

    Raises FileRefusedError `zip_nested` for an archive, `encoding` for text that is not UTF-8, and
    `format_unknown` if no reader recognises it.

    >>> choose_plain(FileHead(b'{"id": "1", "text": "hello"}', "posts", whole=True)).name
    'jsonl'
    """
    if head.head.startswith((GZIP, *ZIP)):
        raise FileRefusedError(Code.ZIP_NESTED)
    if head.head.startswith(WIDE):
        raise FileRefusedError(Code.ENCODING)
    for reader in READERS:
        if reader.recognises(head):
            return reader
    raise FileRefusedError(Code.FORMAT_UNKNOWN, advice=ADVICE)


def read_member(
    member: UnpackedMember, name: str, context: FileContext
) -> Iterator[PostItem | Refusal]:
    """Yield the items of a file in an archive. Raises FileRefusedError."""
    stream = io.BufferedReader(member, HEAD_BYTES)
    head = stream.peek(HEAD_BYTES)
    context.effort.mark(1 + count_marks(head, ALL_MARKS))  # the choice looks at each of them
    reader = choose_plain(FileHead(head, name, whole=len(head) < HEAD_BYTES))
    yield from read_counted(reader, stream, context)
