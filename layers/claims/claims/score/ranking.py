"""Order the checks that answer a text by a sum of weighted likenesses, which can be explained."""

import heapq
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Protocol

from claims.index.language_index import LanguageIndex
from claims.index.layout import saturated
from claims.lists import read_json
from claims.score.query import Query, share

CANDIDATES = 30
"""Best checks by words, and by grams, that are compared closely."""
GRAM_LETTERS = 600
"""Code points of a text whose grams are looked up. Grams of longer texts agree by chance."""
USUAL_CLAIM, USUAL_TITLE = 10.0, 8.0
"""Words of a usual claim and title, without stop words."""
MEANING = "meaning"
"""The likeness that a model of meaning adds."""
COMPARED_BY_MEANING = 20
"""Checks that are compared by meaning; a model takes milliseconds for each."""
NEAR = 0.55
"""Nearness in meaning from which a check is suggested, however few words it shares with the text.
It suggests checks for a fifth more of the invented texts, and for two of 300 sentences of news."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A check's place in its index, its score, and its likenesses to the text."""

    place: int
    score: float
    likeness: dict[str, float]

    @property
    def is_near(self) -> bool:
        """A model of meaning found the check near enough to suggest it."""
        return self.likeness.get(MEANING, 0.0) >= NEAR


class Meaning(Protocol):
    """A model that compares the meaning of texts in some languages."""

    @property
    def languages(self) -> Collection[str]:
        """The languages that it reads."""

    def nearness(self, text: str, claims: Sequence[str]) -> Sequence[float]:
        """Return how near a text is to each claim: 1 is the same, 0 or less is unrelated."""


@cache
def weights() -> dict[str, float]:
    """Return the published weight of each likeness."""
    loaded: dict[str, float] = read_json("ranking.json")["weights"]
    return loaded


def rank(query: Query) -> list[Ranked]:
    """Return the checks that are most like a text, best first; none if they share nothing."""
    table = weights()
    ranked = [
        Ranked(place, sum(table[name] * value for name, value in likeness.items()), likeness)
        for place, likeness in likenesses(query).items()
    ]
    return sorted(ranked, key=lambda check: (-check.score, check.place))


def likenesses(query: Query) -> dict[int, dict[str, float]]:
    """Return the likenesses of each candidate to the text, as numbers between 0 and about 1."""
    words = query.index.by_words(query.numbers, query.implied)
    grams = query.index.by_grams(query.text.opening_grams(GRAM_LETTERS))
    by_words = heapq.nlargest(CANDIDATES, words, key=words.__getitem__)
    by_grams = heapq.nlargest(CANDIDATES, grams, key=grams.__getitem__)
    table = {
        place: _likeness(query, place)
        | {"words": words.get(place, 0.0), "grams": grams.get(place, 0.0)}
        for place in dict.fromkeys(by_words + by_grams)
    }
    for name in ("words", "grams", "claim", "title", "summary", "head"):
        most = max((likeness[name] for likeness in table.values()), default=0.0)
        for likeness in table.values():
            likeness[name] = share(likeness[name], most)
    return table


def _likeness(query: Query, place: int) -> dict[str, float]:
    index = query.index
    claim, title = index.words("claim", place), index.words("title", place)
    matched = query.known.intersection({*claim, *title})
    heaviest = max((index.rarity[word] for word in matched), default=0.0)
    return {
        "claim": _bm25(query, claim, USUAL_CLAIM),
        "title": _bm25(query, title, USUAL_TITLE),
        "summary": _bm25(query, index.words("summary", place), 2 * USUAL_CLAIM),
        "head": index.weight(matched & query.head),
        "claim meant": query.weight_held(set(claim)),
        "title meant": query.weight_held(set(title)),
        "rarest word": share(heaviest, query.heaviest),
    }


def _bm25(query: Query, words: list[int], usual: float) -> float:
    rarity = query.index.rarity
    return sum(
        rarity[word] * saturated(times, len(words), usual)
        for word, times in Counter(words).items()
        if word in query.known
    )


def explain(likeness: dict[str, float]) -> list[tuple[str, float]]:
    """Return what each likeness adds to the score, the largest first; they add up to it."""
    terms = [(name, weights()[name] * value) for name, value in likeness.items()]
    return sorted(terms, key=lambda term: -abs(term[1]))


def reorder_by_meaning(
    index: LanguageIndex, text: str, ranked: Sequence[Ranked], meaning: Meaning
) -> list[Ranked]:
    """Return ranked checks after reordering the first of them with nearness in meaning.

    A model finds texts that say the same in other words, and confuses stories on the same topic. As
    evidence for attaching it did harm (decision 15), so it only orders what people see.
    """
    first, rest = ranked[:COMPARED_BY_MEANING], ranked[COMPARED_BY_MEANING:]
    near = meaning.nearness(text, [index.check(check.place).claim for check in first])
    reordered = [
        replace(check, likeness=check.likeness | {MEANING: nearness})
        for check, nearness in zip(first, near, strict=True)
    ]
    weight = weights()[MEANING]
    reordered.sort(key=lambda check: check.score + weight * check.likeness[MEANING], reverse=True)
    return [*reordered, *rest]
