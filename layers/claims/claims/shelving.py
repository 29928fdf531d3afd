"""Lays the checks of one language out as arrays: words, grams, and the claims themselves."""

from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, repeat
from typing import Any

import msgspec

from claims.bm25 import MOST, rarity, saturated
from claims.clean_text import clean_text
from claims.grams import grams_of
from claims.review import Check
from claims.words import Word, words_of

NAME_BIT = 1 << 31
"""Set in a claim's word that was written like a name."""
COMMON_GRAM = 0.05
"""A gram of more than this share of the claims tells too little for the time it takes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A check and the texts that only serve to find it."""

    check: Check
    title: str = ""
    summary: str = ""

    @property
    def spelled(self) -> str:
        """What grams are taken of; a title that only repeats the claim counts once."""
        return self.check.claim if self.title == self.check.claim else self.text_and_title

    @property
    def text_and_title(self) -> str:
        """Claim and title in one text."""
        return f"{self.check.claim} {self.title}"


def lay_out(entries: Sequence[Entry], language: str) -> "dict[str, bytes | array[Any]]":
    """The arrays of a shelf, by name. Entries keep their order; their places are their numbers."""
    claims = [words_of(entry.check.claim, language) for entry in entries]
    titles = [
        [] if entry.title == entry.check.claim else words_of(entry.title, language)
        for entry in entries
    ]
    summaries = [words_of(entry.summary, language) for entry in entries]
    known = map(words_of, clean_text(language), repeat(language))
    claims = _with_names(claims, _mostly_small(chain(claims, titles, summaries, known)))
    counted = [
        Counter(word.stem for field in fields for word in field)
        for fields in zip(claims, titles, summaries, strict=True)
    ]
    vocabulary = sorted(set().union(*counted))
    number = {word: at for at, word in enumerate(vocabulary)}
    checks = [msgspec.json.encode(entry.check) for entry in entries]
    return {
        "checks": b"\n".join(checks),
        "check_starts": _starts(check + b"\n" for check in checks),
        "words": "\n".join(vocabulary).encode(),
        **_word_postings(counted, number),
        **_gram_postings(grams_of(entry.spelled) for entry in entries),
        **_field("claim", claims, number),
        **_field("title", titles, number),
        **_field("summary", [_unordered(one) for one in summaries], number),
    }


def _mostly_small(texts: Iterable[Iterable[Word]]) -> set[str]:
    """The stems that texts write small more often than with a capital within a sentence.

    Not those that some text writes small: one slip would unmake a name.
    """
    times: Counter[str] = Counter()
    for word in chain.from_iterable(texts):
        times[word.stem] += word.is_small - word.is_name
    return {stem for stem, count in times.items() if count > 0}


def _with_names(claims: Iterable[Iterable[Word]], small: Collection[str]) -> list[list[Word]]:
    """The claims, where a word that opens a sentence is a name if it is not mostly small."""
    return [
        [
            replace(one, is_name=one.is_name or (one.opens and one.stem not in small))
            for one in words
        ]
        for words in claims
    ]


def _unordered(words: Iterable[Word]) -> list[Word]:
    """The words of a summary, sorted: it may be searched, but not be read again."""
    return [Word(stem) for stem in sorted({word.stem for word in words})]


def _starts(pieces: Iterable[Sequence[Any]]) -> "array[int]":
    starts = array("I", [0])
    for piece in pieces:
        starts.append(starts[-1] + len(piece))
    return starts


def _ids(total: int) -> "array[int]":
    return array("H" if total <= 1 << 16 else "I")


def _word_postings(
    counted: Sequence[Counter[str]], number: dict[str, int]
) -> "dict[str, bytes | array[Any]]":
    """For each word the checks that hold it, each with its weight in 1 to 255 steps."""
    holders: list[list[tuple[int, int]]] = [[] for _ in number]
    for place, counts in enumerate(counted):
        for word, times in counts.items():
            holders[number[word]].append((place, times))
    total = len(counted)
    lengths = [counts.total() for counts in counted]
    average = sum(lengths) / total or 1.0
    ids, weights, starts = _ids(total), array("B"), array("I", [0])
    rarities = array("f", (rarity(len(one), total) for one in holders))
    step = max(rarities) * MOST / 255
    for weight, one in zip(rarities, holders, strict=True):
        for place, times in one:
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


def _gram_postings(grams: Iterable[Sequence[str]]) -> "dict[str, bytes | array[Any]]":
    """For each gram that is not too common the checks that hold it."""
    holders: dict[str, list[int]] = {}
    lengths = array("I")
    for place, one in enumerate(grams):
        lengths.append(len(one))
        for gram in one:
            holders.setdefault(gram, []).append(place)
    total = len(lengths)
    most = max(50, int(total * COMMON_GRAM))
    kept = sorted(gram for gram, places in holders.items() if len(places) <= most)
    ids, starts = _ids(total), array("I", [0])
    for gram in kept:
        ids.extend(holders[gram])
        starts.append(len(ids))
    average = sum(lengths) / total or 1.0
    return {
        "grams": "\n".join(kept).encode(),
        "gram_ids": ids,
        "gram_starts": starts,
        "gram_rarity": array("f", (rarity(len(holders[gram]), total) for gram in kept)),
        "gram_factor": array("f", (saturated(1, one, average) for one in lengths)),
    }


def _field(
    name: str, texts: Sequence[Sequence[Word]], number: dict[str, int]
) -> "dict[str, bytes | array[Any]]":
    """The words of a field by check, as numbers of the vocabulary."""
    return {
        f"{name}_words": array(
            "I", (number[word.stem] | word.is_name * NAME_BIT for words in texts for word in words)
        ),
        f"{name}_starts": _starts(texts),
    }
