"""An index of published checks: built once, named by its digest, asked ever after."""

from collections.abc import Iterable
from typing import Any

from claims.artefact import Artefact, digest_of, seal
from claims.grouping import group
from claims.shelf import Shelf
from claims.shelving import Entry, lay_out


def build_index(entries: Iterable[Entry]) -> bytes:
    """The bytes of the index of these checks; their order does not matter."""
    ordered = sorted(entries, key=lambda entry: (entry.check.url, entry.check.claim))
    by_language: dict[str, list[Entry]] = {}
    for entry in ordered:
        by_language.setdefault(entry.check.language, []).append(entry)
    arrays: dict[str, Any] = {}
    for language, some in sorted(by_language.items()):
        shelf = lay_out(some, language)
        shelf["groups"] = group(shelf, len(some))
        arrays |= {f"{language}/{name}": one for name, one in shelf.items()}
    return seal({"checks": {one: len(some) for one, some in by_language.items()}}, arrays)


class Index:
    """The shelves of an index, by language; each is opened when it is first asked."""

    def __init__(self, data: bytes):
        self._artefact = Artefact(data)
        self.digest = digest_of(data)
        self.totals: dict[str, int] = self._artefact.facts["checks"]
        self._shelves: dict[str, Shelf] = {}

    def shelf(self, language: str) -> Shelf:
        """The shelf of a language that `totals` names."""
        if language not in self._shelves:
            self._shelves[language] = Shelf(self._artefact, language, self.totals[language])
        return self._shelves[language]
