"""gzip of any plain format; all members of a file are one stream. bzip2 and xz are not read.

bzip2 unfolds up to 885,000 times, gzip 1,029 times.
"""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from formats.inflated import Inflated, Meter, read_inside
from formats.plain import GZIP
from formats.reader import Context, Item
from formats.refused import FileRefusedError
from formats.sample import Sample
from ledger.refusal import Code, Refusal

name = "gzip"
version = 1
bytes_per_second = 500_000


def recognises(sample: Sample) -> bool:
    """The file begins as gzip does."""
    return sample.head.startswith(GZIP)


def items(stream: BinaryIO, context: Context) -> Iterator[Item | Refusal]:
    """The items of the file inside, with their places there.

    Raises FileRefusedError: `gzip_truncated`, `gzip_broken`, `bomb`, `zip_nested`, and what the
    format inside raises. Zeros after the last member are padding.
    """
    meter = Meter(stream, context.budget)
    unpacker = gzip.GzipFile(fileobj=meter, mode="rb")
    name_inside = context.name.removesuffix(".gz")
    yield from read_inside(Inflated(unpacker, meter, _faults), name_inside, context)


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except EOFError:
        raise FileRefusedError(Code.GZIP_TRUNCATED) from None
    except (gzip.BadGzipFile, zlib.error):
        raise FileRefusedError(Code.GZIP_BROKEN) from None
