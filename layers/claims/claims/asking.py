"""Asks an index about a text: which published checks are about what it says."""

from dataclasses import dataclass
from enum import StrEnum

from claims.index.index import Index
from claims.index.thresholds import Bounds
from claims.review import Check
from claims.score.attaching import Curves, chance, evidence_for, meets
from claims.score.likeness import Question, question_of
from claims.score.meaning import Meaning, is_near, reordered
from claims.score.ranking import Ranked, rank
from claims.text.languages import guess, primary
from claims.text.words import count_words

ANSWERS = 5
FEWEST_WORDS = 8
"""Below this many words a text is too short to say what a claim says: nothing is attached."""


class Level(StrEnum):
    """What may be done with an answer: nothing, show it to a person, or propose it as a label."""

    NONE = "none"
    SUGGEST = "suggest"
    ATTACH = "attach"


@dataclass(frozen=True, slots=True)
class Answer:
    """A check, how sure it is that the text repeats its claim (0 to 1), and what that is worth."""

    check: Check
    score: float
    level: Level
    likeness: dict[str, float]


def ask(
    index: Index, text: str, language: str = "", meaning: Meaning | None = None
) -> list[Answer]:
    """The published checks nearest to a text, best first, five at most.

    Without `language`, a tag, it is guessed; where nothing speaks clearly for one, all are asked.
    What stands in one group with an attached check is shown behind it, so that checks which
    disagree are seen together. With `meaning` what is not attached is put in order by it too, and
    suggested if it is near.
    """
    languages, hint = set(index.totals), primary(language)
    known = hint if hint in languages else guess(text, languages)
    found: list[tuple[float, Answer]] = []
    for one in [known] if known else sorted(languages):
        found.extend(_from_shelf(index, one, text, meaning))
    if not known:
        found.sort(key=lambda pair: (pair[1].level is not Level.ATTACH, -pair[0]))
    return [answer for _, answer in found[:ANSWERS]]


def _from_shelf(
    index: Index, language: str, text: str, meaning: Meaning | None
) -> list[tuple[float, Answer]]:
    """The answers from one shelf, each with its place in the order as a number."""
    shelf, bounds = index.shelf(language), index.bounds[language]
    question = question_of(shelf, text)
    ranked = rank(shelf, text, question)
    if not ranked:
        return []
    by_words = [one.score for one in ranked]
    group = shelf.groups[ranked[0].place]
    curves = index.curves
    (first,) = _scores(curves, question, text, ranked, 1)
    attaches = (
        first >= bounds.attach
        and count_words(text) >= FEWEST_WORDS
        and meets(curves.demands, question, text, ranked[0].place)
    )
    if attaches:
        ranked.sort(key=lambda one: shelf.groups[one.place] != group)
    elif meaning and language in meaning.languages:
        ranked = reordered(shelf, text, ranked, meaning)
    found = []
    scores = _scores(curves, question, text, ranked, ANSWERS)
    for one, score, number in zip(ranked, scores, by_words, strict=False):
        may_attach = attaches and shelf.groups[one.place] == group
        level = level_of(score, bounds, may_attach=may_attach, near=is_near(one))
        answer = Answer(shelf.check(one.place), round(chance(score), 3), level, one.likeness)
        found.append((number, answer))
    return found


def _scores(
    curves: Curves, question: Question, text: str, ranked: list[Ranked], count: int
) -> list[float]:
    return [curves.score(one) for one in evidence_for(question, text, ranked, count)]


def level_of(score: float, bounds: Bounds, *, may_attach: bool, near: bool = False) -> Level:
    """What an answer is worth.

    >>> level_of(2.5, Bounds(suggest=-1, attach=2), may_attach=True)
    <Level.ATTACH: 'attach'>
    >>> level_of(2.5, Bounds(suggest=-1, attach=2), may_attach=False)
    <Level.SUGGEST: 'suggest'>
    """
    if may_attach and score >= bounds.attach:
        return Level.ATTACH
    return Level.SUGGEST if near or score >= bounds.suggest else Level.NONE
