"""How sure it is that a text repeats the claim of a check: small trees, each of which only rises.

More of a claim in a text never lowers the score: the trees were grown under that condition
(training/). They are published as numbers, and read here without any library.
"""

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from claims.evidence import alone, evidence_of
from claims.grams import grams_of
from claims.likeness import Question
from claims.ranking import Ranked

type Node = tuple[int, float, int, int, float]
"""Number of the evidence (-1 for a leaf), its bound, next node at most so much, above, value."""

COMPARED = 5
"""Checks at the head of the order whose evidence is taken."""


@dataclass(frozen=True, slots=True)
class Trees:
    """The published trees: their values add up to a score, whose zero is an even chance."""

    evidence: tuple[str, ...]
    base: float
    trees: tuple[tuple[Node, ...], ...]

    def score(self, evidence: dict[str, float]) -> float:
        """The sum of the leaves that the evidence leads to."""
        values = [evidence[name] for name in self.evidence]
        return self.base + sum(_leaf(tree, values) for tree in self.trees)


def _leaf(tree: tuple[Node, ...], values: list[float]) -> float:
    number, bound, low, high, value = tree[0]
    while number >= 0:
        number, bound, low, high, value = tree[low if values[number] <= bound else high]
    return value


@cache
def model() -> Trees:
    """The trees that ship."""
    text = resources.files("claims").joinpath("data/attaching.json").read_text(encoding="utf-8")
    return trees_of(json.loads(text))


def trees_of(loaded: dict[str, Any]) -> Trees:
    """Trees as they are written."""
    trees = tuple(tuple((n, b, lo, hi, v) for n, b, lo, hi, v in tree) for tree in loaded["trees"])
    return Trees(tuple(loaded["evidence"]), loaded["base"], trees)


def evidence_for(question: Question, text: str, ranked: list[Ranked]) -> list[dict[str, float]]:
    """The evidence for each of the first checks, told apart from those of other groups."""
    groups = question.shelf.groups
    grams = frozenset(grams_of(text))
    some = ranked[:COMPARED]
    found = [evidence_of(question, grams, one) for one in some]
    for one, evidence in zip(some, found, strict=True):
        others = [
            found[at] for at, other in enumerate(some) if groups[other.place] != groups[one.place]
        ]
        evidence["alone"] = alone(evidence, others)
    return found


def chance(score: float) -> float:
    """A score as a number from 0 to 1.

    >>> chance(0.0), chance(4.0) > 0.98
    (0.5, True)
    """
    return 1 / (1 + math.exp(-score))
