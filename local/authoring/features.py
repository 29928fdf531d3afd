"""The features of posts, and integer weights for them: a logistic regression that is rounded.

The matcher itself reads features. So a term counts here exactly where it counts when the pack runs:
in disguise, in other Han letters, not inside links. Candidates become scored rules in which one
term is enough; the spans of their hits name the terms that a post has.

A ridge regression (Hoerl and Kennard 1970) keeps each coefficient near the one that it starts from:
that of a word which somebody gave with a weight (`free gift: 4`) or that a pack has, or 0. The
terms that tell most are kept, and fitted again without the others. Posts say a little about many
terms each: together these find more than the few terms that an L1 regression would keep. scipy fits
it; `make learning` installs that in an environment of its own.

Some words never become terms: names of advertised brands, since a pack that knows a brand misses
the next one, terms that a person struck out, and the names that `packs check` refuses. These lists
do not hold every name: a person reads every term before the pack is live.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib.util import find_spec
from itertools import batched, chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from authoring.advice import weighted_term_problem
from authoring.labelled import Flags, LabelError, Reals, raise_problems
from matcher import Evasion, Ground, Matcher, Pack, Rule, Severity, Span
from matcher.fold import fold
from matcher.sign_catalogue import find_signs
from matcher.term import pattern_of
from matcher.term_index import SPANS_SHOWN
from rules.law import PROVING_SIGNS, fee_of, letters_of
from rules.pack import InForce, LegalGround
from rules.pack_parts import WEIGHT, Score

_DAY = date(2026, 1, 1)  # nothing here depends on the day


class FeatureKind(StrEnum):
    """The list of a score that a feature belongs to."""

    TERM = "terms"
    SIGN = "signs"
    PINYIN = "pinyin"


type Feature = tuple[FeatureKind, str]
"""What may get a weight: its list, and the term or the sign's id."""


@dataclass(frozen=True, slots=True)
class WeighedFeatures:
    """All that may get a weight, in order: terms, signs, then terms in pinyin."""

    terms: Sequence[str]
    signs: Sequence[str]
    pinyin: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.terms) + len(self.signs) + len(self.pinyin)

    def __iter__(self) -> Iterator[Feature]:
        for kind in FeatureKind:
            yield from ((kind, name) for name in getattr(self, kind))


def features_of(
    texts: Sequence[str], weighed: WeighedFeatures, progress: Callable[[int], None] = lambda _: None
) -> list[list[int]]:
    """Return for each text the numbers of the terms and signs that it has, in order."""
    numbers = {feature: at for at, feature in enumerate(weighed)}
    matcher = Matcher([_pack(weighed)])
    found: list[list[int]] = []
    for batch in batched(texts, 2_000):
        for text, hits in zip(batch, matcher.find_all(batch), strict=True):
            terms = {numbers[_kind(span), span.term] for hit in hits for span in hit.spans}
            signs = {numbers[FeatureKind.SIGN, sign] for sign in find_signs(text, weighed.signs)}
            found.append(sorted(terms | signs))
        progress(len(found))
    return found


def _kind(span: Span) -> FeatureKind:
    return FeatureKind.PINYIN if Evasion.SOUND in span.evasion else FeatureKind.TERM


def _pack(weighed: WeighedFeatures) -> Pack:
    return Pack(
        id="candidates",
        version=1,
        title="Candidates",
        why="Names what a post has.",
        category="OTHER_VIOLATION_TC",
        keywords=(),
        ground=Ground.TERMS,
        legal_ground=LegalGround("", ""),
        languages=(),
        owner="",
        in_force=InForce(_DAY, _DAY),
        rules=tuple(_rules(weighed)),
        digest="",
    )


_ENOUGH = 10**6  # what a candidate weighs: more than the length of any text takes off


