"""An index of published checks: built once, named by its digest, asked ever after."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import msgspec

from claims.artefact import Artefact, digest_of, seal
from claims.errors import BadIndexError
from claims.grouping import group
from claims.shelf import Shelf
from claims.shelving import Entry, lay_out
from claims.thresholds import Bounds, measure


def build_index(entries: Iterable[Entry]) -> bytes:
    """The bytes of the index of these checks; their order does not matter."""
    by_language: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: (entry.check.url, entry.check.claim)):
        by_language.setdefault(entry.check.language, []).append(entry)
    arrays: dict[str, Any] = {}
    for language, some in sorted(by_language.items()):
        shelf = lay_out(some, language)
        shelf["groups"] = group(shelf, len(some))
        arrays |= {f"{language}/{name}": one for name, one in shelf.items()}
    facts = _Facts({language: len(some) for language, some in by_language.items()})
    unmeasured = Index(seal(msgspec.to_builtins(facts), arrays))
    bounds = {language: measure(unmeasured.shelf(language)) for language in by_language}
    return seal(msgspec.to_builtins(_Facts(facts.checks, bounds)), arrays)


class _Facts(msgspec.Struct, frozen=True):
    """Checks by language, and the bounds measured for each."""

    checks: dict[str, int]
    bounds: dict[str, Bounds] = {}


class Index:
    """The shelves of an index, by language; each is opened when it is first asked.

    Raises:
        BadIndexError: the bytes are no index of this version.
    """

    def __init__(self, data: bytes):
        self.data = data
        self._artefact = Artefact(data)
        try:
            facts = msgspec.convert(self._artefact.facts, _Facts)
        except msgspec.ValidationError as error:
            raise BadIndexError("the index does not say what it holds") from error
        self.totals, self.bounds = facts.checks, facts.bounds
        self._shelves: dict[str, Shelf] = {}

    @cached_property
    def digest(self) -> str:
        """The name of the index: SHA-256 of its bytes."""
        return digest_of(self.data)

    def shelf(self, language: str) -> Shelf:
        """The shelf of a language that `totals` names."""
        if language not in self._shelves:
            self._shelves[language] = Shelf(self._artefact, language, self.totals[language])
        return self._shelves[language]
