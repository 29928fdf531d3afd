"""Lays out the checks of one language as arrays: their words, grams, groups, and themselves."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any

import msgspec

from claims.check import Entry
from claims.index.bm25 import rarity, saturated
from claims.index.index_file import Arrays
from claims.index.word_arrays import NAME_BIT, WordArrays, empty_places
from claims.text.words import grams_of

COMMON_GRAM = 0.05
"""Share of the claims above which a gram that they hold is left out: it costs more than it adds."""
ALIKE = 0.35
"""Share of their words' weight that two claims of one group have in common."""
MOST_HOLDERS = 60
"""Checks that hold a word, above which the word brings no two of them together."""
MOST_FOUNDERS = 20
"""Founders with which a check is compared, those with most rare words in common."""


def lay_out(entries: Iterable[Entry], language: str, total: int) -> Arrays:
    """Return the arrays of a language by name; entries keep their order, their place is their id.

    The checks pass once, and only numbers are kept.
    """
    words, grams = WordArrays(language), _GramArrays(total)
    checks, starts = bytearray(), array("I", [0])
    for entry in entries:
        words.add(entry.check.claim, entry.own_title, entry.summary)
        grams.add(grams_of(entry.claim_and_title))
        checks += msgspec.json.encode(entry.check) + b"\n"
        starts.append(len(checks))
    arrays: Arrays = {"checks": checks[:-1], "check_starts": starts}
    arrays |= words.arrays() | grams.arrays()
    return arrays | {"groups": _groups(arrays, total)}


class _GramArrays:
    """Takes the grams of one check after the other."""

    def __init__(self, total: int):
        self._total = total
        self._holders: defaultdict[str, array[int]] = defaultdict(partial(empty_places, total))
        self._lengths = array("I")

    def add(self, grams: Collection[str]) -> None:
        """Take the grams of the next check, each once."""
        for gram in grams:
            self._holders[gram].append(len(self._lengths))
        self._lengths.append(len(grams))

    def arrays(self) -> Arrays:
        """Return the grams that are not too common, and the checks that hold each; call it once."""
        most = max(50, int(self._total * COMMON_GRAM))
        kept = sorted(gram for gram, holders in self._holders.items() if len(holders) <= most)
        ids, starts, rarities = empty_places(self._total), array("I", [0]), array("f")
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
            "gram_factor": array("f", (saturated(1, length, average) for length in self._lengths)),
        }


def _groups(arrays: Mapping[str, Any], total: int) -> "array[int]":
    """Return for each check the place of the first of its group: those about the same rumour.

    A check joins the founder of the group that it is most like, never a mere member, so that a
    chain of small steps does not join two rumours. A check that is like no other is its own group.
    """
    rarity_of, holders = arrays["word_rarity"], arrays["word_starts"]
    founders: dict[int, list[int]] = {}
    weights, leaders = array("d"), array("I")
    for place in range(total):
        words = _claim_and_title(arrays, place)
        weights.append(sum(rarity_of[word] for word in words))
        rare = [word for word in words if holders[word + 1] - holders[word] <= MOST_HOLDERS]
        shared_with = Counter(founder for word in rare for founder in founders.get(word, ()))
        leader, likeness = place, ALIKE
        for founder, shared in shared_with.most_common(MOST_FOUNDERS):
            if shared < 2 and len(words) > 2:
                break
            common = sum(rarity_of[word] for word in words & _claim_and_title(arrays, founder))
            alike = common / (weights[place] + weights[founder] - common)
            if alike >= likeness:
                leader, likeness = founder, alike
        leaders.append(leader)
        if leader == place:
            for word in rare:
                founders.setdefault(word, []).append(place)
    return leaders


def _claim_and_title(arrays: Mapping[str, Any], place: int) -> set[int]:
    """Return the different words of a check's claim and title."""
    numbers: set[int] = set()
    for field in ("claim", "title"):
        words, starts = arrays[f"{field}_words"], arrays[f"{field}_starts"]
        numbers.update(word & ~NAME_BIT for word in words[starts[place] : starts[place + 1]])
    return numbers
