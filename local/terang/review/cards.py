"""Groups findings into cards, and finds near copies of a card."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import batched, islice

from desk.items import OpenFinding
from ledger.records.finding import Finding
from matcher.text.fold import fold

FINDINGS_OF_A_DECISION = 20
"""Findings that one decision may name."""

ALIKE = 0.6
"""The resemblance from which two excerpts are shown side by side: a word or two may differ."""

SHINGLE = 4
"""Characters of a shingle: two words of Chinese or most of one of English."""

ALIKE_SHOWN = 19
"""Near copies that are decided with a card: each makes a message of its own."""


@dataclass(frozen=True, slots=True)
class Card:
    """Findings of one post and category, which are decided together; the most urgent comes first.

    `decision` is empty, or the id of a colleague's decision that is judged a second time.
    """

    findings: tuple[OpenFinding, ...]
    decision: str = ""

    @classmethod
    def of(cls, found: Iterable[tuple[Finding, str | None]]) -> "Card":
        """Return the card of findings with their excerpts, wherever they come from."""
        return cls(tuple(OpenFinding(finding, excerpt) for finding, excerpt in found))

    @property
    def first(self) -> Finding:
        """The most urgent finding."""
        return self.findings[0].finding

    @property
    def excerpt(self) -> str:
        """The first excerpt that is still kept, or nothing."""
        return next((finding.excerpt for finding in self.findings if finding.excerpt), "")

    @property
    def notice(self) -> str:
        """The first notice that waits for an answer, or nothing."""
        return next((finding.notice for finding in self.findings if finding.notice), "")

    @property
    def escalated(self) -> bool:
        """Whether a finding was escalated before."""
        return any(finding.escalated for finding in self.findings)


def cards(findings: Iterable[OpenFinding]) -> tuple[Card, ...]:
    """Return the findings as cards, in the order of each card's first finding."""
    by_post: dict[tuple[str, str], list[OpenFinding]] = {}
    for each in findings:
        by_post.setdefault((each.finding.post, each.finding.category), []).append(each)
    return tuple(
        Card(part) for group in by_post.values() for part in batched(group, FINDINGS_OF_A_DECISION)
    )


def alike(card: Card, others: Sequence[Card]) -> list[Card]:
    """Return cards of other posts of the same category whose text is nearly the same."""
    shingles = _shingles(card.excerpt)
    near = (
        other
        for other in others
        if other.first.category == card.first.category
        and other.first.post != card.first.post
        and _resemblance(shingles, _shingles(other.excerpt)) >= ALIKE
    )
    return list(islice(near, ALIKE_SHOWN))


@lru_cache(maxsize=1_000)
def _shingles(text: str) -> frozenset[str]:
    """Return all runs of a few characters of the folded text, in which a disguise is undone."""
    folded = fold(text)
    return frozenset(folded[at : at + SHINGLE] for at in range(len(folded) - SHINGLE + 1))


def _resemblance(first: frozenset[str], second: frozenset[str]) -> float:
    """Return the share of shingles that two texts have in common, from 0 to 1.

    Source: Broder, On the resemblance and containment of documents (1997).
    """
    return len(first & second) / len(first | second) if first and second else 0.0
