"""A glance that most texts do not pass: it says which share enough with any claim to be asked.

Asking takes milliseconds, a glance tens of microseconds. What it holds back would not have been
attached, but for two in a hundred, which say a claim in other words throughout.
"""

from collections.abc import Callable
from dataclasses import dataclass

from claims.arrays.language_index import Shelf
from claims.review import Check
from claims.score.likeness import Question, meant, question_of

RAREST = 8
"""Words of a claim and its title by which a glance knows it."""
HELD = 0.25
"""The share of their weight that a text must hold."""
COVERED = 0.4
"""The share of the claim's own weight, or of its title's, that it must hold or mean."""
FEWEST_SHARED = 2


@dataclass(frozen=True, slots=True)
class _Known:
    place: int
    weight: float


class Sieve:
    """Glances at texts for the checks of one shelf that `wanted` names."""

    def __init__(self, shelf: Shelf, wanted: Callable[[Check], bool]):
        self._shelf = shelf
        self._by_word: dict[int, list[_Known]] = {}
        for place in range(shelf.total):
            if wanted(shelf.check(place)):
                words = {*shelf.words("claim", place), *shelf.words("title", place)}
                rarest = sorted(words, key=lambda word: (-shelf.rarity[word], word))[:RAREST]
                known = _Known(place, sum(shelf.rarity[word] for word in rarest))
                for word in rarest:
                    self._by_word.setdefault(word, []).append(known)

    def passes(self, text: str) -> bool:
        """Whether some claim may be what the text repeats."""
        question = question_of(self._shelf, text)
        held: dict[int, float] = {}
        for words, part in ((question.known, 1.0), (question.meant, 0.5)):
            for word in words:
                for known in self._by_word.get(word, ()):
                    share = part * self._shelf.rarity[word] / known.weight
                    held[known.place] = held.get(known.place, 0.0) + share
        return any(self._is_near(question, place) for place in held if held[place] >= HELD)

    def _is_near(self, question: Question, place: int) -> bool:
        for field in ("claim", "title"):
            words = self._shelf.words(field, place)
            shared = len((question.known | question.meant).intersection(words))
            enough = shared >= min(FEWEST_SHARED, len(set(words)))
            if words and enough and meant(question, words) >= COVERED:
                return True
        return False
