"""Finds integer weights: a logistic regression whose coefficients are rounded.

A ridge regression (Hoerl and Kennard 1970) keeps each coefficient near the one that it starts from.
The terms that tell most are kept, and fitted again without the others. Posts say a little about
many terms each: together these find more than the few terms that an L1 regression would keep.
scipy fits it; `make learning` installs that in an environment of its own.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rules.score import WEIGHT

PACKAGES = ".tools/learning/lib/python3*/site-packages"
SCALE = 4
"""Weights for each unit of log odds: a quarter of a unit is the smallest reason that counts."""

PROTECTED = 10
"""How often a protected sentence counts: few are there, for a great many posts."""

SPREAD = 0.5
"""How far a coefficient may move from its prior: its variance, in squared units of log odds."""

_STEPS = 500

type Weights = npt.NDArray[np.int64]
type Labels = npt.NDArray[np.bool_]


class LearningError(Exception):
    """Nothing can be learned: scipy is missing, or the posts are too few."""


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
    """Make scipy importable. Raises LearningError if `make learning` did not install it."""
    sys.path.extend(map(str, root.glob(PACKAGES)))
    if find_spec("scipy") is None:
        raise LearningError(
            "scipy is missing: install it with `make learning`, or for a command that was"
            " installed alone with `uv tool install '.[learn]'`"
        )


@dataclass(frozen=True, slots=True)
class Freedom:
    """How freely texts shape the coefficients.

    `most` is how many features may have one besides those with a prior. `is_trusted` says that the
    priors hold as they are given; otherwise the texts may lower all of them together.
    """

    most: int
    spread: float = SPREAD
    is_trusted: bool = False


def coefficients(
    matrix: Any,
    is_harmful: Labels,
    counts: npt.NDArray[np.float64],
    prior: npt.NDArray[np.float64],
    freedom: Freedom,
) -> npt.NDArray[np.float64]:
    """Return a coefficient for each feature, 0 for all but those that have a prior or tell most.

    Each starts from its `prior` times a trust in all of them, from 0 to 1, which is fitted too: a
    prior that the texts contradict as a whole counts nothing. What the texts say of one feature
    moves it from there. A feature tells the more, the further it moves and the more texts have it.

    Args:
        matrix: The features of the texts.
        is_harmful: Their labels.
        counts: How often each text counts.
        prior: A coefficient for each feature, 0 for what nobody knows anything about.
        freedom: How many features may have a coefficient, and how far they may move.
    """
    moved, _ = _ridge(matrix, is_harmful, counts, prior, freedom)
    tells = np.abs(moved) * np.sqrt(matrix.T @ counts)
    kept = np.union1d(np.argsort(-tells, kind="stable")[: freedom.most], np.flatnonzero(prior))
    moved, trust = _ridge(matrix[:, kept], is_harmful, counts, prior[kept], freedom)
    found = np.zeros(len(prior))
    found[kept] = moved + trust * prior[kept]
    return found


def _ridge(
    matrix: Any,
    is_harmful: Labels,
    counts: npt.NDArray[np.float64],
    prior: npt.NDArray[np.float64],
    freedom: Freedom,
) -> tuple[npt.NDArray[np.float64], float]:
    """Return how far each feature moves from its prior times the trust, and the trust.

    They minimise the logistic loss plus the squares of the moves, which is the most likely choice
    if each coefficient is normally distributed around its prior.
    """
    from scipy.optimize import minimize

    signs = np.where(is_harmful, 1.0, -1.0)
    transposed, given, width = matrix.T.tocsr(), matrix @ prior, len(prior)

    def loss(at: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        moved, trust, base = at[:width], at[width], at[width + 1]
        margins = signs * (matrix @ moved + trust * given + base)
        slopes = -signs * counts * np.exp(-np.logaddexp(0, margins))
        lost = counts @ np.logaddexp(0, -margins) + moved @ moved / (2 * freedom.spread)
        slope_of_moved = transposed @ slopes + moved / freedom.spread
        return lost, np.concatenate([slope_of_moved, [given @ slopes, slopes.sum()]])

    start = np.concatenate([np.zeros(width), [1.0, 0.0]])
    bounds = [*[(None, None)] * width, (float(freedom.is_trusted), 1.0), (None, None)]
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _STEPS}
    ).x
    return found[:width], float(found[width])


def contradicted(
    matrix: Any, is_harmful: Labels, counts: npt.NDArray[np.float64], prior: npt.NDArray[np.float64]
) -> Labels:
    """Return the features whose prior speaks for harm, and the posts against it.

    No harmful post has such a feature, though one should if they had it no more often than ordinary
    posts do. Moving the one prior further than the posts ask for would cost the regression more.
    """
    ordinary = counts * ~is_harmful
    expected = matrix.T @ ordinary / ordinary.sum() * counts[is_harmful].sum()
    is_seen = np.asarray(matrix[is_harmful].sum(axis=0)).ravel() > 0
    return (prior > 0) & ~is_seen & (expected >= 1)  # type: ignore[no-any-return]


def rounded(found: npt.NDArray[np.float64]) -> Weights:
    """Return coefficients as the weights of a pack.

    >>> rounded(np.array([0.1, -0.4, 7.0])).tolist()
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
