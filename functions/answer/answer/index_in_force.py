"""The index of published checks that the set in force names, kept warm."""

from collections.abc import Callable
from dataclasses import dataclass

from claims.index.index import ClaimIndex
from ledger.errors import OperatorError
from ledger.keys import factchecks_key
from ledger.pointer import current_set, stored_set
from ledger.ports import Objects
from rules.rule_set import SetError, read_set

POINTER_SECONDS = 30
"""How long a worker trusts the pointer before it reads it again."""


@dataclass(slots=True)
class IndexInForce:
    """Reads the index again when another one comes into force."""

    objects: Objects
    public_bucket: str
    now: Callable[[], float]
    _read_at: float = float("-inf")
    _set: str = ""
    _index: ClaimIndex | None = None

    def index(self) -> ClaimIndex | None:
        """Return the index in force, at most half a minute old. None: the set names no index.

        Raises OperatorError if the set or the index is gone or damaged.
        """
        if self.now() - self._read_at > POINTER_SECONDS:
            digest = current_set(self.objects, self.public_bucket)
            if digest != self._set:
                self._index = self._index_of(digest)
                self._set = digest
            self._read_at = self.now()
        return self._index

    def _index_of(self, set_digest: str) -> ClaimIndex | None:
        try:
            digest = read_set(stored_set(self.objects, self.public_bucket, set_digest)).factchecks
        except SetError as error:
            raise OperatorError(f"the set {set_digest} cannot be read: {error}") from error
        if not digest or (self._index is not None and self._index.digest == digest):
            return self._index if digest else None
        data = self.objects.get(self.public_bucket, factchecks_key(digest))
        if data is None:
            raise OperatorError(f"the index of checks {digest} is not in the public bucket")
        index = ClaimIndex(data)
        if index.digest != digest:
            raise OperatorError(f"the index of checks {digest} has another digest: it was changed")
        return index
