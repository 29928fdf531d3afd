"""Shares with their intervals, percentiles, and why one of them is blank.

Without its interval, nobody can tell a share of 3 in 4 from one of 300 in 400. Intervals are
Wilson's score intervals at 95 %: they stay between 0 and 1, are valid near both ends, and do not
shrink to a point if all or none of a few were counted.
"""

from collections.abc import Mapping
from statistics import quantiles
from typing import Annotated

import msgspec
from msgspec import Meta

from dsa.estimates import wilson_interval
from phrases import to_translate

DIGITS = 4
"""Decimals of a published share: a hundredth of a per cent, and the same bytes everywhere."""


def says(description: str) -> Meta:
    """Describe a published field in its schema."""
    return Meta(description=description)


def counts(description: str) -> Meta:
    """Describe a published count, which is never negative."""
    return Meta(ge=0, description=description)


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """A share with its 95 % interval; blank with a note where too little is known."""

    share: Annotated[float | None, says("The share, 0 to 1; null where blank.")] = None
    low: Annotated[float | None, says("Lower end of its 95 % interval.")] = None
    high: Annotated[float | None, says("Upper end of its 95 % interval.")] = None
    note: Annotated[str, says("Why it is blank, or empty.")] = ""


class Estimate(Share, frozen=True, kw_only=True):
    """A share of a count."""

    count: Annotated[int, counts("How many of them it is true of.")] = 0
    of: Annotated[int, counts("How many were counted.")] = 0


class Percentiles(msgspec.Struct, frozen=True):
    """How long something took: hours, of so many; null where none ended."""

    of: Annotated[int, counts("How many ended.")] = 0
    median_hours: Annotated[float | None, says("Half took no longer.")] = None
    p90_hours: Annotated[float | None, says("Nine of ten took no longer.")] = None


def estimate(count: int, of: int, at_least: int = 1) -> Estimate:
    """Return the share with its interval, or blank with the reason if fewer were counted.

    >>> estimate(81, 263).low, estimate(81, 263).high
    (0.2553, 0.3662)
    >>> estimate(3, 4, at_least=20).note
    'only 4 of the 20 that are needed'
    >>> estimate(3, 20, at_least=20).share, estimate(0, 0).note
    (0.15, 'none yet')
    """
    if of < at_least or not of:
        note = f"only {of} of the {at_least} that are needed" if of else to_translate("none yet")
        return Estimate(count=count, of=of, note=note)
    low, high = (round(end, DIGITS) for end in wilson_interval(count, of))
    return Estimate(count=count, of=of, share=round(count / of, DIGITS), low=low, high=high)


def percentiles(seconds: Mapping[str, int]) -> Percentiles:
    """Return the median and the ninth decile of durations, given as a tally of seconds.

    Deciles are interpolated between durations (`statistics.quantiles`, method "inclusive").

    >>> percentiles({"3600": 1, "7200": 2}).median_hours
    2.0
    """
    durations = [int(length) for length, count in seconds.items() for _ in range(count)]
    if not durations:
        return Percentiles()
    if len(durations) == 1:
        durations *= 2  # one duration is each of its percentiles
    deciles = quantiles(durations, n=10, method="inclusive")
    return Percentiles(sum(seconds.values()), _hours(deciles[4]), _hours(deciles[8]))


def rounded_seconds(seconds: float) -> int:
    """Return a duration with three significant digits, too coarse to identify a moment.

    >>> rounded_seconds(4.6), rounded_seconds(86_399), rounded_seconds(-3)
    (5, 86400, 0)
    """
    whole = max(0, round(seconds))
    step: int = 10 ** max(0, len(str(whole)) - 3)
    return (whole + step // 2) // step * step


def _hours(seconds: float) -> float:
    return round(seconds / 3600, 3)
