"""Findings as cards for a moderator: one post and one category, since one measure is taken."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import batched

from ledger.finding import Finding

FINDINGS_OF_A_DECISION = 20
"""Findings that one decision may name."""

ALIKE = 0.8
"""How much of two excerpts must be equal for them to stand side by side."""

ALIKE_SHOWN = 3


@dataclass(frozen=True, slots=True)
class OpenFinding:
    """A finding that nobody has decided, with its excerpt while that is kept.

    `notice` is the sender's id of a notice about it that waits for an answer; `escalated` says
    that it was passed on.
    """

    finding: Finding
    excerpt: str | None
    notice: str = ""
    escalated: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """What is decided together: findings of one post and category, the most urgent first.

    `decision` is empty, or the id of a colleague's decision that is judged a second time.
    """

    findings: tuple[OpenFinding, ...]
    decision: str = ""

    @property
    def first(self) -> Finding:
        """The most urgent finding."""
        return self.findings[0].finding

    @property
    def excerpt(self) -> str:
        """The first excerpt that is still kept, or nothing."""
        return next((one.excerpt for one in self.findings if one.excerpt), "")

    @property
    def notice(self) -> str:
        """The first notice that waits for an answer, or nothing."""
        return next((one.notice for one in self.findings if one.notice), "")

    @property
    def escalated(self) -> bool:
        """Whether any of it was passed on before."""
        return any(one.escalated for one in self.findings)


def cards(findings: Iterable[OpenFinding]) -> tuple[Card, ...]:
    """Cards of these findings, in the order of their first ones."""
    by_post: dict[tuple[str, str], list[OpenFinding]] = {}
    for one in findings:
        by_post.setdefault((one.finding.post, one.finding.category), []).append(one)
    return tuple(
        Card(part) for found in by_post.values() for part in batched(found, FINDINGS_OF_A_DECISION)
    )


def alike(card: Card, others: Sequence[Card]) -> list[Card]:
    """Cards of other posts, of the same category, whose words are nearly those of this one."""
    matcher = SequenceMatcher(None, autojunk=False)
    matcher.set_seq2(card.excerpt.casefold())  # what it learns of this one serves for all others
    found = []
    for other in others:
        same = other.first.category == card.first.category and other.first.post != card.first.post
        if not same or not other.excerpt:
            continue
        matcher.set_seq1(other.excerpt.casefold())
        bounds = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)  # dearer each
        if all(bound() >= ALIKE for bound in bounds):
            found.append(other)
    return found[:ALIKE_SHOWN]
