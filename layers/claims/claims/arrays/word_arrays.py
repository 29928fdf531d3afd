"""The words of a shelf as arrays: which checks hold a word, and the words of each check."""

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from claims.arrays.bm25 import MOST, rarity, saturated
from claims.ordinary_text import clean_text
from claims.text.common import common_words
from claims.text.words import stem, words_of

NAME_BIT = 1 << 31
"""Set in a claim's word that was written like a name."""
COMMONEST = 1_000
"""Words of a language of which most texts hold some."""
RARE = 2
"""Points of a word that is on no list of common ones."""
_TELLS_NOTHING = re.compile(r"\d{1,2}|(?:19|20)\d\d")
OPENS_BIT = 1 << 30
"""Set in a claim's word whose capital may only be that of a sentence, until all words are known."""

type Arrays = dict[str, bytes | bytearray | array[Any]]


def places(total: int) -> "array[int]":
    """No places yet, of checks that are so many."""
    return array("H" if total <= 1 << 16 else "I")


class WordArrays:
    """Takes the words of one check after the other, numbered as they come and then as they sort."""

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
        self._claims.add(self._counted(claim, counts, opens_bit=OPENS_BIT))
        self._titles.add(self._counted(title, counts))
        words = self._counted(summary, counts)
        self._summaries.add({one & ~NAME_BIT for one in words})  # to be found, not to be read again
        for number, times in counts.items():
            self._holders[number].extend((len(self._lengths), times))
        self._lengths.append(counts.total())

    def arrays(self) -> Arrays:
        """Vocabulary, postings and fields, by name."""
        vocabulary = sorted(self._numbers)
        order = [self._numbers[word] for word in vocabulary]
        self._learn_small_words()
        final = array("I", bytes(4 * len(order)))
        for at, number in enumerate(order):
            final[number] = at
        claims, titles, summaries = (
            array("I", (self._final(one, final) for one in field.words))
            for field in (self._claims, self._titles, self._summaries)
        )
        for start, end in pairwise(self._summaries.starts):
            summaries[start:end] = array("I", sorted(summaries[start:end]))
        return {
            "words": "\n".join(vocabulary).encode(),
            "word_telling": _tell_apart(vocabulary, self._language),
            "claim_words": claims,
            "claim_starts": self._claims.starts,
            "title_words": titles,
            "title_starts": self._titles.starts,
            "summary_words": summaries,
            "summary_starts": self._summaries.starts,
            **self._postings(order),
        }

    def _counted(self, text: str, counts: Counter[int], opens_bit: int = 0) -> list[int]:
        """The words of a text as numbers with their bits."""
        found = []
        for word in words_of(text, self._language):
            number = self._numbers.setdefault(word.stem, len(self._holders))
            if number == len(self._holders):
                self._holders.append(array("I"))
                self._small.append(0)
            self._small[number] += word.is_small - word.is_name
            counts[number] += 1
            found.append(number | word.is_name * NAME_BIT | word.opens * opens_bit)
        return found

    def _learn_small_words(self) -> None:
        """Clean text tells too which words are written small."""
        for text in clean_text(self._language):
            for word in words_of(text, self._language):
                if (number := self._numbers.get(word.stem)) is not None:
                    self._small[number] += word.is_small - word.is_name

    def _final(self, word: int, final: Sequence[int]) -> int:
        """A word by its last number; if it opens a sentence, a name unless it is mostly small.

        Not unless it is small anywhere: one slip would unmake a name.
        """
        number = word & ~(NAME_BIT | OPENS_BIT)
        is_name = word & NAME_BIT or (word & OPENS_BIT and self._small[number] <= 0)
        return final[number] | (NAME_BIT if is_name else 0)

    def _postings(self, order: Sequence[int]) -> Arrays:
        """For each word the checks that hold it, each with its weight in 1 to 255 steps."""
        total, lengths = len(self._lengths), self._lengths
        average = sum(lengths) / total or 1.0
        ids, weights, starts = places(total), array("B"), array("I", [0])
        rarities = array("f", (rarity(len(self._holders[one]) // 2, total) for one in order))
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


def _tell_apart(vocabulary: Iterable[str], language: str) -> "array[int]":
    """Return for each stem how well it tells one story from another, from 0 to RARE.

    The commonest words of a language tell nothing, nor do years and numbers of one or two digits;
    a word that is on no list of common ones, a name mostly, tells most.
    """
    points: dict[str, int] = {}
    for rank, word in enumerate(common_words(language)):
        points.setdefault(stem(word, language), int(rank >= COMMONEST))
    return array(
        "B", (0 if _TELLS_NOTHING.fullmatch(one) else points.get(one, RARE) for one in vocabulary)
    )


class _Field:
    """The words of a field of all checks, and where those of each check start."""

    def __init__(self) -> None:
        self.words, self.starts = array("I"), array("I", [0])

    def add(self, words: Iterable[int]) -> None:
        self.words.extend(words)
        self.starts.append(len(self.words))
