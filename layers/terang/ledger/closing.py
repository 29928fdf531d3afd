"""Move the pointer to the set in force, and close files.

The pointer and its history are one object, moved by compare-and-swap. When the last range of a file
is committed, its sender gets a receipt.
"""

import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from ledger.codes import Code, OperatorError, Refusal
from ledger.keys import receipt_key, refusals_key
from ledger.texts import Clock, encode_json, in_days, utc
from ledger.units import Manifest, RangeRow, Receipt, ReceiptCounts, Source, sum_records

if TYPE_CHECKING:
    from ledger.objects import S3Objects
    from ledger.store import DynamoStore

POINTER_KEY = "sets/current.json"

NO_SET = "no set is published yet: run `terang packs publish`"

TRIES = 8
"""How often a set is built again because others moved the pointer meanwhile."""

RETURN_DAYS = 30
"""How long a replaced set stays in the pointer's history."""

MOST_EARLIER = 1_000
"""The most sets in the pointer's history: 200 KB. Packs of a set left out count as new again."""


class EarlierSet(msgspec.Struct, frozen=True):
    """A set that was in force, by its digest, from `since` until before `until` (RFC 3339, UTC)."""

    set: str
    since: str
    until: str


class Pointer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which set is in force, since when (RFC 3339, UTC), and which were before it.

    `earlier` goes from the newest to the oldest, and holds the sets in force in the last
    RETURN_DAYS.
    """

    set: str
    since: str
    earlier: tuple[EarlierSet, ...] = ()


def set_key(digest: str) -> str:
    """Return the key of a set in the public bucket.

    >>> set_key("ab")
    'sets/ab.json'
    """
    return f"sets/{digest}.json"


def stored_set(objects: "S3Objects", public_bucket: str, digest: str) -> bytes:
    """Return the document of a set. Raise OperatorError if it is not in the public bucket."""
    data = objects.get(public_bucket, set_key(digest))
    if data is None:
        raise OperatorError(f"the set {digest} is not in the public bucket")
    return data


def current_set(objects: "S3Objects", public_bucket: str) -> str:
    """Return the digest of the set in force.

    Raises OperatorError while none was published, and if the pointer cannot be read.
    """
    pointer = read_pointer(objects, public_bucket)
    if pointer is None:
        raise OperatorError(NO_SET)
    return pointer.set


def read_pointer(objects: "S3Objects", public_bucket: str) -> Pointer | None:
    """Return the pointer, or None while no set was published.

    Raises OperatorError if it cannot be read.
    """
    data = objects.get(public_bucket, POINTER_KEY)
    return None if data is None else _parse(data)


def put_in_force(
    objects: "S3Objects",
    public_bucket: str,
    make_next: Callable[[bytes | None], bytes],
    now: datetime,
) -> str:
    """Store the next set, move the pointer to it, and return its digest.

    `make_next` makes the set from the one in force, or from None before the first one. If somebody
    else moves the pointer meanwhile, it is called again with the newer set. Bytes that are already
    in force move nothing.

    Raises OperatorError while others keep publishing, and if the set in force is gone.
    """
    for attempt in range(TRIES):
        time.sleep(random.uniform(0, 0.02 * 2**attempt) if attempt else 0)  # noqa: S311 - jitter
        found = objects.get_with_etag(public_bucket, POINTER_KEY)
        before = _parse(found[0]) if found else None
        data = make_next(_set_of(objects, public_bucket, before.set) if before else None)
        digest = sha256(data).hexdigest()
        if before and digest == before.set:
            return digest
        objects.put_new(public_bucket, set_key(digest), data)
        etag = found[1] if found else None
        pointer = encode_json(_moved(before, digest, now))
        if objects.put_if(public_bucket, POINTER_KEY, pointer, etag):
            return digest
    raise OperatorError("others kept publishing at the same time: try again")


def _moved(before: Pointer | None, digest: str, now: datetime) -> Pointer:
    if before is None:
        return Pointer(digest, utc(now))
    oldest = utc(now - timedelta(days=RETURN_DAYS))
    ended = EarlierSet(before.set, before.since, utc(now))
    earlier = [ended_set for ended_set in (ended, *before.earlier) if ended_set.until >= oldest]
    return Pointer(digest, utc(now), tuple(earlier[:MOST_EARLIER]))


def _set_of(objects: "S3Objects", public_bucket: str, digest: str) -> bytes:
    data = objects.get(public_bucket, set_key(digest))
    if data is None or sha256(data).hexdigest() != digest:
        raise OperatorError(f"the set {digest} is gone from the public bucket, or was changed")
    return data


def _parse(pointer: bytes) -> Pointer:
    try:
        return msgspec.json.decode(pointer, type=Pointer)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise OperatorError(
            f"{POINTER_KEY} does not name a set: restore its last version"
        ) from None


REFUSALS_SHOWN = 10_000
"""Refusals that a sender's receipt shows with their places; all are counted."""

UNITS_SHOWN = 1_000
"""Units with refusals that it shows. Each is an object to read within the 300 s of scan."""

FILE_DAYS = 60
"""How long manifests, their rows and the list of files are kept."""

SEND_AGAIN = "Send the file again. What was counted already is not counted twice."


