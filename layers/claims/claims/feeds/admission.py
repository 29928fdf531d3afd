"""Decide which reviews of a feed become checks, and why the others do not."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from urllib.parse import unquote, urlsplit

import msgspec

from claims.check import Check, Cues, FeedCheck, Review
from claims.feeds.publishers import NOT_A_CHECK, Trust, host_of, rating_of, stored_rating
from claims.feeds.spool import Spool
from claims.text.languages import guess, primary
from claims.text.topics import topic_of

GUESSED = ("en", "id", "zh", "es", "fr", "pt", "de", "ms")
FEWEST_LETTERS, FEWEST_JOINED_LETTERS = 8, 4
"""Least letters of a claim. In a script without spaces, fewer letters say as much."""
LONGEST_STATED = 100
MOST_STRANGERS = 1_000
"""Hosts that are counted by name. A hostile feed could have a new one in each review."""

_PATH_WORD = re.compile(r"[^\W_]+")


class RefusalCode(StrEnum):
    """Why a review is not accepted."""

    NO_LINK = "no_link"
    NOT_TRUSTED = "publisher_not_trusted"
    NO_CLAIM = "no_claim"
    NOT_A_CHECK = "checks_no_claim"


@dataclass(slots=True)
class Admitted:
    """The result of an import.

    `taken` counts repeated checks too, `checks` holds each once. `incomplete` counts by code the
    checks that were accepted although something is missing. `strangers` counts reviews by host, for
    the first MOST_STRANGERS hosts that are not trusted.
    """

    checks: Spool = field(default_factory=Spool)
    taken: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    incomplete: Counter[str] = field(default_factory=Counter)
    strangers: Counter[str] = field(default_factory=Counter)

    def refuse(self, review: Review, code: RefusalCode) -> None:
        """Count a review that is not accepted."""
        self.refused[code] += 1
        host = host_of(review.url) if code is RefusalCode.NOT_TRUSTED else ""
        if host and (host in self.strangers or len(self.strangers) < MOST_STRANGERS):
            self.strangers[host] += 1


def admit(reviews: Iterable[Review], trust: Trust) -> Admitted:
    """Return the accepted and refused reviews.

    If a link and claim come twice, the review with the later day counts, then the later review.

    Reviews are read once, and checks go to disk as they are accepted.
    """
    admitted = Admitted()
    admitted.checks.take(_accepted(reviews, trust, admitted))
    if repeated := admitted.taken - len(admitted.checks):
        admitted.incomplete["repeated"] = repeated
    return admitted


def _accepted(reviews: Iterable[Review], trust: Trust, admitted: Admitted) -> Iterator[FeedCheck]:
    for review in reviews:
        found = _feed_check(review, trust, admitted.incomplete)
        if isinstance(found, RefusalCode):
            admitted.refuse(review, found)
        else:
            admitted.taken += 1
            yield found


def _feed_check(review: Review, trust: Trust, incomplete: Counter[str]) -> FeedCheck | RefusalCode:
    publisher = trust.publisher_of(review.url)
    if publisher is None:
        return RefusalCode.NOT_TRUSTED if review.url else RefusalCode.NO_LINK
    claim = review.claim or review.title
    if not _is_long_enough(claim):
        return RefusalCode.NO_CLAIM
    language = primary(review.language) or publisher.language or guess(claim, GUESSED) or "en"
    rating = rating_of(review.rating, publisher.domain, language)
    if rating == NOT_A_CHECK:
        return RefusalCode.NOT_A_CHECK
    if rating is None:
        incomplete["rating_unknown" if review.rating else "rating_missing"] += 1
    if not review.date:
        incomplete["date_missing"] += 1
    check = Check(
        url=review.url,
        claim=claim,
        rating=stored_rating(rating),
        stated=review.rating[:LONGEST_STATED],
        publisher=publisher.name or review.publisher or publisher.domain,
        date=review.date,
        language=language,
        topic="",
    )
    labels = ", ".join(filter(None, (review.labels, _labels_of(review.url))))
    return with_topic(FeedCheck(check, review.title, review.summary, Cues(labels, review.speaker)))


def with_topic(found: FeedCheck) -> FeedCheck:
    """Return a check with its topic by the lists of this release.

    Stored checks may have a topic by earlier lists; one version of the lists holds for an index.
    """
    check = found.check
    topic = topic_of(f"{check.claim}\n{found.title}", check.language, found.cues)
    return replace(found, check=msgspec.structs.replace(check, topic=topic))


def _labels_of(url: str) -> str:
    """Return the words in the path of a link, where many publishers put section and title.

    >>> _labels_of("https://check.example/health/2024/salt-water")
    'health 2024 salt water'
    """
    return " ".join(_PATH_WORD.findall(unquote(urlsplit(url).path)))


def _is_long_enough(claim: str) -> bool:
    """Return whether a claim says something.

    >>> [_is_long_enough(claim) for claim in ("Salt cure", "Salt cur", "盐水治病", "盐水治")]
    [True, False, True, False]
    """
    letters = sum(char.isalnum() for char in claim)
    joined = sum(char > "\u3000" for char in claim)
    return letters >= FEWEST_LETTERS or joined >= FEWEST_JOINED_LETTERS
