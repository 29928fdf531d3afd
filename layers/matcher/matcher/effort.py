"""How much work a post may take, counted in steps, so that each try at it ends at the same place.

Reading words in disguise and looking at places where terms may stand have steps of their own: a
flood of masked words must not keep plain words from being looked at. All other work is a bounded
multiple of the length of the text. Seconds would let one try at a post find what the next does not.
"""

import math
from collections.abc import Iterable

STEPS_AT_LEAST, STEPS_PER_POINT = 100, 0.25
"""Steps of each kind that any post may take, and further ones for each code point of its texts."""


class Effort:
    """The steps that are left for one post.

    >>> effort = Effort(2)
    >>> [effort.look(), effort.look(), effort.look()], effort.ran_out, effort.read(2)
    ([True, True, False], True, True)
    """

    __slots__ = ("_looks", "_reads", "ran_out")

    def __init__(self, steps: float = math.inf):
        """Take the steps of each kind; without a number there is no end of them."""
        self._looks = self._reads = steps
        self.ran_out = False

    @classmethod
    def for_texts(cls, texts: Iterable[str]) -> "Effort":
        """Return what a post with these texts may take."""
        return cls(STEPS_AT_LEAST + STEPS_PER_POINT * sum(map(len, texts)))

    def look(self) -> bool:
        """Take a step for a look at a place, and return whether there was one left."""
        self._looks -= 1
        self.ran_out |= self._looks < 0
        return self._looks >= 0

    @property
    def has_read_enough(self) -> bool:
        """Whether no further word in disguise may be read."""
        return self._reads < 0

    def read(self, steps: int = 1) -> bool:
        """Take steps for reading a word in disguise, and return whether there were as many left."""
        self._reads -= steps
        self.ran_out |= self._reads < 0
        return self._reads >= 0
