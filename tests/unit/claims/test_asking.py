"""An index of checks, and what it answers."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from tools.training.development import LANGUAGES, entry_of, examples

from claims.admission import build_index
from claims.check_finder import ANSWERS, FEWEST_WORDS, NEVER, ClaimIndex, Level, ask
from claims.fact_check import Check, FeedCheck, Rating, days_between
from claims.index import BadIndexError
from claims.ranking import explain
from claims.text_words import (
    LONGEST_TEXT,
    STEMMED,
    ClaimText,
    calibration_negatives,
    guess_language,
    primary,
)


@pytest.fixture(scope="module")
def data() -> bytes:
    """The invented checks of all languages; one of them twice, with another rating."""
    entries = [example.entry for language in LANGUAGES for example in examples(language)]
    first = entries[0].check
    other = msgspec.structs.replace(
        first, url="https://other.example/salt", rating=Rating.TRUE, publisher="Other Check"
    )
    french = msgspec.structs.replace(
        first, url="https://check.example/fr", claim="L'eau salée guérit le rhume", language="fr"
    )
    return build_index([*entries, FeedCheck(other), FeedCheck(french)])


@pytest.fixture(scope="module")
def index(data: bytes) -> ClaimIndex:
    return ClaimIndex(data)


SALT = (
    "Everybody says that drinking warm salt water three times a day cures the common cold "
    "within one night, so my aunt does it #SaltWater https://a.example/1"
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_few_claims_are_attached_to_texts_that_repeat_them(language: str) -> None:
    """One odd claim among them decides nothing."""
    some = [example.entry for example in examples(language)][:20]
    small = ClaimIndex(build_index(some))
    words = [one.check for one in some if ClaimText(one.check.claim).word_count >= FEWEST_WORDS]
    answers = [ask(small, f"They say: {one.claim}", language)[0] for one in words]
    assert answers
    assert {answer.level for answer in answers} == {Level.ATTACH}


def test_a_text_that_repeats_a_claim_is_given_its_check(index: ClaimIndex) -> None:
    first, *_ = ask(index, SALT)
    assert first.level is Level.ATTACH
    assert first.check.claim.startswith("Drinking warm salt water")


def test_checks_that_disagree_are_shown_together(index: ClaimIndex) -> None:
    attached = [answer for answer in ask(index, SALT) if answer.level is Level.ATTACH]
    assert {answer.check.rating for answer in attached} == {Rating.FALSE, Rating.TRUE}


def test_a_short_text_is_never_attached(index: ClaimIndex) -> None:
    text = "warm salt water cures the common cold"
    assert ClaimText(text).word_count < FEWEST_WORDS
    found = ask(index, text)
    assert found[0].check.claim.startswith("Drinking warm salt water")
    assert all(answer.level is not Level.ATTACH for answer in found)


def test_links_and_tags_do_not_make_a_text_longer() -> None:
    assert ClaimText("salt https://a.example/b https://a.example/c www.example/d").word_count == 1


def test_a_claim_of_small_words_alone_is_found_by_its_letters() -> None:
    """It has no word that an index counts, and stopped the import of its feed."""
    claim = "They were not what it was and who is it"
    index = ClaimIndex(build_index([entry_of("https://check.example/1", claim, "", "en")]))
    assert [one.check.claim for one in ask(index, f"{claim} 7 salt", "en")] == [claim]


@pytest.mark.parametrize("text", ["", "   ", "🙂🙂🙂", "https://a.example/1", "\x00\u202e"])
def test_a_text_without_words_has_no_answer(index: ClaimIndex, text: str) -> None:
    assert all(answer.level is Level.NONE for answer in ask(index, text))


@pytest.mark.parametrize(
    "piece", ["x", "salt water ", "盐水", "# @ ", "<", "&amp;", "a.", "1,000 "]
)
def test_ten_megabytes_of_anything_are_answered(index: ClaimIndex, piece: str) -> None:
    """Only `LONGEST_TEXT` code points are read, whatever they are."""
    long = piece * (10_000_000 // len(piece))
    assert [one.check.url for one in ask(index, long)] == [
        one.check.url for one in ask(index, long[:LONGEST_TEXT])
    ]


def test_a_long_text_is_found_by_its_head() -> None:
    """What a forwarded message says first counts more than what follows behind forty words."""
    entries = [example.entry for example in examples("id")]
    first, other = entries[0].check, entries[3].check
    filler = "kemarin siang kami duduk bersama di teras sambil menunggu hujan reda dan mengobrol "
    text = f"{first.claim}. {filler * 5}{other.claim}."
    assert ask(ClaimIndex(build_index(entries)), text, "id")[0].check.url == first.url


def test_five_answers_at_most_in_the_texts_language(index: ClaimIndex) -> None:
    for language in LANGUAGES:
        for example in examples(language)[:20]:
            found = ask(index, example.texts[0], language)
            assert len(found) <= ANSWERS
            assert {answer.check.language for answer in found} <= {language}


def test_a_language_without_clean_text_never_attaches(index: ClaimIndex) -> None:
    assert calibration_negatives("fr") == ()
    assert index.bounds["fr"].attach == NEVER
    found = ask(index, "On dit que l'eau salée guérit le rhume en une seule nuit, vraiment", "fr")
    assert [answer.level for answer in found if answer.level is Level.ATTACH] == []


def test_the_terms_of_an_order_add_up(index: ClaimIndex) -> None:
    first, second, *_ = ask(index, SALT, "en")
    assert sum(term for _, term in explain(first.likeness)) >= sum(
        term for _, term in explain(second.likeness)
    )
    sizes = [abs(term) for _, term in explain(first.likeness)]
    assert sizes == sorted(sizes, reverse=True)


def test_the_same_checks_in_any_order_give_the_same_bytes() -> None:
    some = [example.entry for example in examples("id")][:12]
    assert build_index(some) == build_index(some[::-1])


def test_an_index_shows_no_summary() -> None:
    entry = entry_of("https://check.example/1", "Salt cures colds", "Salt", "en")
    told = FeedCheck(entry.check, entry.title, "We asked zebras whether aardvarks bewilder them")
    data = build_index([told])
    assert b"aardvarks bewilder" not in data
    assert [one.check.url for one in ask(ClaimIndex(data), "zebras and aardvarks", "en")]


@pytest.mark.parametrize("cut", [0, 5, 40, 5_000])
def test_half_an_index_is_refused(data: bytes, cut: int) -> None:
    with pytest.raises(BadIndexError):
        ClaimIndex(data[:cut])


def test_an_index_with_damaged_curves_is_refused(data: bytes) -> None:
    """Found by `make fuzz`: the bytes have their own digest as a name, and lack the curves."""
    with pytest.raises(BadIndexError, match="curves"):
        ClaimIndex(data.replace(b'"curves":', b'"curvez":', 1))


def test_another_claim_by_a_name_is_no_match(index: ClaimIndex) -> None:
    """The singer of a check, and something else that is said of her."""
    text = "The singer Dana Lark opened her third bakery near the old harbour on a sunny morning"
    assert all(answer.level is not Level.ATTACH for answer in ask(index, text, "en"))


def test_a_check_from_long_before_is_told_by_its_days() -> None:
    old = Check("https://a.example", "Salt cures", Rating.FALSE, "", "", "2016-01-01", "en", "")
    assert days_between(old.date, "2026-01-01") == 3_653
    assert days_between("", "2026-01-01") is None


def test_clean_text_is_that_of_the_protected_sentences() -> None:
    """A layer holds its own copy: nothing outside of it is deployed with it."""
    root = Path(__file__).parents[3]
    for language in LANGUAGES:
        mine = root / f"layers/claims/claims/data/clean/{language}.txt"
        assert mine.read_bytes() == (root / f"packs/protected/{language}.txt").read_bytes()


def test_the_language_may_be_any_tag_of_it(index: ClaimIndex) -> None:
    assert ask(index, SALT, "eng") == ask(index, SALT, "en-GB") == ask(index, SALT, "en")


def test_each_language_that_has_a_stemmer_has_a_code_of_three_letters() -> None:
    """Of a feed that says `cat` for Catalan the checks would stand on a shelf of their own."""
    codes = (
        "ara cat dan deu ell eng eus fin fra gle hin hun hye ind ita lit msa nep nld nno nor por "
        "ron rus spa srp swe tam tur"
    )
    assert {primary(code) for code in codes.split()} == STEMMED


class Birds:
    """Takes whatever tells of birds for nearest."""

    languages = frozenset({"en"})

    def nearness(self, text: str, claims: Sequence[str]) -> list[float]:
        return [0.9 if "birds" in claim else 0.1 for claim in claims]


def test_a_model_of_meaning_orders_what_is_suggested(index: ClaimIndex) -> None:
    text = "Starlings drop from the sky in Linden, and a supermarket gives free refrigerators"
    plain, first = ask(index, text, "en"), ask(index, text, "en", Birds())[0]
    assert "birds" not in plain[0].check.claim
    assert "birds" in first.check.claim
    assert first.level is Level.SUGGEST
    assert explain(first.likeness)[0][0] == "meaning"


def test_that_order_stays_where_the_language_is_not_known() -> None:
    index = ClaimIndex(build_index([example.entry for example in examples("en")]))
    text = "Starlings drop Linden sky: supermarket gives free refrigerators"
    assert guess_language(text, index.totals) == ""
    assert "birds" in ask(index, text, meaning=Birds())[0].check.claim
    assert ask(index, text, meaning=Birds()) == ask(index, text, "en", Birds())


def test_a_model_of_meaning_neither_attaches_nor_detaches(index: ClaimIndex) -> None:
    assert ask(index, SALT, "en", Birds()) == ask(index, SALT, "en")
    text = "Nothing of this is told of birds or of anything else that somebody has checked"
    assert all(one.level is not Level.ATTACH for one in ask(index, text, "en", Birds()))


def test_a_model_of_meaning_is_asked_in_its_languages_only(index: ClaimIndex) -> None:
    text = "Burung jatuh dari langit setelah menara seluler dinyalakan di taman kota itu"
    assert ask(index, text, "id", Birds()) == ask(index, text, "id")
