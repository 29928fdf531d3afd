"""Learns the weights of a pack, and measures them on posts they were not fitted to.

1. Near copies are grouped, so that a text counts once, however often it was posted.
2. Words and phrases of three copy groups or more are candidates, without names; so are all signs.
3. The matcher says which post has which candidate.
4. A regression keeps those that tell most, and its coefficients become integer weights. What the
   law of scoring takes off for length is a fixed part of each sum.
5. The same is done five times without a fifth of the copy groups. The sums of posts that were held
   back choose the thresholds, and give the figures of the card.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from authoring.features import (
    PROTECTED,
    DroppedTerms,
    FeatureKind,
    FeatureMatrix,
    Freedom,
    KnownWords,
    LearningError,
    WeighedFeatures,
    Weights,
    coefficients,
    contradicted,
    features_of,
    folds,
    priors_of,
    rounded,
    weakened,
    with_words,
)
from authoring.labelled import LOWEST, Flags, LabelledPost, Measured, Reals, Sums
from authoring.term_candidates import GROUPS, MODERATORS, candidates, copy_groups, sound_candidates
from rules.pack_parts import WEIGHT, WEIGHTS_IN_LIST

FOLDS = 5
MOST_PROTECTED = (9, 7, (LOWEST - 1) // 2)
"""The highest sum that a protected sentence may have: the first that is below half of a threshold.

The higher it is, the fewer weights are lowered.
"""

FEWEST = 20
"""Copy groups that each label needs at least."""

RARE = 25
"""Ordinary posts for each harmful one at least: where labels give fewer, each counts for more.

