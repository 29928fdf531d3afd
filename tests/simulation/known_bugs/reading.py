"""Bugs in reading."""

from typing import Any

from simulation.bugs import Bug, Call, Port, at_aws, everywhere, method, without

from ledger.store import DynamoStore
from ledger.units import Marker, RangeMessage, Source, cut_ranges
from scan.unit_input import OwnedLines, read_owned


def _nothing_before(objects: Any, unit: RangeMessage) -> OwnedLines:
    """The byte before a range is taken for the end of a line."""

    def read(source: Source, start: int, end: int) -> bytes:
        if start != unit.start - 1:
            return bytes(objects.read_range(source, start, end))
        return b"\n" + bytes(objects.read_range(source, start + 1, end))

    return read_owned(Port(objects, read_range=read), unit)  # type: ignore[arg-type]


def _one_too_far(objects: Any, unit: RangeMessage) -> OwnedLines:
    def read(source: Source, start: int, end: int) -> bytes:
        skipped = start == unit.end and start + 1 < end
        return bytes(objects.read_range(source, start + skipped, end))

    return read_owned(Port(objects, read_range=read), unit)  # type: ignore[arg-type]


def _no_last_byte(source: Source, range_bytes: int) -> list[tuple[int, int]]:
    found = cut_ranges(source, range_bytes)
    return [(start, min(source.size, start + range_bytes - 1)) for start, _ in found]


def _any_version(call: Call, **params: Any) -> Any:
    """Read the newest version, and believe that it is the pinned one."""
    version = params.pop("VersionId", None)
    if version is None:
        return call(**params)
    params.pop("IfMatch", None)
    return call(**params) | {"VersionId": version}


def _maybe_old(call: Call, **params: Any) -> Any:
    return call(**params | {"ConsistentRead": False})


def _overlapping_pages(original: Call, store: DynamoStore, marker: Marker, ids: Any) -> None:
    original(store, marker, [*ids, ids[-1]] if len(ids) > 2 else ids)


READING = [
    Bug("the byte before a range is not looked at", everywhere(read_owned, _nothing_before)),
    Bug("a line is read on from one byte too far", everywhere(read_owned, _one_too_far)),
    Bug("the last byte of a range belongs to nobody", everywhere(cut_ranges, _no_last_byte)),
    Bug("a version is not pinned", at_aws("get_object", _any_version)),
    Bug("an item is read as it may have been", at_aws("get_item", _maybe_old)),
    Bug("a query is read as it may have been", at_aws("query", _maybe_old)),
    Bug("keys that were not processed are forgotten",
        at_aws("batch_get_item", without("UnprocessedKeys"))),
    Bug("only the first page of a list is read",
        at_aws("list_objects_v2", without("NextContinuationToken"))),
    Bug("a page of ids overlaps the next",
        method(DynamoStore, "put_finding_ids", _overlapping_pages)),
]  # fmt: skip
