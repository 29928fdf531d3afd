"""The formats that intake reads: content decides which, the name only breaks ties.

To add a format, write a module like those beside this one and name it in `formats.plain`.
"""

from formats import gzipped, json_lines, zipped
from formats.plain import choose_plain
from formats.reader import Budget, Context, Item, Reader
from formats.refused import FileRefusedError
from formats.sample import HEAD_BYTES, Sample
from ledger.refusal import Code

__all__ = [
    "HEAD_BYTES",
    "Budget",
    "Context",
    "FileRefusedError",
    "Item",
    "Reader",
    "check_size",
    "choose",
    "json_lines",
]

ARCHIVES: tuple[Reader, ...] = (gzipped, zipped)


def choose(head: bytes, name: str, size: int) -> Reader:
    """The reader of a file, by its first HEAD_BYTES, its name and its size in bytes.

    Raises FileRefusedError `format_unknown`, or `encoding` for text that is not UTF-8.

    >>> choose(b'{"id": "1", "text": "hello"}', "posts", 28).name
    'jsonl'
    >>> choose(b"id;account;text", "posts", 15).name
    'csv'
    """
    sample = Sample(head[:HEAD_BYTES], name, whole=size <= min(len(head), HEAD_BYTES))
    for archive in ARCHIVES:
        if archive.recognises(sample):
            return archive
    return choose_plain(sample)


def check_size(reader: Reader, size: int, seconds: float) -> None:
    """Refuse a file that its reader cannot do in a third of the seconds that a function may run.

    Raises FileRefusedError `too_large_for_format`. A crash starts a translation again: two tries
    must fit, and some room.
    """
    limit = int(reader.bytes_per_second * seconds / 3)
    if size > limit:
        raise FileRefusedError(
            Code.TOO_LARGE_FOR_FORMAT,
            advice=f"Send it as JSON Lines, or in files of at most {limit} bytes.",
        )
