"""The published numbers that turn evidence into a score, and the bounds that a score must reach.

More of a claim in a text never lowers the score. Each piece of evidence adds a line, and a line
that ends at half: two published weights, none below zero (tests/tools/training/). Boosted trees
with the same promise attached less for other languages and sources. A gate subtracts, by a
published slope, for evidence that is missing: a story about somebody else is another story.

An index answers with the curves, demands and bounds that it was built with.

The checks of one language, ready to be searched.

An index of published checks by language, and the facts about it that are published.
"""

import heapq
import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import groupby
from typing import Any

import msgspec

from claims.fact_check import Check
from claims.layout import NAME_BIT, ArraySet, BadIndexError, IndexFile, digest_of
from claims.text_words import read_json, stem, stop_words
from claims.topics import lists_digest

HALF = 0.5
LARGEST_EXPONENT = 700.0
"""`math.exp` overflows above 709; anything this small rounds to 0."""
EVIDENCE = frozenset(
    ("claim", "title", "both", "letters", "weight", "heaviest two", "heaviest three", "no names",
     "named", "ahead")
)  # fmt: skip
"""The names of the evidence that curves and gates may weigh (`claims.ranking`)."""

type Curve = tuple[float, float]
"""The weight of the evidence, and the weight of the part of it below a half."""
type Gate = tuple[float, float]
"""The evidence below which the gate subtracts, and the slope by which it does."""


class Bounds(msgspec.Struct, frozen=True):
    """The scores from which a check is suggested, and attached."""

    suggest: float
    attach: float


@dataclass(frozen=True, slots=True)
class Demands:
    """What a text must share with a claim before the check is attached, whatever its score.

    It must share either a word that is on no list of common ones (mostly a name), or
    `least_telling` points of less common words; in both cases `least_share` of the points of claim
    and title, by language. All must be within one stretch of the text. A text of `long_text` words
    or more shares some words with any claim, so a stretch of it must hold `long_weight` of the
    weight of the claim. A claim that has fewer than `least_words` words with its title identifies
    no story. Stop words do not count. With `own_language` the text must be in the language of the
    check.
    """

    least_words: int = 0
    least_telling: int = 0
    least_share: dict[str, float] = field(default_factory=dict)
    long_text: int = 0
    long_weight: dict[str, float] = field(default_factory=dict)
    own_language: bool = False


NOTHING_DEMANDED = Demands()


@dataclass(frozen=True, slots=True)
class Curves:
    """The published curves. Their values add up to a score; zero means an even chance."""

    base: float
    curves: dict[str, Curve]
    gates: dict[str, Gate]
    demands: Demands = NOTHING_DEMANDED

    def score(self, evidence: dict[str, float]) -> float:
        """Return the sum of what each piece of evidence adds and the gates subtract."""
        return (
            self.base
            + sum(
                line * evidence[name] + early * min(evidence[name], HALF)
                for name, (line, early) in self.curves.items()
            )
            - gate_penalty(self.gates, evidence)
        )


def gate_penalty(gates: Mapping[str, Gate], evidence: Mapping[str, float]) -> float:
    """Return what gates subtract from a score.

    >>> gate_penalty({"named": (0.75, 8.0)}, {"named": 0.5})
    2.0
    """
    return sum(slope * max(0.0, start - evidence[name]) for name, (start, slope) in gates.items())


def sigmoid(score: float) -> float:
    """Return a score as a number from 0 to 1.

    >>> sigmoid(0.0), sigmoid(4.0) > 0.98
    (0.5, True)
    """
    return 1 / (1 + math.exp(min(-score, LARGEST_EXPONENT)))


@cache
def shipped_curves() -> Curves:
    """Return the curves of this release."""
    return parse_curves(published_curves())


@cache
def published_curves() -> dict[str, Any]:
    """Return the curves of this release as published; each new index holds them."""
    loaded: dict[str, Any] = read_json("attaching.json")
    return loaded


def parse_curves(loaded: dict[str, Any]) -> Curves:
    """Parse curves as they are published."""
    curves = {name: (line, early) for name, (line, early) in loaded["curves"].items()}
    gates = {name: (start, slope) for name, (start, slope) in loaded["gates"].items()}
    return Curves(loaded["base"], curves, gates, Demands(**loaded.get("demands", {})))


MOST_WORDS = 96
MOST_GRAMS = 192
"""Rarest words and grams of a text that are looked up. They bound the time for a long text."""
HEAD = 40
"""Words at the beginning of a text, where a forwarded message names its subject."""
AFTER_HEAD = 0.6
"""Weight of a word that occurs only after the head."""
IMPLIED = 0.3
"""Weight of a word if the text holds only a synonym of it."""


