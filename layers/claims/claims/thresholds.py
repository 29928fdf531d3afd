"""From which score on an answer is worth what: set for each index and language when it is built.

An index of more claims shares more words with any text, so the bounds are measured on the index:
on clean text, and on its own claims asked for with their own answer taken out.
"""

import math
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources

import msgspec

FALSE_ATTACH = 1 / 1_000
"""Clean sentences that may be given a check, at most."""
FALSE_SUGGEST = 1 / 50
LOWEST_ATTACH, LOWEST_SUGGEST = 1.5, -1.5
"""Scores below which no index attaches or suggests, however little it shares with clean text."""
NEVER = 1e6
"""The bound of a language for which there is no clean text: nothing is attached."""
ASKED = 300
"""Claims of the index that are asked for."""


class Bounds(msgspec.Struct, frozen=True):
    """Scores from which on a check is suggested, and attached."""

    suggest: float
    attach: float


@cache
def clean_text(language: str) -> tuple[str, ...]:
    """Invented sentences that repeat no rumour; none for most languages."""
    path = resources.files("claims").joinpath(f"data/clean/{language}.txt")
    if not path.is_file():
        return ()
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line.strip() and not line.startswith("#"))


def bounds_of(clean: Sequence[float], answerless: Sequence[float]) -> Bounds:
    """The bounds that these best scores of wrong answers ask for."""
    if not clean:
        return Bounds(max(LOWEST_SUGGEST, rare(answerless, FALSE_SUGGEST)), NEVER)
    attach = max(LOWEST_ATTACH, rare(clean, FALSE_ATTACH))
    return Bounds(min(attach, max(LOWEST_SUGGEST, rare(clean, FALSE_SUGGEST))), attach)


def rare(scores: Sequence[float], share: float) -> float:
    """The score that this share of such scores exceeds, also where there are fewer of them.

    The upper tenth is taken to fall off exponentially (peaks over threshold, Davison and Smith
    1990), so that 200 sentences tell something of one in a thousand.

    >>> round(rare([i / 100 for i in range(1000)], 0.05), 1)
    9.3
    """
    if not scores:
        return -math.inf
    ordered = sorted(scores)
    start = ordered[int(len(ordered) * 0.9)]
    above = [score - start for score in ordered if score > start]
    scale = sum(above) / len(above) if above else 0.0
    return start + scale * math.log(0.1 / share)


type Best = Callable[[str], float]
