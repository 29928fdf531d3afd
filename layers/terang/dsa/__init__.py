"""The duties of the EU Digital Services Act: notices, statements of reasons, the yearly report.

Start with `statement` or `report.Report`. The mathematics of estimates is here: the interval of a
share, and how many posts the rules missed. A share of a few posts needs its interval: 3 of 4 and
300 of 400 are both 75 %. The summaries and the yearly report both estimate with these functions;
`recount` and `report_proof` check them with code of their own.
"""

from collections.abc import Iterable
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

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
