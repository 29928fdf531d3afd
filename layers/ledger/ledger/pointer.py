"""The pointer to the set in force: one small object, moved by compare-and-swap."""

import random
import time
from collections.abc import Callable
from hashlib import sha256

import msgspec

from ledger.errors import OperatorError
from ledger.ports import Objects
from ledger.pretty import pretty

POINTER_KEY = "sets/current.json"

NO_SET = "no set is published yet: run `terang packs publish`"

TRIES = 8
"""How often a set is made anew when others moved the pointer in between."""


class Pointer(msgspec.Struct, frozen=True):
    """Which set is in force."""

    set: str


def set_key(digest: str) -> str:
    """Where a set stands in the public bucket.

    >>> set_key("ab")
    'sets/ab.json'
    """
    return f"sets/{digest}.json"


def current_set(objects: Objects, public_bucket: str) -> str:
    """The digest of the set in force.

    Raises OperatorError while none was published, and where the pointer is none.
    """
    data = objects.get(public_bucket, POINTER_KEY)
    if data is None:
        raise OperatorError(NO_SET)
    return _named_by(data)


def move_pointer(
    objects: Objects, public_bucket: str, following: Callable[[bytes | None], bytes]
) -> str:
    """Put the set that follows the one in force, and move the pointer to it; its digest.

    `following` makes it from the set in force, or from None before the first one. When somebody
    else was faster it is asked again, after a while that is never the same for two.

    Raises OperatorError while others keep publishing, and where the set in force is gone.
    """
    for attempt in range(TRIES):
        time.sleep(random.uniform(0, 0.02 * 2**attempt) if attempt else 0)  # noqa: S311 - jitter
        found = objects.get_with_etag(public_bucket, POINTER_KEY)
        data = following(_set_of(objects, public_bucket, found[0]) if found else None)
        digest = sha256(data).hexdigest()
        objects.put_new(public_bucket, set_key(digest), data)
        etag = found[1] if found else None
        if objects.put_if(public_bucket, POINTER_KEY, pretty(Pointer(digest)), etag):
            return digest
    raise OperatorError("others kept publishing at the same time: try again")


def _set_of(objects: Objects, public_bucket: str, pointer: bytes) -> bytes:
    digest = _named_by(pointer)
    data = objects.get(public_bucket, set_key(digest))
    if data is None or sha256(data).hexdigest() != digest:
        raise OperatorError(f"the set {digest} is gone from the public bucket, or is another")
    return data


def _named_by(pointer: bytes) -> str:
    try:
        return msgspec.json.decode(pointer, type=Pointer).set
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise OperatorError(f"{POINTER_KEY} names no set: restore its last version") from None
