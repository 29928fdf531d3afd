"""The results of matching: which rules a post satisfies, and at which spans."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import msgspec

from matcher.text.fold import Evasion
from rules.pack import Mode, Severity

type Part = tuple[str, str]
"""A part's name (`text`, `media_text/0`, `links/0` …) and its text."""


class Span(msgspec.Struct, frozen=True):
    """A term at half-open code points of the original part.

    `term` is as written in the pack, or a sign in braces: `{link}`. `evasion` names the disguises
    of the word, often none. `weight` is what the term adds to the score of a scored rule.
    """

    part: str
    start: int
    end: int
    term: str
    evasion: tuple[Evasion, ...]
    weight: int | None = None

    @property
    def is_sign(self) -> bool:
        """Return whether it is a sign, and not a term. No term begins with a brace."""
        return self.term.startswith("{")


class Hit(msgspec.Struct, frozen=True):
    """A rule that a post satisfies, with the spans of its windows in order.

    `spans_capped` is true if there are more spans than these. The hit of a scored rule has the sum
    and the threshold, and the spans of the part with the highest sum: each term that counts there,
    once.
    """

    pack: str
    version: int
    rule: str
    mode: Mode
    category: str
    severity: Severity
    spans: tuple[Span, ...]
    spans_capped: bool = False
    score: int | None = None
    threshold: int | None = None


class PassingText(NamedTuple):
    """What the prefilter knows of a text that may satisfy a rule.

    `stretches` hold all patterns of rules without a score. They are None if there are too many.
    A suspect text may have further patterns, in disguise. `signs` are those that it has of the
    signs in rules, or None if nobody looked for them. `scored` are the scored rules that may reach
    their threshold, and `grouped` says whether a rule without a score may be satisfied; neither is
    valid for a text with words in disguise.
    """

    text: int
    stretches: Sequence[tuple[int, int]] | None
    suspect: bool
    signs: Collection[str] | None
    scored: Sequence[int]
    grouped: bool


class PostResult(NamedTuple):
    """The hits of a post, and whether only a part of it was read."""

    hits: tuple[Hit, ...]
    partly_read: bool = False
