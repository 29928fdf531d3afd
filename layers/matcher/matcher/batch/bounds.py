"""Which of many texts may reach the threshold of a scored rule.

The simple way is to add up weights in Python, text by text. Here the weights of the keys in all
texts of a line are added up at once. A key of words may serve several patterns, and a pattern
for a term that is not there, so of their weights only those for a post count. A key of a sign says
that the sign is there. So the sum is a bound: no text has a higher score.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

from matcher.batch.symbols import Places

CELLS = 1 << 20
"""Sums that are kept at once. Many texts of many rules are looked at in several steps."""


class ScoreBounds:
    """The weights of keys, and the thresholds.

    >>> bounds = ScoreBounds(2, [(0, 7, 5), (1, 7, 4), (1, 8, 9)], {7: 9, 8: 10})
    >>> bounds.reaching(np.array([0, 1, 1, 1]), np.array([1, 0, 1, 0]), 2).tolist()
    [1]
    """

    def __init__(
        self, number: int, weights: Iterable[tuple[int, int, int]], thresholds: Mapping[int, int]
    ):
        """Take the number of keys, keys with a scored rule and a weight, and thresholds by rule."""
        rules = {rule: at for at, rule in enumerate(sorted(thresholds))}
        sums: defaultdict[tuple[int, int], int] = defaultdict(int)
        for key, rule, weight in weights:
            sums[key, rules[rule]] += weight
        rows = np.array(sorted((*at, weight) for at, weight in sums.items()), np.intp)
        of_key, self._rules, of_rows = rows.reshape(-1, 3).T
        self._weights = of_rows.astype(float)
        self._firsts = np.searchsorted(of_key, np.arange(number + 1))
        self._thresholds = np.array([thresholds[rule] for rule in rules])

    def reaching(self, texts: Places, keys: Places, number: int) -> Places:
        """Return the texts of which a sum may reach its threshold, in order.

        Args:
            texts: The number of the text of each key.
            keys: The keys. Of equal ones in a text, one counts.
            number: The number of texts.
        """
        some = self._firsts[keys + 1] > self._firsts[keys]
        pairs = np.sort(texts[some] * self._firsts.size + keys[some])
        texts, keys = np.divmod(pairs[np.diff(pairs, prepend=-1) > 0], self._firsts.size)
        step = max(1, CELLS // self._thresholds.size)
        found = []
        for first in range(0, number, step):
            cut = slice(*np.searchsorted(texts, (first, first + step)))
            sums = self._sums(texts[cut] - first, keys[cut], min(step, number - first))
            found.append(first + np.flatnonzero((sums >= self._thresholds).any(axis=1)))
        return np.concatenate(found)

    def _sums(self, texts: Places, keys: Places, number: int) -> np.ndarray[tuple[int, int]]:
        """Return the sums by text and rule."""
        counts = self._firsts[keys + 1] - self._firsts[keys]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        rows = np.repeat(self._firsts[keys], counts) + within
        cells = np.repeat(texts, counts) * self._thresholds.size + self._rules[rows]
        size = number * self._thresholds.size
        return np.bincount(cells, self._weights[rows], size).reshape(number, -1)
