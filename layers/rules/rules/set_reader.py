"""Read the document of a set.

`read_set` and `KnownSets` read a set to show its content, whatever version of the code made it.
`load_set` also checks that this code can run it.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import msgspec

from rules.pack import Pack
from rules.rule_set import FORMATS, RuleSet, SetError, SetFields, check_set

_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def digest_of(data: bytes) -> str:
    """Return the name of a set: the SHA-256 of its document, in hex."""
    return hashlib.sha256(data).hexdigest()


def read_set(data: bytes) -> RuleSet:
    """Read a set to show its content. Running it may need another version of the code.

    Raises SetError if the document is not a set.

    >>> read_set(b'{"notice_hours": 24, "packs": [], "fold": "7", "new_field": 1}').notice_hours
    24
    """
    try:
        return msgspec.json.decode(data, type=RuleSet)
    except _UNREADABLE as error:
        raise SetError(f"not a set: {error}") from None


def load_set(data: bytes, digest: str | None = None) -> RuleSet:
    """Read a set to run it, and check that it has this digest, if one is given.

    A set that was checked with another fold can be loaded and proposes nothing: see
    `RuleSet.for_provider`.

    Raises SetError if the digest or the format differs, or the content contradicts itself.
    """
    if digest is not None and (actual := digest_of(data)) != digest:
        raise SetError(f"the set's digest is {actual}, not {digest}: it was changed or mixed up")
    try:
        made_as = msgspec.json.decode(data, type=_Format).format
    except _UNREADABLE as error:
        raise SetError(f"not a set: {error}") from None
    if made_as not in FORMATS:
        known = " and ".join(map(str, FORMATS))
        raise SetError(f"the set has format {made_as}; this code reads {known}")
    rule_set = read_set(data)
    check_set(rule_set)
    return rule_set


@dataclass(slots=True)
class KnownSets:
    """The sets that a worker has read to show them: each set once, and each pack in them once.

    A set is named by its digest, so it never changes. Sets share nearly all of their packs.
    To parse each as a whole would take 1 MB of memory for each set of the shipped packs, so that a
    thousand sets would fill the memory of publish.
    """

    _sets: dict[str, RuleSet] = field(default_factory=dict)
    _packs: dict[bytes, Pack] = field(default_factory=dict)

    def read(self, digests: Iterable[str], fetch: Callable[[str], bytes]) -> dict[str, RuleSet]:
        """Return the sets of these digests. `fetch` returns the document of one not read before.

        Raises SetError if a document is not a set.
        """
        return {digest: self.one(digest, fetch) for digest in digests}

    def one(self, digest: str, fetch: Callable[[str], bytes]) -> RuleSet:
        """Return one set, as `read` does."""
        if digest not in self._sets:
            self._sets[digest] = self._parse(fetch(digest))
        return self._sets[digest]

    def _parse(self, data: bytes) -> RuleSet:
        try:
            raw_set = msgspec.json.decode(data, type=_RawSet)
            packs = tuple(map(self._pack, raw_set.packs))
        except _UNREADABLE as error:
            raise SetError(f"not a set: {error}") from None
        others = {name: getattr(raw_set, name) for name in SetFields.__struct_fields__}
        return RuleSet(packs=packs, **others)

    def _pack(self, raw: msgspec.Raw) -> Pack:
        digest = hashlib.sha256(raw).digest()
        if digest not in self._packs:
            self._packs[digest] = msgspec.json.decode(raw, type=Pack)
        return self._packs[digest]


class _RawSet(SetFields, frozen=True, kw_only=True):
    """A set whose packs are still JSON."""

    packs: tuple[msgspec.Raw, ...]


class _Format(msgspec.Struct):
    """The field that says how to read the others."""

    format: int
