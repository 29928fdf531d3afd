"""A review as its publisher wrote it: one claim, and what came of checking it."""

from enum import StrEnum

import msgspec

LONGEST_CLAIM = 1_000
"""Code points of a claim, title or summary that are read: what is longer is an article."""


class Rating(StrEnum):
    """What a check found, in six words for all publishers."""

    FALSE = "false"
    MISLEADING = "misleading"
    MISSING_CONTEXT = "missing context"
    SATIRE = "satire"
    TRUE = "true"
    UNCLEAR = "unclear"


class Review(msgspec.Struct, frozen=True, omit_defaults=True):
    """One reviewed claim of a feed; texts are as found there, cut to `LONGEST_CLAIM`.

    `date` is YYYY-MM-DD or empty, `language` a tag or empty, `rating` the publisher's own words.
    Title and summary serve to find the claim and are never shown. Labels (the publisher's keywords
    and sections) and speaker (who made the claim) help to tell what it is about.
    """

    url: str
    claim: str
    rating: str = ""
    publisher: str = ""
    date: str = ""
    language: str = ""
    title: str = ""
    summary: str = ""
    labels: str = ""
    speaker: str = ""


class Check(msgspec.Struct, frozen=True, array_like=True):
    """A review that may be answered with: what an index stores of it, and shows.

    `stated` is the rating in the publisher's words. `topic` is empty where the check only
    answers on the tip line, and never makes a finding.
    """

    url: str
    claim: str
    rating: Rating
    stated: str
    publisher: str
    date: str
    language: str
    topic: str
