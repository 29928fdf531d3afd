"""Learns weights from tables of counts, where the harmful texts themselves cannot be handed on.

Each row says how many harmful documents have a term, and the odds of it. It becomes a tiny text: as
many harmful ones as the row counts, and ordinary ones by its odds. A regression on such texts gives
a term about the odds of its row, and weighs what overlaps once, since the text of a long term has
the short ones too. Clean texts are ordinary posts as elsewhere, and they alone choose the
thresholds. Words that somebody gives start with that weight; the rows of the same words move them.

Limits: terms that occur together without overlapping count twice. How many harmful posts reach a
threshold is not known.
"""

import csv
import json
import math
import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import combinations
from pathlib import Path

import numpy as np

from authoring.advice import pinyin_problem, weighted_term_problem
from authoring.features import (
    PROTECTED,
    DroppedTerms,
    Feature,
    FeatureKind,
    FeatureMatrix,
    Freedom,
    LearningError,
    WeighedFeatures,
    Weights,
    coefficients,
    features_of,
    folds,
    priors_of,
    rounded,
    weakened,
    with_words,
)
from authoring.labelled import LOWEST, Flags, LabelError, LabelledPost, Measured
from authoring.learning import FOLDS, MOST_PROTECTED, Learned, Wanted, learned_of
from authoring.term_candidates import copy_groups
from matcher.fold import JOINT
from matcher.sign_catalogue import SIGNS
from matcher.term import pattern_of
from rules.pack_parts import WEIGHT

MOST_ODDS = 64.0
"""The largest log2 of odds that a row may have: more than any count of documents can show."""

COLUMNS = {
    "term": ("term", "pinyin", "written", "ngram"),
    "documents": ("documents", "spam_docs", "docs"),
    "log2_odds": ("log2_odds",),
}
"""The columns that are read, each with further names; of these the first that a table has."""

_SIGNS = json.loads(Path(__file__).with_name("counted_signs.json").read_text("utf-8"))

SIGN_NAMES: dict[str, str] = _SIGNS["names"]
"""Names that tables have for signs, with the ids of ours that find about the same."""

SIGN_TEXTS: dict[str, str] = _SIGNS["texts"]
"""Texts of signs that come with other signs: together they are not enough either."""


@dataclass(frozen=True, slots=True)
class CountedTerm:
    """A row: a feature, the harmful documents that have it, and its odds.

    `odds` are the log2 of the rate of harmful documents over that of ordinary ones.
    """

    feature: Feature
    documents: float
    odds: float


type _Row = tuple[int, Feature, str | None]  # its line, what it counts, and for which category


