"""An index of checks: what it answers, and what speaks for it that a text repeats a claim."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec
import pytest
from tools.training.development import LANGUAGES, entry_of, examples

from claims import ranking
from claims.admission import build_index
from claims.check_finder import ANSWERS, FEWEST_WORDS, NEVER, ClaimIndex, Level, ask
from claims.fact_check import Check, FeedCheck, Rating, days_between
from claims.index import BadIndexError, LanguageIndex
from claims.ranking import (
    Demands,
    Ranked,
    ahead,
    evidence_for,
    explain,
    meets,
    query_of,
    shipped_curves,
)
from claims.text_words import (
    LONGEST_TEXT,
    STEMMED,
    ClaimText,
    calibration_negatives,
    guess_language,
    primary,
    split_known_words,
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


SALT = ("Everybody says that drinking warm salt water three times a day cures the common cold "
        "within one night, so my aunt does it #SaltWater https://a.example/1")  # fmt: skip


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
    index = among("en")
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


@cache
def among(language: str, *claims: str | FeedCheck) -> ClaimIndex:
    """An index of the examples of a language, and of these claims."""
    more = [
        entry_of(f"https://s.example/{one}", one, "", language) if isinstance(one, str) else one
        for one in claims
    ]
    return ClaimIndex(build_index([*more, *(example.entry for example in examples(language))]))


def english(*claims: str) -> LanguageIndex:
    """An index of these claims alone."""
    entries = [entry_of(f"https://s.example/{one}", one, "", "en") for one in claims]
    return ClaimIndex(build_index(entries)).language("en")


@pytest.mark.parametrize(("text", "attached"), [
    ("Check your bathroom! Oakridge shampoo recalled, LIVE INSECTS in the bottles", True),
    ("check your bathroom! oakridge shampoo recalled, live insects in the bottles", True),
    ("Check your bathroom! Tidewell shampoo recalled, LIVE INSECTS in the bottles", False),
    ("They say Bram Orven will host a show in which strangers swap pets for a month", True),
    ("They say Orven will host a show in which strangers swap pets for a month", True),
    ("They say Hugo Orven will host a show in which strangers swap pets for a month", False),
    ("They say Hugo Quill will host a show in which strangers swap pets for a month", False),
])  # fmt: skip
def test_a_story_told_of_another_name_is_another_story(text: str, attached: bool) -> None:
    """A name that a claim begins with is one, since no text writes it small."""
    claims = ("Oakridge recalled bottles of shampoo because they contained live insects.",
              "Bram Orven will host a show in which strangers swap pets for a month.")  # fmt: skip
    first, *_ = ask(among("en", *claims), text, "en")
    assert (first.level is Level.ATTACH) == attached


def test_a_word_that_begins_a_claim_and_is_written_small_elsewhere_is_no_name() -> None:
    claims = ("Vaccines weaken bones.", "Doctors hid that vaccines cost Oakridge nothing.")
    index = english(*claims)
    words = {number: word for word, number in index.number.items()}
    names = {words[one] for place in range(2) for run in index.name_runs(place) for one in run}
    assert names == {"oakridg"}


def test_one_slip_unmakes_no_name() -> None:
    """A word is a name unless it is written small more often than large."""
    claims = ("Oakridge hid all of it for many years.",
              "They say that she left Oakridge last week.",
              "It is said that he sued Oakridge for it.",
              "we left oakridge after two long weeks.")  # fmt: skip
    index = english(*claims)
    number = index.number["oakridg"]
    named = {index.check(place).claim: number in index.names(place) for place in range(4)}
    assert named == dict(zip(claims, (True, True, True, False), strict=True))


@pytest.mark.parametrize(("text", "claim"), [
    ("#nomorepills because of #saltwater", "No more pills: salt water helps."),
    ("the US bans it", "U.S. officials ban tea."),
    ("Zoë ate 3 pies at her 40th", "Zoe ate three pies, one for each of 40 guests."),
])  # fmt: skip
def test_several_spellings_are_one(text: str, claim: str) -> None:
    """Each known word of the text stands in the claim."""
    index = english(claim)
    query = query_of(index, text)
    assert len(query.known) >= 2


def test_a_check_is_ahead_of_the_next_of_another_rumour() -> None:
    groups = [0, 0, 2]
    first, same, other = (Ranked(place, 4.0 - place, {}) for place in range(3))
    assert ahead(groups, first, [first, same, other]) == 0.5
    assert ahead(groups, first, [first, same]) == 1.0
    assert ahead(groups, other, [first, same, other]) == 0.0


def test_a_title_of_one_word_is_not_held_by_chance() -> None:
    """A text that shares but the one word of a title holds no claim."""
    odd = entry_of("https://s.example/1", "Aardvarks bewilder zebras daily.", "Lunch", "en")
    text = "they said that the lunch with our neighbours was long and very good this time"
    found = ask(among("en", odd), text, "en")
    assert all(answer.level is not Level.ATTACH for answer in found)


def test_more_evidence_never_lowers_the_score() -> None:
    curves = shipped_curves()
    assert all(weight >= 0 for curve in curves.curves.values() for weight in curve)
    assert all(slope >= 0 for _, slope in curves.gates.values())
    for name in (*curves.curves, *curves.gates):
        base = dict.fromkeys((*curves.curves, *curves.gates), 0.4)
        scores = [curves.score(base | {name: step / 20}) for step in range(21)]
        assert scores == sorted(scores), name


GENERIC = {"id": ("Jumlah Penduduk Indonesia Tahun 2020", "Kinerja Ekspor dan Impor"),
           "en": ("The results of the exam",)}  # fmt: skip


@pytest.mark.parametrize(("language", "text"), [
    ("id", "Menurut survei pada tahun 2020 jumlah penduduk Indonesia yang punya telepon naik"),
    ("id", "Pertumbuhan konsumsi mencapai lima persen, sedangkan ekspor dan impor ikut naik"),
    ("en", "My niece saw the results of the exam, called everybody and danced in the kitchen"),
])  # fmt: skip
def test_a_short_claim_of_everyday_words_is_attached_to_nothing(language: str, text: str) -> None:
    found = ask(among(language, *GENERIC[language]), text, language)
    assert all(answer.level is not Level.ATTACH for answer in found)


def test_a_long_text_on_the_same_matter_is_given_no_check() -> None:
    """A page on infections holds bacteria, antibiotics and honey, and repeats no claim."""
    claim = "Honey never contains bacteria and can be used in place of antibiotics"
    page = (
        "Urinary infections are mostly caused by bacteria, which doctors treat with antibiotics for"
        " three to seven days. Symptoms return when treatment stops early. Drink plenty of water,"
        " avoid coffee and alcohol, empty the bladder often and wash before bathing. Women suffer"
        " more frequently than men, because their urethra is shorter. Elderly patients develop"
        " fever, confusion, back pain and chills, and should visit a clinic the same evening."
    )
    index = among("en", claim)
    assert all(answer.level is not Level.ATTACH for answer in ask(index, page, "en"))
    repeats = f"{page} They also say that honey never contains bacteria and replaces antibiotics"
    assert ask(index, repeats, "en")[0].level is Level.ATTACH


def test_the_rare_words_of_a_short_claim_are_no_claim_in_a_long_text() -> None:
    """A page on belching lists swallowed air and chewing gum; the claim is about seven years."""
    page = (
        "Belching is mostly air that we swallowed. Chewing gum, talking at table, drinking straws"
        " and loose dentures let more of it in. It collects above the meal, and the upper muscle"
        " opens to let it escape. Bicycle rides, tight belts and lying down after dinner make it"
        " worse, while slow walks help. Keep a diary of what happens on quiet evenings. When it"
        " stays for weeks, hurts or wakes somebody at night, a doctor may look into the stomach"
        " with a thin camera."
    )
    assert ask(among("en"), page, "en")[0].level is Level.SUGGEST
    repeats = f"{page} Gum that is swallowed stays in the stomach for seven years, my aunt says."
    assert ask(among("en"), repeats, "en")[0].level is Level.ATTACH


def test_a_long_text_must_hold_a_part_of_the_claim() -> None:
    claim = "Merrow lanterns cure hiccups, Doctor Quill writes in the Tarnside Gazette"
    index = english(claim)
    text = f"Merrow lanterns cure hiccups! {'A quiet morning in the garden again today. ' * 30}"
    query, demands = query_of(index, text), Demands(long_text=45)
    assert len(query.numbers) >= demands.long_text
    assert meets(demands, query, 0)
    assert not meets(msgspec.structs.replace(demands, long_weight={"en": 0.6}), query, 0)
    assert meets(msgspec.structs.replace(demands, long_weight={"id": 0.6}), query, 0)


def test_small_numbers_and_years_tell_no_story_apart() -> None:
    claim = "In 2020 the 32 bridges of Merrow lost 417 lamps."
    index = english(claim)
    distinctiveness = {word: index.distinctiveness[number] for word, number in index.number.items()}
    assert (distinctiveness["2020"], distinctiveness["32"]) == (0, 0)
    assert distinctiveness["417"] == distinctiveness["merrow"] == 2
    assert 0 < distinctiveness["lamp"] <= 2


@pytest.mark.parametrize(("text", "language"), [
    ("Drinking warm salt water three times a day cures the common cold within a night", "id"),
    ("Minum air garam hangat tiga kali sehari menyembuhkan pilek dalam satu malam", "en"),
    ("Beber agua salada tibia tres veces al día cura el resfriado común en una noche", "en"),
])  # fmt: skip
def test_a_check_is_not_attached_across_languages(text: str, language: str) -> None:
    """A feed may say the wrong language, and an asker too: the text itself has to be in it."""
    for hint in (language, ""):
        found = ask(among(language, text), text, hint)
        assert all(answer.level is not Level.ATTACH for answer in found)


def test_an_index_keeps_the_curves_it_was_built_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment with other curves or demands changes no answer of an index in force."""
    entries = [one.entry for one in examples("en")]
    text = f"They say that {entries[0].check.claim}"
    data = build_index(entries)
    before = ask(ClaimIndex(data), text, "en")
    assert before[0].level is Level.ATTACH
    stricter = ranking.published_curves() | {"base": -50.0}
    monkeypatch.setattr(ranking, "published_curves", lambda: stricter)
    ranking.shipped_curves.cache_clear()
    try:
        assert ranking.shipped_curves().base == -50.0
        assert ask(ClaimIndex(data), text, "en") == before
    finally:
        monkeypatch.undo()
        ranking.shipped_curves.cache_clear()


