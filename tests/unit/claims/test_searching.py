"""An index scores as BM25 says, a glance is enough for most texts, and topics are strict."""

from collections import Counter
from dataclasses import replace

import msgspec
import pytest
from support.sample_checks import CHECKS, REPEATS_FRIDGE, REPEATS_MAYOR, REPEATS_SALT
from tools.training.development import LANGUAGES, examples
from unit.answer.test_page_route import built

from claims.admission import build_index
from claims.check_finder import CheckFinder, ClaimIndex, Level, ask
from claims.fact_check import FeedCheck, Rating
from claims.index import LanguageIndex, rarity, saturated
from claims.text_words import calibration_negatives, grams_of
from claims.topics import TIP_LINE_ONLY, kept_out_by, topic_of


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


def test_only_the_192_rarest_grams_count(index: LanguageIndex, entries: list[FeedCheck]) -> None:
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


@pytest.fixture(scope="module")
def known() -> CheckFinder:
    """The invented checks of the development set, as if each made findings."""
    entries = [one.entry for name in LANGUAGES for one in examples(name)]
    wrong = [
        replace(one, check=msgspec.structs.replace(one.check, topic="health", rating=Rating.FALSE))
        for one in entries
    ]
    return CheckFinder(ClaimIndex(build_index(wrong)))


def test_what_makes_a_finding_passes_the_glance(known: CheckFinder) -> None:
    texts = [text for name in LANGUAGES for one in examples(name) for text in one.texts]
    found = [text for text in texts if known.find(text) is not None]
    passed = [text for text in found if known.may_repeat(text)]
    assert len(found) >= 50
    assert len(passed) >= 0.97 * len(found)


def test_most_clean_sentences_do_not_pass(known: CheckFinder) -> None:
    clean = [text for language in LANGUAGES for text in calibration_negatives(language)]
    assert sum(map(known.may_repeat, clean)) < 0.2 * len(clean)


def test_only_checks_that_make_findings_are_looked_for() -> None:
    finder = CheckFinder(ClaimIndex(built(*CHECKS)))
    assert [finder.may_repeat(one) for one in (REPEATS_SALT, REPEATS_FRIDGE)] == [True, True]
    assert not finder.may_repeat(REPEATS_MAYOR)
    assert ask(finder.index, REPEATS_MAYOR)[0].level is Level.ATTACH


FINDINGS = [
    ("en", "Drinking salt water cures the common cold in one night", "health"),
    ("en", "A vaccine against measles contains a microchip", "health"),
    ("en", "A supermarket gives every customer a free voucher for its anniversary", "money"),
    ("en", "A text message asks bank customers for their card number to get a refund", "money"),
    ("en", "A tsunami will hit the coast tonight after the earthquake", "disaster"),
    ("en", "Mobile phones explode when they are used at petrol stations", "technology"),
    ("id", "Air garam menyembuhkan flu dalam satu malam", "health"),
    ("id", "Undian berhadiah dari bank lewat nomor rekening", "money"),
    ("id", "Gunung meletus dan lahar menuju desa malam ini", "disaster"),
    ("id", "Baterai handphone penuh jika aplikasi ini dihapus", "technology"),
    ("zh", "喝盐水可以治疗感冒", "health"),
    ("zh", "银行短信通知客户领取奖品", "money"),
    ("zh", "今晚将有海啸和余震", "disaster"),
    ("zh", "手机充电时二维码会被盗", "technology"),
]
KEPT_OUT = [
    ("en", "The president was cured of cancer by salt water", "office"),
    ("en", "The Labour Party gives every voter a free phone", "party"),
    ("en", "A candidate hid a microchip in vaccines", "candidate"),
    ("en", "Voting machines were hacked through the wifi", "election"),
    ("en", "Protesters set a hospital on fire", "protest"),
    ("en", "Soldiers poisoned the water of a village in the war", "war"),
    ("en", "A church sells pills that cure cancer", "religion"),
    ("en", "Refugees spread malaria in a holiday camp", "people"),
    ("id", "Gubernur membagikan vaksin palsu", "office"),
    ("id", "Partai memberi uang lewat transfer bank", "party"),
    ("id", "Suara pemilu diretas lewat internet", "election"),
    ("id", "Pendemo membakar rumah sakit", "protest"),
    ("id", "Tentara menyebarkan virus dalam perang", "war"),
    ("id", "Obat kanker dari masjid di kota", "religion"),
    ("id", "Pengungsi menyebarkan penyakit campak", "people"),
    ("zh", "总统说喝盐水能治感冒", "office"), ("zh", "选举机器的网络被黑客控制", "election"),
    ("zh", "军队在水里下毒", "war"), ("zh", "教会出售抗癌药", "religion"),
    ("zh", "难民传播疟疾", "people"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "claim", "topic"), FINDINGS)
def test_a_claim_is_put_under_its_topic(language: str, claim: str, topic: str) -> None:
    assert topic_of(claim, language) == topic


@pytest.mark.parametrize(("language", "claim", "kept_out"), KEPT_OUT)
def test_a_claim_of_public_life_is_for_tips_alone(language: str, claim: str, kept_out: str) -> None:
    assert kept_out in kept_out_by(claim)
    assert topic_of(claim, language) == TIP_LINE_ONLY


def test_a_word_in_another_language_is_kept_out_too() -> None:
    assert topic_of("Presiden menyembuhkan flu", "en") == TIP_LINE_ONLY


def test_a_claim_under_no_topic_answers_on_the_tip_line_alone() -> None:
    assert topic_of("A dog walked nine hundred miles to its family", "en") == TIP_LINE_ONLY
