"""The pointer to the set in force and its history: one object, moved by compare-and-swap."""

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec

from ledger.clock import utc
from ledger.errors import OperatorError
from ledger.ports import Objects
from ledger.records.json_text import encode_json

POINTER_KEY = "sets/current.json"

NO_SET = "no set is published yet: run `terang packs publish`"

TRIES = 8
"""How often a set is built again because others moved the pointer meanwhile."""

RETURN_DAYS = 30
"""How long a replaced set stays in the pointer's history."""

MOST_EARLIER = 1_000
"""The most sets in the pointer's history: 200 KB. Packs of a set left out count as new again."""


class EarlierSet(msgspec.Struct, frozen=True):
    """A set that was in force, by its digest, from `since` until before `until` (RFC 3339, UTC).

    `since` is empty if the pointer of an earlier form did not say it.
    """

    set: str
    since: str
    until: str


class Pointer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which set is in force, since when (RFC 3339, UTC), and which were before it.

    `earlier` goes from the newest to the oldest, and holds the sets in force in the last
    RETURN_DAYS. A pointer of the earlier form has neither `since` nor `earlier`.
    """

    set: str
    since: str = ""
    earlier: tuple[EarlierSet, ...] = ()


def set_key(digest: str) -> str:
    """Return the key of a set in the public bucket.

    >>> set_key("ab")
    'sets/ab.json'
    """
    return f"sets/{digest}.json"


def stored_set(objects: Objects, public_bucket: str, digest: str) -> bytes:
    """Return the document of a set. Raise OperatorError if it is not in the public bucket."""
    data = objects.get(public_bucket, set_key(digest))
    if data is None:
        raise OperatorError(f"the set {digest} is not in the public bucket")
    return data


def current_set(objects: Objects, public_bucket: str) -> str:
    """Return the digest of the set in force.

    Raises OperatorError while none was published, and if the pointer cannot be read.
    """
    pointer = read_pointer(objects, public_bucket)
    if pointer is None:
        raise OperatorError(NO_SET)
    return pointer.set


def read_pointer(objects: Objects, public_bucket: str) -> Pointer | None:
    """Return the pointer, or None while no set was published.

    Raises OperatorError if it cannot be read.
    """
    data = objects.get(public_bucket, POINTER_KEY)
    return None if data is None else _parse(data)


def put_in_force(
    objects: Objects,
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


def _set_of(objects: Objects, public_bucket: str, digest: str) -> bytes:
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
