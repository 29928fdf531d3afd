"""Find the checks that posts repeat, fast: only checks that make findings, and with a memory.

Asking an index takes milliseconds. So a prefilter first tests, in tens of microseconds, whether a
text shares enough with any claim. It misses two in a hundred texts that would get a check: they say
a claim in other words throughout.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import blake2b

from claims.asking import FEWEST_WORDS, Level, ask
from claims.check import Check
from claims.index.index import ClaimIndex
from claims.index.language_index import LanguageIndex
from claims.score.query import Query, query_of
from claims.text.languages import guess
from claims.text.words import ClaimText

REMEMBERED = 50_000
"""Texts with their checks that are kept in memory, since forwarded texts come again and again."""
PREPARED = 8
"""Texts kept with their normal forms, between `CheckFinder.may_repeat` and `find`."""
RAREST = 8
"""Rarest words of a claim and its title that the prefilter looks for."""
HELD = 0.25
"""Share of the weight of these rarest words that a text must hold."""
COVERED = 0.4
"""Share of the weight of the claim, or of its title, that a text must hold or imply."""
FEWEST_SHARED = 2


@dataclass(frozen=True, slots=True)
class Attached:
    """The topic of a finding, and its checks, the nearest first, each with its score."""

    topic: str
    checks: tuple[tuple[Check, float], ...]


@dataclass(frozen=True, slots=True)
class _Answer:
    """Whether a text passed the prefilter, and its checks if the index was asked."""

    passed: bool
    attached: Attached | None = None


@dataclass(slots=True)
class CheckFinder:
    """Finds checks for posts in one index, and remembers its answers.

    A finding repeats the words of a publisher. It is made if the nearest attached check has a topic
    and found the claim false, misleading or without context. Every check attached with it must have
    a topic too, and all of them are reported, also those that disagree.
    """

    index: ClaimIndex
    _prefilters: dict[str, "_Prefilter"] = field(default_factory=dict)
    _answers: OrderedDict[bytes, _Answer] = field(default_factory=OrderedDict)
    _prepared: OrderedDict[str, ClaimText] = field(default_factory=OrderedDict)

    def may_repeat(self, text: str) -> bool:
        """A text is worth the time that `find` takes."""
        return self._answer(text, asks=False).passed

    def find(self, text: str) -> Attached | None:
        """Return the checks of a text, if any; a text of few words never gets one."""
        return self._answer(text, asks=True).attached

    def _answer(self, text: str, *, asks: bool) -> _Answer:
        digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        key = digest + bytes([asks])
        answer = self._answers.get(key)
        if answer is None:
            prepared = self._prepare(text)
            answer = self._find(prepared) if asks else _Answer(self._passes(prepared))
            self._answers[key] = answer
            while len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)
        return answer

    def _prepare(self, text: str) -> ClaimText:
        if text not in self._prepared:
            self._prepared[text] = ClaimText(text)
            while len(self._prepared) > PREPARED:
                self._prepared.popitem(last=False)
        return self._prepared[text]

    def _passes(self, text: ClaimText) -> bool:
        if text.word_count < FEWEST_WORDS:
            return False
        languages = self.index.totals
        known = guess(text, languages)
        return any(
            self._prefilter(name).passes(query_of(self.index.language(name), text))
            for name in ([known] if known else languages)
        )

    def _find(self, text: ClaimText) -> _Answer:
        answers = [answer for answer in ask(self.index, text) if answer.level is Level.ATTACH]
        if not answers or not answers[0].check.makes_findings:
            return _Answer(passed=True)
        if not all(answer.check.topic for answer in answers):
            return _Answer(passed=True)
        checks = tuple((answer.check, answer.score) for answer in answers)
        return _Answer(True, Attached(answers[0].check.topic, checks))

    def _prefilter(self, language: str) -> "_Prefilter":
        if language not in self._prefilters:
            self._prefilters[language] = _Prefilter(self.index.language(language))
        return self._prefilters[language]


@dataclass(frozen=True, slots=True)
class _Candidate:
    place: int
    weight: float


class _Prefilter:
    """Tests texts for those checks of one language that make findings."""

    def __init__(self, index: LanguageIndex):
        self._index = index
        self._by_word: dict[int, list[_Candidate]] = {}
        for place in range(index.total):
            if index.check(place).makes_findings:
                words = index.claim_and_title(place)
                rarest = sorted(words, key=lambda word: (-index.rarity[word], word))[:RAREST]
                candidate = _Candidate(place, index.weight(rarest))
                for word in rarest:
                    self._by_word.setdefault(word, []).append(candidate)

    def passes(self, query: Query) -> bool:
        shares: dict[int, float] = {}
        for words, part in ((query.known, 1.0), (query.implied, 0.5)):
            for word in words:
                for candidate in self._by_word.get(word, ()):
                    share = part * self._index.rarity[word] / candidate.weight
                    shares[candidate.place] = shares.get(candidate.place, 0.0) + share
        return any(self._is_near(query, place) for place in shares if shares[place] >= HELD)

    def _is_near(self, query: Query, place: int) -> bool:
        for field_name in ("claim", "title"):
            words = set(self._index.words(field_name, place))
            shared = len((query.known | query.implied).intersection(words))
            enough = shared >= min(FEWEST_SHARED, len(words))
            if words and enough and query.weight_held(words) >= COVERED:
                return True
        return False
