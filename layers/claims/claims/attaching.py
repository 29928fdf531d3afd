"""How sure it is that a text repeats the claim of a check."""

from claims.ranking import Ranked


def attach_score(one: Ranked) -> float:
    """From 0 to 1: the share of the claim that the best stretch of the text holds."""
    return one.likeness["together"]
