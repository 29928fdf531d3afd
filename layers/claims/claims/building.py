"""Builds an index from checks."""

from collections.abc import Iterable
from tempfile import TemporaryFile

import msgspec

from claims.check import Entry
from claims.feeds.spool import Spool
from claims.index.curves import Bounds, published_curves
from claims.index.index import IndexContent
from claims.index.index_file import ArraySet, IndexFileWriter
from claims.index.language_index import LanguageIndex
from claims.index.layout import lay_out
from claims.score.thresholds import Progress, measure, silent, watched


def build_index(entries: Iterable[Entry], progress: Progress = silent) -> bytes:
    """Return the bytes of the index of these checks; their order does not matter.

    The languages are laid out one after the other, and their checks read from disk, so that memory
    grows with the largest language only.
    """
    checks = entries if isinstance(entries, Spool) else Spool([entries])
    totals = checks.totals()
    bounds: dict[str, Bounds] = {}
    with TemporaryFile() as body:
        writer = IndexFileWriter(body)
        for language, total in totals.items():
            some = watched(checks.of(language), f"laying out {language}", total, progress)
            arrays = {
                f"{language}/{name}": numbers
                for name, numbers in lay_out(some, language, total).items()
            }
            bounds[language] = measure(LanguageIndex(ArraySet(arrays), language, total), progress)
            writer.add(arrays)
        content = IndexContent(totals, bounds, published_curves())
        return writer.sealed(msgspec.to_builtins(content))