class LanguageIndex:
    """Finds the checks of one language that share words or letters with a text.

    A check's place is its number in the order of the index. Words are given as numbers of stems.
    """

    def __init__(self, arrays: ArraySet, language: str, total: int):
        self.language, self.total = language, total
        self._arrays = arrays
        self.rarity = self._numbers("word_rarity")
        self.distinctiveness = self._numbers("word_telling")
        self.number = self._vocabulary("words")
        self._gram_number = self._vocabulary("grams")
        self._word_ids = self._numbers("word_ids")
        self._word_weights = self._numbers("word_weights")
        self._word_starts, self._step = self._numbers("word_starts"), self._numbers("word_step")[0]
        self._gram_ids, self._gram_starts = self._numbers("gram_ids"), self._numbers("gram_starts")
        self._gram_rarity = self._numbers("gram_rarity")
        self._gram_factor = self._numbers("gram_factor")
        self.groups = self._numbers("groups")
        self._fields = {
            name: (self._numbers(f"{name}_words"), self._numbers(f"{name}_starts"))
            for name in ("claim", "title", "summary")
        }
        self._check_starts, self._checks = self._numbers("check_starts"), self._numbers("checks")

    def _numbers(self, name: str) -> memoryview:
        return self._arrays.numbers(f"{self.language}/{name}")

    def _vocabulary(self, name: str) -> dict[str, int]:
        listed = self._arrays.text(f"{self.language}/{name}").split("\n")
        return {item: at for at, item in enumerate(listed)}

    @cached_property
    def unknown_rarity(self) -> float:
        """The weight of a word that no check holds."""
        return max(self.rarity, default=1.0)

    def check(self, place: int) -> Check:
        """Return the check at a place."""
        start, end = self._check_starts[place], self._check_starts[place + 1] - 1
        return msgspec.json.decode(bytes(self._checks[start:end]), type=Check)

    def words(self, field: str, place: int) -> list[int]:
        """Return the words of a check's claim, title or summary."""
        return [word & ~NAME_BIT for word in self._marked(field, place)]

    def claim_and_title(self, place: int) -> set[int]:
        """Return the different words of a check's claim and title."""
        return {*self.words("claim", place), *self.words("title", place)}

    def names(self, place: int) -> set[int]:
        """Return the words of a check's claim that are written like names."""
        return {word & ~NAME_BIT for word in self._marked("claim", place) if word & NAME_BIT}

    def name_runs(self, place: int) -> list[list[int]]:
        """Return the names of a check's claim in order, each as its words."""
        runs = groupby(self._marked("claim", place), key=lambda word: bool(word & NAME_BIT))
        return [[word & ~NAME_BIT for word in run] for is_name, run in runs if is_name]

    def _marked(self, field: str, place: int) -> Sequence[int]:
        words, starts = self._fields[field]
        return words[starts[place] : starts[place + 1]]

    @cached_property
    def all_names(self) -> frozenset[int]:
        """The words that any claim writes like a name."""
        words, _ = self._fields["claim"]
        return frozenset(word & ~NAME_BIT for word in words if word & NAME_BIT)

    @cached_property
    def marks_names(self) -> bool:
        """Most words are in a script whose names begin with a capital."""
        with_capitals = sum(word[:1].isupper() for word in map(str.upper, self.number))
        return 2 * with_capitals > len(self.number)

    def are_alike(self, place: int, other: int, least: float) -> bool:
        """Return whether two checks share more than this part of the weight of their words."""
        words, others = self.claim_and_title(place), self.claim_and_title(other)
        whole = self.weight(words | others)
        return bool(whole) and self.weight(words & others) / whole > least

    def weight(self, words: Iterable[int]) -> float:
        """Return the sum of the rarity of these words."""
        return sum(self.rarity[word] for word in words)

    def is_known(self, word: str) -> bool:
        """Return whether a word in small letters is a stop word, or some check holds it."""
        if word in stop_words(self.language):
            return True
        return len(word) > 2 and stem(word, self.language) in self.number

    def by_words(self, numbers: Sequence[int], implied: Collection[int] = ()) -> dict[int, float]:
        """Return the BM25 score of each check that shares a word with the text.

        `numbers` are the text's words in order, negative if no check holds them.
        """
        head = {number for number in numbers[:HEAD] if number >= 0}
        known = {number for number in numbers if number >= 0}
        rarest = heapq.nlargest(MOST_WORDS, known, key=lambda word: (self.rarity[word], word))
        counted = [(number, 1.0 if number in head else AFTER_HEAD) for number in rarest]
        scores: dict[int, float] = {}
        for number, factor in counted + [(number, IMPLIED) for number in implied]:
            start, end = self._word_starts[number], self._word_starts[number + 1]
            step = self._step * factor
            ids, weights = self._word_ids[start:end], self._word_weights[start:end]
            for place, weight in zip(ids, weights, strict=True):
                scores[place] = scores.get(place, 0.0) + step * weight
        return scores

    def by_grams(self, grams: Iterable[str]) -> dict[int, float]:
        """Return the BM25 score over grams of each check that shares an indexed gram."""
        known = self._gram_number
        numbers = [known[gram] for gram in grams if gram in known]
        scores: dict[int, float] = {}
        for number in heapq.nlargest(MOST_GRAMS, numbers, key=self._gram_rarity.__getitem__):
            weight = self._gram_rarity[number]
            for place in self._gram_ids[self._gram_starts[number] : self._gram_starts[number + 1]]:
                scores[place] = scores.get(place, 0.0) + weight
        factor = self._gram_factor
        return {place: score * factor[place] for place, score in scores.items()}


