"""In what ways a text is like a check: the numbers that ranking and attaching weigh."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import count

from claims.arrays.bm25 import saturated
from claims.arrays.language_index import HEAD, Shelf
from claims.text.related import related
from claims.text.tags import humps, known_words
from claims.text.words import words_of

USUAL_CLAIM, USUAL_TITLE = 10.0, 8.0
"""Words of a claim and a title, when stop words are gone."""
MOST_TAGS = 30
"""Tags of a text that are split by the words of the index: time stays bounded."""


@dataclass(frozen=True)
class Question:
    """A text as a shelf reads it: its words as numbers, in order."""

    shelf: Shelf
    numbers: tuple[int, ...]
    meant: frozenset[int] = frozenset()
    """Words that the text does not hold, but others that say nearly the same."""
    capitals: frozenset[int] = frozenset()
    """Where its words stand that begin with a capital."""

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
    def heaviest(self) -> float:
        """The weight of its rarest known word."""
        return max((self.shelf.rarity[number] for number in self.known), default=1.0)

    @cached_property
    def head(self) -> frozenset[int]:
        """The known words among its first."""
        return frozenset(number for number in self.numbers[:HEAD] if number >= 0)


def question_of(shelf: Shelf, text: str) -> Question:
    """A text as this shelf reads it."""
    turn = count()

    def split(tag: str) -> str:
        return known_words(tag, shelf.is_known) if next(turn) < MOST_TAGS else humps(tag)

    words = words_of(text, shelf.language, split)
    stems = [word.stem for word in words]
    capitals = frozenset(at for at, word in enumerate(words) if word.is_name or word.opens)
    number, near = shelf.number, related(shelf.language)
    numbers = tuple(number.get(stem, -1) for stem in stems)
    meant = {number[other] for stem in stems for other in near.get(stem, ()) if other in number}
    return Question(shelf, numbers, frozenset(meant.difference(numbers)), capitals)


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


def meant(question: Question, words: list[int]) -> float:
    """The share of a field's weight that the text holds or means; what it means counts half."""
    rarity = question.shelf.rarity
    different = set(words)
    held = sum(rarity[word] for word in different & question.known)
    means = sum(rarity[word] for word in different & question.meant)
    return share(held + means / 2, sum(rarity[word] for word in different))
