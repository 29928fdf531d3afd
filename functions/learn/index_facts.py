"""What everybody may know of an index without opening it: counts, and what each topic may find."""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from claims.finding import makes_findings
from claims.shelving import Entry


class IndexFacts(msgspec.Struct, frozen=True):
    """The checks of an index, counted.

    `by_topic` counts those that may make findings; the others only answer. `refused` is what the
    feeds that it was made of brought beside, by code.
    """

    index: str
    checks: int
    by_publisher: dict[str, int]
    by_language: dict[str, int]
    by_rating: dict[str, int]
    by_topic: dict[str, int]
    refused: dict[str, int]


def facts_key(index: str) -> str:
    """Where the facts of an index stand in the public bucket.

    >>> facts_key("ab")
    'factchecks/ab.json'
    """
    return f"factchecks/{index}.json"


def facts_of(index: str, entries: Iterable[Entry], refused: Mapping[str, int]) -> IndexFacts:
    """The facts of an index of these checks."""
    checks = [entry.check for entry in entries]
    return IndexFacts(
        index=index,
        checks=len(checks),
        by_publisher=_counted(check.publisher for check in checks),
        by_language=_counted(check.language for check in checks),
        by_rating=_counted(str(check.rating) for check in checks),
        by_topic=_counted(check.topic for check in checks if makes_findings(check)),
        refused=dict(sorted(refused.items())),
    )


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
