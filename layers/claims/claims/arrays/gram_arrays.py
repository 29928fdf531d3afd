"""The grams of a shelf as arrays: which checks hold a gram."""

from array import array
from collections import defaultdict
from collections.abc import Collection
from functools import partial

from claims.arrays.bm25 import rarity, saturated
from claims.arrays.word_arrays import Arrays, places

COMMON_GRAM = 0.05
"""A gram of more than this share of the claims tells too little for the time it takes."""


class GramArrays:
    """Takes the grams of one check after the other."""

    def __init__(self, total: int):
        self._total = total
        self._holders: defaultdict[str, array[int]] = defaultdict(partial(places, total))
        self._lengths = array("I")

    def add(self, grams: Collection[str]) -> None:
        """Take the grams of the next check, each once."""
        for gram in grams:
            self._holders[gram].append(len(self._lengths))
        self._lengths.append(len(grams))

    def arrays(self) -> Arrays:
        """Each gram that is not too common, and the checks that hold it; they are given away."""
        most = max(50, int(self._total * COMMON_GRAM))
        kept = sorted(gram for gram, holders in self._holders.items() if len(holders) <= most)
        ids, starts, rarities = places(self._total), array("I", [0]), array("f")
        for gram in kept:
            holders = self._holders.pop(gram)
            rarities.append(rarity(len(holders), self._total))
            ids.extend(holders)
            starts.append(len(ids))
        average = sum(self._lengths) / self._total or 1.0
        return {
            "grams": "\n".join(kept).encode(),
            "gram_ids": ids,
            "gram_starts": starts,
            "gram_rarity": rarities,
            "gram_factor": array("f", (saturated(1, one, average) for one in self._lengths)),
        }