@pytest.mark.parametrize(("tag", "split"), [
    pytest.param("nomorepillsnow", "no more pills now", id="four words"),
    pytest.param("nomorepillsnowplease", "nomorepillsnowplease", id="five words"),
    pytest.param("more", "more", id="a known word"),
    pytest.param("nonow", "nonow", id="too short to try"),
])  # fmt: skip
def test_a_tag_is_split_into_at_most_four_known_words(tag: str, split: str) -> None:
    words = {"no", "more", "pills", "now", "please"}
    assert split_known_words(tag, words.__contains__) == split


def test_a_claim_of_one_word_weighs_as_two_and_a_half_rare_ones() -> None:
    """All of it is held, and it may still be chance."""
    claims = ("Zebras.", "Aardvarks bewilder otters daily.", "Salt water heals broken bones.")
    index = english(*claims)
    [place] = [place for place in range(3) if index.check(place).claim == "Zebras."]
    query = query_of(index, "we saw zebras today")
    [evidence] = evidence_for(query, [Ranked(place, 1.0, {})], 1)
    assert evidence["claim"] == evidence["title"] == pytest.approx(0.4)


@pytest.mark.parametrize(("others", "known"), [(29, 2), (30, 0)])
def test_thirty_tags_are_split_into_words(others: int, known: int) -> None:
    index = english("Salt water heals broken bones.")
    text = "".join(f"#x{number} " for number in range(others)) + "#saltwater"
    assert len(query_of(index, text).known) == known
