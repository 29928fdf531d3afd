"""Many texts at once: which of them may satisfy a rule, and never one too few.

All words of all texts are looked up together, in arrays: by a value for each word, then for each
two words in a row, and so on, as far as patterns begin so. Only a text in which every group of
some rule seems to have a pattern, or one that may have a word in disguise, is left for `Matcher`,
whose look at it decides.

Imported only when there are enough texts to pay for the import of numpy. Where there is no numpy,
each text is looked at by itself, with the same result.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

import numpy as np

from matcher.finders import ALPHABET, Finder, Patterns, finders_of
from matcher.needs import Needs
from matcher.suspects import suspects
from matcher.vocabulary import Vocabulary

LINE_LENGTH = 128 * 1024
"""Code points looked at together: more is no faster, and takes more memory."""


class Sieve:
    """Lets through the texts that may satisfy a rule, and a few that do not.

    >>> needs = [(0, 0, 1), (1, 0, 2), (2, 1, 1)]
    >>> sieve = Sieve([" send me ", " otp ", " bomb"], needs, full=[3, 1])
    >>> list(sieve.passing(["Send me the OTP", "send otp", "BOMBS", ""]))
    [0, 2]
    """

    def __init__(
        self,
        patterns: Sequence[str],
        needs: Iterable[tuple[int, int, int]],
        full: Sequence[int],
        vocabulary: Vocabulary | None = None,
    ):
        """Takes what satisfies rules.

        Args:
            patterns: Folded; there is at least one.
            needs: Places of patterns, each with a rule that it serves and the group as a bit.
            full: By rule, the bits of all its groups, fewer than 32.
            vocabulary: The words of the patterns; None lets no text through for a word in disguise.
        """
        self._vocabulary = vocabulary
        self._finders: list[Finder] = []
        keys = np.full(len(patterns), -1)
        number = 0
        for finder, chosen in finders_of(Patterns.of(patterns)):
            self._finders.append(finder)
            keys[chosen] = number + finder.keys
            number += finder.number
        self._needs = Needs(keys, number, needs, full)

    def passing(self, texts: Sequence[str]) -> Iterator[int]:
        """The places of texts that may satisfy a rule, in order."""
        first = 0
        for some in in_lines(texts):
            line = ALPHABET.line(some)
            texts_of, keys, number = [np.zeros(0, np.intp)], [np.zeros(0, np.intp)], 0
            for finder in self._finders:
                for places, found in finder.find(line):
                    texts_of.append(np.searchsorted(line.ends, places))
                    keys.append(found + number)
                number += finder.number
            met = self._needs.met(np.concatenate(texts_of), np.concatenate(keys), len(some))
            odd = suspects(line, some, self._vocabulary) if self._vocabulary else set()
            yield from (first + at for at in sorted(odd.union(met.tolist())))
            first += len(some)


def in_lines(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Texts in order, as many at a time as are looked at together."""
    ends = list(accumulate(map(len, texts), initial=0))
    first = 0
    while first < len(texts):
        last = min(bisect_left(ends, ends[first] + LINE_LENGTH, first + 1), len(texts))
        yield texts[first:last]
        first = last
