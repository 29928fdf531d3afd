"""What became of a version of a pack: whether it runs on a day, and if not, why."""

from datetime import date
from enum import StrEnum

from rules.pack import Pack
from rules.rule_set import RuleSet


class PackState(StrEnum):
    """In words for a page; of two that are true, the first one here is told."""

    REPLACED = "replaced"
    EXPIRED = "expired"
    NOT_IN_FORCE = "not in force"
    NOT_YET = "not yet"
    SHADOW = "shadow"
    LIVE = "live"


def state_of(pack: Pack, in_force: RuleSet, today: str, *, public: bool) -> PackState:
    """How a version stands: it changes with the set in force, and on the days of the pack.

    Args:
        pack: One version of a pack.
        in_force: The set in force.
        today: The day of the run, UTC.
        public: Whether there is a public address; without one nothing is live.
    """
    versions, day = versions_in(in_force, pack.id), date.fromisoformat(today)
    if pack.version not in versions and any(version > pack.version for version in versions):
        return PackState.REPLACED
    if pack.in_force.until < day:
        return PackState.EXPIRED
    if pack.version not in versions:
        return PackState.NOT_IN_FORCE
    if day < pack.in_force.from_:
        return PackState.NOT_YET
    return PackState.LIVE if public and pack.mode == "live" else PackState.SHADOW


def versions_in(published: RuleSet, pack: str) -> list[int]:
    """The versions of a pack that a set holds, in order.

    >>> versions_in(RuleSet(notice_hours=24, packs=()), "one-time-codes")
    []
    """
    return sorted(held.version for held in published.packs if held.id == pack)
