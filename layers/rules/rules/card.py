"""The card of a pack: how its scores were learned, and how well they do on posts held back.

A person wrote each rule without a score. Weights come from a program that saw many posts, so the
public must be able to read which posts, how good the result is, where it is wrong, and who read it.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from rules.score import WEIGHTS_IN_LIST

MISTAKES = 20
"""The worst mistakes that a card describes."""

Note = Annotated[
    str, Meta(pattern=r"^[\s\S]{0,300}\S[\s\S]{0,300}$", extra={"means": "1 to 600 letters"})
]
Count = Annotated[int, Meta(ge=0, le=10**9)]
Ratio = Annotated[float, Meta(ge=0, le=1)]


class CardLevel(StrEnum):
    """A sum of a scored rule that matters: the one for a finding, the one for a severe finding."""

    THRESHOLD = "threshold"
    HIGH = "high"


class TrainingPosts(msgspec.Struct, frozen=True, kw_only=True):
    """Posts that the weights were learned from, of one label and source."""

    posts: Annotated[Count, Meta(description="How many.")]
    label: Annotated[Note, Meta(description="What its source calls them, such as gambling.")]
    harmful: Annotated[bool, Meta(description="Whether the score is to find them.")]
    language: Note
    channel: Annotated[Note, Meta(description="Where they were posted.")]
    period: Note
    source: Note
    licence: Note
    selected: Annotated[Note, Meta(description="How these posts were chosen out of all.")]


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """A share of copy groups, with its interval of 95 % confidence."""

    part: Count
    of: Count
    low: Ratio
    high: Ratio


class HeldBack(msgspec.Struct, frozen=True, kw_only=True):
    """How well a score does on posts that shaped neither weights nor thresholds."""

    posts: Annotated[Note, Meta(description="Which posts, such as new brands of 2026.")]
    at: CardLevel
    recall: Annotated[Interval, Meta(description="Of the harmful groups, those that were found.")]
    precision: Annotated[Interval, Meta(description="Of the found groups, the harmful ones.")]


class OrdinaryPosts(msgspec.Struct, frozen=True, kw_only=True):
    """Ordinary posts of one kind, and how many of them a score finds wrongly."""

    kind: Note
    posts: Count
    found: Annotated[Count, Meta(description="From the threshold on.")]
    found_high: Annotated[Count, Meta(description="From `high` on.")]


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A person who read every term and sign, and when."""

    by: Note
    on: Annotated[date, Meta(extra_json_schema={"pattern": r"^\d{4}-\d\d-\d\d$"})]


class PackCard(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What the public reads about a pack with scored rules.

    Mistakes are described and never quoted: they are posts of people. Until somebody has `read` the
    terms, the scored rules run in shadow.
    """

    trained_on: Annotated[tuple[TrainingPosts, ...], Meta(min_length=1, max_length=50)]
    thresholds: Annotated[Note, Meta(description="How the thresholds were chosen.")]
    held_back: Annotated[tuple[HeldBack, ...], Meta(min_length=1, max_length=20)]
    ordinary: Annotated[tuple[OrdinaryPosts, ...], Meta(min_length=1, max_length=50)]
    never_met: Annotated[Note, Meta(description="What it was not tried on.")]
    by_hand: Annotated[
        tuple[Note, ...],
        Meta(
            max_length=WEIGHTS_IN_LIST,
            description="Terms that were given by hand, with a weight to start from.",
        ),
    ] = ()
    mistakes: Annotated[
        tuple[Note, ...],
        Meta(max_length=MISTAKES, description="The worst, in own words, without quoting a post."),
    ] = ()
    read: Annotated[
        tuple[Reading, ...], Meta(max_length=20, description="Who read every term and sign.")
    ] = ()

    @property
    def trained(self) -> dict[bool, int]:
        """Return how many harmful and how many ordinary posts the weights were learned from."""
        return {
            harmful: sum(some.posts for some in self.trained_on if some.harmful is harmful)
            for harmful in (True, False)
        }
