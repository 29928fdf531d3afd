"""A text as numbers of the words that the index of one language knows."""

from dataclasses import dataclass
from functools import cached_property
from itertools import count

from claims.index.language_index import HEAD, LanguageIndex
from claims.text.normalise import split_at_capitals, split_known_words
from claims.text.words import ClaimText, synonyms

MOST_TAGS = 30
"""Tags of a text that are split into words of the index. This bounds the time."""


@dataclass(frozen=True)
class Query:
    """A text, and the index that answers it.

    `numbers` are the words of the text in order; -1 is a word that no check holds. `implied` are
    words of which the text holds only a synonym. `capitals` are the places of capitalised words.
    """

    index: LanguageIndex
    text: ClaimText
    numbers: tuple[int, ...]
    implied: frozenset[int] = frozenset()
    capitals: frozenset[int] = frozenset()

    @cached_property
    def known(self) -> frozenset[int]:
        """The different words that any check holds."""
        return frozenset(number for number in self.numbers if number >= 0)

    @cached_property
    def places(self) -> dict[int, list[int]]:
        """Return the places of each known word."""
        places: dict[int, list[int]] = {}
        for at, number in enumerate(self.numbers):
            if number >= 0:
                places.setdefault(number, []).append(at)
        return places

    @cached_property
    def heaviest(self) -> float:
        """The weight of the rarest known word."""
        return max((self.index.rarity[number] for number in self.known), default=1.0)

    @cached_property
    def head(self) -> frozenset[int]:
        """The known words in the head of the text."""
        return frozenset(number for number in self.numbers[:HEAD] if number >= 0)

    def weight_held(self, words: set[int]) -> float:
        """Return the share of these words' weight that the text holds; implied words count half."""
        index = self.index
        held, implied = index.weight(words & self.known), index.weight(words & self.implied)
        return share(held + implied / 2, index.weight(words))


def query_of(index: LanguageIndex, text: str | ClaimText) -> Query:
    """Return the query of a text for this index."""
    tags = count()

    def split(tag: str) -> str:
        by_words = next(tags) < MOST_TAGS
        return split_known_words(tag, index.is_known) if by_words else split_at_capitals(tag)

    text = ClaimText.of(text)
    words = text.words(index.language, split)
    stems = [word.stem for word in words]
    capitals = frozenset(at for at, word in enumerate(words) if word.is_name or word.opens)
    number, alike = index.number, synonyms(index.language)
    numbers = tuple(number.get(stem, -1) for stem in stems)
    implied = {number[other] for stem in stems for other in alike.get(stem, ()) if other in number}
    return Query(index, text, numbers, frozenset(implied.difference(numbers)), capitals)


def share(part: float, whole: float) -> float:
    """Return part / whole, or 0 if the whole is 0."""
    return part / whole if whole > 0 else 0.0
