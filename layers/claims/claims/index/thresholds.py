"""From which score on an answer is worth what: set for each index and language when it is built.

An index of more claims shares more words with any text, so the bounds are measured on the index:
on clean text, and on its own claims asked for with their own answer taken out.
"""

import math
from collections.abc import Sequence

import msgspec

from claims.arrays.language_index import Shelf
from claims.ordinary_text import clean_text
from claims.progress import Progress, silent, watched
from claims.score.attaching import evidence_for, model
from claims.score.likeness import question_of
from claims.score.ranking import rank

FALSE_ATTACH = 3 / 1_000
"""Shipped clean sentences that may be given a check: they were written to lie near to rumours
(counter-speech, warnings, health). Of sentences of news, at the same bound, it is less than one in
a thousand (docs/factchecks.md)."""
FALSE_SUGGEST = 1 / 50
FALSE_ANSWER = 3 / 1_000
"""Texts without a right answer that may be given a check, at most."""
LOWEST_ATTACH, LOWEST_SUGGEST = 2.0, -1.5
"""Scores below which no index attaches or suggests, however little it shares with clean text: an
index cannot be asked for stories that nobody has checked, the development set can."""
UNNAMED_ATTACH, UNNAMED_SUGGEST = 3.1, -3.0
"""The same where writing marks no names: the story of somebody else looks like the claim's own, and
what a text shares with a claim are pairs of letters, of which it holds fewer than of words."""
NEVER = 1e6
"""The bound of a language for which there is no clean text: nothing is attached."""
ALIKE = 0.2
"""Share of weight in common above which two claims may be about one rumour."""
LOWEST = -10.0
"""The score of no answer at all."""
ASKED = 300
"""Claims of the index that are asked for."""
ENOUGH_ASKED = 100
"""Fewer tell nothing of three in a thousand: one outlier among them would decide."""


class Bounds(msgspec.Struct, frozen=True):
    """Scores from which on a check is suggested, and attached."""

    suggest: float
    attach: float


def measure(shelf: Shelf, progress: Progress = silent) -> Bounds:
    """The bounds of a shelf."""
    what = f"measuring {shelf.language}"
    texts = clean_text(shelf.language)
    clean = [_best(shelf, text) for text in watched(texts, what, len(texts), progress)]
    places = range(0, shelf.total, max(1, shelf.total // ASKED))
    asked = [
        _best(shelf, shelf.check(place).claim, but=place)
        for place in watched(places, what, len(places), progress)
    ]
    attach, suggest = UNNAMED_ATTACH, UNNAMED_SUGGEST
    if shelf.marks_names:
        attach, suggest = LOWEST_ATTACH, LOWEST_SUGGEST
    suggest = max(suggest, rare(clean or asked, FALSE_SUGGEST))
    if not clean:
        return Bounds(suggest, NEVER)
    attach = max(attach, rare(clean, FALSE_ATTACH))
    if len(asked) >= ENOUGH_ASKED:
        attach = max(attach, rare(asked, FALSE_ANSWER))
    return Bounds(min(suggest, attach), attach)


def _best(shelf: Shelf, text: str, but: int | None = None) -> float:
    """The score of the first answer to a text.

    With `but` of the first about another rumour than this check: one about the same would be right.
    """
    question = question_of(shelf, text)
    ranked = rank(shelf, text, question)
    if but is not None:
        ranked = [one for one in ranked if not _is_alike(shelf, but, one.place)]
    return model().score(evidence_for(question, text, ranked, 1)[0]) if ranked else LOWEST


def _is_alike(shelf: Shelf, one: int, other: int) -> bool:
    same = shelf.groups[one] == shelf.groups[other]
    return same or shelf.likeness(one, other) > ALIKE


def rare(scores: Sequence[float], share: float) -> float:
    """The score that this share of such scores exceeds, also where there are fewer of them.

    The upper tenth is taken to fall off exponentially (peaks over threshold, Davison and Smith
    1990), so that 200 sentences tell something of one in a thousand.

    >>> round(rare([i / 100 for i in range(1000)], 0.05), 1)
    9.3
    """
    if not scores:
        return -math.inf
    ordered = sorted(scores)
    start = ordered[int(len(ordered) * 0.9)]
    above = [score - start for score in ordered if score > start]
    scale = sum(above) / len(above) if above else 0.0
    return start + scale * math.log(0.1 / share)
