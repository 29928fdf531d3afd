"""Read the published lists and weights in the folder `data`, most of them by language.

A published fact-check: the review of a feed, and the check that Terang keeps of it.
"""

import json
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

import msgspec


def read_data(name: str) -> bytes:
    """Return the bytes of a file in `data`."""
    return resources.files("claims").joinpath("data", name).read_bytes()


def read_json(name: str) -> Any:
    """Return the decoded content of a JSON file in `data`."""
    return json.loads(read_data(name))


@cache
def stop_words(language: str) -> frozenset[str]:
    """Return the words of a language that do not show the topic of a text."""
    return frozenset(" ".join(_words()["stop"].get(language, {}).values()).split())


@cache
def languages_with_stop_words() -> tuple[str, ...]:
    """Return the languages that have a list of stop words."""
    return tuple(_words()["stop"])


@cache
def short_forms(language: str) -> dict[str, str]:
    """Return the full word for each short form of a language."""
    return _words()["short"].get(language, {})


@cache
def common_words(language: str) -> tuple[str, ...]:
    """Return the commonest words of a language, most frequent first; none for most languages.

    For Chinese they are pairs of letters. Source: wordfreq, by scripts/build_words.py.

    >>> "people" in common_words("en"), "tsunami" in common_words("en"), common_words("fr")
    (True, False, ())
    """
    return tuple(read_json("common.json")["words"].get(language, "").split())


@cache
def calibration_negatives(language: str) -> tuple[str, ...]:
    """Return invented sentences that repeat no rumour; none for most languages.

    Their scores show how high a wrong answer scores in an index.
    """
    try:
        lines = read_data(f"clean/{language}.txt").decode().splitlines()
    except FileNotFoundError:
        return ()
    return tuple(line for line in lines if line.strip() and not line.startswith("#"))


@cache
def _words() -> dict[str, dict[str, dict[str, str]]]:
    loaded: dict[str, dict[str, dict[str, str]]] = read_json("words.json")
    return loaded


LONGEST_CLAIM = 1_000
"""Code points that are read of a claim, title or summary. A longer text is an article."""

_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")


class Rating(StrEnum):
    """The verdict of a check, in the same six words for all publishers."""

    FALSE = "false"
    MISLEADING = "misleading"
    MISSING_CONTEXT = "missing context"
    SATIRE = "satire"
    TRUE = "true"
    UNCLEAR = "unclear"


FOUND_WRONG = frozenset({Rating.FALSE, Rating.MISLEADING, Rating.MISSING_CONTEXT})
"""Ratings that make a finding. Satire is protected, and true or unclear claims are not wrong."""


class Review(msgspec.Struct, frozen=True, omit_defaults=True):
    """One reviewed claim of a feed. Its texts are those of the feed, cut to `LONGEST_CLAIM`.

    `date` is YYYY-MM-DD or empty, `language` a tag or empty, `rating` in the publisher's words.
    Title and summary help to find the claim and are never shown. `labels` (the publisher's keywords
    and sections) and `speaker` (who made the claim) help to decide its topic.
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
    """A check as an index stores and shows it.

    `stated` is the rating in the publisher's words. `topic` is empty if the check only answers on
    the tip line and never makes a finding.
    """

    url: str
    claim: str
    rating: Rating
    stated: str
    publisher: str
    date: str
    language: str
    topic: str

    @property
    def makes_findings(self) -> bool:
        """Posts that repeat the claim are findings."""
        return bool(self.topic) and self.rating in FOUND_WRONG


class Cues(msgspec.Struct, frozen=True, omit_defaults=True):
    """What helps to decide the topic of a check in addition to its claim; each may be empty."""

    labels: str = ""
    speaker: str = ""


NO_CUES = Cues()


@dataclass(frozen=True, slots=True)
class FeedCheck:
    """A check of a feed, with the texts that only help to find it and the cues to its topic."""

    check: Check
    title: str = ""
    summary: str = ""
    cues: Cues = NO_CUES

    @property
    def own_title(self) -> str:
        """The title, or nothing if it only repeats the claim."""
        return "" if self.title == self.check.claim else self.title

    @property
    def claim_and_title(self) -> str:
        """Claim and title in one text; a title that repeats the claim counts once."""
        claim = self.check.claim
        return claim if self.title == claim else f"{claim} {self.title}"


def day_of(value: str) -> str:
    """Return the day at the start of a date or time as YYYY-MM-DD, or an empty text.

    >>> [day_of(text) for text in ("2026-03-09T10:00:00+07:00", "2026-3-9", "2026-02-30", "March")]
    ['2026-03-09', '2026-03-09', '', '']
    """
    match = _DAY.match(value.strip())
    if match is None:
        return ""
    try:
        return date(int(match[1]), int(match[2]), int(match[3])).isoformat()
    except ValueError:
        return ""


def days_between(earlier: str, later: str) -> int | None:
    """Return the days from one day to another, or None if either is empty.

    >>> days_between("2020-01-01", "2026-01-01"), days_between("", "2026-01-01")
    (2192, None)
    """
    if not earlier or not later:
        return None
    return (date.fromisoformat(later) - date.fromisoformat(earlier)).days