CHANGED_SHOWN = 100


class IndexContent(msgspec.Struct, frozen=True):
    """Checks by language, the bounds measured for each, and the curves used to measure them."""

    checks: dict[str, int]
    bounds: dict[str, Bounds]
    attaching: dict[str, Any]


class ClaimIndex:
    """The checks of an index by language. Each language is opened when it is first asked.

    Raises BadIndexError if the bytes are not an index of this version.
    """

    def __init__(self, data: bytes):
        self.data = data
        self._file = IndexFile(data)
        try:
            content = msgspec.convert(self._file.facts, IndexContent)
        except msgspec.ValidationError as error:
            raise BadIndexError("the index does not say which checks it holds") from error
        self.totals, self.bounds = content.checks, content.bounds
        try:
            self.curves = parse_curves(content.attaching)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise BadIndexError("the curves of the index are not as documented") from error
        if {*self.curves.curves, *self.curves.gates} - EVIDENCE:
            raise BadIndexError("the index weighs evidence that this release does not know")
        self._languages: dict[str, LanguageIndex] = {}

    @cached_property
    def digest(self) -> str:
        """Return the name of the index: SHA-256 of its bytes."""
        return digest_of(self.data)

    def language(self, language: str) -> LanguageIndex:
        """Return the checks of a language that `totals` names."""
        if language not in self._languages:
            self._languages[language] = LanguageIndex(self._file, language, self.totals[language])
        return self._languages[language]

    def checks(self) -> Iterator[Check]:
        """Yield all checks, language by language."""
        for name, total in sorted(self.totals.items()):
            language = self.language(name)
            yield from (language.check(place) for place in range(total))


class PublishedChange(msgspec.Struct, frozen=True):
    """A check that was corrected or withdrawn, and the day when that became known."""

    url: str
    change: str
    day: str


class IndexFacts(msgspec.Struct, frozen=True):
    """The published counts of an index.

    `by_topic` counts the checks that may make findings. `refused` counts by code the reviews that
    were refused from its feeds. `changed` are checks that were corrected or withdrawn lately:
    labels that name them are superseded. `lists` is the digest of the word lists that gave the
    checks their topics; they are published under `factchecks/topics/`.
    """

    index: str
    checks: int
    by_publisher: dict[str, int]
    by_language: dict[str, int]
    by_rating: dict[str, int]
    by_topic: dict[str, int]
    refused: dict[str, int]
    changed: tuple[PublishedChange, ...] = ()
    lists: str = ""


def facts_of(
    index: ClaimIndex, refused: Mapping[str, int], changed: Iterable[PublishedChange] = ()
) -> IndexFacts:
    """Return the facts of an index, with the newest CHANGED_SHOWN of the changed checks."""
    newest = sorted(changed, key=lambda check: (check.day, check.url), reverse=True)
    checks = list(index.checks())
    return IndexFacts(
        index=index.digest,
        checks=len(checks),
        by_publisher=_counted(check.publisher for check in checks),
        by_language=dict(sorted(index.totals.items())),
        by_rating=_counted(str(check.rating) for check in checks),
        by_topic=_counted(check.topic for check in checks if check.makes_findings),
        refused=dict(sorted(refused.items())),
        changed=tuple(newest[:CHANGED_SHOWN]),
        lists=lists_digest(),
    )


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
