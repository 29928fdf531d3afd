"""How much work a post may take, in steps, so that every attempt at a post stops at the same place.

A limit in seconds would let one attempt find what the next one does not. Reading disguised words,
checking places of terms and weighing terms have steps of their own, so that neither a flood of
masked words nor a score keeps plain words from being checked. All other work is at most a multiple
of the length of the text.
"""

import math
from collections.abc import Iterable

STEPS_AT_LEAST, STEPS_PER_POINT = 100, 1 / 8
"""Steps of each kind that any post may take, and further ones for each code point of its texts."""

WEIGHINGS = 4
"""Places of weighted terms that are weighed in a step: several packs look at the same place. In a
Chinese advert nearly each letter begins a term of some of them."""


class Effort:
    """The steps that are left for one post.

    >>> effort = Effort(2)
    >>> [effort.take_check() for _ in range(3)], effort.ran_out, effort.take_reading(2)
    ([True, True, False], True, True)
    """

    __slots__ = ("_checks", "_readings", "_weighings", "ran_out")

    def __init__(self, steps: float = math.inf):
        """Take the steps of each kind, without limit by default."""
        self._checks = self._readings = steps
        self._weighings = WEIGHINGS * steps
        self.ran_out = False

    @classmethod
    def for_texts(cls, texts: Iterable[str]) -> "Effort":
        """Return the effort that a post with these texts may take."""
        return cls(STEPS_AT_LEAST + STEPS_PER_POINT * sum(map(len, texts)))

    def take_check(self) -> bool:
        """Take a step for checking a place, and return whether there was one left."""
        self._checks -= 1
        self.ran_out |= self._checks < 0
        return self._checks >= 0

    def take_weighing(self) -> bool:
        """Weigh a term at a place, and return whether there was a step left for it."""
        self._weighings -= 1
        self.ran_out |= self._weighings < 0
        return self._weighings >= 0

    @property
    def readings_ran_out(self) -> bool:
        """Whether a reading was refused: no further word in disguise is read."""
        return self._readings < 0

    def take_reading(self, steps: int = 1) -> bool:
        """Take steps for reading disguised words, and return whether that many were left."""
        self._readings -= steps
        self.ran_out |= self._readings < 0
        return self._readings >= 0
