"""Which published checks a post is given: those that may make a finding, and no others.

A finding says what its publisher said. It is made where the nearest attached check is under a
topic and found the claim false, misleading or without its context; every check that is attached
with it must be under a topic too, and all of them are told, also those that disagree.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import blake2b

from claims.asking import FEWEST_WORDS, Level, ask
from claims.index.index import Index
from claims.review import Check, Rating
from claims.score.prefilter import Sieve
from claims.text.languages import guess
from claims.text.words import count_words

FOUND_WRONG = frozenset({Rating.FALSE, Rating.MISLEADING, Rating.MISSING_CONTEXT})
"""Ratings that make a finding: satire is protected, true and unclear claims are no wrong."""

REMEMBERED = 50_000
"""Texts whose checks are kept in memory: what is forwarded comes again and again."""


def makes_findings(check: Check) -> bool:
    """Whether posts that repeat the claim of a check are findings.

    >>> salt = Check("https://a.example/1", "Salt cures colds", Rating.FALSE, "False", "A", "",
    ...     "en", "health")
    >>> makes_findings(salt)
    True
    """
    return bool(check.topic) and check.rating in FOUND_WRONG


@dataclass(frozen=True, slots=True)
class Attached:
    """The topic of a finding, and its checks, the nearest first, each with how sure it is."""

    topic: str
    checks: tuple[tuple[Check, float], ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What came of a text: whether a glance let it through, and what was attached if it did."""

    passed: bool
    attached: Attached | None = None


@dataclass(slots=True)
class CheckFinder:
    """Finds checks for posts in one index; it keeps what it found of texts that come again."""

    index: Index
    _sieves: dict[str, Sieve] = field(default_factory=dict)
    _known: OrderedDict[bytes, Look] = field(default_factory=OrderedDict)

    def glance(self, text: str) -> bool:
        """Whether a text is worth the time that `find` takes."""
        return self._look(text, asks=False).passed

    def find(self, text: str) -> Attached | None:
        """What a text is given, if anything; a text of few words never is."""
        return self._look(text, asks=True).attached

    def _look(self, text: str, *, asks: bool) -> Look:
        key = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() + bytes(
            [asks]
        )
        look = self._known.get(key)
        if look is None:
            look = self._asked(text) if asks else Look(self._passes(text))
            self._known[key] = look
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return look

    def _passes(self, text: str) -> bool:
        if count_words(text) < FEWEST_WORDS:
            return False
        languages = self.index.totals
        known = guess(text, languages)
        return any(self._sieve(one).passes(text) for one in ([known] if known else languages))

    def _asked(self, text: str) -> Look:
        found = [one for one in ask(self.index, text) if one.level is Level.ATTACH]
        if not found or not makes_findings(found[0].check):
            return Look(passed=True)
        if not all(one.check.topic for one in found):
            return Look(passed=True)
        checks = tuple((one.check, one.score) for one in found)
        return Look(True, Attached(found[0].check.topic, checks))

    def _sieve(self, language: str) -> Sieve:
        if language not in self._sieves:
            self._sieves[language] = Sieve(self.index.shelf(language), makes_findings)
        return self._sieves[language]