Harm is rarer among posts than among labels, so a weight that hits ordinary posts costs more.
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The request.

    `features` says how many may have a weight; those of `words` that keep the one they start with
    are added to these. Then which signs may have a weight, and which terms are dropped.
    """

    features: int
    signs: tuple[str, ...]
    struck_out: tuple[str, ...] = ()
    words: tuple[KnownWords, ...] = ()


@dataclass(frozen=True, slots=True)
class Learned:
    """The weights and thresholds, and what they were measured on.

    `counted` are the harmful documents with the most frequent term of a table of counts, and 0 if
    harmful posts were read. `by_hand` are the terms that somebody gave with a weight, `from_packs`
    says how many terms started from weights of each pack.
    """

    terms: dict[str, int]
    signs: dict[str, int]
    pinyin: dict[str, int]
    threshold: int
    high: int
    measured: Measured
    counted: int = 0
    by_hand: tuple[str, ...] = ()
    from_packs: tuple[tuple[str, int], ...] = ()


def learn(
    posts: Sequence[LabelledPost],
    clean: Sequence[LabelledPost],
    protected: Sequence[str],
    wanted: Wanted,
    report: Callable[[str], None] = lambda _: None,
) -> Learned:
    """Learn weights and thresholds from labelled posts. The same input gives the same result.

    The thresholds must hold for the clean posts alone too, which are ordinary ones of other kinds.
    No protected sentence may reach half of a threshold. `report` gets a line about each step.

    Raises LearningError if there are too few copy groups.
    """
    sentences = [LabelledPost(text, is_harmful=False, place="") for text in protected]
    every = [*posts, *clean, *sentences]
    texts = [post.text for post in every]
    is_harmful = np.array([post.is_harmful for post in every], dtype=bool)
    groups = copy_groups(texts, [post.group for post in every])
    count = len(posts) + len(clean)
    _check_enough(is_harmful[:count], groups[:count])
    report(f"{count:,} posts in {len(set(groups[:count])):,} copy groups")
    left_out = DroppedTerms({post.brand for post in posts if post.brand}, wanted.struck_out)
    labelled = texts[:count], is_harmful[:count].tolist(), groups[:count]
    terms, sounds = candidates(*labelled, left_out), sound_candidates(*labelled, left_out)
    own = WeighedFeatures(terms, wanted.signs, sounds)
    weighed = with_words(own, wanted.words, left_out)
    priors = priors_of(weighed, wanted.words)
    report(
        f"{len(weighed.terms):,} words and phrases, {len(weighed.pinyin):,} terms in pinyin "
        f"and {len(weighed.signs)} signs may count"
    )
    if wanted.words:
        givers = ", ".join(dict.fromkeys(known.pack or "words by hand" for known in wanted.words))
        report(f"{np.count_nonzero(priors.any(axis=0)):,} start with a weight of {givers}")
    found = features_of(texts, weighed, lambda n: report(f"read {n:,} of {len(texts):,} posts"))
    matrix = FeatureMatrix(found, weighed, texts)
    is_protected = np.arange(len(every)) >= count
    counts = np.array([post.weight for post in every])
    # A post that a file labelled has a person of its own, so that such posts always count.
    people = [post.moderators or frozenset({f"post {at}"}) for at, post in enumerate(posts)]
    fitter = _Fitter(
        matrix,
        is_harmful,
        is_protected,
        np.asarray(groups),
        _balanced(counts, is_harmful, is_protected),
        people if any(post.moderators for post in posts) else [],
        priors,
        wanted.features,
    )
    weights = fitter.fit(np.ones(len(every), dtype=bool))
    report(
        f"{np.count_nonzero(weights)} of them have a weight; measuring on {FOLDS} parts held back"
        " in turn"
    )
    parts = fitter.parts(groups)
    of_brands = fitter.parts(_brands(every, groups)) if left_out.brands else None
    for most in MOST_PROTECTED:
        measured = Measured(
            every[:count],
            len(posts),
            groups[:count],
            is_harmful[:count],
            fitter.held_back(parts, most)[:count],
            fitter.held_back(of_brands, most)[:count] if of_brands else None,
            counts[:count],
        )
        if measured.choose_thresholds()[0] > 2 * most:
            break
    return learned_of(weighed, fitter.weakened(weights, most), measured, (wanted.words, priors))


def learned_of(
    weighed: WeighedFeatures,
    weights: Weights,
    measured: Measured,
    started: tuple[Sequence[KnownWords], Reals],
    counted: int = 0,
) -> Learned:
    """Return the features with a weight, and thresholds; raise LearningError if out of reach."""
    used: dict[FeatureKind, dict[str, int]] = {kind: {} for kind in FeatureKind}
    for (kind, name), weight in zip(weighed, weights.tolist(), strict=True):
        if weight:
            used[kind][name] = weight
    threshold, high = measured.choose_thresholds()
    if (most := int(weights[weights > 0].sum())) < threshold:
        wanted = f"a post needs {threshold}; give more terms that tell harmful posts from others"
        raise LearningError(f"all weights together are {most}, and {wanted}")
    by_pack: dict[str, Flags] = {}
    for known, prior in zip(*started, strict=True):
        by_pack[known.pack] = by_pack.get(known.pack, False) | ((prior != 0) & (weights != 0))
    by_hand = by_pack.pop("", np.zeros(len(weighed), bool))
    return Learned(
        used[FeatureKind.TERM],
        used[FeatureKind.SIGN],
        used[FeatureKind.PINYIN],
        threshold,
        high,
        measured,
        counted,
        tuple(name for (_, name), is_given in zip(weighed, by_hand, strict=True) if is_given),
        tuple((pack, int(np.count_nonzero(flags))) for pack, flags in by_pack.items()),
    )


@dataclass(frozen=True, slots=True)
class _Fitter:
    """Fits weights to some of the posts. Without `moderators`, files gave all labels."""

    matrix: FeatureMatrix
    is_harmful: Flags
    is_protected: Flags
    groups: npt.NDArray[np.int64]
    counts: Reals
    moderators: Sequence[frozenset[str]]
    priors: Reals
    most: int

    def fit(self, rows: Flags) -> Weights:
        """Return weights that only the chosen posts shape, 0 for what too few of them have.

        Protected sentences always shape them.
        """
        rows = rows | self.is_protected
        known = self.matrix.columns_in_groups(rows, self.groups, GROUPS)
        columns = np.union1d(known, np.flatnonzero(self.priors.any(axis=0)))
        chosen, priors = self.matrix.rows(rows)[:, columns], self.priors[:, columns]
        labels, counts = self.is_harmful[rows], self.counts[rows]
        real = counts * ~self.is_protected[rows]
        priors = np.where(contradicted(chosen, labels, real, priors), 0, priors)
        weights = np.zeros(self.matrix.width, np.int64)
        fees, freedom = self.matrix.fees[rows], Freedom(self.most)
        weights[columns] = rounded(coefficients(chosen, fees, labels, counts, priors, freedom))
        if self.moderators:
            unproven = ~self._may_speak_for_harm(rows) & ~self.priors.any(axis=0)
            weights[(weights > 0) & unproven] = 0
        rank = np.abs(weights)
        rank[known] *= WEIGHT  # of terms that few posts have, only the strongest fit in
        weights[np.argsort(-rank, kind="stable")[WEIGHTS_IN_LIST:]] = 0
        return weights

    def weakened(self, weights: Weights, most: int) -> Weights:
        """Return weights with which no protected sentence has a higher sum."""
        return weakened(weights, self.matrix.rows(self.is_protected), most)

    def _may_speak_for_harm(self, rows: Flags) -> Flags:
        """Return the features that harmful posts of enough copy groups and moderators have."""
        harmful = rows & self.is_harmful
        of_groups = self.matrix.columns_in_groups(harmful, self.groups, GROUPS)
        of_people = self.matrix.columns_of_several(harmful, self.moderators, MODERATORS)
        columns: Flags = np.isin(np.arange(self.matrix.width), np.intersect1d(of_groups, of_people))
        return columns

    def parts(self, units: Sequence[int]) -> list[tuple[Flags, Weights]]:
        """Return parts of the posts, each with weights that no post of its units shaped."""
        return [(held, self.fit(~held)) for held in folds(units, FOLDS)]

    def held_back(self, parts: Sequence[tuple[Flags, Weights]], most: int) -> Sums:
        """Return for each post its sum by the weights of its part."""
        sums = np.zeros(len(self.is_harmful), np.int64)
        for held, weights in parts:
            sums[held] = self.matrix.sums(self.weakened(weights, most))[held]
        return sums


def _balanced(counts: Reals, is_harmful: Flags, is_protected: Flags) -> Reals:
    """Return how often each post counts.

    On average it is once, since posts say no more if each stands for many. Then ordinary ones count
    as often as `RARE` says.

    >>> harmful = np.array([True, False, False, False])
    >>> _balanced(np.ones(4), harmful, np.array([False, False, False, True])).tolist()
    [1.0, 12.5, 12.5, 10.0]
    """
    counts = counts / counts[~is_protected].mean()
    ordinary = ~is_harmful & ~is_protected
    fewest = RARE * counts[is_harmful].sum()
    counts[ordinary] *= max(1.0, fewest / counts[ordinary].sum())
    return np.where(is_protected, PROTECTED, counts)


def _brands(posts: Sequence[LabelledPost], groups: Sequence[int]) -> list[int]:
    """Return a number for each post: the same for adverts of one brand, else its copy group."""
    first: dict[str, int] = {}
    for post, group in zip(posts, groups, strict=True):
        if post.brand:
            first.setdefault(post.brand, group)
    return [first.get(post.brand, group) for post, group in zip(posts, groups, strict=True)]


def _check_enough(is_harmful: Flags, groups: Sequence[int]) -> None:
    for name, flag in (("harmful", True), ("ordinary", False)):
        number = len({group for group, own in zip(groups, is_harmful, strict=True) if own == flag})
        if number < FEWEST:
            raise LearningError(
                f"{number} copy groups of {name} posts; learning needs {FEWEST} of each label"
                " (copies of one text count once)"
            )