class FileReceipt(ReceiptCounts, frozen=True, kw_only=True):
    """The result of a provider's file, for the provider. What is left out is 0 or empty.

    `status` is `done`, `refused` (the whole file, with its `code`) or `incomplete`: `lost_ranges`
    were gone before they were read, and each of them is one refused record. `repeated` says that
    every unit had been delivered before, so that no published number changed. Counts are those of
    the units as delivered. `refusals` show line (from 1) and byte (from 0) of the sender's file, or
    `at`, the place in its own format.
    """

    file: str
    provider: str
    key: str
    version: str
    status: str
    at: str
    format: str = ""
    code: str = ""
    place: str = ""
    advice: str = ""
    ranges: int = 0
    repeated_ranges: int = 0
    lost_ranges: int = 0
    repeated: bool = False
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Closing:
    """Closes files. Any worker may do it, and twice is harmless."""

    store: "DynamoStore"
    objects: "S3Objects"
    clock: Clock
    out_bucket: str
    work_bucket: str

    def close(self, file: str) -> bool:
        """Write the sender's receipt if every range is committed; return whether that is so."""
        sealed = self.store.manifest(file)
        if sealed is None or self.store.range_count(file) < sealed[0].ranges:
            return False
        manifest, sources = sealed
        now = self.clock.now()
        receipt = self._receipt(manifest, self.store.ranges(file), utc(now))
        key = receipt_key(manifest.provider, file)
        self.objects.put_if(self.out_bucket, key, encode_json(receipt), None)
        expires = in_days(now, FILE_DAYS)
        self.store.close_file(manifest.provider, file, now.date().isoformat(), expires)
        for source in dict.fromkeys((manifest.dropped, *sources)):
            self.objects.delete_version(source)  # neither dropped files nor parts are kept
        return True

    def _receipt(self, manifest: Manifest, rows: list[RangeRow], at: str) -> FileReceipt:
        receipts = self.receipts(rows)
        delivered = [receipts[row.unit] for row in rows if row.unit]
        counts = msgspec.structs.asdict(sum_records(ReceiptCounts, delivered))
        known = sum(row.known for row in rows)
        lost = sum(row.is_lost for row in rows)
        return FileReceipt(
            **counts | {"bytes": manifest.dropped.size, "set": manifest.set},
            **{name: getattr(manifest, name) for name in ("file", "provider", "format", "ranges")},
            key=manifest.dropped.key,
            version=manifest.dropped.version,
            status="incomplete" if lost else "done",
            at=at,
            repeated_ranges=known,
            lost_ranges=lost,
            advice=SEND_AGAIN if lost else "",
            repeated=bool(delivered) and known == len(delivered),
            refusals=tuple(
                islice(self.refusals(manifest, rows, receipts, UNITS_SHOWN), REFUSALS_SHOWN)
            ),
        )

    def receipts(self, rows: list[RangeRow]) -> dict[str, Receipt]:
        """Return the receipts behind the rows of a file, by unit."""
        receipts: dict[str, Receipt] = {}
        for unit in dict.fromkeys(row.unit for row in rows if row.unit):
            marker = self.store.marker(unit)
            if marker is None:
                raise LookupError(f"unit {unit} has a row and no marker")
            receipts[unit] = self.store.receipt(marker)
        return receipts

    def refusals(
        self,
        manifest: Manifest,
        rows: list[RangeRow],
        receipts: dict[str, Receipt],
        most_units: int = sys.maxsize,
    ) -> Iterator[Refusal]:
        """Yield stored refusals of a file, with their places in the whole file.

        `receipts` are those behind its rows. Stop after `most_units` units with refusals.
        """
        lines = size = units = 0
        for row in rows:
            if row.unit and receipts[row.unit].refused:
                units += 1
                if units > most_units:
                    return
                data = self.objects.get(self.work_bucket, refusals_key(row.unit)) or b""
                for stored in data.splitlines():
                    refusal = msgspec.json.decode(stored, type=Refusal)
                    if manifest.translated:  # the sender does not know the lines of parts
                        yield msgspec.structs.replace(refusal, line=None, byte=None)
                    elif refusal.line is None or refusal.byte is None:  # of a lost range
                        yield refusal
                    else:
                        line, byte = refusal.line + lines, refusal.byte + size
                        yield msgspec.structs.replace(refusal, line=line, byte=byte)
            lines += row.lines
            size += row.bytes


def refused_file(
    dropped: Source, file: str, provider: str, at: str, code: str, *, place: str, advice: str
) -> FileReceipt:
    """Return the receipt of a file that is refused as a whole: where, and what to do about it."""
    return FileReceipt(
        file=file,
        provider=provider,
        key=dropped.key,
        version=dropped.version,
        status="refused",
        at=at,
        bytes=dropped.size,
        records=1,
        refused={code: 1},
        code=code,
        place=place,
        advice=advice,
    )


def lost_file(dropped: Source, file: str, provider: str, at: str) -> FileReceipt:
    """Return the receipt of a file that was deleted before it was read: it has no records."""
    advice = "It was deleted before it was read. Send it again."
    receipt = refused_file(dropped, file, provider, at, Code.OBJECT_GONE, place="", advice=advice)
    return msgspec.structs.replace(receipt, records=0, refused={})
