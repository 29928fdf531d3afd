"""Order the checks that may answer a text, and measure how surely it repeats the claim of each.

The order is a sum of weighted likenesses, which can be explained. It does not show whether any
check is right: if all are wrong, one of them is still first. A second sum decides that, of evidence
in numbers that mean the same for every text. More of a claim in a text never lowers it: each piece
of evidence adds a line, and a line that ends at half, with two published weights, none below zero
(tests/tools/training/). Boosted trees with the same promise attached less for other languages and
sources. A gate subtracts, by a published slope, for evidence that is missing: a story about
somebody else is another story.

The length, links and style of a text do not count, since news and posts differ in them and claims
do not. An index answers with the curves, demands and bounds that it was built with.
"""

import heapq
import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import count
from typing import Any, Protocol

import msgspec

from claims import text_words
from claims.index import HEAD, RARE, LanguageIndex, saturated

MOST_TAGS = 30
"""Tags of a text that are split into words of the index. This bounds the time."""
CANDIDATES = 30
"""Best checks by words, and by grams, that are compared closely."""
GRAM_LETTERS = 600
"""Code points of a text whose grams are looked up. Grams of longer texts agree by chance."""
USUAL_CLAIM, USUAL_TITLE = 10.0, 8.0
"""Words of a usual claim and title, without stop words."""
MEANING = "meaning"
"""The likeness that a model of meaning adds."""
COMPARED_BY_MEANING = 20
"""Checks that are compared by meaning; a model takes milliseconds for each."""
NEAR = 0.55
"""Nearness in meaning from which a check is suggested, however few words it shares with the text.
It suggests checks for a fifth more of the invented texts, and for two of 300 sentences of news."""
ENOUGH_WEIGHT = 40.0
"""Weight of shared words above which more weight adds nothing: about six rare words."""
LEAST_WORDS = 2.5
"""The least weight of a claim or title, in words that no other check holds."""
FIRST_NAME = 2.0
"""Weight of the first name of a claim; other names have 1."""
GIVEN_ONLY = 0.3
"""Share of a name that counts as held if the text has some of its words, but not the last."""
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


@dataclass(frozen=True)
class Query:
    """A text, and the index that answers it.

    `numbers` are the words of the text in order; -1 is a word that no check holds. `implied` are
    words of which the text holds only a synonym. `capitals` are the places of capitalised words.
    """

    index: LanguageIndex
    text: text_words.ClaimText
    numbers: tuple[int, ...]
    implied: frozenset[int] = frozenset()
    capitals: frozenset[int] = frozenset()

    @cached_property
    def known(self) -> frozenset[int]:
        """The different words that any check holds."""
        return frozenset(number for number in self.numbers if number >= 0)

    @cached_property
    def places(self) -> dict[int, list[int]]:
        """Return the places of each known word."""
        places: dict[int, list[int]] = {}
        for at, number in enumerate(self.numbers):
            if number >= 0:
                places.setdefault(number, []).append(at)
        return places

    @cached_property
    def heaviest(self) -> float:
        """The weight of the rarest known word."""
        return max((self.index.rarity[number] for number in self.known), default=1.0)

    @cached_property
    def head(self) -> frozenset[int]:
        """The known words in the head of the text."""
        return frozenset(number for number in self.numbers[:HEAD] if number >= 0)

    def weight_held(self, words: set[int]) -> float:
        """Return the share of these words' weight that the text holds; implied words count half."""
        index = self.index
        held, implied = index.weight(words & self.known), index.weight(words & self.implied)
        return share(held + implied / 2, index.weight(words))


def query_of(index: LanguageIndex, text: str | text_words.ClaimText) -> Query:
    """Return the query of a text for this index."""
    tags = count()

    def split(tag: str) -> str:
        by_words = next(tags) < MOST_TAGS
        return (
            text_words.split_known_words(tag, index.is_known)
            if by_words
            else text_words.split_at_capitals(tag)
        )

    text = text_words.ClaimText.of(text)
    words = text.words(index.language, split)
    stems = [word.stem for word in words]
    capitals = frozenset(at for at, word in enumerate(words) if word.is_name or word.opens)
    number, alike = index.number, text_words.synonyms(index.language)
    numbers = tuple(number.get(stem, -1) for stem in stems)
    implied = {number[other] for stem in stems for other in alike.get(stem, ()) if other in number}
    return Query(index, text, numbers, frozenset(implied.difference(numbers)), capitals)


