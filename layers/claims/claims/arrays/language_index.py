"""The checks of one language, ready to be searched."""

import heapq
from collections.abc import Collection, Sequence
from functools import cached_property
from itertools import groupby

import msgspec

from claims.arrays.artefact import Laid
from claims.arrays.word_arrays import NAME_BIT
from claims.review import Check
from claims.text.grams import grams_of
from claims.text.words import stem, stop_words

MOST_WORDS = 96
MOST_GRAMS = 192
"""The rarest of a text that are looked up: a long one takes no longer than a page of it."""
HEAD = 40
"""Words at the beginning of a text, where a forwarded message says what it is about."""
AFTER_HEAD = 0.6
"""What a word counts that stands only behind the head."""
GRAM_LETTERS = 600
"""Code points of a text whose grams are looked up: further on, they bring chance along."""
MEANT = 0.3
"""What a word counts that the text does not hold, but another that says nearly the same."""


class Shelf:
    """Finds which checks share words or letters with a text."""

    def __init__(self, artefact: Laid, language: str, total: int):
        self.language, self.total = language, total
        self._artefact = artefact
        self.rarity = self._numbers("word_rarity")
        self.number = {
            word: at for at, word in enumerate(artefact.text(f"{language}/words").split("\n"))
        }
        self._gram_number = {
            gram: at for at, gram in enumerate(artefact.text(f"{language}/grams").split("\n"))
        }
        self._word_ids, self._word_weights = (
            self._numbers("word_ids"),
            self._numbers("word_weights"),
        )
        self._word_starts, self._step = self._numbers("word_starts"), self._numbers("word_step")[0]
        self._gram_ids, self._gram_starts = self._numbers("gram_ids"), self._numbers("gram_starts")
        self._gram_rarity = self._numbers("gram_rarity")
        self._gram_factor = self._numbers("gram_factor")
        self.groups = self._numbers("groups")
        self._fields = {
            name: (self._numbers(f"{name}_words"), self._numbers(f"{name}_starts"))
            for name in ("claim", "title", "summary")
        }
        self._check_starts, self._checks = self._numbers("check_starts"), self._numbers("checks")

    def _numbers(self, name: str) -> memoryview:
        return self._artefact.numbers(f"{self.language}/{name}")

    @cached_property
    def unknown_rarity(self) -> float:
        """The weight of a word that no check holds."""
        return max(self.rarity, default=1.0)

    def check(self, place: int) -> Check:
        """The check at a place."""
        start, end = self._check_starts[place], self._check_starts[place + 1] - 1
        return msgspec.json.decode(bytes(self._checks[start:end]), type=Check)

    @cached_property
    def telling(self) -> Sequence[int]:
        """How well each word tells one story from another; nothing of it in an index of before."""
        name = f"{self.language}/word_telling"
        return self._numbers("word_telling") if name in self._artefact else bytes(len(self.rarity))

    def words(self, field: str, place: int) -> list[int]:
        """The words of a check's claim, title or summary as numbers, names not told apart."""
        words, starts = self._fields[field]
        return [one & ~NAME_BIT for one in words[starts[place] : starts[place + 1]]]

    def names(self, place: int) -> set[int]:
        """The words of a check's claim that were written like names."""
        words, starts = self._fields["claim"]
        return {
            one & ~NAME_BIT for one in words[starts[place] : starts[place + 1]] if one & NAME_BIT
        }

    def name_runs(self, place: int) -> list[list[int]]:
        """The names of a check's claim in order, each with its words that stand together."""
        words, starts = self._fields["claim"]
        marked = words[starts[place] : starts[place + 1]]
        together = groupby(marked, key=lambda one: bool(one & NAME_BIT))
        return [[one & ~NAME_BIT for one in run] for is_name, run in together if is_name]

    @cached_property
    def all_names(self) -> frozenset[int]:
        """The words that some claim writes like a name."""
        return frozenset(one & ~NAME_BIT for one in self._fields["claim"][0] if one & NAME_BIT)

    @cached_property
    def marks_names(self) -> bool:
        """Whether most words are of a script in which names begin with a capital."""
        return 2 * sum(word[:1].isupper() for word in map(str.upper, self.number)) > len(
            self.number
        )

    def likeness(self, one: int, other: int) -> float:
        """The share of two checks' weight of words that they have in common, from 0 to 1."""
        some = {*self.words("claim", one), *self.words("title", one)}
        others = {*self.words("claim", other), *self.words("title", other)}
        whole = sum(self.rarity[word] for word in some | others)
        return sum(self.rarity[word] for word in some & others) / whole if whole else 0.0

    def is_known(self, word: str) -> bool:
        """Whether a small word is one of the language's small words, or some check holds it."""
        if word in stop_words(self.language):
            return True
        return len(word) > 2 and stem(word, self.language) in self.number

    def by_words(self, numbers: Sequence[int], meant: Collection[int] = ()) -> dict[int, float]:
        """BM25 of each check that shares a word with the text; what it only means counts less."""
        head = {number for number in numbers[:HEAD] if number >= 0}
        known = {number for number in numbers if number >= 0}
        rarest = heapq.nlargest(MOST_WORDS, known, key=lambda one: (self.rarity[one], one))
        counted = [(number, 1.0 if number in head else AFTER_HEAD) for number in rarest]
        scores: dict[int, float] = {}
        for number, factor in counted + [(number, MEANT) for number in meant]:
            start, end = self._word_starts[number], self._word_starts[number + 1]
            step = self._step * factor
            ids, weights = self._word_ids[start:end], self._word_weights[start:end]
            for place, weight in zip(ids, weights, strict=True):
                scores[place] = scores.get(place, 0.0) + step * weight
        return scores

    def by_grams(self, text: str) -> dict[int, float]:
        """BM25 over grams of each check that shares one that is not too common."""
        known = self._gram_number
        numbers = [known[gram] for gram in grams_of(text[:GRAM_LETTERS]) if gram in known]
        scores: dict[int, float] = {}
        for number in heapq.nlargest(MOST_GRAMS, numbers, key=self._gram_rarity.__getitem__):
            weight = self._gram_rarity[number]
            for place in self._gram_ids[self._gram_starts[number] : self._gram_starts[number + 1]]:
                scores[place] = scores.get(place, 0.0) + weight
        factor = self._gram_factor
        return {place: score * factor[place] for place, score in scores.items()}
