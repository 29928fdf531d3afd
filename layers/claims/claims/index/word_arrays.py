"""The words of a language as arrays: which checks hold a word, and the words of each check."""

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from claims.index.bm25 import MOST, rarity, saturated
from claims.index.index_file import Arrays
from claims.text.word_lists import calibration_negatives, common_words
from claims.text.words import stem, words_of

NAME_BIT = 1 << 31
"""Set in a claim's word that was written like a name."""
OPENS_BIT = 1 << 30
"""Set in a claim's word that begins a sentence, until all words are known."""
COMMONEST = 1_000
"""Commonest words of a language: most texts hold some of them."""
RARE = 2
"""Distinctiveness of a word that is on no list of common ones."""

_INDISTINCT_NUMBER = re.compile(r"\d{1,2}|(?:19|20)\d\d")


def empty_places(total: int) -> "array[int]":
    """Return an empty array that can hold the places of `total` checks."""
    return array("H" if total <= 1 << 16 else "I")


class WordArrays:
    """Takes the words of one check after the other; they are renumbered alphabetically at the end.

    Only numbers are kept: as objects the words would take ten times as much memory.
    """

    def __init__(self, language: str):
        self._language = language
        self._numbers: dict[str, int] = {}
        self._small = array("i")  # how much more often a word is written small than like a name
        self._claims, self._titles, self._summaries = _Field(), _Field(), _Field()
        self._holders: list[array[int]] = []
        self._lengths = array("I")

    def add(self, claim: str, title: str, summary: str) -> None:
        """Take the words of the next check."""
        counts = Counter[int]()
        self._claims.add(self._numbered(claim, counts, opens_bit=OPENS_BIT))
        self._titles.add(self._numbered(title, counts))
        words = self._numbered(summary, counts)
        self._summaries.add({word & ~NAME_BIT for word in words})  # searched, never read in order
        for number, times in counts.items():
            self._holders[number].extend((len(self._lengths), times))
        self._lengths.append(counts.total())

    def arrays(self) -> Arrays:
        """Return vocabulary, postings and fields, by name."""
        vocabulary = sorted(self._numbers)
        order = [self._numbers[word] for word in vocabulary]
        self._count_small_words()
        final = array("I", bytes(4 * len(order)))
        for at, number in enumerate(order):
            final[number] = at
        claims, titles, summaries = (
            array("I", (self._final(word, final) for word in field.words))
            for field in (self._claims, self._titles, self._summaries)
        )
        for start, end in pairwise(self._summaries.starts):
            summaries[start:end] = array("I", sorted(summaries[start:end]))
        return {
            "words": "\n".join(vocabulary).encode(),
            "word_telling": _distinctiveness(vocabulary, self._language),
            "claim_words": claims,
            "claim_starts": self._claims.starts,
            "title_words": titles,
            "title_starts": self._titles.starts,
            "summary_words": summaries,
            "summary_starts": self._summaries.starts,
            **self._postings(order),
        }

    def _numbered(self, text: str, counts: Counter[int], opens_bit: int = 0) -> list[int]:
        """Return the words of a text as numbers with their bits."""
        numbers = []
        for word in words_of(text, self._language):
            number = self._numbers.setdefault(word.stem, len(self._holders))
            if number == len(self._holders):
                self._holders.append(array("I"))
                self._small.append(0)
            self._small[number] += word.is_small - word.is_name
            counts[number] += 1
            numbers.append(number | word.is_name * NAME_BIT | word.opens * opens_bit)
        return numbers

    def _count_small_words(self) -> None:
        """Count in ordinary sentences too which words are written small."""
        for text in calibration_negatives(self._language):
            for word in words_of(text, self._language):
                if (number := self._numbers.get(word.stem)) is not None:
                    self._small[number] += word.is_small - word.is_name

    def _final(self, word: int, final: Sequence[int]) -> int:
        """Return a word's last number. One that opens a sentence is a name unless mostly small.

        It may be small now and then: one slip should not unmake a name.
        """
        number = word & ~(NAME_BIT | OPENS_BIT)
        is_name = word & NAME_BIT or (word & OPENS_BIT and self._small[number] <= 0)
        return final[number] | (NAME_BIT if is_name else 0)

    def _postings(self, order: Sequence[int]) -> Arrays:
        """Return for each word the checks that hold it, each with its weight in 1 to 255 steps."""
        total, lengths = len(self._lengths), self._lengths
        average = sum(lengths) / total or 1.0
        ids, weights, starts = empty_places(total), array("B"), array("I", [0])
        rarities = array("f", (rarity(len(self._holders[number]) // 2, total) for number in order))
        step = max(rarities, default=0.0) * MOST / 255
        for weight, number in zip(rarities, order, strict=True):
            holders = self._holders[number]
            for place, times in zip(holders[::2], holders[1::2], strict=True):
                ids.append(place)
                score = weight * saturated(times, lengths[place], average)
                weights.append(max(1, min(255, round(score / step))))
            starts.append(len(ids))
        return {
            "word_ids": ids,
            "word_weights": weights,
            "word_starts": starts,
            "word_rarity": rarities,
            "word_step": array("f", [step]),
        }


def _distinctiveness(vocabulary: Iterable[str], language: str) -> "array[int]":
    """Return for each stem how well it distinguishes one story from another, from 0 to RARE.

    The commonest words of a language do not, nor do years and numbers of one or two digits. Words
    on no list of common ones, mostly names, do so most.
    """
    points: dict[str, int] = {}
    for rank, word in enumerate(common_words(language)):
        points.setdefault(stem(word, language), int(rank >= COMMONEST))
    return array(
        "B",
        (0 if _INDISTINCT_NUMBER.fullmatch(one) else points.get(one, RARE) for one in vocabulary),
    )


class _Field:
    """The words of a field of all checks, and where those of each check start."""

    def __init__(self) -> None:
        self.words, self.starts = array("I"), array("I", [0])

    def add(self, words: Iterable[int]) -> None:
        self.words.extend(words)
        self.starts.append(len(self.words))
