"""What everybody may know of an index without opening it: counts, and what each topic may find."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from claims.finding import makes_findings
from claims.index.index import Index
from claims.review import Check
from claims.text.topics import lists_digest

CHANGED_SHOWN = 100


class ChangedCheck(msgspec.Struct, frozen=True):
    """A check that was corrected or withdrawn, and on which day that was learnt."""

    url: str
    change: str
    day: str


class IndexFacts(msgspec.Struct, frozen=True):
    """The checks of an index, counted.

    `by_topic` counts those that may make findings; the others only answer. `refused` is what the
    feeds that it was made of brought beside, by code. `changed` are checks that lately said
    something else: labels that name them are superseded. `lists` names the lists of words that
    gave the checks their topics, which are published under `factchecks/topics/`.
    """

    index: str
    checks: int
    by_publisher: dict[str, int]
    by_language: dict[str, int]
    by_rating: dict[str, int]
    by_topic: dict[str, int]
    refused: dict[str, int]
    changed: tuple[ChangedCheck, ...] = ()
    lists: str = ""


def checks_of(index: Index) -> Iterator[Check]:
    """All checks of an index."""
    for language, total in sorted(index.totals.items()):
        shelf = index.shelf(language)
        yield from (shelf.check(place) for place in range(total))


def facts_of(
    index: Index, refused: Mapping[str, int], changed: Iterable[ChangedCheck] = ()
) -> IndexFacts:
    """The facts of an index; of what changed the newest CHANGED_SHOWN."""
    newest = sorted(changed, key=lambda one: (one.day, one.url), reverse=True)
    checks = list(checks_of(index))
    return IndexFacts(
        index=index.digest,
        checks=len(checks),
        by_publisher=_counted(check.publisher for check in checks),
        by_language=dict(sorted(index.totals.items())),
        by_rating=_counted(str(check.rating) for check in checks),
        by_topic=_counted(check.topic for check in checks if makes_findings(check)),
        refused=dict(sorted(refused.items())),
        changed=tuple(newest[:CHANGED_SHOWN]),
        lists=lists_digest(),
    )


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
