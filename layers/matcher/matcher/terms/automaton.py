"""Finds many patterns in one pass over a folded text.

The simple way is to search for each pattern in turn, which takes time for each pattern. An
Aho-Corasick automaton reads each letter of the text once, however many patterns there are.

The library keeps the children of a node in an unsorted list and searches it from the front. So text
and patterns are passed as UTF-8 bytes seen as Latin-1 (a list has at most 256 entries), and
patterns are added by the frequency of their letters. Only `iter` is used: `iter_long` loses
matches, and `.set()` on its iterator corrupts memory (pyahocorasick 2.3).
"""

from collections.abc import Sequence
from itertools import islice

import ahocorasick

from matcher.effort import Effort

MATCHES_IN_PART = 200_000
"""Matches of patterns that count in one part of a post. Further ones are ignored: it ran out.

A part of 65,536 code points has fewer, unless more than three terms end at each letter.
"""

_FREQUENT = b" aeiontsrlhdumkgcypbfwvjzxq"
_RANK = bytes(_FREQUENT.find(code) if code in _FREQUENT else 27 + code // 2 for code in range(256))


def _as_latin(text: str) -> str:
    return text if text.isascii() else text.encode().decode("latin-1")


class Automaton:
    """Finds which of its patterns occur in a text, and where.

    >>> automaton = Automaton([" otp ", " kode otp ", "bom"])
    >>> sorted(automaton.patterns_in(" kode otp bombastis "))
    [0, 1, 2]
    >>> automaton.occurrences(" kode otp ")
    [(1, 10), (0, 10)]
    """

    def __init__(self, patterns: Sequence[str]):
        """Take distinct folded patterns, none of them empty. Results name them by their index."""
        self._automaton = ahocorasick.Automaton(ahocorasick.STORE_INTS)
        ranks = [pattern.encode().translate(_RANK) for pattern in patterns]
        for index in sorted(range(len(patterns)), key=ranks.__getitem__):
            self._automaton.add_word(_as_latin(patterns[index]), index)
        self._automaton.make_automaton()
        self._is_empty = not patterns

    def patterns_in(self, folded: str, effort: Effort | None = None) -> set[int]:
        """Return the patterns that occur in a folded text."""
        if self._is_empty:
            return set()
        matches = self._automaton.iter(_as_latin(folded))
        patterns = {index for _, index in islice(matches, MATCHES_IN_PART)}
        if effort and next(matches, None):
            effort.ran_out = True
        return patterns

    def occurrences(self, folded: str, effort: Effort | None = None) -> list[tuple[int, int]]:
        """Return each occurrence as pattern and end in code points, in the order of ends."""
        if self._is_empty:
            return []
        occurrences: list[tuple[int, int]] = []
        matches = self._automaton.iter(_as_latin(folded))
        counting = islice(matches, MATCHES_IN_PART)
        if folded.isascii():
            occurrences += ((index, last + 1) for last, index in counting)
        else:
            data = folded.encode()
            end = counted = 0
            for last, index in counting:
                end += len(data[counted : last + 1].decode())
                counted = last + 1
                occurrences.append((index, end))
        if effort and next(matches, None):
            effort.ran_out = True
        return occurrences
