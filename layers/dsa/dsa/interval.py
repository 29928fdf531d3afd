"""How sure a share is: without its interval nobody can tell 3 of 4 from 300 of 400."""

from math import sqrt
from statistics import NormalDist

CONFIDENCE = 0.95


def wilson(count: int, of: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Both ends of the score interval of a share.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference"
    (1927); recommended for few by Brown, Cai and DasGupta, "Interval estimation for a binomial
    proportion" (2001). The numbers of Newcombe (1998), table I, method 3, are its tests.

    >>> [round(end, 4) for end in wilson(81, 263)]
    [0.2553, 0.3662]
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = count / of
    middle = share + z * z / (2 * of)
    margin = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    whole = 1 + z * z / of
    low = 0.0 if count == 0 else (middle - margin) / whole
    high = 1.0 if count == of else (middle + margin) / whole
    return low, high
