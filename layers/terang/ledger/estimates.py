"""Intervals of shares, how many posts the rules missed, and how long things took.

Without its interval, nobody can tell a share of 3 in 4 from one of 300 in 400. Intervals are
Wilson's score intervals at 95 %: they stay between 0 and 1, are valid near both ends, and do not
shrink to a point if all or none of a few were counted. Summaries and the yearly report estimate
with these functions; `recount` and `report_proof` check them with code of their own.
"""

from collections.abc import Iterable, Mapping
from math import sqrt
from statistics import NormalDist, quantiles
from typing import Annotated, NamedTuple

import msgspec

from ledger.units import counts, says

CONFIDENCE = 0.95

AUDITED_AT_LEAST = 100
"""Fewest audited posts for a published recall. If 100 are all sound, up to 4 % may be bad."""


class AuditSample(NamedTuple):
    """A uniform sample of unmet posts, which no rule met: violating, audited, and unmet in all."""

    violating: int
    audited: int
    unmet: int


def wilson_interval(count: int, of: int) -> tuple[float, float]:
    """Return both ends of the score interval of a share.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference"
    (1927); for small samples recommended by Brown, Cai and DasGupta, "Interval estimation for a
    binomial proportion" (2001). The numbers of Newcombe (1998), table I, method 3, are its tests.

    >>> [round(end, 4) for end in wilson_interval(81, 263)]
    [0.2553, 0.3662]
    """
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    share = count / of
    middle = share + z * z / (2 * of)
    margin = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    whole = 1 + z * z / of
    low = 0.0 if count == 0 else (middle - margin) / whole
    high = 1.0 if count == of else (middle + margin) / whole
    return low, high


def missed_posts(samples: Iterable[AuditSample]) -> tuple[float, float, float]:
    """Estimate how many violating posts no rule met: likely, and the ends of the interval.

    The share of violating posts in each sample is assumed for all unmet posts from which it was
    drawn. The ends of all samples are added, which makes the interval wider than necessary.

    Source: stratified estimation, W. G. Cochran, "Sampling Techniques" (1977), chapter 5.

    >>> [round(posts) for posts in missed_posts([AuditSample(2, 100, 5_000)])]
    [100, 28, 350]
    """
    likely = fewest = most = 0.0
    for violating, audited, unmet in samples:
        low, high = wilson_interval(violating, audited)
        likely += unmet * (violating / audited)
        fewest += unmet * low
        most += unmet * high
    return likely, fewest, most


class Percentiles(msgspec.Struct, frozen=True):
    """How long something took: hours, of so many; null where none ended."""

    of: Annotated[int, counts("How many ended.")] = 0
    median_hours: Annotated[float | None, says("Half took no longer.")] = None
    p90_hours: Annotated[float | None, says("Nine of ten took no longer.")] = None


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
    hours = (round(deciles[index] / 3600, 3) for index in (4, 8))
    return Percentiles(sum(seconds.values()), *hours)


def rounded_seconds(seconds: float) -> int:
    """Return a duration with three significant digits, too coarse to identify a moment.

    >>> rounded_seconds(4.6), rounded_seconds(86_399), rounded_seconds(-3)
    (5, 86400, 0)
    """
    whole = max(0, round(seconds))
    step: int = 10 ** max(0, len(str(whole)) - 3)
    return (whole + step // 2) // step * step
