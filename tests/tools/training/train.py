"""Learns the weights that ship, from the development set alone, and says how well they do on it.

    make weights

Each figure is of texts whose check took no part in learning (five folds by check).
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np
from tools.training.development import LANGUAGES
from tools.training.fitting import BY_MEANING, fit_curves, fit_order, place_of_right
from tools.training.samples import FOLDS, Choice, Judged, choices, judged

from claims import ranking
from claims.ranking import Curves

DATA = Path(__file__).parents[3] / "layers/claims/claims/data"


def main() -> None:
    """Write `ranking.json` and, with the order that it gives, `attaching.json`."""
    some = [one for language in LANGUAGES for one in choices(language)]
    _tell_order(some)
    weights = fit_order(some)
    _write("ranking.json", {"weights": weights | BY_MEANING})
    ranking.weights.cache_clear()
    answers = [one for language in LANGUAGES for one in judged(language)]
    _tell_curves(answers)
    _write("attaching.json", fit_curves(answers))


def _write(name: str, content: dict[str, object]) -> None:
    lines = [f"{json.dumps(key)}: {_laid_out(value)}" for key, value in content.items()]
    (DATA / name).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _laid_out(value: object) -> str:
    """A weight, or a curve, a line."""
    if isinstance(value, dict):
        lines = [f"  {json.dumps(name)}: {json.dumps(one)}" for name, one in value.items()]
        return "{\n" + ",\n".join(lines) + "\n}"
    return json.dumps(value)


def _tell_order(some: list[Choice]) -> None:
    places: dict[str, list[int]] = defaultdict(list)
    for fold in range(FOLDS):
        weights = fit_order([one for one in some if one.fold != fold])
        for one in some:
            if one.fold == fold:
                places[one.kind].append(place_of_right(one, weights))
    for kind, found in places.items():
        first, five = (np.mean(np.array(found) < count) for count in (1, 5))
        print(f"{kind}: first {first:.3f}, among five {five:.3f} of {len(found)} texts")


def _tell_curves(some: list[Judged]) -> None:
    scores: dict[str, list[float]] = defaultdict(list)
    for fold in range(FOLDS):
        curves = msgspec.convert(fit_curves([one for one in some if one.fold != fold]), Curves)
        for one in some:
            if one.fold == fold:
                kind = one.kind if one.right or one.kind.endswith(WRONG) else f"{one.kind} wrong"
                scores[kind].append(curves.score(one.evidence))
    for kind, found in scores.items():
        print(f"{kind}: {_spread(found)}")


WRONG = ("taken out", "clean")


def _spread(found: Iterable[float]) -> str:
    some = np.array(list(found))
    above = ", ".join(f"{np.mean(some > bound):.3f} above {bound}" for bound in (0, 1, 2, 3))
    return f"{len(some)} answers, {above}, highest {some.max():.2f}"


if __name__ == "__main__":
    main()
