"""In what ways a text is like a check: the numbers that ranking and attaching weigh."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from claims.bm25 import saturated
from claims.shelf import Shelf

HEAD = 40
"""Words at the beginning of a text, where a forwarded message says what it is about."""
USUAL_CLAIM, USUAL_TITLE = 10.0, 8.0
"""Words of a claim and a title, when stop words are gone."""


@dataclass(frozen=True)
class Question:
    """A text as a shelf reads it: its words as numbers, in order."""

    shelf: Shelf
    numbers: tuple[int, ...]

    @cached_property
    def known(self) -> frozenset[int]:
        """The different words that some check holds."""
        return frozenset(number for number in self.numbers if number >= 0)

    @cached_property
    def places(self) -> dict[int, list[int]]:
        """Where each known word stands."""
        found: dict[int, list[int]] = {}
        for at, number in enumerate(self.numbers):
            if number >= 0:
                found.setdefault(number, []).append(at)
        return found

    @cached_property
    def weight(self) -> float:
        """The weight of all its different known words."""
        return sum(self.shelf.rarity[number] for number in self.known) or 1.0

    @cached_property
    def heaviest(self) -> float:
        """The weight of its rarest known word."""
        return max((self.shelf.rarity[number] for number in self.known), default=1.0)

    @cached_property
    def head(self) -> frozenset[int]:
        """The known words among its first."""
        return frozenset(number for number in self.numbers[:HEAD] if number >= 0)


def share(found: float, whole: float) -> float:
    """A part of a whole, nothing of nothing."""
    return found / whole if whole > 0 else 0.0


def field_score(question: Question, words: list[int], usual: float) -> float:
    """BM25 of the text on one field."""
    rarity = question.shelf.rarity
    return sum(
        rarity[word] * saturated(times, len(words), usual)
        for word, times in Counter(words).items()
        if word in question.known
    )


def covered(question: Question, words: list[int]) -> float:
    """The share of a field's weight that the text holds, from 0 to 1."""
    rarity = question.shelf.rarity
    different = set(words)
    found = sum(rarity[word] for word in different & question.known)
    return share(found, sum(rarity[word] for word in different))


def neighbours(question: Question, words: list[int]) -> float:
    """The share of a field's pairs of neighbours that stand near each other in the text."""
    rarity, places = question.shelf.rarity, question.places
    found = whole = 0.0
    for one, other in pairwise(words):
        weight = rarity[one] + rarity[other]
        whole += weight
        if one in places and other in places and _near(places[one], places[other]):
            found += weight
    return share(found, whole)


def _near(some: list[int], others: list[int]) -> bool:
    return any(0 < other - one <= 3 for one in some[:8] for other in others[:8])


def window(question: Question, words: list[int]) -> float:
    """The share of a claim's weight that the best stretch of the text holds, twice the claim long.

    A long text shares words with everything; a repeated claim has them together.
    """
    rarity, places = question.shelf.rarity, question.places
    different = set(words)
    whole = sum(rarity[word] for word in different)
    spots = sorted((at, word) for word in different & question.known for at in places[word])
    length = 2 * len(different) + 6
    inside: Counter[int] = Counter()
    best = weight = 0.0
    first = 0
    for at, word in spots:
        inside[word] += 1
        weight += rarity[word] * (inside[word] == 1)
        while spots[first][0] <= at - length:
            gone = spots[first][1]
            inside[gone] -= 1
            weight -= rarity[gone] * (inside[gone] == 0)
            first += 1
        best = max(best, weight)
    return share(best, whole)
