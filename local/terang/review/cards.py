"""Findings as cards for a moderator: one post and one category, since one measure is taken."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import batched, islice

from ledger.records.finding import Finding
from matcher.text.fold import fold

FINDINGS_OF_A_DECISION = 20
"""Findings that one decision may name."""

ALIKE = 0.6
"""How far two excerpts must resemble each other to stand side by side: a word or two may differ."""

SHINGLE = 4
"""Characters of a shingle: two words of Chinese or most of one of English."""

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
    own = _shingles(card.excerpt)
    found = (
        other
        for other in others
        if other.first.category == card.first.category
        and other.first.post != card.first.post
        and _resemblance(own, _shingles(other.excerpt)) >= ALIKE
    )
    return list(islice(found, ALIKE_SHOWN))


@lru_cache(maxsize=1_000)
def _shingles(text: str) -> frozenset[str]:
    """All runs of a few characters, of the text as rules compare it: a disguise hides nothing."""
    folded = fold(text)
    return frozenset(folded[at : at + SHINGLE] for at in range(len(folded) - SHINGLE + 1))


def _resemblance(one: frozenset[str], other: frozenset[str]) -> float:
    """What two texts share of what either has, from 0 to 1.

    Source: Broder, On the resemblance and containment of documents (1997).
    """
    return len(one & other) / len(one | other) if one and other else 0.0
