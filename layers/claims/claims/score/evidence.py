"""Measure how much of a check's claim a text holds, in numbers that mean the same for every text.

The order does not show that: if all answers are wrong, one of them is still first. The length,
links and style of a text do not count, since news and posts differ in them and claims do not.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from heapq import nlargest

from claims.index.curves import Demands
from claims.index.layout import RARE
from claims.score.query import Query, share
from claims.score.ranking import Ranked
from claims.text.languages import is_written_in
from claims.text.words import grams_of

ENOUGH_WEIGHT = 40.0
"""Weight of shared words above which more weight adds nothing: about six rare words."""
LEAST_WORDS = 2.5
"""The least weight of a claim or title, in words that no other check holds."""
FIRST_NAME = 2.0
"""Weight of the first name of a claim; other names have 1."""
GIVEN_ONLY = 0.3
"""Share of a name that counts as held if the text has some of its words, but not the last."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The words that a stretch of a text shares with a claim, and their weight."""

    shared: frozenset[int]
    weight: float


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
        (other.score for other in others if groups[other.place] != groups[check.place]),
        default=0.0,
    )
    return max(0.0, 1.0 - share(next_best, check.score))


def meets(demands: Demands, query: Query, place: int) -> bool:
    """Return whether a text shares with a claim what distinguishes it from other stories.

    A long text has room for the rare words of a short claim without repeating it, so it must hold
    enough of the whole claim.
    """
    index = query.index
    if demands.own_language and not is_written_in(query.text, index.language):
        return False
    words = index.claim_and_title(place)
    if len(words) < demands.least_words:
        return False
    whole = sum(index.distinctiveness[word] for word in words)
    stretch = best_stretch(query, frozenset(words))
    shared = [index.distinctiveness[word] for word in stretch.shared]
    is_distinct = RARE in shared or sum(shared) >= demands.least_telling
    is_long = 0 < demands.long_text <= len(query.numbers)
    shares = demands.least_share | (demands.long_share if is_long else {})
    if not is_distinct or sum(shared) < shares.get(index.language, 0.0) * whole:
        return False
    claim = frozenset(index.words("claim", place))
    held = share(best_stretch(query, claim).weight, _whole(query, claim))
    return not is_long or held >= demands.long_weight.get(index.language, 0.0)


def best_stretch(query: Query, words: frozenset[int]) -> Stretch:
    """Return the stretch, about twice as long as the claim, that shares most weight with it."""
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
    return Stretch(best_shared, best)


def _evidence(query: Query, text_grams: Collection[str], place: int) -> dict[str, float]:
    """Return the evidence that a text repeats the claim of a check; each number is from 0 to 1.

    In a script that does not mark names, a text must hold half of the claim: otherwise it may be
    about somebody else.
    """
    index = query.index
    claim_words, title = index.words("claim", place), index.words("title", place)
    claim = frozenset(claim_words)
    stretch = best_stretch(query, claim)
    title_stretch = best_stretch(query, frozenset(title)) if title else stretch
    names = index.names(place) if index.marks_names else _longest_run(query, claim_words)
    without_names = stretch.shared.difference(names)
    grams = grams_of(index.check(place).claim)
    held = share(stretch.weight, _whole(query, claim))
    return {
        "claim": held,
        "title": _held(query, title) if title else held,
        "both": _held(query, claim.union(title)),
        "letters": share(sum(gram in text_grams for gram in grams), len(grams)),
        "weight": min(1.0, index.weight(stretch.shared | title_stretch.shared) / ENOUGH_WEIGHT),
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
    rarest = nlargest(count, words, key=lambda word: (query.index.rarity[word], word))
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
