"""A score: weighted terms and signs whose sum decides whether a rule is satisfied.

A rule without a score asks whether groups of terms occur together. A scored rule adds up weights,
so that many weak reasons make one finding, and each of them can be read.
"""

from collections.abc import Iterable

import msgspec

WEIGHT = 9
"""The largest weight, for a post or against it."""

WEIGHTS_IN_LIST = 2_000
"""Entries of each list of a score."""

MOST_THRESHOLD = 1_000


class Gate(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a part must look like to be scored.

    Half of its letters are of `script`, if one is named, and it has a word of the list `words_of`
    or at most a few words. The lists have their ids in `matcher.signs`.
    """

    script: str = ""
    words_of: str = ""

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the ids under which a set names its lists."""
        scripts = [script_gate(self.script)] if self.script else []
        return (*scripts, *([words_gate(self.words_of)] if self.words_of else []))


def script_gate(script: str) -> str:
    """Return the id of the gate of a script.

    >>> script_gate("Latin"), words_gate("id")
    ('script-Latin', 'words-of-id')
    """
    return f"script-{script}"


PINYIN = "pinyin"
"""The id under which a set names the table of pinyin."""


def words_gate(language: str) -> str:
    """Return the id of the gate of a list of words."""
    return f"words-of-{language}"


class Score(msgspec.Struct, frozen=True, omit_defaults=True):
    """The weights of a rule. Each term, sign and pinyin term counts once a part.

    `pinyin` has terms as syllables without tones, `jia-wei`: Han letters of these sounds count.
    A part with a sum of `threshold` or more satisfies the rule; from `high` on, its severity is
    high. No result depends on the order of a list.
    """

    threshold: int
    high: int | None = None
    reads: Gate | None = None
    terms: dict[str, int] = {}
    signs: dict[str, int] = {}
    pinyin: dict[str, int] = {}

    @property
    def tables(self) -> tuple[str, ...]:
        """Return the ids of the lists that decide the sum, which a set names, without signs."""
        return (*(self.reads.ids if self.reads else ()), *([PINYIN] if self.pinyin else ()))

    @property
    def most(self) -> int:
        """Return the sum of all weights for a post: no text has more."""
        lists = self.terms, self.signs, self.pinyin
        return sum(weight for given in lists for weight in given.values() if weight > 0)


def deciding(weights: Iterable[tuple[str, int]], threshold: int) -> tuple[str, ...]:
    """Return the terms and signs that decided a finding: without one, the score is too low.

    `weights` are what the score is the sum of. Each is tried alone, so two that are enough without
    each other decide nothing.

    Limits: another part of the post with a lower score may reach the threshold too. A finding keeps
    only the part with the highest score.

    >>> deciding([("slot", 5), ("gacor", 7), ("kakak", -2)], 8)
    ('slot', 'gacor')
    """
    given = list(weights)
    total = sum(weight for _, weight in given)
    return tuple(name for name, weight in given if total - weight < threshold <= total)
