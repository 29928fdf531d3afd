"""Files in memory: read whole, and read in ranges; both must come to the same."""

from collections import Counter
from typing import TYPE_CHECKING

import msgspec
from support.memory_objects import RangesOf

from ledger.units import cut_ranges
from scan.unit_input import UnitRecords, read_owned, read_records

if TYPE_CHECKING:
    from ledger.codes import Refusal


def counts_of(readings: list[UnitRecords], sizes: list[int]) -> tuple[object, ...]:
    """All that readings of a file's pieces say, with places in the file."""
    refusals: list[Refusal] = []
    lines = size = 0
    for reading, length in zip(readings, sizes, strict=True):
        for refusal in reading.refusals:
            line, byte = lines + (refusal.line or 0), size + (refusal.byte or 0)
            refusals.append(msgspec.structs.replace(refusal, line=line, byte=byte))
        lines += reading.lines
        size += length
    refused = sum((reading.refused for reading in readings), Counter[str]())
    posts = [post for reading in readings for post in reading.posts]
    return posts, refusals, refused, lines, sum(reading.records for reading in readings)


def whole(data: bytes) -> tuple[object, ...]:
    """What a file says, read in one piece."""
    return counts_of([read_records(data, begins_file=True)], [len(data)])


def in_ranges(data: bytes, range_bytes: int) -> tuple[object, ...]:
    """What a file says, read range by range."""
    objects = RangesOf(data)
    pieces = [
        read_owned(objects, objects.unit(*place))
        for place in cut_ranges(objects.source, range_bytes)
    ]
    readings = [
        read_records(piece.data, begins_file=not number) for number, piece in enumerate(pieces)
    ]
    return counts_of(readings, [piece.size for piece in pieces])