def _rules(weighed: WeighedFeatures) -> Iterator[Rule]:
    """Yield rules with at most as many terms as a hit shows."""
    for number, some in enumerate(batched(weighed.terms, SPANS_SHOWN)):
        score = Score(threshold=1, terms=dict.fromkeys(some, _ENOUGH))
        yield Rule(id=f"terms-{number}", severity=Severity.LOW, why="", score=score)
    for number, some in enumerate(batched(weighed.pinyin, SPANS_SHOWN)):
        score = Score(threshold=1, pinyin=dict.fromkeys(some, _ENOUGH))
        yield Rule(id=f"pinyin-{number}", severity=Severity.LOW, why="", score=score)


PACKAGES = ".tools/learning/lib/python3*/site-packages"
SCALE = 4
"""Weights for each unit of log odds: a quarter of a unit is the smallest reason that counts."""

PROTECTED = 10
"""How often a protected sentence counts: few are there, for a great many posts."""

SPREAD = 0.5
"""How far a coefficient may move from its prior: its variance, in squared units of log odds."""

PRICE = 2.0
"""The loss that trust in a list of words must save: few posts agree with many lists by chance."""

PLAIN = 3
"""The weight from which a term of a rule without a score starts: a proof there, a hint here."""

type Weights = npt.NDArray[np.int64]


class LearningError(Exception):
    """Nothing can be learned: scipy is missing, or the posts are too few."""


