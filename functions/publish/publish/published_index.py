"""The index of published checks that a set names, as publish tells of it: counted, not opened."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec


class CheckCorrection(msgspec.Struct, frozen=True):
    """A check that was corrected or withdrawn, and the day on which that was learnt."""

    url: str
    change: str
    day: str

    @property
    def leads_somewhere(self) -> bool:
        """Whether its link is one of the web."""
        return self.url.startswith(("https://", "http://"))


class PublishedIndex(msgspec.Struct, frozen=True):
    """What stands beside an index; `by_topic` counts the checks that may make findings."""

    index: str
    checks: int
    by_publisher: dict[str, int] = {}
    by_topic: dict[str, int] = {}
    refused: dict[str, int] = {}
    changed: tuple[CheckCorrection, ...] = ()

    @property
    def publishers(self) -> list[tuple[str, int]]:
        """The publishers, those with most checks first."""
        return _by_size(self.by_publisher)

    @property
    def finding(self) -> int:
        """How many checks may make findings; the others only answer who asks."""
        return sum(self.by_topic.values())


class RefusedChecks(NamedTuple):
    """Why checks of a feed were not taken, in words, and how many."""

    words: str
    number: int


_REFUSALS = {
    "checks_no_claim": "a page that checks no claim",
    "no_claim": "no claim that could be compared",
    "no_link": "no link that leads to a page",
    "publisher_not_trusted": "a publisher that is not on the list of trusted ones",
}


def refusals_of(index: PublishedIndex) -> list[RefusedChecks]:
    """What was refused, the most first.

    >>> refusals_of(PublishedIndex("ab", 0, refused={"no_link": 2}))
    [RefusedChecks(words='no link that leads to a page', number=2)]
    """
    return [
        RefusedChecks(_REFUSALS.get(code, code), count) for code, count in _by_size(index.refused)
    ]


def _by_size(counted: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
