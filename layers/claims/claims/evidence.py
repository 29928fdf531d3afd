"""How much of a check's claim a text holds, in numbers that mean the same for every text.

A place in the order says nothing of that: the best of wrong answers stands first too. Nothing here
looks at a text's length, links or manner, since news and posts differ in them and claims do not.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from claims.grams import grams_of
from claims.likeness import Question, covered, neighbours, share
from claims.ranking import Ranked

ENOUGH_WEIGHT = 40.0
"""Weight of shared words above which more of it adds nothing: about six rare words."""
ENOUGH_WORDS = 8
FIRST_NAME = 2.0
"""What the first name of a claim counts, where each other counts one."""
GIVEN_ONLY = 0.3
"""What a name counts of which a text holds some words, but not the last."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The stretch of a text that holds most of a claim: the words it shares, and its own weight."""

    shared: frozenset[int]
    weight: float
    whole: float


def best_stretch(question: Question, words: frozenset[int]) -> Stretch:
    """The stretch of twice the claim's length that shares most weight with it."""
    rarity = question.shelf.rarity
    spots = sorted((at, word) for word in words & question.known for at in question.places[word])
    length = 2 * len(words) + 6
    inside: Counter[int] = Counter()
    best, best_end, weight, first = 0.0, 0, 0.0, 0
    best_shared: frozenset[int] = frozenset()
    for at, word in spots:
        inside[word] += 1
        weight += rarity[word] * (inside[word] == 1)
        while spots[first][0] <= at - length:
            gone = spots[first][1]
            inside[gone] -= 1
            weight -= rarity[gone] * (inside[gone] == 0)
            first += 1
        if weight > best:
            best, best_end = weight, at
            best_shared = frozenset(one for one, times in inside.items() if times)
    if not spots:
        return Stretch(frozenset(), 0.0, 0.0)
    start = max(0, best_end - length + 1)
    around = set(question.numbers[start : best_end + 1])
    unknown = question.shelf.unknown_rarity
    whole = sum(rarity[word] if word >= 0 else unknown for word in around)
    return Stretch(best_shared, best, whole)


def evidence_of(question: Question, text_grams: frozenset[str], one: Ranked) -> dict[str, float]:
    """What speaks for it that a text repeats the claim of a check; each number from 0 to 1."""
    shelf = question.shelf
    rarity = shelf.rarity
    claim, title = shelf.words("claim", one.place), shelf.words("title", one.place)
    words = frozenset(claim)
    stretch = best_stretch(question, words)
    title_stretch = best_stretch(question, frozenset(title)) if title else stretch
    missing = max((rarity[word] for word in words - stretch.shared), default=0.0)
    common = stretch.shared - shelf.names(one.place)
    either = stretch.shared | title_stretch.shared
    grams = grams_of(shelf.check(one.place).claim)
    found = sum(gram in text_grams for gram in grams)
    numbers = [word for word in words if shelf.is_number(word)]
    held = share(stretch.weight, sum(rarity[word] for word in words))
    return {
        "claim": held,
        "title": covered(question, title) if title else held,
        "weight": min(1.0, sum(rarity[word] for word in either) / ENOUGH_WEIGHT),
        "words": min(1.0, len(either) / ENOUGH_WORDS),
        "no names": min(1.0, sum(rarity[word] for word in common) / (ENOUGH_WEIGHT / 2)),
        "rarest held": 1.0 - share(missing, shelf.unknown_rarity),
        "neighbours": neighbours(question, claim),
        "stretch": share(stretch.weight, stretch.whole),
        "letters": share(found, len(grams)),
        "numbers": share(sum(word in question.known for word in numbers), len(numbers))
        if numbers
        else 1.0,
        "named": named(question, shelf.name_runs(one.place)),
    }


def named(question: Question, runs: Sequence[Sequence[int]]) -> float:
    """The share of a claim's names that the text holds, from 0 to 1; 1 of a claim without names.

    The first counts double, since a claim begins with whom it is about. The same story is told of
    many: without this, whoever the text tells it of gets the check of another.
    """
    rarity = question.shelf.rarity
    found = whole = 0.0
    for at, run in enumerate(runs):
        weight = max(rarity[word] for word in run) * (FIRST_NAME if at == 0 else 1.0)
        whole += weight
        found += weight * _held(question, run)
    return share(found, whole) if runs else 1.0


def _held(question: Question, run: Sequence[int]) -> float:
    """How much of a name of one or more words a text holds: its last word may stand for it all.

    Not if another name stands before it: Otis Lark is not Ruth Lark.
    """
    if run[-1] not in question.known:
        return GIVEN_ONLY if question.known.intersection(run) else 0.0
    if len(run) == 1 or question.known.issuperset(run):
        return 1.0
    return 0.0 if any(_is_another(question, at, run) for at in question.places[run[-1]]) else 1.0


def _is_another(question: Question, at: int, run: Sequence[int]) -> bool:
    """Whether the word before a place is a name, and none of these."""
    before = question.numbers[at - 1] if at else run[0]
    is_name = before < 0 or before in question.shelf.all_names or at - 1 in question.capitals
    return is_name and before not in run


def alone(first: dict[str, float], others: Sequence[dict[str, float]]) -> float:
    """By how much the first is nearer than the next of another group, from 0 to 1."""
    next_best = max((one["claim"] * one["weight"] for one in others), default=0.0)
    return max(0.0, 1.0 - share(next_best, first["claim"] * first["weight"]))
