"""Asks an index about a text: which published checks are about what it says."""

from dataclasses import dataclass
from enum import StrEnum

from claims.attaching import attach_score
from claims.index import Index
from claims.languages import guess
from claims.likeness import question_of
from claims.ranking import Ranked, rank
from claims.review import Check
from claims.shelf import Shelf

ANSWERS = 5
FEWEST_WORDS = 8
"""Below this many words of its own a text is too short to say what a claim says."""


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


def ask(index: Index, text: str, language: str = "") -> list[Answer]:
    """The published checks nearest to a text, best first, five at most.

    Without `language` it is guessed; where nothing speaks clearly for one, all are asked.
    """
    languages = set(index.totals)
    known = language if language in languages else guess(text, languages)
    found: list[tuple[float, Answer]] = []
    for one in [known] if known else sorted(languages):
        found.extend(_from_shelf(index.shelf(one), text))
    found.sort(key=lambda pair: -pair[0])
    return [answer for _, answer in found[:ANSWERS]]


def _from_shelf(shelf: Shelf, text: str) -> list[tuple[float, Answer]]:
    question = question_of(shelf, text)
    ranked = rank(shelf, text, question)
    return [(one.score, _answer(shelf, one)) for one in ranked[:ANSWERS]]


def _answer(shelf: Shelf, one: Ranked) -> Answer:
    score = attach_score(one)
    return Answer(shelf.check(one.place), round(score, 3), Level.SUGGEST, one.likeness)
