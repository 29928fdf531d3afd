"""An index scores its checks as BM25 says, and the work for a long text is bounded."""

from collections import Counter

import pytest
from tools.training.development import examples

from claims.admission import build_index
from claims.check_finder import ClaimIndex
from claims.fact_check import FeedCheck
from claims.index import LanguageIndex, rarity, saturated
from claims.text_words import grams_of


@pytest.fixture(scope="module")
def entries() -> list[FeedCheck]:
    return [example.entry for example in examples("en")][:40]


@pytest.fixture(scope="module")
def index(entries: list[FeedCheck]) -> LanguageIndex:
    return ClaimIndex(build_index(entries)).language("en")


def test_grams_score_as_bm25_says(index: LanguageIndex, entries: list[FeedCheck]) -> None:
    """A check is known by its claim."""
    held = {entry.check.claim: grams_of(entry.claim_and_title) for entry in entries}
    grams = [held[index.check(place).claim] for place in range(len(entries))]
    average = sum(map(len, grams)) / len(grams)
    holders = Counter(gram for some in grams for gram in some)
    asked = grams[0] + grams[1][:5]
    for place, score in index.by_grams(asked).items():
        shared = [gram for gram in asked if gram in grams[place]]
        weight = sum(rarity(holders[gram], len(entries)) for gram in shared)
        assert score == pytest.approx(weight * saturated(1, len(grams[place]), average), rel=1e-5)


def test_only_the_192_rarest_grams_of_a_text_count(
    index: LanguageIndex, entries: list[FeedCheck]
) -> None:
    holders = Counter(gram for entry in entries for gram in grams_of(entry.claim_and_title))
    rarest = sorted(holders, key=lambda gram: holders[gram])
    assert index.by_grams(rarest) == index.by_grams(rarest[:192])
    assert index.by_grams(rarest) != index.by_grams(rarest[:191])


def test_only_the_96_rarest_words_of_a_text_count(index: LanguageIndex) -> None:
    numbers = range(len(index.number))
    rarest = sorted(numbers, key=lambda word: (index.rarity[word], word), reverse=True)
    assert index.by_words(rarest) == index.by_words(rarest[:96])
    assert index.by_words(rarest) != index.by_words(rarest[:95])


def test_a_word_after_the_first_forty_or_only_implied_counts_less(index: LanguageIndex) -> None:
    scores = index.by_words([0])
    assert scores
    assert index.by_words([-1] * 39 + [0]) == scores
    for factor, less in (0.6, index.by_words([-1] * 40 + [0])), (0.3, index.by_words([], [0])):
        assert less == pytest.approx({place: factor * score for place, score in scores.items()})


def test_the_words_of_a_text_add_up(index: LanguageIndex) -> None:
    first, second, both = (index.by_words(words) for words in ([0], [1], [0, 1]))
    sums = Counter(first) + Counter(second)
    assert both == pytest.approx(dict(sums))
