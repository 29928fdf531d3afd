"""Finds integer weights: a logistic regression that keeps few terms.

L1 logistic regression (Tibshirani 1996) gives most terms the weight zero. Its strength is chosen so
that about the wanted number remains. Coefficients, doubled and rounded, become the weights.
scikit-learn fits it; `make learning` installs that in an environment of its own.
"""

import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rules.score import WEIGHT

PACKAGES = ".tools/learning/lib/python3*/site-packages"
SCALE = 2
"""Weights for each unit of log odds: half a unit is the smallest reason that counts."""

PROTECTED = 10
"""How often a protected sentence counts: few are there, for a great many posts."""

FREE = 10.0
"""How much larger the sum of the priors is made, so that the regression hardly penalises it."""

_ATTEMPTS = 9
_STRENGTHS = (0.001, 3.0)
_NEAR = 0.05
"""The part by which the number of terms may differ from the wanted one."""

type Weights = npt.NDArray[np.int64]
type Labels = npt.NDArray[np.bool_]


class LearningError(Exception):
    """Nothing can be learned: scikit-learn is missing, or the posts are too few."""


class FeatureMatrix:
    """Which features each post has, as rows of a sparse matrix."""

    def __init__(self, features: Sequence[Sequence[int]], width: int):
        """Take the numbers of the features of each post, and how many features there are."""
        from scipy.sparse import csr_matrix

        self.width = width
        ends = np.cumsum([0, *map(len, features)])
        columns = np.fromiter(chain.from_iterable(features), np.int32)
        ones = np.ones(len(columns), np.float64)
        self._matrix = csr_matrix((ones, columns, ends), (len(features), width))

    def rows(self, rows: Labels) -> Any:
        """Return the matrix of some posts."""
        return self._matrix[rows]

    def select(self, rows: Any, columns: Any) -> Any:
        """Return the matrix of some posts and features."""
        return self._matrix[rows][:, columns]

    def columns_in_groups(self, rows: Labels, groups: npt.NDArray[np.int64], fewest: int) -> Any:
        """Return the numbers of the features that enough groups of the chosen posts have."""
        chosen = self._matrix[rows].tocoo()
        pairs = np.unique(np.stack([chosen.col, groups[rows][chosen.row]]), axis=1)
        return np.flatnonzero(np.bincount(pairs[0], minlength=self.width) >= fewest)

    def columns_of_several(
        self, rows: Labels, owners: Sequence[frozenset[int]], fewest: int
    ) -> Any:
        """Return the numbers of the features whose chosen posts have enough owners together."""
        chosen = self._matrix[rows].tocoo()
        kept = np.flatnonzero(rows)
        pairs = {
            (int(column), owner)
            for column, row in zip(chosen.col, chosen.row, strict=True)
            for owner in owners[kept[row]]
        }
        columns = np.array([column for column, _ in pairs], np.int64)
        return np.flatnonzero(np.bincount(columns, minlength=self.width) >= fewest)

    def sums(self, weights: Weights) -> npt.NDArray[np.int64]:
        """Return the sum of the weights of each post's features."""
        return (self._matrix @ weights).astype(np.int64)  # type: ignore[no-any-return]


def find_library(root: Path) -> None:
    """Make scikit-learn importable. Raises LearningError if `make learning` did not install it."""
    sys.path.extend(map(str, root.glob(PACKAGES)))
    if find_spec("sklearn") is None:
        raise LearningError(
            "scikit-learn is missing: install it with `make learning`, or for a command that was"
            " installed alone with `uv tool install '.[learn]'`"
        )


def strength_for(
    matrix: Any,
    is_harmful: Labels,
    counts: npt.NDArray[np.float64],
    prior: npt.NDArray[np.float64],
    wanted: int,
) -> float:
    """Return the strength of the regression that keeps about the wanted number of features.

    Those that only keep their prior do not count.
    """
    low, high = _STRENGTHS
    best = (float("inf"), low)
    for _ in range(_ATTEMPTS):
        strength = (low * high) ** 0.5
        moved, _ = _fitted(matrix, is_harmful, counts, prior, strength)
        kept = int(np.count_nonzero(rounded(moved)))
        best = min(best, (abs(kept - wanted), strength))
        if abs(kept - wanted) <= _NEAR * wanted:
            break
        low, high = (low, strength) if kept > wanted else (strength, high)
    return best[1]


