"""The checks of one language, ready to be searched."""

import heapq
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from itertools import groupby

import msgspec

from claims.check import Check
from claims.index.index_file import ArraySet
from claims.index.layout import NAME_BIT
from claims.lists import stop_words
from claims.text.words import stem

MOST_WORDS = 96
MOST_GRAMS = 192
"""Rarest words and grams of a text that are looked up. They bound the time for a long text."""
HEAD = 40
"""Words at the beginning of a text, where a forwarded message names its subject."""
AFTER_HEAD = 0.6
"""Weight of a word that occurs only after the head."""
IMPLIED = 0.3
"""Weight of a word if the text holds only a synonym of it."""


class LanguageIndex:
    """Finds the checks of one language that share words or letters with a text.

    A check's place is its number in the order of the index. Words are given as numbers of stems.
    """

    def __init__(self, arrays: ArraySet, language: str, total: int):
        self.language, self.total = language, total
        self._arrays = arrays
        self.rarity = self._numbers("word_rarity")
        self.number = self._vocabulary("words")
        self._gram_number = self._vocabulary("grams")
        self._word_ids = self._numbers("word_ids")
        self._word_weights = self._numbers("word_weights")
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
        return self._arrays.numbers(f"{self.language}/{name}")

    def _vocabulary(self, name: str) -> dict[str, int]:
        listed = self._arrays.text(f"{self.language}/{name}").split("\n")
        return {item: at for at, item in enumerate(listed)}

    @cached_property
    def unknown_rarity(self) -> float:
        """The weight of a word that no check holds."""
        return max(self.rarity, default=1.0)

    @cached_property
    def distinctiveness(self) -> Sequence[int]:
        """How well each word distinguishes stories; 0 in an index of an earlier release."""
        is_there = f"{self.language}/word_telling" in self._arrays
        return self._numbers("word_telling") if is_there else bytes(len(self.rarity))

    def check(self, place: int) -> Check:
        """Return the check at a place."""
        start, end = self._check_starts[place], self._check_starts[place + 1] - 1
        return msgspec.json.decode(bytes(self._checks[start:end]), type=Check)

    def words(self, field: str, place: int) -> list[int]:
        """Return the words of a check's claim, title or summary."""
        return [word & ~NAME_BIT for word in self._marked(field, place)]

    def claim_and_title(self, place: int) -> set[int]:
        """Return the different words of a check's claim and title."""
        return {*self.words("claim", place), *self.words("title", place)}

    def names(self, place: int) -> set[int]:
        """Return the words of a check's claim that are written like names."""
        return {word & ~NAME_BIT for word in self._marked("claim", place) if word & NAME_BIT}

    def name_runs(self, place: int) -> list[list[int]]:
        """Return the names of a check's claim in order, each as its words."""
        runs = groupby(self._marked("claim", place), key=lambda word: bool(word & NAME_BIT))
        return [[word & ~NAME_BIT for word in run] for is_name, run in runs if is_name]

    def _marked(self, field: str, place: int) -> Sequence[int]:
        words, starts = self._fields[field]
        return words[starts[place] : starts[place + 1]]

    @cached_property
    def all_names(self) -> frozenset[int]:
        """The words that any claim writes like a name."""
        words, _ = self._fields["claim"]
        return frozenset(word & ~NAME_BIT for word in words if word & NAME_BIT)

    @cached_property
    def marks_names(self) -> bool:
        """Most words are in a script whose names begin with a capital."""
        with_capitals = sum(word[:1].isupper() for word in map(str.upper, self.number))
        return 2 * with_capitals > len(self.number)

    def are_alike(self, place: int, other: int, least: float) -> bool:
        """Return whether two checks share more than this part of the weight of their words."""
        words, others = self.claim_and_title(place), self.claim_and_title(other)
        whole = self.weight(words | others)
        return bool(whole) and self.weight(words & others) / whole > least

    def weight(self, words: Iterable[int]) -> float:
        """Return the sum of the rarity of these words."""
        return sum(self.rarity[word] for word in words)

    def is_known(self, word: str) -> bool:
        """Return whether a word in small letters is a stop word, or some check holds it."""
        if word in stop_words(self.language):
            return True
        return len(word) > 2 and stem(word, self.language) in self.number

    def by_words(self, numbers: Sequence[int], implied: Collection[int] = ()) -> dict[int, float]:
        """Return the BM25 score of each check that shares a word with the text.

        `numbers` are the text's words in order, negative if no check holds them.
        """
        head = {number for number in numbers[:HEAD] if number >= 0}
        known = {number for number in numbers if number >= 0}
        rarest = heapq.nlargest(MOST_WORDS, known, key=lambda word: (self.rarity[word], word))
        counted = [(number, 1.0 if number in head else AFTER_HEAD) for number in rarest]
        scores: dict[int, float] = {}
        for number, factor in counted + [(number, IMPLIED) for number in implied]:
            start, end = self._word_starts[number], self._word_starts[number + 1]
            step = self._step * factor
            ids, weights = self._word_ids[start:end], self._word_weights[start:end]
            for place, weight in zip(ids, weights, strict=True):
                scores[place] = scores.get(place, 0.0) + step * weight
        return scores

    def by_grams(self, grams: Iterable[str]) -> dict[int, float]:
        """Return the BM25 score over grams of each check that shares an indexed gram."""
        known = self._gram_number
        numbers = [known[gram] for gram in grams if gram in known]
        scores: dict[int, float] = {}
        for number in heapq.nlargest(MOST_GRAMS, numbers, key=self._gram_rarity.__getitem__):
            weight = self._gram_rarity[number]
            for place in self._gram_ids[self._gram_starts[number] : self._gram_starts[number + 1]]:
                scores[place] = scores.get(place, 0.0) + weight
        factor = self._gram_factor
        return {place: score * factor[place] for place, score in scores.items()}
