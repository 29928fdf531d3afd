"""Chooses thresholds from sums of posts that shaped no weight, and measures what they find.

`threshold` is the lowest sum from which on 99 of 100 hits are harmful, and at most one of 1,000
clean texts is hit. `high` is the lowest sum from which on at most one of 10,000 ordinary posts is
hit. Fewer than 10,000 ordinary posts cannot show that: then no ordinary post may reach `high`, and
the card says how many there were. With fewer than 1,000 both are estimated from how the highest
sums fall off, since 50 ordinary posts that are not hit would allow a hit among the next 50.

One advert with the label ordinary would force both up. So a few ordinary posts that look like
wrong labels (`suspects`) do not count here. The card says how many, and the review lists them.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from authoring.learning.labelled import LabelledPost
from rules.score import WEIGHT

PRECISION = 0.99
FALSE_RATE = 1e-4
CLEAN_RATE = 1e-3
FEW = 1_000
"""With fewer ordinary posts both thresholds are estimated."""

SUSPECT_SHARE = 1 / 100
"""The part of the ordinary posts that may be left out as wrong labels, and at least one post."""

MOST_SUSPECTS = 10
"""So many at most: whoever has many posts can look at the labels of these."""

TAIL = 3 / 10
"""The part of few ordinary posts whose sums show how high sums fall off."""

LOWEST = WEIGHT + 1
"""The lowest threshold: no single term or sign is enough."""

_Z = 1.959964  # 95 %

type Sums = npt.NDArray[np.int64]
type Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Measured:
    """Posts, and for each a sum of weights that neither it nor a copy of it shaped.

    The first `labelled` posts have labels, the others are clean texts. `brand_sums` are of weights
    that no advert for the same brand shaped; None without brands. `weights` are how many posts each
    counts for.
    """

    posts: Sequence[LabelledPost]
    labelled: int
    groups: Sequence[int]
    is_harmful: Flags
    sums: Sums
    brand_sums: Sums | None
    weights: npt.NDArray[np.float64] | None = None

    @property
    def suspects(self) -> Flags:
        """Return which of the labelled posts look like harmful ones with a wrong label."""
        cut = self.labelled
        confirmed = np.array([post.is_confirmed for post in self.posts[:cut]], dtype=bool)
        return suspects(self.sums[:cut], self.is_harmful[:cut], confirmed)

    def choose_thresholds(self) -> tuple[int, int]:
        """Return the thresholds that hold for new copy groups and for new brands."""
        both = [sums for sums in (self.sums, self.brand_sums) if sums is not None]
        cut, kept = self.labelled, ~self.suspects
        weights = None if self.weights is None else self.weights[:cut][kept]
        chosen = [
            choose_thresholds(sums[:cut][kept], self.is_harmful[:cut][kept], sums[cut:], weights)
            for sums in both
        ]
        return max(threshold for threshold, _ in chosen), max(high for _, high in chosen)


class GroupShare(NamedTuple):
    """A part of all copy groups, and its 95 % interval."""

    part: int
    of: int
    low: float
    high: float


def suspects(sums: Sums, is_harmful: Flags, is_confirmed: Flags) -> Flags:
    """Return which ordinary posts look like harmful ones with a wrong label.

    Their sums are at least the median of the harmful ones, and nobody confirmed their labels. At
    most `SUSPECT_SHARE` of the ordinary posts are, and at most `MOST_SUSPECTS`: those with the
    highest sums.

    >>> sums, harmful = np.array([30, 20, 12, 25, 2, 1]), np.array([True] * 3 + [False] * 3)
    >>> suspects(sums, harmful, np.zeros(6, bool)).tolist()
    [False, False, False, True, False, False]
    """
    found = np.zeros(len(sums), bool)
    if not is_harmful.any():
        return found
    least = max(LOWEST, float(np.median(sums[is_harmful])))
    high = np.flatnonzero(~is_harmful & ~is_confirmed & (sums >= least))
    most = max(1, min(int(SUSPECT_SHARE * np.count_nonzero(~is_harmful)), MOST_SUSPECTS))
    found[high[np.argsort(-sums[high], kind="stable")][:most]] = True
    return found


def choose_thresholds(
    sums: Sums,
    is_harmful: Flags,
    clean: Sums,
    weights: npt.NDArray[np.float64] | None = None,
) -> tuple[int, int]:
    """Return `threshold` and `high`, at least `LOWEST`, `high` above `threshold`.

    >>> sums, harmful = np.array([19, 18, 13, 12, 1]), np.array([True, True, False, True, False])
    >>> choose_thresholds(sums, harmful, np.repeat([15, 0], [2, 1000]))
    (16, 17)

    Args:
        sums: Of the labelled posts.
        is_harmful: Their labels.
        clean: Sums of further ordinary posts.
        weights: How many posts each labelled one counts for; None for one each.
    """
    weights = np.ones(len(sums)) if weights is None else weights
    ordinary = np.concatenate([sums[~is_harmful], clean])
    high, lowest = max(_lowest_with(ordinary, FALSE_RATE), LOWEST), LOWEST
    if 0 < len(ordinary) < FEW:
        lowest = max(lowest, _estimated(ordinary, CLEAN_RATE))
        high = max(high, _estimated(ordinary, FALSE_RATE))
    threshold = high
    for candidate in range(lowest, high):
        hits = sums >= candidate
        right = weights[hits & is_harmful].sum()
        false_clean = np.count_nonzero(clean >= candidate)
        if right >= PRECISION * weights[hits].sum() and false_clean <= CLEAN_RATE * len(clean):
            threshold = candidate
            break
    return threshold, max(high, threshold + 1)


def _lowest_with(ordinary: Sums, rate: float) -> int:
    """Return the lowest sum that at most this part of ordinary posts reaches."""
    allowed = int(len(ordinary) * rate)
    ordered = np.sort(ordinary)[::-1]
    return int(ordered[allowed]) + 1 if len(ordered) > allowed else 0


def _estimated(ordinary: Sums, rate: float) -> int:
    """Return the lowest sum that this part of ordinary posts would reach, as few of them show.

    The highest sums are taken to fall off exponentially. Their mean distance from where they begin
    says how fast, and one standard error is added to it.

    >>> _estimated(np.array([1, 1, 1, 1, 2, 2, 2, 3, 3, 5]), 1 / 1000)
    17
    """
    ordered = np.sort(ordinary)[::-1]
    count = math.ceil(TAIL * len(ordered))
    begin = int(ordered[min(count, len(ordered) - 1)])
    fall = float(np.mean(ordered[:count] - begin)) * (1 + 1 / math.sqrt(count))
    return math.ceil(begin + fall * math.log(TAIL / rate))


def share_of_groups(flags: Flags, groups: Sequence[int]) -> GroupShare:
    """Return which part of copy groups has a flag: those of which half the posts have it.

    >>> share_of_groups(np.array([True, True, False]), [7, 7, 8])[:2]
    (1, 2)
    """
    with_flag, posts = Counter[int](), Counter(groups)
    for group, flag in zip(groups, flags.tolist(), strict=True):
        with_flag[group] += flag
    part = sum(2 * with_flag[group] >= count for group, count in posts.items())
    return GroupShare(part, len(posts), *_interval(part, len(posts)))


def _interval(part: int, whole: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927)."""
    if not whole:
        return 0.0, 1.0
    share, spread = part / whole, 1 + _Z**2 / whole
    centre = (share + _Z**2 / (2 * whole)) / spread
    margin = _Z / spread * math.sqrt(share * (1 - share) / whole + _Z**2 / (4 * whole**2))
    low, high = max(centre - margin, 0.0), min(centre + margin, 1.0)
    return math.floor(low * 1000) / 1000, math.ceil(high * 1000) / 1000
