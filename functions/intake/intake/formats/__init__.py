"""The formats that intake reads: content decides which, the name only breaks ties.

To add a format, write a module like those beside this one and name it in `intake.formats.plain`.
"""

from intake.formats import gzipped, json_lines, zipped
from intake.formats.effort import Budget, Effort, check_size
from intake.formats.plain import choose_plain
from intake.formats.reader import Context, Item, Reader, read_counted
from intake.formats.sample import HEAD_BYTES, Sample
from ledger.records.refusal import FileRefusedError

__all__ = [
    "HEAD_BYTES",
    "Budget",
    "Context",
    "Effort",
    "FileRefusedError",
    "Item",
    "Reader",
    "check_size",
    "choose",
    "json_lines",
    "read_counted",
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
