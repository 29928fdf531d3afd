"""Lays the checks of one language out as arrays: words, grams, and the claims themselves.

The checks pass by once, and only numbers are kept of them: as objects they take ten times as much.
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from claims.arrays.gram_arrays import GramArrays
from claims.arrays.word_arrays import Arrays, WordArrays
from claims.review import Check
from claims.text.grams import grams_of
from claims.text.topics import NO_CUES, Cues


@dataclass(frozen=True, slots=True)
class Entry:
    """A check, the texts that only serve to find it, and what tells what it is about."""

    check: Check
    title: str = ""
    summary: str = ""
    cues: Cues = NO_CUES

    @property
    def spelled(self) -> str:
        """What grams are taken of; a title that only repeats the claim counts once."""
        return self.check.claim if self.title == self.check.claim else self.text_and_title

    @property
    def text_and_title(self) -> str:
        """Claim and title in one text."""
        return f"{self.check.claim} {self.title}"


def lay_out(entries: Iterable[Entry], language: str, total: int) -> Arrays:
    """The arrays of a shelf, by name. Entries keep their order; their places are their numbers."""
    words, grams = WordArrays(language), GramArrays(total)
    checks, starts = bytearray(), array("I", [0])
    for entry in entries:
        claim = entry.check.claim
        words.add(claim, "" if entry.title == claim else entry.title, entry.summary)
        grams.add(grams_of(entry.spelled))
        checks += msgspec.json.encode(entry.check) + b"\n"
        starts.append(len(checks))
    arrays: Arrays = {"checks": checks[:-1], "check_starts": starts}
    return arrays | words.arrays() | grams.arrays()