def coefficients(
    matrix: Any,
    is_harmful: Labels,
    counts: npt.NDArray[np.float64],
    prior: npt.NDArray[np.float64],
    strength: float,
) -> npt.NDArray[np.float64]:
    """Return a coefficient for each feature, many of them zero.

    Each starts from its `prior` times a trust in all of them, which is fitted too: a prior that the
    posts do not confirm as a whole counts little. What the posts say of one feature moves it from
    there. A feature that no harmful post has gets no more than its prior.

    Args:
        matrix: The features of the posts.
        is_harmful: Their labels.
        counts: How often each post counts.
        prior: A coefficient for each feature, 0 for what nobody knows anything about.
        strength: Of the regression: the higher, the more features keep a coefficient.
    """
    moved, trust = _fitted(matrix, is_harmful, counts, prior, strength)
    is_seen = np.asarray(matrix[is_harmful].sum(axis=0)).ravel() > 0
    return moved + prior * np.where(is_seen, trust, min(trust, 1.0))


def contradicted(
    matrix: Any, is_harmful: Labels, counts: npt.NDArray[np.float64], prior: npt.NDArray[np.float64]
) -> Labels:
    """Return the features whose prior speaks for harm, and the posts against it.

    No harmful post has such a feature, though one should if they had it no more often than ordinary
    posts do. A regression that drops what matters little would not notice.
    """
    ordinary = counts * ~is_harmful
    expected = matrix.T @ ordinary / ordinary.sum() * counts[is_harmful].sum()
    is_seen = np.asarray(matrix[is_harmful].sum(axis=0)).ravel() > 0
    return (prior > 0) & ~is_seen & (expected >= 1)  # type: ignore[no-any-return]


def _fitted(
    matrix: Any,
    is_harmful: Labels,
    counts: npt.NDArray[np.float64],
    prior: npt.NDArray[np.float64],
    strength: float,
) -> tuple[npt.NDArray[np.float64], float]:
    """Return how far each feature moves from its prior times the trust, and the trust.

    The sum of a post's priors is one more feature, so large that no penalty falls on it.
    """
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    has_prior = bool(prior.any())
    if has_prior:
        matrix = hstack([matrix, csr_matrix((matrix @ prior)[:, None] * FREE)]).tocsr()
    model = LogisticRegression(
        l1_ratio=1, C=strength, solver="liblinear", random_state=0, max_iter=300, tol=1e-3
    )
    model.fit(matrix, is_harmful, counts)
    found: npt.NDArray[np.float64] = model.coef_[0]
    return (found[:-1], max(float(found[-1]) * FREE, 0.0)) if has_prior else (found, 0.0)


def rounded(found: npt.NDArray[np.float64]) -> Weights:
    """Return coefficients as the weights of a pack.

    >>> rounded(np.array([0.1, -0.8, 7.0])).tolist()
    [0, -2, 9]
    """
    return np.clip(np.rint(found * SCALE), -WEIGHT, WEIGHT).astype(np.int64)


def weakened(weights: Weights, protected: Any, most: int) -> Weights:
    """Return weights with which no row of `protected` has a sum above `most`.

    The largest weight of the row with the highest sum is lowered by one, again and again. Of equal
    weights, the one that more such rows have is lowered, then the first.
    """
    weights = weights.copy()
    while True:
        sums = protected @ weights
        worst = int(np.argmax(sums))
        if sums[worst] <= most:
            return weights
        has = protected[worst].indices
        rows_with = np.asarray(protected[sums > most].sum(axis=0)).ravel()
        largest = min(has, key=lambda at: (-weights[at], -rows_with[at], at))
        weights[largest] -= 1


def folds(groups: Sequence[int], number: int) -> Iterator[Labels]:
    """Yield for each fold which posts are held back: whole groups, of about the same number.

    Groups are dealt out from the largest to the smallest, each to the fold with the fewest posts.
    """
    members = np.bincount(groups)
    sizes = [0] * number
    fold_of = np.zeros(len(members), np.int64)
    for group in np.lexsort((np.arange(len(members)), -members)):
        smallest = sizes.index(min(sizes))
        fold_of[group] = smallest
        sizes[smallest] += int(members[group])
    of_post = fold_of[np.asarray(groups)]
    for at in range(number):
        yield of_post == at
