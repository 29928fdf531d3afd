"""The index that the set in force names, kept warm."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from answer.http import Refused
from claims.index.index import Index
from ledger.errors import OperatorError
from ledger.keys import factchecks_key
from ledger.pointer import current_set, set_key
from ledger.ports import Objects

POINTER_SECONDS = 30
"""How long a worker believes the pointer before it looks again."""


class _Set(msgspec.Struct):
    """What of a set the tip line needs."""

    factchecks: str = ""


@dataclass(slots=True)
class IndexInForce:
    """Reads the index of checks where it changed."""

    objects: Objects
    public_bucket: str
    now: Callable[[], float]
    _looked: float = float("-inf")
    _index: Index | None = None

    def index(self) -> Index:
        """The index in force, at most half a minute old. Raises Refused while there is none.

        Raises OperatorError if it is gone, or another by its bytes.
        """
        if self.now() - self._looked > POINTER_SECONDS:
            self._index = self._newest()
            self._looked = self.now()
        if self._index is None:
            raise Refused(503, "no_index")
        return self._index

    def _newest(self) -> Index | None:
        digest = current_set(self.objects, self.public_bucket)
        data = self.objects.get(self.public_bucket, set_key(digest))
        if data is None:
            raise OperatorError(f"the set {digest} is not in the public bucket")
        name = msgspec.json.decode(data, type=_Set).factchecks
        if not name or (self._index is not None and self._index.digest == name):
            return self._index if name else None
        found = self.objects.get(self.public_bucket, factchecks_key(name))
        if found is None:
            raise OperatorError(f"the index of checks {name} is not in the public bucket")
        index = Index(found)
        if index.digest != name:
            raise OperatorError(f"the index of checks {name} is another by its bytes")
        return index
