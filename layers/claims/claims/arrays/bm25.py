"""Okapi BM25: how much a word that a text shares with a claim says for that claim.

Source: Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009. The
constants weigh the length of a claim more than is usual (1.2 and 0.75): what a text holds nearly
all of is nearer than what it holds the same words of among many others. That was better for words
and for grams, in each language, and for short titles most.
"""

import math

K1 = 1.4
B = 0.85
MOST = K1 + 1


def rarity(holders: int, total: int) -> float:
    """The weight of a word that `holders` of `total` claims hold; never below zero.

    >>> rarity(1, 1000) > rarity(100, 1000) > 0
    True
    """
    return math.log(1 + (total - holders + 0.5) / (holders + 0.5))


def saturated(times: int, length: float, average: float) -> float:
    """What `times` occurrences count for in a claim of this length: rises, but never above `MOST`.

    >>> saturated(1, 10, 10) < saturated(2, 10, 10) < saturated(1, 1, 10) * 2
    True
    """
    return times * (K1 + 1) / (times + K1 * (1 - B + B * length / average))
