"""Which reviews of a feed become checks, and why the others do not."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from urllib.parse import unquote, urlsplit

import msgspec

from claims.arrays.shelving import Entry
from claims.feeds.publishers import Trust, host_of
from claims.feeds.ratings import NO_CHECK, rating_of, readable
from claims.feeds.spool import Spool
from claims.review import Check, Review
from claims.text.languages import guess, primary
from claims.text.topics import Cues, topic_of

GUESSED = ("en", "id", "zh", "es", "fr", "pt", "de", "ms")
FEWEST_LETTERS = 8
_PATH_WORD = re.compile(r"[^\W_]+")
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
        topic="",
    )
    labels = ", ".join(one for one in (review.labels, _labels_of(review.url)) if one)
    return with_topic(Entry(check, review.title, review.summary, Cues(labels, review.speaker)))


def with_topic(entry: Entry) -> Entry:
    """Return an entry under the topic that the lists of this version give it.

    What was taken under earlier lists is read again before an index is built, so that all checks
    of an index are under one version.
    """
    check = entry.check
    topic = topic_of(f"{check.claim}\n{entry.title}", check.language, entry.cues)
    return replace(entry, check=msgspec.structs.replace(check, topic=topic))


def _labels_of(url: str) -> str:
    """Return the words in the path of a link: many publishers write section and title there.

    >>> _labels_of("https://check.example/health/2024/salt-water")
    'health 2024 salt water'
    """
    return " ".join(_PATH_WORD.findall(unquote(urlsplit(url).path)))


def _is_joined(claim: str) -> bool:
    """In a script without spaces a few letters say much."""
    return sum(char > "\u3000" for char in claim) >= 4
