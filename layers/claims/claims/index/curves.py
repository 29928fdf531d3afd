"""The published numbers that turn evidence into a score, and the bounds that a score must reach.

More of a claim in a text never lowers the score. Each piece of evidence adds a line, and a line
that ends at half: two published weights, none below zero (tests/training/). Boosted trees with the
same promise attached less for other languages and sources. A gate subtracts, by a published slope,
for evidence that is missing: a story about somebody else is another story.

An index answers with the curves, demands and bounds that it was built with.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import msgspec

from claims.lists import read_json

HALF = 0.5
LARGEST_EXPONENT = 700.0
"""`math.exp` overflows above 709; anything this small rounds to 0."""
EVIDENCE = frozenset(
    ("claim", "title", "both", "letters", "weight", "heaviest two", "heaviest three", "no names",
     "named", "ahead")
)  # fmt: skip
"""The names of the evidence that curves and gates may weigh (`claims.score.evidence`)."""

type Curve = tuple[float, float]
"""The weight of the evidence, and the weight of the part of it below a half."""
type Gate = tuple[float, float]
"""The evidence below which the gate subtracts, and the slope by which it does."""


class Bounds(msgspec.Struct, frozen=True):
    """The scores from which a check is suggested, and attached."""

    suggest: float
    attach: float


@dataclass(frozen=True, slots=True)
class Demands:
    """What a text must share with a claim before the check is attached, whatever its score.

    It must share either a word that is on no list of common ones (mostly a name), or
    `least_telling` points of less common words; in both cases `least_share` of the points of claim
    and title, by language. All must be within one stretch of the text. A text of `long_text` words
    or more shares some words with any claim, so a stretch of it must hold `long_weight` of the
    weight of the claim. An index of an earlier release demands `long_share` of the points instead.
    A claim that has fewer than `least_words` words with its title identifies no story. Stop words
    do not count. With `own_language` the text must be in the language of the check.
    """

    least_words: int = 0
    least_telling: int = 0
    least_share: dict[str, float] = field(default_factory=dict)
    long_text: int = 0
    long_share: dict[str, float] = field(default_factory=dict)
    long_weight: dict[str, float] = field(default_factory=dict)
    own_language: bool = False


NOTHING_DEMANDED = Demands()


@dataclass(frozen=True, slots=True)
class Curves:
    """The published curves. Their values add up to a score; zero means an even chance."""

    base: float
    curves: dict[str, Curve]
    gates: dict[str, Gate]
    demands: Demands = NOTHING_DEMANDED

    def score(self, evidence: dict[str, float]) -> float:
        """Return the sum of what each piece of evidence adds and the gates subtract."""
        return (
            self.base
            + sum(
                line * evidence[name] + early * min(evidence[name], HALF)
                for name, (line, early) in self.curves.items()
            )
            - gate_penalty(self.gates, evidence)
        )


def gate_penalty(gates: Mapping[str, Gate], evidence: Mapping[str, float]) -> float:
    """Return what gates subtract from a score.

    >>> gate_penalty({"named": (0.75, 8.0)}, {"named": 0.5})
    2.0
    """
    return sum(slope * max(0.0, start - evidence[name]) for name, (start, slope) in gates.items())


def sigmoid(score: float) -> float:
    """Return a score as a number from 0 to 1.

    >>> sigmoid(0.0), sigmoid(4.0) > 0.98
    (0.5, True)
    """
    return 1 / (1 + math.exp(min(-score, LARGEST_EXPONENT)))


@cache
def shipped_curves() -> Curves:
    """Return the curves of this release."""
    return parse_curves(published_curves())


@cache
def published_curves() -> dict[str, Any]:
    """Return the curves of this release as published; each new index holds them."""
    loaded: dict[str, Any] = read_json("attaching.json")
    return loaded


def curves_without_demands() -> dict[str, Any]:
    """Return the curves of an index of an earlier release: as published, but without demands."""
    return {name: part for name, part in published_curves().items() if name != "demands"}


def parse_curves(loaded: dict[str, Any]) -> Curves:
    """Parse curves as they are published."""
    curves = {name: (line, early) for name, (line, early) in loaded["curves"].items()}
    gates = {name: (start, slope) for name, (start, slope) in loaded["gates"].items()}
    return Curves(loaded["base"], curves, gates, Demands(**loaded.get("demands", {})))
