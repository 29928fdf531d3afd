"""What a new import changes of the checks that were there."""

import heapq
from collections.abc import Iterator
from enum import StrEnum
from itertools import groupby
from operator import itemgetter

import msgspec

from claims.feeds.spool import Spool


class Change(StrEnum):
    """What became of a check."""

    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"


class Said(msgspec.Struct, frozen=True):
    """What a check says of one claim."""

    claim: str
    rating: str
    date: str


class CheckChange(msgspec.Struct, frozen=True):
    """A check, by its link, that no longer says what it said; a withdrawn one says nothing."""

    url: str
    change: Change
    before: tuple[Said, ...]
    after: tuple[Said, ...] = ()


def changes(before: Spool, after: Spool) -> list[CheckChange]:
    """The checks that say something else than before, or are gone, by their links.

    New ones change nothing that was found. A later day alone is a correction: publishers change
    their words without changing their rating.
    """
    found = []
    both = heapq.merge(_said(before, 0), _said(after, 1), key=itemgetter(0))
    for url, some in groupby(both, key=itemgetter(0)):
        sides: tuple[list[Said], list[Said]] = ([], [])
        for _, side, said in some:
            sides[side].append(said)
        old, new = (tuple(sorted(one, key=msgspec.structs.astuple)) for one in sides)
        if old and new != old:
            change = Change.CORRECTED if new else Change.WITHDRAWN
            found.append(CheckChange(url, change, old, new))
    return found


def _said(checks: Spool, side: int) -> Iterator[tuple[str, int, Said]]:
    for entry in checks:
        check = entry.check
        yield check.url, side, Said(check.claim, str(check.rating), check.date)
