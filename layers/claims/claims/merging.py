"""Many feeds make one index; and what a new import changes of the checks that were there."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from claims.shelving import Entry


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


def merge(feeds: Iterable[Iterable[Entry]]) -> list[Entry]:
    """The checks of all feeds; of one link and claim the latest, of equal days the last."""
    found: dict[tuple[str, str], Entry] = {}
    for entries in feeds:
        for entry in entries:
            key = (entry.check.url, entry.check.claim.casefold())
            if key not in found or entry.check.date >= found[key].check.date:
                found[key] = entry
    return list(found.values())


def changes(before: Iterable[Entry], after: Iterable[Entry]) -> list[CheckChange]:
    """The checks that say something else than before, or are gone, by their links.

    New ones change nothing that was found. A later day alone is a correction: publishers change
    their words without changing their rating.
    """
    old, new = _by_link(before), _by_link(after)
    found = []
    for url, said in sorted(old.items()):
        now = new.get(url, ())
        if now != said:
            change = Change.CORRECTED if now else Change.WITHDRAWN
            found.append(CheckChange(url, change, said, now))
    return found


def _by_link(entries: Iterable[Entry]) -> dict[str, tuple[Said, ...]]:
    found: dict[str, list[Said]] = {}
    for entry in entries:
        check = entry.check
        said = Said(check.claim, str(check.rating), check.date)
        found.setdefault(check.url, []).append(said)
    return {url: tuple(sorted(some, key=msgspec.structs.astuple)) for url, some in found.items()}
