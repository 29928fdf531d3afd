"""The published sets that a worker has read: each once, and each pack in them once.

A set is named by its digest, so what was read once stays true. Sets share nearly all of their
packs: a feed of checks makes a new set each day in which one small pack is new.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec

from ledger.errors import OperatorError
from publish.published_set import PublishedPack, PublishedSet, Terms


class _WrittenSet(msgspec.Struct, frozen=True):
    """A set whose packs are still JSON."""

    packs: tuple[msgspec.Raw, ...] = ()
    providers: dict[str, Terms] = {}
    notice_hours: int = 24
    factchecks: str = ""


@dataclass(slots=True)
class KnownSets:
    """Sets by their digests, and packs by the digests of their JSON.

    The simple version would parse each set as a whole: 1 MB of memory for each set of the shipped
    packs, so that a thousand sets would fill the memory of publish.
    """

    _sets: dict[str, PublishedSet] = field(default_factory=dict)
    _packs: dict[bytes, PublishedPack] = field(default_factory=dict)

    def read(self, digests: Iterable[str], get: Callable[[str], bytes]) -> dict[str, PublishedSet]:
        """Return the sets of these digests. `get` gives the JSON of one that was not read before.

        Raises OperatorError if the JSON is not a set.
        """
        return {digest: self._set(digest, get) for digest in digests}

    def _set(self, digest: str, get: Callable[[str], bytes]) -> PublishedSet:
        if digest not in self._sets:
            self._sets[digest] = self.parse(get(digest))
        return self._sets[digest]

    def parse(self, data: bytes) -> PublishedSet:
        """Parse a set. Packs that are known already are the same objects.

        Raises OperatorError if the JSON is not a set.

        >>> KnownSets().parse(b'{"packs": [], "fold": 3}').notice_hours
        24
        """
        try:
            written = msgspec.json.decode(data, type=_WrittenSet)
            packs = tuple(map(self._pack, written.packs))
        except msgspec.DecodeError as error:
            raise OperatorError(f"a published set cannot be read: {error}") from error
        return PublishedSet(packs, written.providers, written.notice_hours, written.factchecks)

    def _pack(self, raw: msgspec.Raw) -> PublishedPack:
        digest = sha256(raw).digest()
        if digest not in self._packs:
            self._packs[digest] = msgspec.json.decode(raw, type=PublishedPack)
        return self._packs[digest]
