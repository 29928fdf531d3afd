"""Whether a text tells a story of whom a claim tells it of."""

from collections.abc import Sequence

from claims.score.likeness import Question, share

FIRST_NAME = 2.0
"""What the first name of a claim counts, where each other counts one."""
GIVEN_ONLY = 0.3
"""What a name counts of which a text holds some words, but not the last."""


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