def share(part: float, whole: float) -> float:
    """Return part / whole, or 0 if the whole is 0."""
    return part / whole if whole > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Ranked:
    """A check's place in its index, its score, and its likenesses to the text."""

    place: int
    score: float
    likeness: dict[str, float]

    @property
    def is_near(self) -> bool:
        """A model of meaning found the check near enough to suggest it."""
        return self.likeness.get(MEANING, 0.0) >= NEAR


class Meaning(Protocol):
    """A model that compares the meaning of texts in some languages."""

    @property
    def languages(self) -> Collection[str]:
        """The languages that it reads."""

    def nearness(self, text: str, claims: Sequence[str]) -> Sequence[float]:
        """Return how near a text is to each claim: 1 is the same, 0 or less is unrelated."""


@cache
def weights() -> dict[str, float]:
    """Return the published weight of each likeness."""
    loaded: dict[str, float] = text_words.read_json("ranking.json")["weights"]
    return loaded


def rank(query: Query) -> list[Ranked]:
    """Return the checks that are most like a text, best first; none if they share nothing."""
    table = weights()
    ranked = [
        Ranked(place, sum(table[name] * value for name, value in likeness.items()), likeness)
        for place, likeness in likenesses(query).items()
    ]
    return sorted(ranked, key=lambda check: (-check.score, check.place))


def likenesses(query: Query) -> dict[int, dict[str, float]]:
    """Return the likenesses of each candidate to the text, as numbers between 0 and about 1."""
    words = query.index.by_words(query.numbers, query.implied)
    grams = query.index.by_grams(query.text.opening_grams(GRAM_LETTERS))
    by_words = heapq.nlargest(CANDIDATES, words, key=words.__getitem__)
    by_grams = heapq.nlargest(CANDIDATES, grams, key=grams.__getitem__)
    table = {
        place: _likeness(query, place)
        | {"words": words.get(place, 0.0), "grams": grams.get(place, 0.0)}
        for place in dict.fromkeys(by_words + by_grams)
    }
    for name in ("words", "grams", "claim", "title", "summary", "head"):
        most = max((likeness[name] for likeness in table.values()), default=0.0)
        for likeness in table.values():
            likeness[name] = share(likeness[name], most)
    return table


def _likeness(query: Query, place: int) -> dict[str, float]:
    index = query.index
    claim, title = index.words("claim", place), index.words("title", place)
    matched = query.known.intersection({*claim, *title})
    heaviest = max((index.rarity[word] for word in matched), default=0.0)
    return {
        "claim": _bm25(query, claim, USUAL_CLAIM),
        "title": _bm25(query, title, USUAL_TITLE),
        "summary": _bm25(query, index.words("summary", place), 2 * USUAL_CLAIM),
        "head": index.weight(matched & query.head),
        "claim meant": query.weight_held(set(claim)),
        "title meant": query.weight_held(set(title)),
        "rarest word": share(heaviest, query.heaviest),
    }


def _bm25(query: Query, words: list[int], usual: float) -> float:
    rarity = query.index.rarity
    return sum(
        rarity[word] * saturated(times, len(words), usual)
        for word, times in Counter(words).items()
        if word in query.known
    )


def explain(likeness: dict[str, float]) -> list[tuple[str, float]]:
    """Return what each likeness adds to the score, the largest first; they add up to it."""
    terms = [(name, weights()[name] * value) for name, value in likeness.items()]
    return sorted(terms, key=lambda term: -abs(term[1]))


