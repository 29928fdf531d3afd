"""How much of a check's claim a text holds, in numbers that mean the same for every text.

A place in the order says nothing of that: the best of wrong answers stands first too. Nothing here
looks at a text's length, links or manner, since news and posts differ in them and claims do not.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from heapq import nlargest

from claims.score.likeness import Question, share
from claims.score.naming import named
from claims.score.ranking import Ranked
from claims.text.grams import grams_of

ENOUGH_WEIGHT = 40.0
"""Weight of shared words above which more of it adds nothing: about six rare words."""
LEAST_WORDS = 2.5
"""Words that no other check holds, as which a shorter claim or title weighs."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The stretch of a text that holds most of a claim: the words it shares, and their weight."""

    shared: frozenset[int]
    weight: float


def best_stretch(question: Question, words: frozenset[int]) -> Stretch:
    """The stretch of twice the claim's length that shares most weight with it."""
    rarity = question.shelf.rarity
    spots = sorted((at, word) for word in words & question.known for at in question.places[word])
    length = 2 * len(words) + 6
    inside: Counter[int] = Counter()
    best, weight, first = 0.0, 0.0, 0
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
            best = weight
            best_shared = frozenset(one for one, times in inside.items() if times)
    return Stretch(best_shared, best)


def evidence_of(question: Question, text_grams: Collection[str], one: Ranked) -> dict[str, float]:
    """What speaks for it that a text repeats the claim of a check; each number from 0 to 1.

    Where writing marks no names, half of the claim must be held to be sure of whom it tells.
    """
    shelf = question.shelf
    rarity = shelf.rarity
    claim_words, title = shelf.words("claim", one.place), shelf.words("title", one.place)
    claim = frozenset(claim_words)
    stretch = best_stretch(question, claim)
    title_stretch = best_stretch(question, frozenset(title)) if title else stretch
    names = shelf.names(one.place) if shelf.marks_names else longest_run(question, claim_words)
    common = stretch.shared.difference(names)
    either = stretch.shared | title_stretch.shared
    grams = grams_of(shelf.check(one.place).claim)
    held = share(stretch.weight, _whole(question, claim))
    return {
        "claim": held,
        "title": _held(question, title) if title else held,
        "both": _held(question, claim.union(title)),
        "letters": share(sum(gram in text_grams for gram in grams), len(grams)),
        "weight": min(1.0, sum(rarity[word] for word in either) / ENOUGH_WEIGHT),
        "heaviest two": _heaviest(question, claim, 2),
        "heaviest three": _heaviest(question, claim, 3),
        "no names": min(1.0, sum(rarity[word] for word in common) / (ENOUGH_WEIGHT / 2)),
        "named": named(question, shelf.name_runs(one.place))
        if shelf.marks_names
        else min(1.0, 2 * held),
    }


def longest_run(question: Question, words: Sequence[int]) -> Sequence[int]:
    """The longest run of a claim's words that the text holds.

    Where writing marks no names it is one, or a phrase: by itself it tells of no story.
    """
    best, start = words[:0], 0
    for end, word in enumerate(words, start=1):
        if word not in question.known:
            start = end
        elif end - start > len(best):
            best = words[start:end]
    return best


def _held(question: Question, words: Iterable[int]) -> float:
    """The share of a field's weight that the text holds."""
    different = frozenset(words)
    found = sum(question.shelf.rarity[word] for word in different & question.known)
    return share(found, _whole(question, different))


def _whole(question: Question, words: Iterable[int]) -> float:
    """The weight of a field; one of a word or two is held by chance, so it weighs like more."""
    whole = sum(question.shelf.rarity[word] for word in words)
    return max(whole, LEAST_WORDS * question.shelf.unknown_rarity)


def _heaviest(question: Question, words: Collection[int], count: int) -> float:
    """How many of so many rarest words the text holds, as a share.

    Of a claim about almonds and a text about walnuts all else may agree.
    """
    rarest = nlargest(count, words, key=lambda word: (question.shelf.rarity[word], word))
    return sum(word in question.known for word in rarest) / count
