"""What speaks for it that a text repeats a claim: its words in any spelling, and its names."""

import msgspec
import pytest
from tools.training.development import entry_of, examples

from claims import ranking
from claims.check_finder import ClaimIndex, Level, ask, build_index
from claims.index import LanguageIndex
from claims.ranking import Demands, Ranked, ahead, evidence_for, meets, query_of, shipped_curves
from claims.text_words import split_known_words


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
    claims = (
        "Oakridge recalled bottles of shampoo because they contained live insects.",
        "Bram Orven will host a show in which strangers swap pets for a month.",
    )
    stories = [entry_of(f"https://s.example/{one}", one, "", "en") for one in claims]
    among = ClaimIndex(build_index([*stories, *(one.entry for one in examples("en"))]))
    first, *_ = ask(among, text, "en")
    assert (first.level is Level.ATTACH) == attached


def test_a_word_that_begins_a_claim_and_is_written_small_elsewhere_is_no_name() -> None:
    claims = ("Vaccines weaken bones.", "Doctors hid that vaccines cost Oakridge nothing.")
    index = english(*claims)
    words = {number: word for word, number in index.number.items()}
    names = {words[one] for place in range(2) for run in index.name_runs(place) for one in run}
    assert names == {"oakridg"}


def test_one_slip_unmakes_no_name() -> None:
    """A word is a name unless it is written small more often than large."""
    claims = (
        "Oakridge hid all of it for many years.",
        "They say that she left Oakridge last week.",
        "It is said that he sued Oakridge for it.",
        "we left oakridge after two long weeks.",
    )
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
    entries = [one.entry for one in examples("en")]
    odd = entry_of("https://s.example/1", "Aardvarks bewilder zebras daily.", "Lunch", "en")
    text = "they said that the lunch with our neighbours was long and very good this time"
    found = ask(ClaimIndex(build_index([*entries, odd])), text, "en")
    assert all(answer.level is not Level.ATTACH for answer in found)


def test_more_evidence_never_lowers_the_score() -> None:
    curves = shipped_curves()
    assert all(weight >= 0 for curve in curves.curves.values() for weight in curve)
    assert all(slope >= 0 for _, slope in curves.gates.values())
    for name in (*curves.curves, *curves.gates):
        base = dict.fromkeys((*curves.curves, *curves.gates), 0.4)
        scores = [curves.score(base | {name: step / 20}) for step in range(21)]
        assert scores == sorted(scores), name


GENERIC = {
    "id": ("Jumlah Penduduk Indonesia Tahun 2020", "Kinerja Ekspor dan Impor"),
    "en": ("The results of the exam",),
}


@pytest.mark.parametrize(("language", "text"), [
    ("id", "Menurut survei pada tahun 2020 jumlah penduduk Indonesia yang punya telepon naik"),
    ("id", "Pertumbuhan konsumsi mencapai lima persen, sedangkan ekspor dan impor ikut naik"),
    ("en", "My niece saw the results of the exam, called everybody and danced in the kitchen"),
])  # fmt: skip
def test_a_short_claim_of_everyday_words_is_attached_to_nothing(language: str, text: str) -> None:
    entries = [entry_of(f"https://s.example/{one}", one, "", language) for one in GENERIC[language]]
    among = ClaimIndex(build_index([*entries, *(one.entry for one in examples(language))]))
    assert all(answer.level is not Level.ATTACH for answer in ask(among, text, language))


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
    among = ClaimIndex(
        build_index(
            [entry_of("https://s.example/1", claim, "", "en")]
            + [one.entry for one in examples("en")]
        )
    )
    assert all(answer.level is not Level.ATTACH for answer in ask(among, page, "en"))
    repeats = f"{page} They also say that honey never contains bacteria and replaces antibiotics"
    assert ask(among, repeats, "en")[0].level is Level.ATTACH


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
    among = ClaimIndex(build_index([one.entry for one in examples("en")]))
    assert ask(among, page, "en")[0].level is Level.SUGGEST
    repeats = f"{page} Gum that is swallowed stays in the stomach for seven years, my aunt says."
    assert ask(among, repeats, "en")[0].level is Level.ATTACH


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
    claim = entry_of("https://s.example/1", text, "", language)
    index = ClaimIndex(build_index([claim, *(one.entry for one in examples(language))]))
    for hint in (language, ""):
        found = ask(index, text, hint)
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
