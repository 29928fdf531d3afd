"""Which checks are about one rumour: several publishers check it, or one does so each year."""

from array import array
from collections import Counter
from collections.abc import Mapping
from typing import Any

ALIKE = 0.35
"""Share of two claims' weight of words that they must have in common."""
RARE = 60
"""Only words that this many checks hold at most bring two of them together."""


def group(arrays: Mapping[str, Any], total: int) -> "array[int]":
    """For each check the place of the first of its group; one that stands alone is its own.

    A check joins the founder of the group that it is most like, never a mere member: so a chain
    of small steps does not join two rumours.
    """
    rarity = arrays["word_rarity"]
    holders = arrays["word_starts"]
    founders: dict[int, list[int]] = {}
    weights, leaders = array("d"), array("I")
    for place in range(total):
        words = _words_of(arrays, place)
        weights.append(sum(rarity[word] for word in words))
        rare = [word for word in words if holders[word + 1] - holders[word] <= RARE]
        met = Counter(one for word in rare for one in founders.get(word, ()))
        leader, likeness = place, ALIKE
        for founder, shared in met.most_common(20):
            if shared < 2 and len(words) > 2:
                break
            common = sum(rarity[word] for word in words & _words_of(arrays, founder))
            alike = common / (weights[place] + weights[founder] - common)
            if alike >= likeness:
                leader, likeness = founder, alike
        leaders.append(leader)
        if leader == place:
            for word in rare:
                founders.setdefault(word, []).append(place)
    return leaders


def _words_of(arrays: Mapping[str, Any], place: int) -> set[int]:
    """The different words of a check's claim and title."""
    found: set[int] = set()
    for field in ("claim", "title"):
        words, starts = arrays[f"{field}_words"], arrays[f"{field}_starts"]
        found.update(one & 0x7FFFFFFF for one in words[starts[place] : starts[place + 1]])
    return found
