"""What the weights are learnt from: texts, the checks they are compared with, and the right one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

import numpy as np

from claims.attaching import evidence_for
from claims.index import Index, build_index
from claims.likeness import question_of
from claims.ranking import Ranked, likenesses, rank
from claims.shelf import Shelf
from claims.shelving import Entry
from claims.thresholds import clean_text
from development import Example, examples, near_misses
from noise import noise

NOISE = 6_000
"""Claims of an index beside the invented ones: with them it is as large as that of a country."""
FOLDS = 5
NEAR = 0.4
"""Texts in whose index somebody has checked another claim about the very same thing."""

type Numbers = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Choice:
    """A text's candidates, a row of likenesses each, and the right one's row (-1: not found)."""

    kind: str
    fold: int
    names: tuple[str, ...]
    rows: Numbers
    right: int


@dataclass(frozen=True, slots=True)
class Judged:
    """The evidence for the first answer to a text, and whether it is the right one."""

    kind: str
    fold: int
    evidence: dict[str, float]
    right: bool


def shelf_of(entries: list[Entry], language: str) -> Shelf:
    """An index of these, opened."""
    return Index(build_index(entries)).shelf(language)


def variants(
    language: str, rounds: int, share: float = 1.0
) -> Iterator[tuple[str, list[Example], Shelf]]:
    """The index with titles and without: tables bring none."""
    random = Random(1)
    some = examples(language)
    near = list(near_misses(some, language, random, rounds))
    near = random.sample(near, int(len(near) * share))
    entries = [one.entry for one in some] + near + list(noise(language, NOISE, random))
    yield f"{language} titles", some, shelf_of(entries, language)
    bare = [Entry(entry.check) for entry in entries]
    yield f"{language} claims", some, shelf_of(bare, language)


def choices(language: str) -> Iterator[Choice]:
    """For each text of the development set the candidates among which it is looked for."""
    for kind, some, shelf in variants(language, rounds=3):
        place_of = {shelf.check(place).url: place for place in range(shelf.total)}
        for number, example in enumerate(some):
            for text in example.texts:
                found = likenesses(shelf, text, question_of(shelf, text))
                places = list(found)
                names = tuple(next(iter(found.values()))) if found else ()
                rows = np.array([list(one.values()) for one in found.values()])
                gold = place_of[example.entry.check.url]
                right = places.index(gold) if gold in places else -1
                yield Choice(kind, number % FOLDS, names, rows, right)


def judged(language: str) -> Iterator[Judged]:
    """The first answer to each text, to it with its right answer taken out, and to clean text."""
    random = Random(2)
    clean = clean_text(language)
    for kind, some, shelf in variants(language, rounds=1, share=NEAR):
        for number, example in enumerate(some):
            fold, url = number % FOLDS, example.entry.check.url
            for text in example.texts:
                told = f"{random.choice(clean)} {text} {' '.join(random.sample(clean, 2))}"
                for way, one in (("", text), (" inside", told)):
                    if (found := _first(shelf, one, _any)) is not None:
                        right = shelf.check(found[0]).url == url
                        yield Judged(f"{kind}{way}", fold, found[1], right)
                    other = _first(shelf, one, _other_than(shelf, example))
                    if other is not None:
                        yield Judged(f"{kind}{way} taken out", fold, other[1], right=False)
        for number, text in enumerate(clean):
            if (found := _first(shelf, text, _any)) is not None:
                yield Judged(f"{kind} clean", number % FOLDS, found[1], right=False)


def _any(_: int) -> bool:
    return True


def _other_than(shelf: Shelf, example: Example) -> Callable[[int], bool]:
    """Whether a check says something else than an example; a near miss may say the same."""

    def is_other(place: int) -> bool:
        return not shelf.check(place).claim.endswith(example.said)

    return is_other


def _first(
    shelf: Shelf, text: str, counts: Callable[[int], bool]
) -> tuple[int, dict[str, float]] | None:
    """The place of the best check that counts, and the evidence for it."""
    question = question_of(shelf, text)
    ranked: list[Ranked] = [one for one in rank(shelf, text, question)[:20] if counts(one.place)]
    if not ranked:
        return None
    return ranked[0].place, evidence_for(question, text, ranked)[0]
