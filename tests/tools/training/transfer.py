"""Tells whether what is learnt of some texts holds for others: of another language, another source.

    make transfer

The order is set beside three that learn nothing. Where it is no better than them for a language
that took no part in learning, it knows its examples and nothing else.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from tools.training.development import LANGUAGES
from tools.training.fitting import EXPECTED, fit_curves, fit_order, place_of_right
from tools.training.samples import Choice, Judged, choices, judged

from claims.ranking import Curves

CLEAN, TAKEN_OUT = 0.001, 0.003
"""Share of clean sentences, and of texts without their answer, that may be given a check."""
SOURCES = ("checks", "posts", "stories")
UNLEARNT = {"words": {"words": 1.0}, "grams": {"grams": 1.0}, "sum": {"words": 1.0, "grams": 1.0},
            "expected": EXPECTED}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known[One]:
    """An example, with its language and source; a clean sentence has the source `clean`."""

    language: str
    source: str
    one: One


WAYS: dict[str, Callable[[Known[Choice] | Known[Judged]], str]] = {
    "fold out": lambda known: str(known.one.fold),
    "language out": lambda known: known.language,
    "source out": lambda known: known.source,
}


def main() -> None:
    """Print both tables."""
    order = [Known(language, one.kind.split()[2], one)
             for language in LANGUAGES for one in choices(language)]  # fmt: skip
    _tell_order(order)
    answers = [Known(language, one.kind.split()[2], one)
               for language in LANGUAGES for one in judged(language)]  # fmt: skip
    _tell_attached(answers)


def _tell_order(some: Sequence[Known[Choice]]) -> None:
    table = {
        name: [place_of_right(known.one, dict.fromkeys(EXPECTED, 0.0) | weights) for known in some]
        for name, weights in UNLEARNT.items()
    }
    for name, way in WAYS.items():
        learnt = {left_out: fit_order([known.one for known in some if way(known) != left_out])
                  for left_out in sorted(set(map(way, some)))}  # fmt: skip
        table[name] = [place_of_right(known.one, learnt[way(known)]) for known in some]
    print("first / among five", *table, sep="\t")
    for title, these in _rows(some):
        cells = [_shares([places[at] for at in these]) for places in table.values()]
        print(f"{title} ({len(these)})", *cells, sep="\t")


def _shares(places: Sequence[int]) -> str:
    return " / ".join(f"{np.mean(np.array(places) < bound):.3f}" for bound in (1, 5))


def _rows(some: Sequence[Known[Choice]] | Sequence[Known[Judged]]) -> Iterator[
        tuple[str, list[int]]]:  # fmt: skip
    for language in LANGUAGES:
        for source in SOURCES:
            these = [at
                     for at, known in enumerate(some)
                     if (known.language, known.source) == (language, source)]  # fmt: skip
            yield f"{language} {source}", these


def _tell_attached(some: Sequence[Known[Judged]]) -> None:
    table: dict[str, list[float]] = {}
    for name, way in WAYS.items():
        learnt = {
            left_out: msgspec.convert(
                fit_curves([known.one for known in some if way(known) != left_out]), Curves
            )
            for left_out in sorted(set(map(way, some)))
        }
        table[name] = [learnt[way(known)].score(known.one.evidence) for known in some]
    print("right ones attached", *table, sep="\t")
    for title, these in _rows(some):
        cells = [f"{_attached(some, these, scores):.3f}" for scores in table.values()]
        print(title, *cells, sep="\t")


def _attached(some: Sequence[Known[Judged]], these: Sequence[int],
              scores: Sequence[float]) -> float:  # fmt: skip
    """Which share of the right first answers is above what few wrong ones of that language are."""
    language = some[these[0]].language
    clean = [scores[at] for at, known in enumerate(some) if _is_clean(known, language)]
    out = [scores[at] for at in these if some[at].one.kind.endswith("taken out")]
    bound = max(_highest(clean, CLEAN), _highest(out, TAKEN_OUT))
    right = [scores[at] for at in these if some[at].one.right]
    return float(np.mean(np.array(right) > bound))


def _is_clean(known: Known[Judged], language: str) -> bool:
    return known.source == "clean" and known.language == language


def _highest(scores: Sequence[float], share: float) -> float:
    """The score that so many exceed."""
    return sorted(scores, reverse=True)[int(share * len(scores))]


if __name__ == "__main__":
    main()
