"""How sure it is that a text repeats the claim of a check: a sum of curves that only rise.

More of a claim in a text never lowers the score. Each piece of evidence adds a line, and a line
that ends at half: two published weights, none below zero (tests/training/). Boosted trees with
the same promise follow their examples more closely, and attached less for other languages and
sources. A gate takes away, by a published slope, what a piece of evidence lacks to a start: however
well all else agrees, a story that is told of somebody else is another story.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from claims.arrays.word_arrays import RARE
from claims.score.evidence import best_stretch, evidence_of
from claims.score.likeness import Question, share
from claims.score.ranking import Ranked
from claims.text.grams import grams_of
from claims.text.languages import is_written_in

HALF = 0.5
LARGEST_EXPONENT = 700.0
"""`math.exp` overflows above 709; what is as small as this is 0 in any rounding."""

EVIDENCE = frozenset(
    ("claim", "title", "both", "letters", "weight", "heaviest two", "heaviest three", "no names",
     "named", "ahead")
)  # fmt: skip
"""The names of the numbers that curves and gates may weigh: those of `evidence_for`."""

type Curve = tuple[float, float]
"""Weights of a number, and of as much of it as is below a half."""


type Gate = tuple[float, float]
"""Below which number something is taken away, and how much for a whole."""


@dataclass(frozen=True, slots=True)
class Demands:
    """What a text must share with a claim to be given its check, whatever its score.

    Either a word that is on no list of common ones (a name, mostly), or `least_telling` points of
    less common words; in both cases `least_share` of the points of claim and title, by language.
    They stand within one stretch of the text. A text of `long_text` words or more (small words
    left out) holds something of everything, so it must hold `long_share`. With `own_language` the
    text must be written in the language of the check.
    """

    least_telling: int = 0
    least_share: dict[str, float] = field(default_factory=dict)
    long_text: int = 0
    long_share: dict[str, float] = field(default_factory=dict)
    own_language: bool = False


NOTHING_DEMANDED = Demands()
"""What indexes demand that were built before there were demands."""


@dataclass(frozen=True, slots=True)
class Curves:
    """The published curves: what they give adds up to a score, whose zero is an even chance."""

    base: float
    curves: dict[str, Curve]
    gates: dict[str, Gate]
    demands: Demands = NOTHING_DEMANDED

    @property
    def evidence(self) -> tuple[str, ...]:
        """The names of the evidence that is weighed."""
        return tuple(self.curves)

    def score(self, evidence: dict[str, float]) -> float:
        """The sum of what each piece of evidence gives."""
        return (
            self.base
            + sum(
                line * evidence[name] + early * min(evidence[name], HALF)
                for name, (line, early) in self.curves.items()
            )
            - taken_away(self.gates, evidence)
        )


@cache
def model() -> Curves:
    """The curves that ship."""
    return curves_of(written())


@cache
def written() -> dict[str, Any]:
    """The curves that ship, as they are written: an index that is built holds them from then on."""
    text = resources.files("claims").joinpath("data/attaching.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def undemanding() -> dict[str, Any]:
    """Return the curves of an index that names none: they are the same, and demand nothing."""
    return {name: part for name, part in written().items() if name != "demands"}


def curves_of(loaded: dict[str, Any]) -> Curves:
    """Curves as they are written."""
    curves = {name: (line, early) for name, (line, early) in loaded["curves"].items()}
    gates = {name: (start, slope) for name, (start, slope) in loaded["gates"].items()}
    return Curves(loaded["base"], curves, gates, Demands(**loaded.get("demands", {})))


def meets(demands: Demands, question: Question, text: str, place: int) -> bool:
    """Return whether a text shares with a claim what tells it from other stories."""
    shelf = question.shelf
    if demands.own_language and not is_written_in(text, shelf.language):
        return False
    words = {*shelf.words("claim", place), *shelf.words("title", place)}
    whole = sum(shelf.telling[word] for word in words)
    stretch = best_stretch(question, frozenset(words))
    shared = [shelf.telling[word] for word in stretch.shared]
    tells = RARE in shared or sum(shared) >= demands.least_telling
    is_long = 0 < demands.long_text <= len(question.numbers)
    shares = demands.least_share | (demands.long_share if is_long else {})
    return tells and sum(shared) >= shares.get(shelf.language, 0.0) * whole


def taken_away(gates: Mapping[str, Gate], evidence: Mapping[str, float]) -> float:
    """What gates take from a score.

    >>> taken_away({"named": (0.75, 8.0)}, {"named": 0.5})
    2.0
    """
    return sum(slope * max(0.0, start - evidence[name]) for name, (start, slope) in gates.items())


def evidence_for(
    question: Question, text: str, ranked: list[Ranked], count: int
) -> list[dict[str, float]]:
    """The evidence for each of the first `count` checks, and how far others are behind."""
    grams, groups = frozenset(grams_of(text)), question.shelf.groups
    return [
        evidence_of(question, grams, one) | {"ahead": ahead(groups, one, ranked)}
        for one in ranked[:count]
    ]


def ahead(groups: Sequence[int], one: Ranked, others: Sequence[Ranked]) -> float:
    """By how much a check's place in the order is above that of the next group, from 0 to 1."""
    next_best = max(
        (other.score for other in others if groups[other.place] != groups[one.place]), default=0.0
    )
    return max(0.0, 1.0 - share(next_best, one.score))


def chance(score: float) -> float:
    """A score as a number from 0 to 1.

    >>> chance(0.0), chance(4.0) > 0.98
    (0.5, True)
    """
    return 1 / (1 + math.exp(min(-score, LARGEST_EXPONENT)))
