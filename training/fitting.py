"""Fits the published weights: a sum for the order, and rising trees for how sure an answer is."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import minimize
from sklearn.ensemble import HistGradientBoostingClassifier

from samples import Choice, Judged, Numbers

EXPECTED = {
    "words": 3.0, "grams": 2.0, "claim": 1.5, "title": 1.0, "summary": 0.5, "head": 0.3,
    "claim covered": 1.0, "title covered": 0.5, "claim meant": 0.5, "title meant": 0.3,
    "rarest word": 0.3, "neighbours": 0.3, "first by words": 0.3, "first by grams": 0.3,
}  # fmt: skip
"""What is known before any example: how well each likeness orders checks alone. The examples pull
the weights away from it; a few hundred invented ones shall not decide everything."""
PULL = 2.0
ALWAYS = {"head": 0.3, "summary": 0.3}
"""Weights that the examples cannot take away: few of them are long, and none has a summary."""


def fit_order(some: Sequence[Choice]) -> dict[str, float]:
    """The weights under which right candidates come first; none is below zero."""
    names = next(one.names for one in some if one.names)
    expected = np.array([EXPECTED[name] for name in names])
    lists = [(one.rows, one.right) for one in some if one.right >= 0]

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        away = weights - expected
        total, slope = PULL * float(away @ away) / 2, PULL * away
        for rows, right in lists:
            scores = rows @ weights
            chances = np.exp(scores - scores.max())
            chances /= chances.sum()
            total -= float(np.log(chances[right] + 1e-12))
            slope = slope + rows.T @ chances - rows[right]
        return total, slope

    bounds = [(ALWAYS.get(name, 0.0), None) for name in names]
    found = minimize(loss, expected, jac=True, method="L-BFGS-B", bounds=bounds)
    return {name: round(float(weight), 3) for name, weight in zip(names, found.x, strict=True)}


def place_of_right(one: Choice, weights: dict[str, float]) -> int:
    """How many candidates come before the right one; 99 if it is none of them."""
    if one.right < 0:
        return 99
    scores = one.rows @ np.array([weights[name] for name in one.names])
    return int((scores > scores[one.right]).sum())


def fit_trees(some: Sequence[Judged]) -> dict[str, Any]:
    """Trees whose score rises with every piece of evidence, as numbers that need no library."""
    names = list(some[0].evidence)
    rows = np.array([[one.evidence[name] for name in names] for one in some])
    right = np.array([one.right for one in some])
    grown = HistGradientBoostingClassifier(
        max_iter=100,
        max_depth=3,
        learning_rate=0.1,
        min_samples_leaf=20,
        l2_regularization=5.0,
        monotonic_cst=[1] * len(names),
        early_stopping=False,
        random_state=0,
    ).fit(rows, right)
    trees = [[_node(node) for node in one.nodes] for (one,) in grown._predictors]  # noqa: SLF001 - no other way to read them
    base = float(grown._baseline_prediction.ravel()[0])  # noqa: SLF001
    return {"evidence": names, "base": round(base, 4), "trees": trees}


def _node(node: Any) -> tuple[int, float, int, int, float]:
    if node["is_leaf"]:
        return (-1, 0.0, 0, 0, round(float(node["value"]), 4))
    bound = round(float(node["num_threshold"]), 6)
    return (int(node["feature_idx"]), bound, int(node["left"]), int(node["right"]), 0.0)
