"""What the weights are learnt from: texts, the checks they are compared with, the right ones."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from random import Random

import numpy as np
from tools.training.development import Example, examples, near_misses
from tools.training.frames import Told, told
from tools.training.noise import noise
from tools.training.posting import posted

from claims.admission import build_index
from claims.check_finder import ClaimIndex
from claims.fact_check import FeedCheck
from claims.index import LanguageIndex
from claims.ranking import evidence_for, likenesses, query_of, rank
from claims.text_words import calibration_negatives

NOISE = 9_000
"""Claims of an index beside the invented ones: with them it is as large as that of a country."""
FOLDS = 5
NEAR = 0.4
"""Texts in whose index somebody has checked another claim about the very same thing."""
STORIES = 8
"""Times that each story with slots is told."""
LOOKED_AT = 40

type Numbers = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
type Marks = np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True)
class Choice:
    """A text's candidates, a row of likenesses each, and which of them are right."""

    kind: str
    fold: int
    names: tuple[str, ...]
    rows: Numbers
    right: Marks


@dataclass(frozen=True, slots=True)
class Judged:
    """The evidence for the first answer to a text, and whether it is a right one."""

    kind: str
    fold: int
    evidence: dict[str, float]
    right: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """A text with its right answers; `fold` is that of its check or story."""

    kind: str
    fold: int
    told: Told


def indexes(language: str, random: Random) -> Iterator[tuple[str, LanguageIndex, list[Sample]]]:
    """The index with titles and without, since tables bring none, and the texts asked of it."""
    some = examples(language)
    near = list(near_misses(some, language, random, rounds=1))
    near = random.sample(near, int(len(near) * NEAR))
    stories, texts = told(language, STORIES, random)
    entries = [one.entry for one in some] + near + stories
    samples = [*_of_examples(some, entries), *_of_stories(texts)]
    entries += noise(language, NOISE, random)
    for kind, these in (("titles", entries), ("claims", [FeedCheck(one.check) for one in entries])):
        index = ClaimIndex(build_index(these)).language(language)
        yield f"{language} {kind}", index, samples


def _of_examples(some: list[Example], entries: list[FeedCheck]) -> Iterator[Sample]:
    for number, example in enumerate(some):
        gone = frozenset(one.check.url for one in entries if one.check.claim.endswith(example.said))
        rights = frozenset([example.entry.check.url])
        for text in example.texts:
            yield Sample(example.source, number % FOLDS, Told(text, rights, gone))


def _of_stories(texts: list[Told]) -> Iterator[Sample]:
    for one in texts:
        story = int(min(one.rights).split("/")[-2])
        yield Sample("stories", story % FOLDS, one)


def choices(language: str) -> Iterator[Choice]:
    """For each text of the development set the candidates among which it is looked for."""
    random = Random(1)
    for kind, index, samples in indexes(language, random):
        links = [index.check(place).url for place in range(index.total)]
        for sample in samples:
            text = posted(sample.told.text, language, random)
            found = likenesses(query_of(index, text))
            names = tuple(next(iter(found.values()))) if found else ()
            rows = np.array([list(one.values()) for one in found.values()])
            right = np.array([links[place] in sample.told.rights for place in found], bool)
            yield Choice(f"{kind} {sample.kind}", sample.fold, names, rows, right)


def judged(language: str) -> Iterator[Judged]:
    """The first answer to each text, to it with its right answers taken out, and to clean text."""
    random, clean = Random(2), calibration_negatives(language)
    for kind, index, samples in indexes(language, random):
        for sample in samples:
            one = sample.told
            texts = {"": posted(one.text, language, random)}
            if sample.kind != "stories":
                before, *after = random.sample(clean, 3)
                texts[" inside"] = f"{before} {one.text} {' '.join(after)}"
            for way, text in texts.items():
                name = f"{kind} {sample.kind}{way}"
                found = _first(index, text)
                if found is not None and (found[0] in one.rights or found[0] not in one.gone):
                    yield Judged(name, sample.fold, found[1], found[0] in one.rights)
                if (other := _first(index, text, but=one.gone)) is not None:
                    yield Judged(f"{name} taken out", sample.fold, other[1], right=False)
        for number, text in enumerate(clean):
            if (found := _first(index, text)) is not None:
                yield Judged(f"{kind} clean", number % FOLDS, found[1], right=False)


def _first(index: LanguageIndex, text: str,
           but: Collection[str] = ()) -> tuple[str, dict[str, float]] | None:  # fmt: skip
    """The link of the best check that is none of `but`, and the evidence for it."""
    query = query_of(index, text)
    ranked = [one for one in rank(query)[:LOOKED_AT] if index.check(one.place).url not in but]
    if not ranked:
        return None
    return index.check(ranked[0].place).url, evidence_for(query, ranked, 1)[0]
