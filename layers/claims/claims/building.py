"""Build an index from checks, and measure the scores from which it suggests and attaches them.

The more claims an index has, the more words any text shares with them. So the bounds are measured
for each index and language: with ordinary sentences, and with the index's own claims while their
right answer is left out.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from tempfile import TemporaryFile

import msgspec

from claims.check import FeedCheck
from claims.feeds.spool import Spool
from claims.index.curves import Bounds, published_curves, shipped_curves
from claims.index.index import IndexContent
from claims.index.index_file import ArraySet, IndexFileWriter
from claims.index.language_index import LanguageIndex
from claims.index.layout import lay_out
from claims.lists import calibration_negatives
from claims.score.evidence import evidence_for
from claims.score.query import query_of
from claims.score.ranking import rank

FALSE_ATTACH = 3 / 1_000
"""Share of the shipped sentences that may get a check. They were written to be close to rumours
(counter-speech, warnings, health): of sentences of news, the same bound attaches a check to fewer
than one in a thousand (docs/factchecks.md)."""
FALSE_SUGGEST = 1 / 50
FALSE_ANSWER = 3 / 1_000
"""Share of the texts without a right answer that may get a check."""
LOWEST_ATTACH, LOWEST_SUGGEST = 2.0, -1.5
"""Scores below which no index attaches or suggests. An index cannot be tested with stories that
nobody has checked; these bounds were measured on the development set, which has such stories."""
UNNAMED_ATTACH, UNNAMED_SUGGEST = 3.1, -3.0
"""The same for scripts that do not mark names: there a story about somebody else looks like the
claim, and pairs of letters are compared, of which a text shares fewer than words."""
NEVER = 1e6
"""The bound of a language without calibration sentences: nothing is attached."""
ALIKE = 0.2
"""Share of weight in common above which two claims may be about one rumour."""
LOWEST = -10.0
ASKED = 300
ENOUGH_ASKED = 100
"""Fewer claims say nothing about three in a thousand: one outlier would decide."""
REPORTED_EVERY = 100

type Progress = Callable[[str, int, int], None]
"""Called from time to time with the work, how many items are done, and how many there are."""


def silent(work: str, done: int, total: int) -> None:
    """Report nothing."""


def watched[T](items: Iterable[T], work: str, total: int, progress: Progress) -> Iterator[T]:
    """Yield the same items, and report how many have been taken."""
    for done, item in enumerate(items):
        if done % REPORTED_EVERY == 0:
            progress(work, done, total)
        yield item


def build_index(found: Iterable[FeedCheck], progress: Progress = silent) -> bytes:
    """Return the bytes of the index of these checks; their order does not matter.

    One language after the other is read from disk, so that memory grows only with the largest one.
    """
    checks = found if isinstance(found, Spool) else Spool([found])
    totals = checks.totals()
    bounds: dict[str, Bounds] = {}
    with TemporaryFile() as body:
        writer = IndexFileWriter(body)
        for language, total in totals.items():
            in_language = watched(checks.of(language), f"laying out {language}", total, progress)
            arrays = {
                f"{language}/{name}": numbers
                for name, numbers in lay_out(in_language, language, total).items()
            }
            bounds[language] = measure(LanguageIndex(ArraySet(arrays), language, total), progress)
            writer.add(arrays)
        content = IndexContent(totals, bounds, published_curves())
        return writer.file_bytes(msgspec.to_builtins(content))


def measure(index: LanguageIndex, progress: Progress = silent) -> Bounds:
    """Return the bounds of the index of one language."""
    work = f"measuring {index.language}"
    sentences = calibration_negatives(index.language)
    negatives = [
        _first_score(index, text) for text in watched(sentences, work, len(sentences), progress)
    ]
    places = range(0, index.total, max(1, index.total // ASKED))
    others = [
        _first_score(index, index.check(place).claim, except_for=place)
        for place in watched(places, work, len(places), progress)
    ]
    attach, suggest = UNNAMED_ATTACH, UNNAMED_SUGGEST
    if index.marks_names:
        attach, suggest = LOWEST_ATTACH, LOWEST_SUGGEST
    suggest = max(suggest, tail_quantile(negatives or others, FALSE_SUGGEST))
    if not negatives:
        return Bounds(suggest, NEVER)
    attach = max(attach, tail_quantile(negatives, FALSE_ATTACH))
    if len(others) >= ENOUGH_ASKED:
        attach = max(attach, tail_quantile(others, FALSE_ANSWER))
    return Bounds(min(suggest, attach), attach)


def _first_score(index: LanguageIndex, text: str, except_for: int | None = None) -> float:
    """Return the score of the first answer to a text.

    With `except_for`, skip the answers about the same rumour as that check: they would be right.
    """
    query = query_of(index, text)
    ranked = rank(query)
    if except_for is not None:
        ranked = [check for check in ranked if not _same_rumour(index, except_for, check.place)]
    return shipped_curves().score(evidence_for(query, ranked, 1)[0]) if ranked else LOWEST


def _same_rumour(index: LanguageIndex, place: int, other: int) -> bool:
    return index.groups[place] == index.groups[other] or index.are_alike(place, other, ALIKE)


def tail_quantile(scores: Sequence[float], share: float) -> float:
    """Return the score that this share of such scores exceeds, even if there are too few of them.

    The upper tenth is assumed to fall off exponentially (peaks over threshold, Davison and Smith
    1990), so that 200 sentences say something about one in a thousand.

    >>> round(tail_quantile([i / 100 for i in range(1000)], 0.05), 1)
    9.3
    """
    if not scores:
        return -math.inf
    ordered = sorted(scores)
    start = ordered[int(len(ordered) * 0.9)]
    above = [score - start for score in ordered if score > start]
    scale = sum(above) / len(above) if above else 0.0
    return start + scale * math.log(0.1 / share)
