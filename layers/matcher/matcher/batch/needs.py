"""What keys say about rules: which texts have one for every group of some rule."""

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np

from matcher.batch.symbols import Places

NEEDS_LOOKED_AT = 64
"""Needs of a key; a text with one that serves more is let through."""


class Needs:
    """What keys say about rules."""

    def __init__(
        self,
        keys: Places,
        number: int,
        needs: Iterable[tuple[int, int, int]],
        full: Sequence[int],
    ):
        """Takes the key of each pattern (-1: none), the number of keys, and what patterns serve."""
        self._full = np.array(full, np.uint32)
        flat = np.fromiter(chain.from_iterable(needs), np.int64).reshape(-1, 3)
        flat[:, 0] = keys[flat[:, 0]]
        flat = flat[np.lexsort((flat[:, 1], flat[:, 0]))]
        flat = flat[flat[:, 0] >= 0]
        of_key, self._rules, bits = flat.T
        self._bits = bits.astype(np.uint32)
        self._firsts = np.searchsorted(of_key, np.arange(number + 1))

    def met(self, texts: Places, keys: Places, number: int) -> Places:
        """The texts in which every group of some rule has a key, in order.

        Args:
            texts: For each key that was found, the number of the text it stands in.
            keys: The keys.
            number: Of texts.
        """
        pairs = np.sort(texts * self._firsts.size + keys)
        texts, keys = np.divmod(pairs[np.diff(pairs, prepend=-1) > 0], self._firsts.size)
        passing = np.zeros(number, bool)
        counts = self._firsts[keys + 1] - self._firsts[keys]
        many = counts > NEEDS_LOOKED_AT
        passing[texts[many]] = True
        texts, keys, counts = texts[~many], keys[~many], counts[~many]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        needs = np.repeat(self._firsts[keys], counts) + within
        pairs = np.repeat(texts, counts) * self._full.size + self._rules[needs]
        order = np.argsort(pairs, kind="stable")
        pairs = pairs[order]
        firsts = np.flatnonzero(np.diff(pairs, prepend=-1))
        if firsts.size:
            got = np.bitwise_or.reduceat(self._bits[needs[order]], firsts)
            texts, rules = np.divmod(pairs[firsts], self._full.size)
            passing[texts[got == self._full[rules]]] = True
        return np.flatnonzero(passing)
