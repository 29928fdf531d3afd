"""Which of many texts may satisfy a rule that has groups of terms.

The simple way is to mark the groups of each rule in Python, text by text. Here the bits of all
groups that keys serve in the texts of a line are put together at once.
"""

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np

from matcher.batch.symbols import Places

NEEDS_OF_KEY = 64
"""Needs of a key that are looked at. A text with a key that serves more is let through."""


class RuleNeeds:
    """Which keys serve which groups of which rules."""

    def __init__(
        self,
        keys: Places,
        number: int,
        first_sign: int,
        needs: Iterable[tuple[int, int, int]],
        all_groups: Sequence[int],
    ):
        """Take what patterns serve.

        Args:
            keys: The key of each pattern, or -1.
            number: The number of keys.
            first_sign: The first key that is one of a sign. All further keys are, too.
            needs: Indexes of patterns, each with a rule that it serves and the group as a bit.
            all_groups: For each rule the bits of all its groups.
        """
        self._all_groups = np.array(all_groups, np.uint32)
        rows = np.fromiter(chain.from_iterable(needs), np.int64).reshape(-1, 3)
        rows[:, 0] = keys[rows[:, 0]]
        rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
        rows = rows[rows[:, 0] >= 0]
        of_key, self._rules, bits = rows.T
        self._bits = bits.astype(np.uint32)
        self._firsts = np.searchsorted(of_key, np.arange(number + 1))
        self._of_signs = np.zeros_like(self._all_groups)  # by rule: the groups that signs serve
        is_sign = of_key >= first_sign
        np.bitwise_or.at(self._of_signs, self._rules[is_sign], self._bits[is_sign])
        self._any_text = bool((self._of_signs & (self._of_signs == self._all_groups)).any())

    def passing(self, texts: Places, keys: Places, number: int) -> tuple[Places, Places]:
        """Return the texts in which every group of some rule has a key, in order.

        Then return the texts in which every group would have one, if they had all signs.

        Args:
            texts: The number of the text of each key.
            keys: The keys.
            number: The number of texts.
        """
        pairs = np.sort(texts * self._firsts.size + keys)
        texts, keys = np.divmod(pairs[np.diff(pairs, prepend=-1) > 0], self._firsts.size)
        passing, with_signs = np.zeros(number, bool), np.full(number, self._any_text)
        counts = self._firsts[keys + 1] - self._firsts[keys]
        many = counts > NEEDS_OF_KEY
        passing[texts[many]] = True
        texts, keys, counts = texts[~many], keys[~many], counts[~many]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        needs = np.repeat(self._firsts[keys], counts) + within
        pairs = np.repeat(texts, counts) * self._all_groups.size + self._rules[needs]
        order = np.argsort(pairs, kind="stable")
        pairs = pairs[order]
        firsts = np.flatnonzero(np.diff(pairs, prepend=-1))
        if firsts.size:
            present = np.bitwise_or.reduceat(self._bits[needs[order]], firsts)
            texts, rules = np.divmod(pairs[firsts], self._all_groups.size)
            wanted, of_signs = self._all_groups[rules], self._of_signs[rules]
            passing[texts[present == wanted]] = True
            with_signs[texts[(of_signs > 0) & (present | of_signs == wanted)]] = True
        return np.flatnonzero(passing), np.flatnonzero(with_signs)
