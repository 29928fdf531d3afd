"""The weights of scored rules and the card of their pack, as a page shows them."""

from collections import defaultdict
from typing import NamedTuple

from rules.card import OrdinaryPosts, PackCard
from rules.rule_set import RuleSet
from rules.score import Score
from rules.signs import digest_of, sentence_of


class ScoreRow(NamedTuple):
    """What has a weight: a term, a sign or a term in pinyin."""

    kind: str
    name: str


class WeightRow(NamedTuple):
    """All that has one weight, in the order of names."""

    weight: int
    entries: tuple[ScoreRow, ...]


class OrdinaryRow(NamedTuple):
    """How many of 10,000 ordinary posts of a kind a score finds wrongly."""

    some: OrdinaryPosts
    found: float
    found_high: float


def weight_rows(score: Score) -> list[WeightRow]:
    """Return the entries of a score by weight, the largest first.

    >>> weight_rows(Score(8, terms={"gacor": 7, "kakak": -2}, signs={"link": 7}))[0].entries
    (ScoreRow(kind='term', name='gacor'), ScoreRow(kind='sign', name='link'))
    """
    by_weight: defaultdict[int, list[ScoreRow]] = defaultdict(list)
    lists = {"term": score.terms, "sign": score.signs, "pinyin": score.pinyin}
    for kind, weights in lists.items():
        for name, weight in weights.items():
            by_weight[weight].append(ScoreRow(kind, name))
    return [
        WeightRow(weight, tuple(sorted(by_weight[weight], key=lambda entry: entry.name)))
        for weight in sorted(by_weight, reverse=True)
    ]


def ordinary_rows(card: PackCard) -> list[OrdinaryRow]:
    """Return the kinds of ordinary posts in the order of the card."""
    return [
        OrdinaryRow(
            some, _of_ten_thousand(some.found, some), _of_ten_thousand(some.found_high, some)
        )
        for some in card.ordinary
    ]


class SignRow(NamedTuple):
    """A sign or gate of a set. `is_known` says whether this release has its definition."""

    id: str
    sentence: str
    digest: str
    is_known: bool


def sign_rows(rule_set: RuleSet) -> list[SignRow]:
    """Return the signs and gates that a set names, in the order of ids."""
    return [
        SignRow(name, sentence_of(name), digest, digest_of(name) == digest)
        for name, digest in sorted((rule_set.signs or {}).items())
    ]


def _of_ten_thousand(found: int, some: OrdinaryPosts) -> float:
    return 10_000 * found / some.posts if some.posts else 0.0
