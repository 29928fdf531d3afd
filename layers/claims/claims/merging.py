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
    """The checks of all feeds, one for each link and claim.

    Whoever corrects a page may word its claim anew: of a link, only the feeds count that have its
    latest day. Of one link and claim the latest stays, of equal days the last.
    """
    found: dict[str, dict[str, Entry]] = {}
    latest: dict[str, str] = {}
    for entries in feeds:
        for url, told in _by_link_and_claim(entries).items():
            day = max(entry.check.date for entry in told.values())
            if day > latest.setdefault(url, day):
                latest[url] = day
                found[url] = {}
            if day == latest[url]:
                found.setdefault(url, {}).update(told)
    return [entry for told in found.values() for entry in told.values()]


def _by_link_and_claim(entries: Iterable[Entry]) -> dict[str, dict[str, Entry]]:
    found: dict[str, dict[str, Entry]] = {}
    for entry in entries:
        told, claim = found.setdefault(entry.check.url, {}), entry.check.claim.casefold()
        if claim not in told or entry.check.date >= told[claim].check.date:
            told[claim] = entry
    return found


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
