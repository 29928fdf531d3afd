"""Groups findings into cards, and finds near copies of a card."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import batched, islice

from desk.items import OpenFinding, first_excerpt
from desk.waiting import COPIES_SHOWN
from ledger.cases.messages import FINDINGS_IN_DECISION
from ledger.records.finding import Finding
from matcher.copies.fingerprint import Fingerprints
from matcher.text.fold import fold
from rules.copies import Fingerprinted, copy_groups, may_have_copies

KEY = bytes(32)
"""The key of fingerprints that never leave this process."""


@dataclass(frozen=True, slots=True)
class Card:
    """Findings of one post and category, decided together; the most urgent comes first."""

    findings: tuple[OpenFinding, ...]

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
        return first_excerpt(self.findings)

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
        Card(part) for group in by_post.values() for part in batched(group, FINDINGS_IN_DECISION)
    )


@dataclass(frozen=True, slots=True)
class CopyGroups:
    """Cards of one category whose posts say nearly the same.

    `of` is the group of each card by its first finding; a card without copies is in none.
    """

    of: Mapping[str, str]
    members: Mapping[str, tuple[Card, ...]]

    def copies(self, card: Card) -> tuple[Card, ...]:
        """Return the near copies of a card that are decided with it."""
        group = self.members.get(self.of.get(card.first.finding, ""), ())
        others = (other for other in group if other.first.post != card.first.post)
        return tuple(islice(others, COPIES_SHOWN))


def group_copies(found: Iterable[Card]) -> CopyGroups:
    """Group cards by the algorithm of the published copy groups.

    It does not compare texts of a few words: those are copies only if they are the same.
    """
    by_category: dict[str, list[tuple[Card, str]]] = {}
    for card in found:
        text = " ".join(fold(card.excerpt).split())
        if text:
            by_category.setdefault(card.first.category, []).append((card, text))
    fingerprints = Fingerprints(KEY)
    members: dict[str, list[Card]] = {}
    for category in by_category.values():
        long = {
            card.first.finding: fingerprints.of_folded_quickly(text)
            for card, text in category
            if may_have_copies(text)
        }
        groups = copy_groups(Fingerprinted(*pair) for pair in long.items())
        for card, text in category:
            members.setdefault(groups.get(card.first.finding, text), []).append(card)
    shown = {group: tuple(each) for group, each in members.items() if len(each) > 1}
    named = {min(card.first.finding for card in each): each for each in shown.values()}
    of = {card.first.finding: group for group, each in named.items() for card in each}
    return CopyGroups(of, named)
