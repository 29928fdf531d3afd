"""Counts the days on which the sentinel post was found (`handover.sentinel_post`)."""

from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from ledger.records.provider import SENTINEL
from publish.estimates import counts, says


class SentinelDays(msgspec.Struct, frozen=True):
    """On how many days the sentinel post was found, and on which it was missed."""

    found: Annotated[int, counts("Days on which it was found.")]
    missed: Annotated[tuple[str, ...], says("Closed days on which it was not.")]

    @property
    def days(self) -> int:
        """The days on which it was looked for."""
        return self.found + len(self.missed)


def is_found(by_rule: Mapping[str, int]) -> bool:
    """Return whether a day's findings of the sentinel name a rule of its pack."""
    return any(key.startswith(f"{SENTINEL}/") and count for key, count in by_rule.items())


def sum_sentinel(parts: Iterable[SentinelDays | UnsetType]) -> SentinelDays | UnsetType:
    """Return the sum of days; UNSET if no day is known.

    >>> sum_sentinel([SentinelDays(1, ()), SentinelDays(0, ("2026-11-25",)), UNSET])
    SentinelDays(found=1, missed=('2026-11-25',))
    """
    known = [part for part in parts if part]
    missed = tuple(day for part in known for day in part.missed)
    return SentinelDays(sum(part.found for part in known), missed) if known else UNSET
