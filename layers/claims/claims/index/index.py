"""An index of published checks: built once, named by its digest, asked ever after."""

from collections.abc import Iterable
from functools import cached_property
from tempfile import TemporaryFile
from typing import Any

import msgspec

from claims.arrays.artefact import Artefact, Laid, Sealing, digest_of
from claims.arrays.language_index import Shelf
from claims.arrays.shelving import Entry, lay_out
from claims.errors import BadIndexError
from claims.feeds.grouping import group
from claims.feeds.spool import Spool
from claims.index.thresholds import Bounds, measure
from claims.progress import Progress, silent, watched
from claims.score.attaching import EVIDENCE, curves_of, undemanding, written


def build_index(entries: Iterable[Entry], progress: Progress = silent) -> bytes:
    """The bytes of the index of these checks; their order does not matter.

    One language is laid out after the other, each check read again from where it lies.
    """
    checks = entries if isinstance(entries, Spool) else Spool([entries])
    totals = checks.totals()
    bounds: dict[str, Bounds] = {}
    with TemporaryFile() as body:
        sealing = Sealing(body)
        for language, total in totals.items():
            some = watched(checks.of(language), f"laying out {language}", total, progress)
            arrays = lay_out(some, language, total)
            arrays["groups"] = group(arrays, total)
            named = {f"{language}/{name}": one for name, one in arrays.items()}
            bounds[language] = measure(Shelf(Laid(named), language, total), progress)
            sealing.add(named)
        return sealing.sealed(msgspec.to_builtins(_Facts(totals, bounds, written())))


class _Facts(msgspec.Struct, frozen=True):
    """Checks by language, the bounds measured for each, and the curves that they were measured by.

    An index of before names no curves: it is asked by those that shipped with it.
    """

    checks: dict[str, int]
    bounds: dict[str, Bounds] = {}
    attaching: dict[str, Any] = {}


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
        self.curves = curves_of(facts.attaching or undemanding())
        if {*self.curves.curves, *self.curves.gates} - EVIDENCE:
            raise BadIndexError("the index weighs evidence that this release does not know")
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
