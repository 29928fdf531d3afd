"""Which reviews of a feed become checks, and why the others do not."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from claims.languages import guess, primary
from claims.publishers import Trust, host_of
from claims.ratings import NO_CHECK, rating_of, readable
from claims.review import Check, Review
from claims.shelving import Entry
from claims.spool import Spool
from claims.topics import topic_of

GUESSED = ("en", "id", "zh", "es", "fr", "pt", "de", "ms")
FEWEST_LETTERS = 8
MOST_STRANGERS = 1_000
"""Hosts that are told by name: a poisoned feed could bring a new one with each review."""


class Refused(StrEnum):
    """Why a review is not taken."""

    NO_LINK = "no_link"
    NOT_TRUSTED = "publisher_not_trusted"
    NO_CLAIM = "no_claim"
    NO_CHECK = "checks_no_claim"


@dataclass(slots=True)
class Admitted:
    """What an import took and refused; `told` counts what was taken with something missing.

    `taken` counts repeated checks too, `entries` has each once. `strangers` are the hosts whose
    checks were refused because nobody trusts them, the first MOST_STRANGERS of them.
    """

    entries: Spool = field(default_factory=Spool)
    taken: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    strangers: Counter[str] = field(default_factory=Counter)

    def refuse(self, review: Review, why: Refused) -> None:
        """Count a review that is not taken."""
        self.refused[why] += 1
        host = host_of(review.url) if why is Refused.NOT_TRUSTED else ""
        if host and (host in self.strangers or len(self.strangers) < MOST_STRANGERS):
            self.strangers[host] += 1


def admit(reviews: Iterable[Review], trust: Trust) -> Admitted:
    """The checks among reviews. Of one link and claim the later counts, of equal days the last."""
    result = Admitted()
    result.entries.take(_taken(reviews, trust, result))
    if repeated := result.taken - len(result.entries):
        result.told["repeated"] = repeated
    return result


def _taken(reviews: Iterable[Review], trust: Trust, result: Admitted) -> Iterator[Entry]:
    for review in reviews:
        found = _entry(review, trust, result.told)
        if isinstance(found, Refused):
            result.refuse(review, found)
        else:
            result.taken += 1
            yield found


def _entry(review: Review, trust: Trust, told: Counter[str]) -> Entry | Refused:
    publisher = trust.publisher_of(review.url)
    if publisher is None:
        return Refused.NOT_TRUSTED if review.url else Refused.NO_LINK
    claim = review.claim or review.title
    if sum(char.isalnum() for char in claim) < FEWEST_LETTERS and not _is_joined(claim):
        return Refused.NO_CLAIM
    language = primary(review.language) or publisher.language or guess(claim, GUESSED) or "en"
    rating = rating_of(review.rating, publisher.domain, language)
    if rating == NO_CHECK:
        return Refused.NO_CHECK
    if rating is None:
        told["rating_unknown" if review.rating else "rating_missing"] += 1
    if not review.date:
        told["date_missing"] += 1
    check = Check(
        url=review.url,
        claim=claim,
        rating=readable(rating),
        stated=review.rating[:100],
        publisher=publisher.name or review.publisher or publisher.domain,
        date=review.date,
        language=language,
        topic=topic_of(f"{claim} {review.title}", language),
    )
    return Entry(check, review.title, review.summary)


def _is_joined(claim: str) -> bool:
    """In a script without spaces a few letters say much."""
    return sum(char > "\u3000" for char in claim) >= 4
