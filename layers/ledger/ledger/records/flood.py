"""Records of the flood guard: what workers counted, and the question about a held rule."""

from typing import NamedTuple

import msgspec

from ledger.records.identity import digest

OPENED, LEFT_HELD = "opened", "left_held"
"""The answers to a question. No answer yet is an empty text."""


class FloodTotal(msgspec.Struct, frozen=True):
    """The posts and live hits by `pack/rule` of the receipts that one worker of scan committed.

    Only that worker replaces the record, each time with the whole sum of the day so far. Workers
    may die before they write it, so it is an estimate. No published number reads it.
    """

    worker: str
    posts: int
    hits: dict[str, int]


class FloodQuestion(msgspec.Struct, frozen=True, omit_defaults=True):
    """The question to a person: a rule (`pack/rule`) hits too much of a provider's day.

    `posts`, `hits` and `at` (RFC 3339 in UTC) are as the worker saw them that held the rule first,
    and `expected` is how many hits per mille were expected at most. Earlier releases kept none of
    them: then all are empty.
    """

    day: str
    rule: str
    at: str = ""
    posts: int = 0
    hits: int = 0
    expected: int = 0

    def __str__(self) -> str:
        """The question in words.

        >>> str(FloodQuestion("2026-11-25", "codes/asks", "", 1_000, 30, 20))
        'codes/asks hit 30 of 1,000 posts of 2026-11-25, and 20 in a thousand were expected at most'
        """
        if not self.posts:
            return f"{self.rule} hit more posts of {self.day} than expected"
        return (
            f"{self.rule} hit {self.hits:,} of {self.posts:,} posts of {self.day},"
            f" and {self.expected} in a thousand were expected at most"
        )


class FloodHold(NamedTuple):
    """A held rule: its question, and the answer that a person gave, if any."""

    question: FloodQuestion
    verdict: str = ""

    @property
    def is_opened(self) -> bool:
        """The rule proposes again, and its held findings are open."""
        return self.verdict == OPENED


def flood_question_id(provider: str, day: str, rule: str) -> str:
    """Return the id of the case of a question.

    >>> flood_question_id("acme", "2026-11-25", "codes/asks")[:8]
    '0843a13c'
    """
    return digest("flood", provider, day, rule)
