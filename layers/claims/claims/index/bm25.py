"""Okapi BM25: how strongly a word that a text shares with a claim points to that claim.

Source: Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009. The
constants weigh the length of a claim more than usual (1.2 and 0.75): a claim that the text holds
nearly whole is nearer than one that shares the same words among many others. That was better for
words and for grams, in each language, and most of all for short titles.
"""

import math

K1 = 1.4
B = 0.85
MOST = K1 + 1


def rarity(holders: int, total: int) -> float:
    """Return the weight of a word that `holders` of `total` claims hold; never below zero.

    >>> rarity(1, 1000) > rarity(100, 1000) > 0
    True
    """
    return math.log(1 + (total - holders + 0.5) / (holders + 0.5))


def saturated(times: int, length: float, average: float) -> float:
    """Return the weight of `times` occurrences in a claim of this length; never above `MOST`.

    >>> saturated(1, 10, 10) < saturated(2, 10, 10) < saturated(1, 1, 10) * 2
    True
    """
    return times * (K1 + 1) / (times + K1 * (1 - B + B * length / average))
