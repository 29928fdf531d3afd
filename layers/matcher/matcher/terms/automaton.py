"""Many patterns found in one pass over a folded text.

An Aho-Corasick automaton whose nodes keep their children in an unsorted list searched from the
front. So text and patterns go in as UTF-8 bytes seen as Latin-1 (no list grows beyond 256), and
patterns are added by the frequency of their letters. Only `iter` is used: `iter_long` loses
matches, and `.set()` on its iterator corrupts memory (pyahocorasick 2.3).
"""

from collections.abc import Iterator, Sequence
from itertools import islice

import ahocorasick

from matcher.effort import Effort

MATCHES_IN_PART = 200_000
"""Matches of patterns seen in one part of a post; what comes after is not, and ends its effort.

A part of 65,536 code points cannot hold as many unless more than three terms end at each letter.
"""

_FREQUENT = b" aeiontsrlhdumkgcypbfwvjzxq"
_RANK = bytes(_FREQUENT.find(code) if code in _FREQUENT else 27 + code // 2 for code in range(256))


def _as_latin(text: str) -> str:
    return text if text.isascii() else text.encode().decode("latin-1")


class Automaton:
    """Finds which of its patterns occur in a text, and where.

    >>> automaton = Automaton([" otp ", " kode otp ", "bom"])
    >>> sorted(automaton.seen(" kode otp bombastis "))
    [0, 1, 2]
    >>> list(automaton.ends(" kode otp "))
    [(1, 10), (0, 10)]
    """

    def __init__(self, patterns: Sequence[str]):
        """Takes distinct folded patterns, none empty; their indexes are what is reported."""
        self._automaton = ahocorasick.Automaton(ahocorasick.STORE_INTS)
        ranks = [pattern.encode().translate(_RANK) for pattern in patterns]
        for at in sorted(range(len(patterns)), key=ranks.__getitem__):
            self._automaton.add_word(_as_latin(patterns[at]), at)
        self._automaton.make_automaton()
        self._empty = not patterns

    def seen(self, folded: str, effort: Effort | None = None) -> set[int]:
        """Return the indexes of the patterns that occur in a folded text."""
        if self._empty:
            return set()
        matches = self._automaton.iter(_as_latin(folded))
        found = {at for _, at in islice(matches, MATCHES_IN_PART)}
        if effort and next(matches, None):
            effort.ran_out = True
        return found

    def ends(self, folded: str, effort: Effort | None = None) -> Iterator[tuple[int, int]]:
        """Yield each occurrence as pattern index and end in code points, by its end."""
        if self._empty:
            return
        data = folded.encode()
        end = counted = 0
        matches = self._automaton.iter(data.decode("latin-1"))
        for last, at in islice(matches, MATCHES_IN_PART):
            end += len(data[counted : last + 1].decode())
            counted = last + 1
            yield at, end
        if effort and next(matches, None):
            effort.ran_out = True
