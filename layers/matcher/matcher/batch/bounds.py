"""Which of many texts may reach the threshold of a scored rule.

The simple way is to add up weights in Python, text by text. Here the weights of the keys in all
texts of a line are added up at once. A key of words may serve several patterns, and a pattern
for a term that is not there, so of their weights only those for a post count. A key of a sign says
that the sign is there. So the sum is a bound: no text has a higher score.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from matcher.batch.sign_bounds import SignBounds
from matcher.batch.sign_view import SignView
from matcher.batch.symbols import Places

CELLS = 1 << 20
"""Sums that are kept at once. Many texts of many rules are looked at in several steps."""


class ScoreBounds:
    """The weights of keys, and the thresholds.

    >>> bounds = ScoreBounds(2, [(0, 7, 5), (1, 7, 4), (1, 8, 9)], {7: 9, 8: 10})
    >>> texts, rules, sums = bounds.reaching(np.array([0, 1, 1, 1]), np.array([1, 0, 1, 0]), 2)
    >>> texts.tolist(), rules.tolist(), sums.tolist()
    ([1], [7], [9.0])
    """

    def __init__(
        self,
        number: int,
        weights: Iterable[tuple[int, int, int]],
        thresholds: Mapping[int, int],
        signs: Mapping[str, Sequence[tuple[int, int]]] | None = None,
    ):
        """Take the weights and their bounds.

        Args:
            number: The number of keys.
            weights: Keys with a scored rule and a weight there, also those of signs.
            thresholds: The sum that each rule needs.
            signs: Scored rules with a weight there, by sign.
        """
        rules = {rule: at for at, rule in enumerate(sorted(thresholds))}
        self._order = np.array(list(rules))
        sums: defaultdict[tuple[int, int], int] = defaultdict(int)
        for key, rule, weight in weights:
            sums[key, rules[rule]] += weight
        rows = np.array(sorted((*at, weight) for at, weight in sums.items()), np.intp)
        of_key, self._rules, of_rows = rows.reshape(-1, 3).T
        self._weights = of_rows.astype(float)
        self._firsts = np.searchsorted(of_key, np.arange(number + 1))
        self._thresholds = np.array([thresholds[rule] for rule in rules])
        by_column = {
            sign: [(rules[rule], weight) for rule, weight in of_sign]
            for sign, of_sign in (signs or {}).items()
        }
        self._signs = SignBounds(by_column, len(rules))

    def open(self, texts: Places, keys: Places, view: SignView) -> tuple[Places, Places]:
        """Return the texts and rules of which the sum may reach the threshold, with signs.

        A sign counts that a text may have.

        Args:
            texts: The number of the text of each key.
            keys: The keys of words. Of equal ones in a text, one counts.
            view: The view of the line.
        """
        worth = self._signs.worth(view)
        texts, rules, _ = self._reaching(texts, keys, len(worth), lambda cut: worth[cut])
        return texts, rules

    def reaching(
        self, texts: Places, keys: Places, number: int
    ) -> tuple[Places, Places, npt.NDArray[np.float64]]:
        """Return the texts and rules of which the sum may reach the threshold, with it, by text.

        Args:
            texts: The number of the text of each key.
            keys: The keys, also of signs. Of equal ones in a text, one counts.
            number: The number of texts.
        """
        return self._reaching(texts, keys, number, lambda _: 0)

    def _reaching(
        self,
        texts: Places,
        keys: Places,
        number: int,
        more: Callable[[slice], npt.NDArray[np.float64] | int],
    ) -> tuple[Places, Places, npt.NDArray[np.float64]]:
        texts, keys = self._weighed(texts, keys)
        step = max(1, CELLS // self._thresholds.size)
        reaching, rules, reached = [], [], []
        for first in range(0, number, step):
            last = min(first + step, number)
            cut = slice(*np.searchsorted(texts, (first, last)))
            sums = self._sums(texts[cut] - first, keys[cut], last - first)
            of_step, columns = np.nonzero(sums >= self._thresholds - more(slice(first, last)))
            reaching.append(first + of_step)
            rules.append(self._order[columns])
            reached.append(sums[of_step, columns])
        return np.concatenate(reaching), np.concatenate(rules), np.concatenate(reached)

    def sums_at(
        self, texts: Places, keys: Places, wanted: Places, rules: Places
    ) -> npt.NDArray[np.float64]:
        """Return the sums of some texts and rules, given the number of the text of each key."""
        distinct, rows = np.unique(wanted, return_inverse=True)
        chosen = np.isin(texts, distinct)
        texts, keys = self._weighed(texts[chosen], keys[chosen])
        sums = self._sums(np.searchsorted(distinct, texts), keys, distinct.size)
        at: npt.NDArray[np.float64] = sums[rows, np.searchsorted(self._order, rules)]
        return at

    def _weighed(self, texts: Places, keys: Places) -> tuple[Places, Places]:
        """Return the keys with a weight, each once in a text, by text."""
        some = self._firsts[keys + 1] > self._firsts[keys]
        pairs = np.sort(texts[some] * self._firsts.size + keys[some])
        return np.divmod(pairs[np.diff(pairs, prepend=-1) > 0], self._firsts.size)

    def _sums(
        self, texts: Places, keys: Places, number: int
    ) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        """Return the sums by text and rule."""
        counts = self._firsts[keys + 1] - self._firsts[keys]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        rows = np.repeat(self._firsts[keys], counts) + within
        cells = np.repeat(texts, counts) * self._thresholds.size + self._rules[rows]
        size = number * self._thresholds.size
        return np.bincount(cells, self._weights[rows], size).reshape(number, self._thresholds.size)
