"""An index of published checks by language, and the facts about it that are published."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

import msgspec

from claims.check import Check
from claims.index.curves import EVIDENCE, Bounds, curves_without_demands, parse_curves
from claims.index.index_file import BadIndexError, IndexFile, digest_of
from claims.index.language_index import LanguageIndex
from claims.text.topics import lists_digest

CHANGED_SHOWN = 100


class IndexContent(msgspec.Struct, frozen=True):
    """Checks by language, the bounds measured for each, and the curves used to measure them.

    An index of an earlier release holds no curves; it answers with the published ones.
    """

    checks: dict[str, int]
    bounds: dict[str, Bounds] = {}
    attaching: dict[str, Any] = {}


class ClaimIndex:
    """The checks of an index by language. Each language is opened when it is first asked.

    Raises BadIndexError if the bytes are not an index of this version.
    """

    def __init__(self, data: bytes):
        self.data = data
        self._file = IndexFile(data)
        try:
            content = msgspec.convert(self._file.facts, IndexContent)
        except msgspec.ValidationError as error:
            raise BadIndexError("the index does not say which checks it holds") from error
        self.totals, self.bounds = content.checks, content.bounds
        try:
            self.curves = parse_curves(content.attaching or curves_without_demands())
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise BadIndexError("the curves of the index are not as documented") from error
        if {*self.curves.curves, *self.curves.gates} - EVIDENCE:
            raise BadIndexError("the index weighs evidence that this release does not know")
        self._languages: dict[str, LanguageIndex] = {}

    @cached_property
    def digest(self) -> str:
        """Return the name of the index: SHA-256 of its bytes."""
        return digest_of(self.data)

    def language(self, language: str) -> LanguageIndex:
        """Return the checks of a language that `totals` names."""
        if language not in self._languages:
            self._languages[language] = LanguageIndex(self._file, language, self.totals[language])
        return self._languages[language]

    def checks(self) -> Iterator[Check]:
        """Yield all checks, language by language."""
        for name, total in sorted(self.totals.items()):
            language = self.language(name)
            yield from (language.check(place) for place in range(total))


class PublishedChange(msgspec.Struct, frozen=True):
    """A check that was corrected or withdrawn, and the day when that became known."""

    url: str
    change: str
    day: str


class IndexFacts(msgspec.Struct, frozen=True):
    """The published counts of an index.

    `by_topic` counts the checks that may make findings. `refused` counts by code the reviews that
    were refused from its feeds. `changed` are checks that were corrected or withdrawn lately:
    labels that name them are superseded. `lists` is the digest of the word lists that gave the
    checks their topics; they are published under `factchecks/topics/`.
    """

    index: str
    checks: int
    by_publisher: dict[str, int]
    by_language: dict[str, int]
    by_rating: dict[str, int]
    by_topic: dict[str, int]
    refused: dict[str, int]
    changed: tuple[PublishedChange, ...] = ()
    lists: str = ""


def facts_of(
    index: ClaimIndex, refused: Mapping[str, int], changed: Iterable[PublishedChange] = ()
) -> IndexFacts:
    """Return the facts of an index, with the newest CHANGED_SHOWN of the changed checks."""
    newest = sorted(changed, key=lambda check: (check.day, check.url), reverse=True)
    checks = list(index.checks())
    return IndexFacts(
        index=index.digest,
        checks=len(checks),
        by_publisher=_counted(check.publisher for check in checks),
        by_language=dict(sorted(index.totals.items())),
        by_rating=_counted(str(check.rating) for check in checks),
        by_topic=_counted(check.topic for check in checks if check.makes_findings),
        refused=dict(sorted(refused.items())),
        changed=tuple(newest[:CHANGED_SHOWN]),
        lists=lists_digest(),
    )


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
