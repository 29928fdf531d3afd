"""Which words a hashtag or a handle is run together of."""

import re
from collections.abc import Callable

SHORTEST_RUN, LONGEST_RUN = 6, 30
"""Letters of a run that is tried: in shorter ones words are found by chance."""
SHORTEST_PART = 2
MOST_PARTS = 4

_HUMP = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)|_")


def humps(tag: str) -> str:
    """A tag split where its letters change from small to capital, and before digits.

    >>> humps("FakeNews2020"), humps("CNNHeadlines"), humps("nomorepills")
    ('Fake News 2020', 'CNN Headlines', 'nomorepills')
    """
    return _HUMP.sub(" ", tag)


def known_words(tag: str, is_known: Callable[[str], bool]) -> str:
    """A tag split at its humps, and what is still run together into as few known words as it can.

    >>> known_words("nomorepills", {"no", "more", "nom", "ore", "pills"}.__contains__)
    'no more pills'
    >>> known_words("nomorepills", {"no", "more"}.__contains__)
    'nomorepills'
    """
    return " ".join(_split(run, is_known) for run in humps(tag).split())


def _split(run: str, is_known: Callable[[str], bool]) -> str:
    small = run.casefold()
    if not (SHORTEST_RUN <= len(small) <= LONGEST_RUN and small.isalpha()) or is_known(small):
        return run
    best: list[list[str] | None] = [[]]
    for end in range(1, len(small) + 1):
        ways = [
            [*before, small[start:end]]
            for start in range(end - SHORTEST_PART + 1)
            if (before := best[start]) is not None
            and len(before) < MOST_PARTS
            and is_known(small[start:end])
        ]
        best.append(min(ways, key=_chance, default=None))
    return " ".join(best[-1]) if best[-1] else run


def _chance(parts: list[str]) -> tuple[int, int]:
    """Less for fewer and more uneven parts: long words are not found by chance."""
    return len(parts), -sum(len(part) ** 2 for part in parts)