def read_counts(data: bytes, name: str, categories: Collection[str] = ()) -> list[CountedTerm]:
    """Return the rows of a table of counts, tab-separated with a header.

    A sign is written in braces. Rows of signs that nobody has here, or of signs with words, are
    left out, and so are rows of other categories, if some are named.

    Raises LabelError if a column is missing, a row has no number, or a term is there twice.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise LabelError(f"{name}: not UTF-8; save the file as UTF-8") from None
    table = csv.DictReader(StringIO(text, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE)
    try:
        header = table.fieldnames or ()
        rows = [(table.line_num, row) for row in table]
    except csv.Error as error:
        raise LabelError(f"{name}:{table.line_num + 1}: not a table: {error}") from None
    chosen = {
        column: next((other for other in names if other in header), "")
        for column, names in COLUMNS.items()
    }
    if missing := [column for column, found in chosen.items() if not found]:
        raise LabelError(
            f"{name}:1: no column {', '.join(f'`{column}`' for column in missing)}; the header has"
            f" {', '.join(header) or 'nothing'}"
        )
    found = []
    firsts: dict[Feature, _Row] = {}
    for line, row in rows:
        if categories and row.get("category") not in categories:
            continue
        term = row[chosen["term"]] or ""
        try:
            documents, odds = float(row[chosen["documents"]]), float(row[chosen["log2_odds"]])
        except (TypeError, ValueError):
            documents = odds = math.nan
        if not (math.isfinite(documents) and documents >= 0 and abs(odds) <= MOST_ODDS):
            raise LabelError(
                f"{name}:{line}: `{chosen['documents']}` must be a number from 0 on, and"
                f" `{chosen['log2_odds']}` one from -{MOST_ODDS:.0f} to {MOST_ODDS:.0f}"
            )
        if feature := _feature(term.strip(), is_sound=chosen["term"] == "pinyin"):
            if problem := _problem((line, feature, row.get("category")), firsts):
                raise LabelError(f"{name}:{line}: {problem}")
            found.append(CountedTerm(feature, documents, odds))
    return found


def _problem(row: _Row, firsts: dict[Feature, _Row]) -> str | None:
    """Return why a row cannot be used after others. A term counts once in each category."""
    line, (kind, term), category = row
    if controls := [char for char in term if unicodedata.category(char) == "Cc"]:
        return f"{controls[0]!a} in a term; use what a text shows"
    same = kind, pattern_of(term) if kind is FeatureKind.TERM else term
    first, other, of = firsts.setdefault(same, row)
    if first == line or (other == (kind, term) and of != category):
        return None
    return f"`{term}` is the same as line {first}; keep one row of it"


def _feature(written: str, *, is_sound: bool) -> Feature | None:
    """Return what a row counts, or None if it cannot have a weight.

    >>> _feature("{d1}", is_sound=False), _feature("free {d1}", is_sound=False)
    ((<FeatureKind.SIGN: 'signs'>, 'digits-1'), None)
    """
    if is_sound:
        return None if pinyin_problem(written) else (FeatureKind.PINYIN, written)
    if "{" in written:
        sign = SIGN_NAMES.get(written[1:-1], written[1:-1])
        return (FeatureKind.SIGN, sign) if sign in SIGNS else None
    return None if weighted_term_problem(written) else (FeatureKind.TERM, written)


def learn_from_counts(
    rows: Sequence[CountedTerm],
    clean: Sequence[LabelledPost],
    protected: Sequence[str],
    wanted: Wanted,
    report: Callable[[str], None] = lambda _: None,
) -> Learned:
    """Learn weights from counts, and thresholds from clean texts; arguments as in `learn`.

    Raises LearningError if there are no rows or no clean texts.
    """
    left_out = DroppedTerms(struck_out=wanted.struck_out)
    rows = [row for row in rows if not left_out(row.feature[1])]
    if not rows or not clean:
        raise LearningError("learning from counts needs rows that can have a weight, and --clean")
    counted = int(max(row.documents for row in rows))
    terms, signs, pinyin = (
        sorted({row.feature[1] for row in rows if row.feature[0] is kind}) for kind in FeatureKind
    )
    weighed = with_words(WeighedFeatures(terms, signs, pinyin), wanted.words, left_out)
    posts = [post.text for post in clean] + list(protected)
    tiny = [_text(row.feature) for row in rows]
    report(f"{len(weighed):,} terms and signs, {len(posts):,} clean texts")
    found = features_of(posts + tiny, weighed, lambda done: report(f"read {done:,} of them"))
    numbers = {feature: at for at, feature in enumerate(weighed)}
    for row, has in zip(rows, found[len(posts) :], strict=True):
        has[:] = sorted({*has, *(numbers[part] for part in _parts(row.feature) if part in numbers)})
    matrix = FeatureMatrix(found + found[len(posts) :], weighed, posts + tiny + tiny)
    documents = np.array([row.documents for row in rows]) + 0.5  # smoothed, as the tables' odds are
    odds = np.array([row.odds for row in rows])
    kinds = np.repeat(range(4), (len(clean), len(protected), len(rows), len(rows)))
    is_protected, is_harmful = kinds == 1, kinds == 2
    is_sign = is_harmful.copy()
    is_sign[is_harmful] = [row.feature[0] is FeatureKind.SIGN for row in rows]
    counts = np.where(is_protected, PROTECTED, 30.0)  # few clean texts stand for many posts
    counts[len(posts) :] = np.concatenate([documents, documents / 2**odds])
    # A document has a dozen rows or more, and counts in each: no coefficient moves far.
    priors = priors_of(weighed, wanted.words)
    freedom = Freedom(wanted.features, 0.1, is_trusted=True)
    highest = np.full(len(weighed), WEIGHT)
    highest[[numbers[row.feature] for row in rows if row.odds <= 0 and row.feature in numbers]] = 0

    def fit(chosen: Flags) -> Weights:
        matrix_of = matrix.rows(chosen)
        fees, labels = matrix.fees[chosen], is_harmful[chosen]
        fitted = coefficients(matrix_of, fees, labels, counts[chosen], priors, freedom)
        weights = weakened(
            np.minimum(rounded(fitted), highest), matrix.rows(is_protected), MOST_PROTECTED[-1]
        )
        return weakened(weights, matrix.rows(is_sign), LOWEST - 1) if is_sign.any() else weights

    groups = copy_groups(posts[: len(clean)])
    sums = np.zeros(len(clean), np.int64)
    for held in folds(groups, FOLDS):
        others = np.ones(len(kinds), bool)
        others[: len(clean)] = ~held
        sums[held] = matrix.sums(fit(others))[: len(clean)][held]
    harmful = np.zeros(len(clean), bool)
    measured = Measured(clean, 0, groups, harmful, sums, None)
    return learned_of(weighed, fit(kinds >= 0), measured, (wanted.words, priors), counted)


def _text(feature: Feature) -> str:
    kind, name = feature
    return name if kind is FeatureKind.TERM else SIGN_TEXTS.get(name, "")


def _parts(feature: Feature) -> set[Feature]:
    """Return a sign, or a term in pinyin with all shorter ones in it: no text has those.

    >>> sorted(name for _, name in _parts((FeatureKind.PINYIN, "yi-dao-er")) if JOINT in name)
    ['dao-er', 'yi-dao', 'yi-dao-er']
    """
    kind, name = feature
    if kind is FeatureKind.TERM:
        return set()
    given = name.split(JOINT) if kind is FeatureKind.PINYIN else [name]
    ends = combinations(range(len(given) + 1), 2)
    return {(kind, JOINT.join(given[start:end])) for start, end in ends}
