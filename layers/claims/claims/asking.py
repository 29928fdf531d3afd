"""Answer a text from an index: which published checks are about its claim."""

from dataclasses import dataclass
from enum import StrEnum

from claims.check import Check
from claims.index.curves import Bounds, Curves, sigmoid
from claims.index.index import ClaimIndex
from claims.score.evidence import evidence_for, meets
from claims.score.query import Query, query_of
from claims.score.ranking import Meaning, Ranked, rank, reorder_by_meaning
from claims.text.languages import guess, primary
from claims.text.words import ClaimText

ANSWERS = 5
FEWEST_WORDS = 8
"""Words below which a text is too short to repeat a claim: nothing is attached."""


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
    """Return the answers of one language, each with the score that orders several languages."""
    checks, bounds, curves = index.language(language), index.bounds[language], index.curves
    query = query_of(checks, text)
    ranked = rank(query)
    if not ranked:
        return []
    word_scores = [check.score for check in ranked]  # falling: keeps this order among languages
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
    for candidate, score, word_score in zip(ranked, scores, word_scores, strict=False):
        may_attach = attaches and checks.groups[candidate.place] == group
        level = level_of(score, bounds, may_attach=may_attach, near=candidate.is_near)
        check = checks.check(candidate.place)
        answer = CheckAnswer(check, round(sigmoid(score), 3), level, candidate.likeness)
        answers.append((word_score, answer))
    return answers


def _scores(curves: Curves, query: Query, ranked: list[Ranked], count: int) -> list[float]:
    return [curves.score(evidence) for evidence in evidence_for(query, ranked, count)]


def level_of(score: float, bounds: Bounds, *, may_attach: bool, near: bool = False) -> Level:
    """Return the level of an answer.

    >>> level_of(2.5, Bounds(suggest=-1, attach=2), may_attach=True)
    <Level.ATTACH: 'attach'>
    >>> level_of(2.5, Bounds(suggest=-1, attach=2), may_attach=False)
    <Level.SUGGEST: 'suggest'>
    >>> [level_of(score, Bounds(-1, 2), may_attach=True).value for score in (2, 1.9, -1, -1.1)]
    ['attach', 'suggest', 'suggest', 'none']
    """
    if may_attach and score >= bounds.attach:
        return Level.ATTACH
    return Level.SUGGEST if near or score >= bounds.suggest else Level.NONE
