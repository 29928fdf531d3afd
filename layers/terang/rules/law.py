"""The law of scoring: what the reasons that a scored rule finds in one part are worth together.

The simple law is the sum of their weights. But one name such as `Brandon420` has several signs, and
a long honest text gathers weak reasons. Hence two conditions:

- Proof: a sum above 0 counts only if one of the reasons for it is a word of the rule or a sign of
  dress. Numbers, links and plain names alone never are enough.
- Fee: of a sum with proof, one point is taken for each 50 letters beyond the first 180.

Both only lower a sum. So a bound of the plain sum is a bound under the law.
"""

import re
from collections.abc import Iterable

LAW_VERSION = 2
FIRST_LAW = 1
"""Names of laws. A set names its law, and so does the card of a pack whose thresholds were
measured. Where none is named it is the first one: the plain sum."""

FREE_LETTERS, LETTERS_OF_POINT = 180, 50
LETTERS_IN_HAN = 5  # it says as much as a short word

PROVING_SIGNS = frozenset((
    "contact-in-pieces", "dressed-in-plain", "dressed-letters", "dressed-name-number",
    "emoji-wrapped", "enclosed-letters", "game-name", "half-dressed", "han-apart", "mixed-scripts",
    "name-in-pieces", "rare-han", "small-capitals", "spaced-letters", "struck-letters",
    "styled-letters", "wide-letters",
))  # fmt: skip
"""Signs that somebody dressed a word up, or cut up a contact, so that programs do not read it."""

_HAN = re.compile("[\u3400-\u9fff]")


def letters_of(folded: str) -> int:
    """Return how many letters and digits a folded text has, with Han letters as several.

    >>> letters_of(" one time "), letters_of(" 验 证 ok ")
    (7, 12)
    """
    letters = len(folded) - folded.count(" ")
    return letters + (0 if folded.isascii() else (LETTERS_IN_HAN - 1) * len(_HAN.findall(folded)))


def fee_of(letters: int) -> int:
    """Return the points that a part of so many letters takes off a sum.

    >>> fee_of(229), fee_of(230), fee_of(1_000)
    (0, 1, 16)
    """
    return max(0, letters - FREE_LETTERS) // LETTERS_OF_POINT


def proves(reason: str, weight: int) -> bool:
    """Return whether a term, or a sign in braces, lets a sum count.

    >>> proves("slot", 5), proves("{link}", 9), proves("{half-dressed}", 2), proves("kakak", -2)
    (True, False, True, False)
    """
    return weight > 0 and (not reason.startswith("{") or reason[1:-1] in PROVING_SIGNS)


def sum_under_law(total: int, fee: int, *, is_proven: bool) -> int:
    """Return what a plain sum is worth. So the fee of a finding is its weights less its score."""
    return total - fee if is_proven else min(total, 0)


def deciding(weights: Iterable[tuple[str, int]], threshold: int, score: int) -> tuple[str, ...]:
    """Return the terms and signs that decided a finding: without one, the score is too low.

    Each is tried alone, so two that are enough without each other decide nothing. The only proof
    decides, whatever its weight. Limits: another part of the post with a lower score may reach the
    threshold too. A finding keeps only the part with the highest score.

    >>> deciding([("slot", 5), ("gacor", 7), ("kakak", -2)], 8, 10)
    ('slot', 'gacor')
    >>> deciding([("slot", 1), ("{link}", 9), ("{phone}", 9)], 8, 19)
    ('slot',)
    """
    given = list(weights)
    proofs = [name for name, weight in given if proves(name, weight)]
    needed = (name for name, weight in given if score - weight < threshold or [name] == proofs)
    return tuple(needed) if score >= threshold else ()
