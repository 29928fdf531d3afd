"""The pointer to the set in force: one small object, moved by compare-and-swap."""

import msgspec

from ledger.errors import OperatorError
from ledger.ports import Objects

POINTER_KEY = "sets/current.json"


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
        raise OperatorError("no set is published yet: run `terang packs publish`")
    try:
        return msgspec.json.decode(data, type=Pointer).set
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise OperatorError(f"{POINTER_KEY} names no set: restore its last version") from None