def reorder_by_meaning(
    index: LanguageIndex, text: str, ranked: Sequence[Ranked], meaning: Meaning
) -> list[Ranked]:
    """Return ranked checks after reordering the first of them with nearness in meaning.

    A model finds texts that say the same in other words, and confuses stories on the same topic. As
    evidence for attaching it did harm (decision 15), so it only orders what people see.
    """
    first, rest = ranked[:COMPARED_BY_MEANING], ranked[COMPARED_BY_MEANING:]
    near = meaning.nearness(text, [index.check(check.place).claim for check in first])
    reordered = [
        replace(check, likeness=check.likeness | {MEANING: nearness})
        for check, nearness in zip(first, near, strict=True)
    ]
    weight = weights()[MEANING]
    reordered.sort(key=lambda check: check.score + weight * check.likeness[MEANING], reverse=True)
    return [*reordered, *rest]


class Demands(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
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
    least_share: dict[str, float] = {}
    long_text: int = 0
    long_weight: dict[str, float] = {}
    own_language: bool = False


class Curves(msgspec.Struct, frozen=True):
    """The published curves. Their values add up to a score; zero means an even chance."""

    base: float
    curves: dict[str, Curve]
    gates: dict[str, Gate]
    demands: Demands = Demands()

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
    return msgspec.convert(published_curves(), Curves)


@cache
def published_curves() -> dict[str, Any]:
    """Return the curves of this release as published; each new index holds them."""
    loaded: dict[str, Any] = text_words.read_json("attaching.json")
    return loaded


def evidence_for(query: Query, ranked: list[Ranked], count: int) -> list[dict[str, float]]:
    """Return the evidence that the text repeats each of the first `count` checks."""
    grams, groups = frozenset(query.text.grams), query.index.groups
    return [
        _evidence(query, grams, check.place) | {"ahead": ahead(groups, check, ranked)}
        for check in ranked[:count]
    ]


def ahead(groups: Sequence[int], check: Ranked, others: Sequence[Ranked]) -> float:
    """Return the lead of a check over the best check of another group, from 0 to 1."""
    next_best = max(
        (other.score for other in others if groups[other.place] != groups[check.place]), default=0.0
    )
    return max(0.0, 1.0 - share(next_best, check.score))


def meets(demands: Demands, query: Query, place: int) -> bool:
    """Return whether a text shares with a claim what distinguishes it from other stories.

    A long text has room for the rare words of a short claim without repeating it, so it must hold
    enough of the whole claim.
    """
    index = query.index
    if demands.own_language and not text_words.is_written_in(query.text, index.language):
        return False
    words = index.claim_and_title(place)
    if len(words) < demands.least_words:
        return False
    whole = sum(index.distinctiveness[word] for word in words)
    shared_words, _ = best_stretch(query, frozenset(words))
    shared = [index.distinctiveness[word] for word in shared_words]
    is_distinct = RARE in shared or sum(shared) >= demands.least_telling
    is_long = 0 < demands.long_text <= len(query.numbers)
    if not is_distinct or sum(shared) < demands.least_share.get(index.language, 0.0) * whole:
        return False
    claim = frozenset(index.words("claim", place))
    held = share(best_stretch(query, claim)[1], _whole(query, claim))
    return not is_long or held >= demands.long_weight.get(index.language, 0.0)


def best_stretch(query: Query, words: frozenset[int]) -> tuple[frozenset[int], float]:
    """Return the words and the weight that the best stretch of the text shares with a claim.

    A stretch is about twice as long as the claim; the best one shares most weight.
    """
    rarity = query.index.rarity
    spots = sorted((at, word) for word in words & query.known for at in query.places[word])
    length = 2 * len(words) + 6
    inside: Counter[int] = Counter()
    best, weight, first = 0.0, 0.0, 0
    best_shared: frozenset[int] = frozenset()
    for at, word in spots:
        inside[word] += 1
        weight += rarity[word] * (inside[word] == 1)
        while spots[first][0] <= at - length:
            left = spots[first][1]
            inside[left] -= 1
            weight -= rarity[left] * (inside[left] == 0)
            first += 1
        if weight > best:
            best = weight
            best_shared = frozenset(word for word, times in inside.items() if times)
    return best_shared, best


def _evidence(query: Query, text_grams: Collection[str], place: int) -> dict[str, float]:
    """Return the evidence that a text repeats the claim of a check; each number is from 0 to 1.

    In a script that does not mark names, a text must hold half of the claim: otherwise it may be
    about somebody else.
    """
    index = query.index
    claim_words, title = index.words("claim", place), index.words("title", place)
    claim = frozenset(claim_words)
    shared, weight = best_stretch(query, claim)
    in_title, _ = best_stretch(query, frozenset(title)) if title else (shared, weight)
    names = index.names(place) if index.marks_names else _longest_run(query, claim_words)
    without_names = shared.difference(names)
    grams = text_words.grams_of(index.check(place).claim)
    held = share(weight, _whole(query, claim))
    return {
        "claim": held,
        "title": _held(query, title) if title else held,
        "both": _held(query, claim.union(title)),
        "letters": share(sum(gram in text_grams for gram in grams), len(grams)),
        "weight": min(1.0, index.weight(shared | in_title) / ENOUGH_WEIGHT),
        "heaviest two": _heaviest(query, claim, 2),
        "heaviest three": _heaviest(query, claim, 3),
        "no names": min(1.0, index.weight(without_names) / (ENOUGH_WEIGHT / 2)),
        "named": _named(query, index.name_runs(place)) if index.marks_names else min(1.0, 2 * held),
    }


def _longest_run(query: Query, words: Sequence[int]) -> Sequence[int]:
    """Return the longest run of a claim's words that the text holds.

    In a script that does not mark names, it is a name or a phrase. Alone it identifies no story.
    """
    best, start = words[:0], 0
    for end, word in enumerate(words, start=1):
        if word not in query.known:
            start = end
        elif end - start > len(best):
            best = words[start:end]
    return best


def _held(query: Query, words: Iterable[int]) -> float:
    """Return the share of a field's weight that the text holds."""
    different = frozenset(words)
    return share(query.index.weight(different & query.known), _whole(query, different))


def _whole(query: Query, words: Iterable[int]) -> float:
    """Return the weight of a field. Very short fields, which agree by chance, get more weight."""
    return max(query.index.weight(words), LEAST_WORDS * query.index.unknown_rarity)


def _heaviest(query: Query, words: Collection[int], count: int) -> float:
    """Return the share of the `count` rarest words that the text holds.

    They show the difference if a claim is about almonds and a text about walnuts.
    """
    rarest = heapq.nlargest(count, words, key=lambda word: (query.index.rarity[word], word))
    return sum(word in query.known for word in rarest) / count


def _named(query: Query, runs: Sequence[Sequence[int]]) -> float:
    """Return the share of a claim's names that the text holds, from 0 to 1; 1 without names.

    The first name counts double, since a claim begins with its subject. The same story exists about
    many people: without this, a text about one of them would get the check of another.
    """
    rarity = query.index.rarity
    held = whole = 0.0
    for at, run in enumerate(runs):
        weight = max(rarity[word] for word in run) * (FIRST_NAME if at == 0 else 1.0)
        whole += weight
        held += weight * _name_held(query, run)
    return share(held, whole) if runs else 1.0


def _name_held(query: Query, run: Sequence[int]) -> float:
    """Return how much of a name a text holds, from 0 to 1.

    The last word may represent the whole name, unless another name comes before it: Otis Lark is
    not Ruth Lark.
    """
    if run[-1] not in query.known:
        return GIVEN_ONLY if query.known.intersection(run) else 0.0
    if len(run) == 1 or query.known.issuperset(run):
        return 1.0
    return 0.0 if any(_follows_another(query, at, run) for at in query.places[run[-1]]) else 1.0


def _follows_another(query: Query, at: int, run: Sequence[int]) -> bool:
    """Return whether the word before a place is another name than this run."""
    before = query.numbers[at - 1] if at else run[0]
    is_name = before < 0 or before in query.index.all_names or at - 1 in query.capitals
    return is_name and before not in run