class FeatureMatrix:
    """Which of the features each post has by number, as rows of a sparse matrix.

    `fees` has what the length of each post takes off its sum.
    """

    def __init__(
        self, features: Sequence[Sequence[int]], weighed: WeighedFeatures, texts: Sequence[str]
    ):
        from scipy.sparse import csr_matrix

        self.width = len(weighed)
        self.fees = np.array([fee_of(letters_of(fold(text))) for text in texts], float)
        is_proof = [kind is not FeatureKind.SIGN or name in PROVING_SIGNS for kind, name in weighed]
        self._is_proof = np.array(is_proof, bool)
        ends = np.cumsum([0, *map(len, features)])
        columns = np.fromiter(chain.from_iterable(features), np.int32)
        ones = np.ones(len(columns), np.float64)
        self._matrix = csr_matrix((ones, columns, ends), (len(features), self.width))

    def rows(self, rows: Flags) -> Any:
        """Return the matrix of some posts."""
        return self._matrix[rows]

    def columns_in_groups(self, rows: Flags, groups: npt.NDArray[np.int64], fewest: int) -> Any:
        """Return the numbers of the features that enough groups of the chosen posts have."""
        chosen = self._matrix[rows].tocoo()
        pairs = np.unique(np.stack([chosen.col, groups[rows][chosen.row]]), axis=1)
        return np.flatnonzero(np.bincount(pairs[0], minlength=self.width) >= fewest)

    def columns_of_several(self, rows: Flags, owners: Sequence[frozenset[str]], fewest: int) -> Any:
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
        """Return the sum of the weights of each post's features under the law of scoring."""
        sums, proofs = self._matrix @ weights, self._matrix @ ((weights > 0) & self._is_proof)
        worth = np.where(proofs > 0, sums - self.fees, np.minimum(sums, 0))
        return worth.astype(np.int64)  # type: ignore[no-any-return]


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
    priors hold as they are given; otherwise the texts may lower those of a list together.
    """

    most: int
    spread: float = SPREAD
    is_trusted: bool = False


def coefficients(
    matrix: Any, fees: Reals, is_harmful: Flags, counts: Reals, priors: Reals, freedom: Freedom
) -> Reals:
    """Return a coefficient for each feature, 0 for all but those that have a prior or tell most.

    `priors` has a row for each list of words. A feature starts from its priors, each times a trust
    in the list, from 0 to 1, which is fitted too: a list that does not help counts nothing. What
    the texts say of one feature moves it from there. A feature tells the more, the further it moves
    and the more texts have it.

    `fees` are what the length of each text takes off its sum, whatever the coefficients. `counts`
    says how often each text counts. A prior of 0 means that nobody knows anything.
    """
    offsets = -fees / SCALE
    moved, _ = _ridge(matrix, offsets, is_harmful, counts, priors, freedom)
    tells = np.abs(moved) * np.sqrt(matrix.T @ counts)
    given = np.flatnonzero(priors.any(axis=0))
    kept = np.union1d(np.argsort(-tells, kind="stable")[: freedom.most], given)
    moved, trust = _ridge(matrix[:, kept], offsets, is_harmful, counts, priors[:, kept], freedom)
    found = np.zeros(matrix.shape[1])
    found[kept] = moved + trust @ priors[:, kept]
    return found


def _ridge(
    matrix: Any, offsets: Reals, is_harmful: Flags, counts: Reals, priors: Reals, freedom: Freedom
) -> tuple[Reals, Reals]:
    """Return how far each feature moves from what the lists give it, and the trust in each list.

    They minimise the logistic loss plus the squares of the moves, which is the most likely choice
    if each coefficient is normally distributed around its prior, and the price of the trust.
    """
    from scipy.optimize import minimize

    signs, given = np.where(is_harmful, 1.0, -1.0), matrix @ priors.T
    seen = np.flatnonzero(matrix.getnnz(axis=0))  # nothing moves the others
    matrix, lists, width = matrix[:, seen], len(priors), len(seen)
    transposed = matrix.T.tocsr()
    price = 0.0 if freedom.is_trusted else PRICE

    def loss(at: Reals) -> tuple[float, Reals]:
        moved, trust, base = at[:width], at[width:-1], at[-1]
        margins = signs * (matrix @ moved + given @ trust + offsets + base)
        slopes = -signs * counts * np.exp(-np.logaddexp(0, margins))
        lost = counts @ np.logaddexp(0, -margins) + moved @ moved / (2 * freedom.spread)
        slope_of_moved = transposed @ slopes + moved / freedom.spread
        slope_of_trust = given.T @ slopes + price
        slope = np.concatenate([slope_of_moved, slope_of_trust, [slopes.sum()]])
        return lost + price * trust.sum(), slope

    start = np.concatenate([np.zeros(width), np.ones(lists), [0.0]])
    trusted = [(float(freedom.is_trusted), 1.0)] * lists
    bounds = [*[(None, None)] * width, *trusted, (None, None)]
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500}
    ).x
    all_moved = np.zeros(priors.shape[1])
    all_moved[seen] = found[:width]
    return all_moved, found[width:-1]


def contradicted(matrix: Any, is_harmful: Flags, counts: Reals, priors: Reals) -> Flags:
    """Return the features of which a prior speaks for harm, and the posts against it.

    No harmful post has such a feature, though one should if they had it no more often than ordinary
    posts do. Moving the one prior further than the posts ask for would cost the regression more.
    """
    ordinary = counts * ~is_harmful
    expected = matrix.T @ ordinary / ordinary.sum() * counts[is_harmful].sum()
    is_seen = np.asarray(matrix[is_harmful].sum(axis=0)).ravel() > 0
    return (priors > 0).any(axis=0) & ~is_seen & (expected >= 1)  # type: ignore[no-any-return]


def rounded(found: Reals) -> Weights:
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


def folds(groups: Sequence[int], number: int) -> Iterator[Flags]:
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


@dataclass(frozen=True, slots=True)
class KnownWords:
    """Terms with weights to start from, of a rule of a pack or given by hand.

    `pack` is the id and version of the pack, "" for words by hand.
    """

    weights: Mapping[Feature, int]
    pack: str = ""


def words_of_pack(pack: Pack) -> Iterator[KnownWords]:
    """Yield for each rule the terms that may have a weight.

    Signs are left out: each channel has its own links and numbers, and few posts show them.
    """
    for rule in pack.rules:
        plain = dict.fromkeys(chain.from_iterable(rule.groups), PLAIN)
        terms, pinyin = (rule.score.terms, rule.score.pinyin) if rule.score else (plain, {})
        usable = {
            (FeatureKind.TERM, term): weight
            for term, weight in terms.items()
            if not term.startswith("{") and not weighted_term_problem(term)
        }
        sounds = {(FeatureKind.PINYIN, sound): weight for sound, weight in pinyin.items()}
        yield KnownWords(usable | sounds, f"{pack.id} {pack.version}")


def read_given_words(data: bytes, name: str) -> KnownWords:
    """Return the words of a file with their weights, in the order of its lines.

    >>> read_given_words(b"free gift: 4", "words.txt").weights
    {(<FeatureKind.TERM: 'terms'>, 'free gift'): 4}

    Raises LabelError with the first lines that cannot be used.
    """
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise LabelError(f"{name}: not UTF-8; save the file as UTF-8") from None
    words: dict[Feature, int] = {}
    problems: list[str] = []
    first_lines: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        word, _, written = (part.strip() for part in line.rpartition(":"))
        weight = _weight(written)
        if weight is None:
            problem = f"no weight from -{WEIGHT} to {WEIGHT} after `:`; write `{word or 'word'}: 4`"
        else:
            problem = weighted_term_problem(word) or ""
        if not problem:
            first = first_lines.setdefault(pattern_of(word), number)
            problem = f"`{word}` is the same as line {first}; drop one" if first != number else ""
        if problem:
            problems.append(f"{name}:{number}: {problem}")
        elif weight is not None:
            words[FeatureKind.TERM, word] = weight
    raise_problems(problems)
    return KnownWords(words)


def _weight(written: str) -> int | None:
    try:
        weight = int(written)
    except ValueError:
        return None
    return weight if weight and abs(weight) <= WEIGHT else None


def with_words(
    candidates: WeighedFeatures, lists: Iterable[KnownWords], is_left_out: Callable[[str], bool]
) -> WeighedFeatures:
    """Return the candidates and the words that are not left out, in the order of the alphabet.

    What only differs in its spelling is there once, as in the first list that has it.
    """
    spelled: dict[Feature, str] = {}
    for kind, name in chain(*(known.weights for known in lists), candidates):
        if not is_left_out(name):
            spelled.setdefault(_unspelled((kind, name)), name)
    terms, _, pinyin = (
        sorted(name for (its_kind, _), name in spelled.items() if its_kind is kind)
        for kind in FeatureKind
    )
    return WeighedFeatures(terms, candidates.signs, pinyin)


def _unspelled(feature: Feature) -> Feature:
    kind, name = feature
    return kind, pattern_of(name) if kind is FeatureKind.TERM else name


def priors_of(weighed: Iterable[Feature], lists: Iterable[KnownWords]) -> Reals:
    """Return a row for each list: the coefficients from which the features start, or 0."""
    features = [_unspelled(feature) for feature in weighed]
    given = [{_unspelled(own): at for own, at in known.weights.items()} for known in lists]
    rows = [[weights.get(feature, 0) for feature in features] for weights in given]
    return np.array(rows, float).reshape(-1, len(features)) / SCALE


LONG = 5
"""Letters from which a brand is also left out as a part of a longer word: "royalslot"."""


class DroppedTerms:
    """Terms that must not be used."""

    def __init__(self, brands: Iterable[str] = (), struck_out: Iterable[str] = ()):
        self.brands = frozenset(brands)
        self._names = {
            form.replace(" ", "")
            for brand in self.brands
            for form in (fold(brand), fold(re.sub(r"\d+[a-z]?", " ", brand)))
            if form.strip()
        }
        self._long = tuple(sorted(name for name in self._names if len(name) >= LONG))
        self._struck = {fold(term) for term in struck_out}

    def __call__(self, term: str) -> bool:
        """Return whether a term must not be used.

        >>> left_out = DroppedTerms(["ROYAL77"], ["kakak"])
        >>> [left_out(term) for term in ("royal slot", "royalslot", "kakak", "slot")]
        [True, True, True, False]
        """
        folded = fold(term)
        if folded in self._struck:
            return True
        words = folded.split()
        return any(map(self._is_name, words)) or self._is_name("".join(words))

    def _is_name(self, word: str) -> bool:
        if word in self._names:
            return True
        if len(word) < LONG:
            return False
        return any(name in word or word in name for name in self._long)
