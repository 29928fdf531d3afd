"""Turns what people decided about posts into labels, with weights for how the posts were selected.

Confirmed findings alone would teach a pack its own bias: it would see what a rule had found, and
nothing else. So ordinary posts come from dismissed findings and from the audit sample, and each
post counts for all posts like it: by one over the probability that somebody decided it.

Source: D. G. Horvitz and D. J. Thompson, "A Generalization of Sampling Without Replacement From a
Finite Universe" (1952). Large weights are trimmed, which trades a bias for far less variance.

Limits: within the findings of rules, posts that were decided count for those that were not, though
moderators decide severe ones first. How a notice selects a post is not known: it counts once.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

TRIM = 10
"""No post counts more than so many times as the one that counts least."""

MODERATORS = 2
"""People who must have decided on posts with a term: one person's habit is not a rule."""


class SelectedBy(StrEnum):
    """How a post came before a person. If there are several ways, the first of these counts."""

    RULE = "rule"
    AUDIT = "audit"
    NOTICE = "notice"


class PostVerdict(NamedTuple):
    """The last word of one decision or audit on a post.

    `is_right` is whether the post violates `category`: None if it says nothing, such as a skip.
    `key` names the decision. `findings` are those that it decided.
    """

    key: str
    post: str
    selection: SelectedBy
    category: str
    is_right: bool | None
    moderator: str
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SecondWords:
    """Later messages about decisions: those overturned, and second reviews by decision."""

    overturned: frozenset[str] = frozenset()
    looks: Mapping[str, Sequence[tuple[str, bool]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DecidedPost:
    """The label of a post for one category, and who gave it."""

    post: str
    is_harmful: bool
    selection: SelectedBy
    moderators: frozenset[str]
    findings: tuple[str, ...]


class SelectionShare(NamedTuple):
    """How many posts of a kind were decided, and out of how many; None if that is not known."""

    decided: int
    of: int | None

    @property
    def weight(self) -> float:
        """Return for how many posts each decided one counts."""
        return max(self.of / self.decided, 1.0) if self.of and self.decided else 1.0


def decided_posts(
    verdicts: Iterable[PostVerdict], later: SecondWords, category: str
) -> list[DecidedPost]:
    """Return the posts that verdicts label for a category, by id.

    - Harmful: a verdict that the post violates the category, and that nobody overturned.
    - Ordinary: a dismissed finding or notice of any category, or an audited post without violation.
    - Left out: a post that violates another category, and one about which two people disagree.

    If verdicts on one post differ, it is harmful: another rule may be wrong about the same post.
    """
    labels: dict[str, list[tuple[bool, PostVerdict, frozenset[str]]]] = defaultdict(list)
    for verdict in verdicts:
        looks = later.looks.get(verdict.key, ())
        is_right = verdict.is_right
        if is_right is None or any(second is not is_right for _, second in looks):
            continue
        if verdict.key in later.overturned:
            is_right = not is_right
        if is_right and verdict.category != category:
            continue
        people = frozenset((verdict.moderator, *(moderator for moderator, _ in looks)))
        labels[verdict.post].append((is_right, verdict, people))
    return [_decided(post, said) for post, said in sorted(labels.items())]


def _decided(post: str, said: Sequence[tuple[bool, PostVerdict, frozenset[str]]]) -> DecidedPost:
    is_harmful = any(is_right for is_right, _, _ in said)
    order = list(SelectedBy)
    agreeing = [(verdict, people) for is_right, verdict, people in said if is_right is is_harmful]
    return DecidedPost(
        post,
        is_harmful,
        min((verdict.selection for verdict, _ in agreeing), key=order.index),
        frozenset().union(*(people for _, people in agreeing)),
        tuple(name for verdict, _ in agreeing for name in verdict.findings),
    )


def selection_weights(shares: Mapping[SelectedBy, SelectionShare]) -> dict[SelectedBy, float]:
    """Return how often a post of each kind counts, with large weights trimmed.

    >>> selection_weights({SelectedBy.RULE: SelectionShare(50, 100),
    ...     SelectedBy.AUDIT: SelectionShare(200, 90_000)})
    {<SelectedBy.RULE: 'rule'>: 2.0, <SelectedBy.AUDIT: 'audit'>: 20.0}
    """
    least = min((share.weight for share in shares.values()), default=1.0)
    return {name: min(share.weight, TRIM * least) for name, share in shares.items()}


def selection_words(
    selection: SelectedBy, share: SelectionShare, weight: float, *, is_harmful: bool
) -> str:
    """Return how posts of a kind were selected, for the card.

    >>> selection_words(SelectedBy.RULE, SelectionShare(50, 100), 2.0, is_harmful=True)
    'Found by a rule and confirmed by a moderator. 50 of 100 findings were decided; each counts 2.0'
    """
    if selection is SelectedBy.AUDIT:
        found = "violating" if is_harmful else "not violating"
        how = f"In the random audit sample and judged {found}"
    else:
        verdict = "confirmed" if is_harmful else "dismissed"
        by = "Found by a rule" if selection is SelectedBy.RULE else "Reported by a notice"
        how = f"{by} and {verdict} by a moderator"
    what = "findings were decided" if selection is SelectedBy.RULE else "posts were judged"
    if share.of is None:
        return f"{how}. How likely that was is not known; each counts once"
    trimmed = f" instead of {share.weight:.0f}" if weight < share.weight else ""
    return f"{how}. {share.decided:,} of {share.of:,} {what}; each counts {weight:.1f}{trimmed}"
