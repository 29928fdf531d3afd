"""Invented claims with what they are about: how well topics are told, in two halves. health | a
claim about health health/technology | a claim that may stand under either topic politics | a claim
that must not be admitted: politics, religion, war, person, crime, other"""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from random import Random

HERE = Path(__file__).parent / "topics"
TOPICS = frozenset({"health", "money", "disaster", "technology"})
SEED = 20261127
"""Fixes which claims are set aside. Never change it: a new draw would mix the two halves."""


@dataclass(frozen=True, slots=True)
class TopicClaim:
    """A claim, its label, and the topics under which it may be admitted; none for most labels."""

    language: str
    text: str
    label: str

    @property
    def topics(self) -> frozenset[str]:
        """Return the topics that are right for this claim, none if it must not be admitted."""
        return TOPICS.intersection(self.label.split("/"))


@dataclass(frozen=True, slots=True)
class Halves:
    """The development half, which may be tuned on, and the half set aside for one measurement."""

    development: tuple[TopicClaim, ...]
    set_aside: tuple[TopicClaim, ...]


def halves(language: str) -> Halves:
    """Split the claims of a language in two, each label evenly; the same split every time."""
    by_label: dict[str, list[TopicClaim]] = defaultdict(list)
    for line in (HERE / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        label, _, text = line.partition(" | ")
        by_label[label].append(TopicClaim(language, text, label))
    random = Random(f"{SEED} {language}")
    sides: tuple[list[TopicClaim], list[TopicClaim]] = ([], [])
    for label in sorted(by_label):
        claims = sorted(by_label[label], key=lambda claim: claim.text)
        random.shuffle(claims)
        for place, claim in enumerate(claims):
            sides[place % 2].append(claim)
    return Halves(tuple(sides[0]), tuple(sides[1]))


@dataclass(frozen=True, slots=True)
class Admission:
    """Counts of an admission: claims that should be admitted, were, and were under a right topic.

    >>> Admission(wanted=10, admitted=8, right=8).precision
    1.0
    """

    wanted: int
    admitted: int
    right: int

    @property
    def precision(self) -> float:
        """Return the share of admitted claims that stand under a right topic; 1 if none is."""
        return self.right / self.admitted if self.admitted else 1.0

    @property
    def recall(self) -> float:
        """Return the share of claims on a topic that were admitted under a right one."""
        return self.right / self.wanted if self.wanted else 1.0


def admission(told: list[tuple[TopicClaim, str]]) -> Admission:
    """Count claims, each with the topic it was given; an empty topic is not admitted."""
    return Admission(wanted=sum(bool(claim.topics) for claim, _ in told),
                     admitted=sum(bool(topic) for _, topic in told),
                     right=sum(topic in claim.topics for claim, topic in told))  # fmt: skip
