"""Answers a text from an index: which published checks are about what it says.

`ask` answers whoever asks. `CheckFinder` answers for posts, and only with checks that may make a
finding.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b

from claims.check import Check
from claims.index.curves import Bounds, Curves, sigmoid
from claims.index.index import ClaimIndex
from claims.score.evidence import evidence_for, meets
from claims.score.prefilter import Prefilter
from claims.score.query import Query, query_of
from claims.score.ranking import Meaning, Ranked, rank, reorder_by_meaning
from claims.text.languages import guess, primary
from claims.text.words import ClaimText

ANSWERS = 5
FEWEST_WORDS = 8
"""Words below which a text is too short to repeat a claim: nothing is attached."""
REMEMBERED = 50_000
"""Texts whose checks are kept in memory: what is forwarded comes again and again."""
PREPARED = 8
"""Texts kept with their normal forms, between `CheckFinder.may_repeat` and `find`."""


class Level(StrEnum):
    """What an answer may be used for: nothing, showing it to a person, or proposing a label."""

    NONE = "none"
    SUGGEST = "suggest"
    ATTACH = "attach"


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """A check, how sure it is that the text repeats its claim (0 to 1), and its level."""

    check: Check
    score: float
    level: Level
    likeness: dict[str, float]


def ask(
    index: ClaimIndex, text: str | ClaimText, language: str = "", meaning: Meaning | None = None
) -> list[CheckAnswer]:
    """Return the published checks nearest to a text, best first, five at most.

    Without a `language` tag the language is guessed; if that is not clear, all languages are asked.
    The other checks of an attached check's group follow it, so that checks which disagree are seen
    together. `meaning` reorders the answers if none is attached, and suggests those that are near.
    """
    text = ClaimText.of(text)
    languages, hint = set(index.totals), primary(language)
    known = hint if hint in languages else guess(text, languages)
    ranked: list[tuple[float, CheckAnswer]] = []
    for name in [known] if known else sorted(languages):
        ranked.extend(_answers(index, name, text, meaning))
    if not known:
        ranked.sort(key=lambda pair: (pair[1].level is not Level.ATTACH, -pair[0]))
    return [answer for _, answer in ranked[:ANSWERS]]


def _answers(
    index: ClaimIndex, language: str, text: ClaimText, meaning: Meaning | None
) -> list[tuple[float, CheckAnswer]]:
    """Return the answers of one language, each with the number by which languages are merged."""
    checks, bounds, curves = index.language(language), index.bounds[language], index.curves
    query = query_of(checks, text)
    ranked = rank(query)
    if not ranked:
        return []
    by_words = [check.score for check in ranked]
    group = checks.groups[ranked[0].place]
    (first,) = _scores(curves, query, ranked, 1)
    attaches = (
        first >= bounds.attach
        and text.word_count >= FEWEST_WORDS
        and meets(curves.demands, query, ranked[0].place)
    )
    if attaches:
        ranked.sort(key=lambda check: checks.groups[check.place] != group)
    elif meaning and language in meaning.languages:
        ranked = reorder_by_meaning(checks, text.text, ranked, meaning)
    answers = []
    scores = _scores(curves, query, ranked, ANSWERS)
    for candidate, score, number in zip(ranked, scores, by_words, strict=False):
        may_attach = attaches and checks.groups[candidate.place] == group
        level = level_of(score, bounds, may_attach=may_attach, near=candidate.is_near)
        check = checks.check(candidate.place)
        answer = CheckAnswer(check, round(sigmoid(score), 3), level, candidate.likeness)
        answers.append((number, answer))
    return answers


def _scores(curves: Curves, query: Query, ranked: list[Ranked], count: int) -> list[float]:
    return [curves.score(evidence) for evidence in evidence_for(query, ranked, count)]


def level_of(score: float, bounds: Bounds, *, may_attach: bool, near: bool = False) -> Level:
    """Return the level of an answer.

    >>> level_of(2.5, Bounds(suggest=-1, attach=2), may_attach=True)
    <Level.ATTACH: 'attach'>
    >>> level_of(2.5, Bounds(suggest=-1, attach=2), may_attach=False)
    <Level.SUGGEST: 'suggest'>
    """
    if may_attach and score >= bounds.attach:
        return Level.ATTACH
    return Level.SUGGEST if near or score >= bounds.suggest else Level.NONE


@dataclass(frozen=True, slots=True)
class Attached:
    """The topic of a finding, and its checks, the nearest first, each with its score."""

    topic: str
    checks: tuple[tuple[Check, float], ...]


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """Whether a text passed the prefilter, and the checks it was given if it was asked."""

    passed: bool
    attached: Attached | None = None


@dataclass(slots=True)
class CheckFinder:
    """Finds checks for posts in one index, and remembers the answers to texts that come again.

    A finding repeats what its publisher said. It is made if the nearest attached check has a topic
    and found the claim false, misleading or without context. Every check attached with it must
    have a topic too, and all of them are reported, also those that disagree.
    """

    index: ClaimIndex
    _prefilters: dict[str, Prefilter] = field(default_factory=dict)
    _answers: OrderedDict[bytes, CachedAnswer] = field(default_factory=OrderedDict)
    _prepared: OrderedDict[str, ClaimText] = field(default_factory=OrderedDict)

    def may_repeat(self, text: str) -> bool:
        """Return whether a text is worth the time that `find` takes."""
        return self._answer(text, asks=False).passed

    def find(self, text: str) -> Attached | None:
        """Return the checks that a text is given, if any; a text of few words never gets one."""
        return self._answer(text, asks=True).attached

    def _answer(self, text: str, *, asks: bool) -> CachedAnswer:
        digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        key = digest + bytes([asks])
        answer = self._answers.get(key)
        if answer is None:
            prepared = self._prepare(text)
            answer = self._find(prepared) if asks else CachedAnswer(self._passes(prepared))
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

    def _find(self, text: ClaimText) -> CachedAnswer:
        answers = [answer for answer in ask(self.index, text) if answer.level is Level.ATTACH]
        if not answers or not answers[0].check.makes_findings:
            return CachedAnswer(passed=True)
        if not all(answer.check.topic for answer in answers):
            return CachedAnswer(passed=True)
        checks = tuple((answer.check, answer.score) for answer in answers)
        return CachedAnswer(True, Attached(answers[0].check.topic, checks))

    def _prefilter(self, language: str) -> Prefilter:
        if language not in self._prefilters:
            self._prefilters[language] = Prefilter(
                self.index.language(language), lambda check: check.makes_findings
            )
        return self._prefilters[language]
