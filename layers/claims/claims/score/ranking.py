"""In which order checks answer a text: a sum of few weighted likenesses, which can be read."""

import heapq
import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

from claims.arrays.language_index import Shelf
from claims.score.likeness import USUAL_CLAIM, USUAL_TITLE, Question, field_score, meant, share

CANDIDATES = 30
"""Best checks by words, and by grams, that are looked at closely."""
MEANING = "meaning"
"""A likeness that is told only where somebody brings a model (`claims.score.meaning`)."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A check's place on its shelf, its score, and how it is like the text."""

    place: int
    score: float
    likeness: dict[str, float]


@cache
def weights() -> dict[str, float]:
    """The published weight of each likeness."""
    text = resources.files("claims").joinpath("data/ranking.json").read_text(encoding="utf-8")
    loaded: dict[str, float] = json.loads(text)["weights"]
    return loaded


def rank(shelf: Shelf, text: str, question: Question) -> list[Ranked]:
    """The checks that are most like a text, best first; none if it shares nothing with any."""
    table = weights()
    ranked = [
        Ranked(place, sum(table[name] * one for name, one in likeness.items()), likeness)
        for place, likeness in likenesses(shelf, text, question).items()
    ]
    return sorted(ranked, key=lambda one: (-one.score, one.place))


def likenesses(shelf: Shelf, text: str, question: Question) -> dict[int, dict[str, float]]:
    """How each candidate is like the text; every number is between 0 and about 1."""
    words = shelf.by_words(question.numbers, question.meant)
    grams = shelf.by_grams(text)
    by_words = heapq.nlargest(CANDIDATES, words, key=words.__getitem__)
    by_grams = heapq.nlargest(CANDIDATES, grams, key=grams.__getitem__)
    found = {
        place: _raw(question, place)
        | {"words": words.get(place, 0.0), "grams": grams.get(place, 0.0)}
        for place in dict.fromkeys(by_words + by_grams)
    }
    for name in ("words", "grams", "claim", "title", "summary", "head"):
        most = max((likeness[name] for likeness in found.values()), default=0.0)
        for likeness in found.values():
            likeness[name] = share(likeness[name], most)
    return found


def _raw(question: Question, place: int) -> dict[str, float]:
    shelf = question.shelf
    claim, title = shelf.words("claim", place), shelf.words("title", place)
    matched = question.known.intersection({*claim, *title})
    heaviest = max((shelf.rarity[word] for word in matched), default=0.0)
    return {
        "claim": field_score(question, claim, USUAL_CLAIM),
        "title": field_score(question, title, USUAL_TITLE),
        "summary": field_score(question, shelf.words("summary", place), 2 * USUAL_CLAIM),
        "head": sum(shelf.rarity[word] for word in matched & question.head),
        "claim meant": meant(question, claim),
        "title meant": meant(question, title),
        "rarest word": share(heaviest, question.heaviest),
    }


def explain(likeness: dict[str, float]) -> list[tuple[str, float]]:
    """What each likeness adds to the score, the largest first: they add up to it."""
    terms = [(name, weights()[name] * one) for name, one in likeness.items()]
    return sorted(terms, key=lambda term: -abs(term[1]))
