"""Suggestions in an order in which a model of meaning has a say, where somebody brings one.

It finds what says the same in other words, and takes one story for another of the same topic: as
evidence for attaching it made that worse (decision 15). So it orders what people look at,
and decides nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Protocol

from claims.arrays.language_index import Shelf
from claims.score.ranking import MEANING, Ranked, weights

LOOKED_AT = 20
"""Checks of the order by words that are compared: a model takes milliseconds for each."""
NEAR = 0.55
"""Nearness from which a check is worth suggesting, however few words it shares with the text: of
invented texts it suggests a fifth more, and of three hundred sentences of news two."""


class Meaning(Protocol):
    """Tells how near texts are in meaning, in some languages."""

    @property
    def languages(self) -> Collection[str]:
        """The languages that it reads."""

    def nearness(self, text: str, claims: Sequence[str]) -> Sequence[float]:
        """How near a text is to each claim, 1 the same and 0 or less something else."""


def is_near(one: Ranked) -> bool:
    """Whether a model found a check near enough to suggest it."""
    return one.likeness.get(MEANING, 0.0) >= NEAR


def reordered(shelf: Shelf, text: str, ranked: Sequence[Ranked], meaning: Meaning) -> list[Ranked]:
    """Ranked checks, the first of them in an order in which nearness counts too."""
    first, rest = ranked[:LOOKED_AT], ranked[LOOKED_AT:]
    near = meaning.nearness(text, [shelf.check(one.place).claim for one in first])
    found = [
        replace(one, likeness=one.likeness | {MEANING: how})
        for one, how in zip(first, near, strict=True)
    ]
    weight = weights()[MEANING]
    found.sort(key=lambda one: one.score + weight * one.likeness[MEANING], reverse=True)
    return [*found, *rest]
