"""Which claims are admitted to a topic: few wrong ones, and enough of the right ones."""

import io
import json
from dataclasses import replace

import msgspec
import pytest
from support.sample_checks import PUBLISHER, check, table
from tools.training.topic_claims import TOPICS, TopicClaim, admission, halves

from claims.admission import RefusalCode, Trust, admit, with_topic
from claims.fact_check import Cues, Review, read_feed
from claims.topics import kept_out_by, lists, topic_of

LANGUAGES = ("en", "id", "zh")
PRECISION, RECALL = 0.98, 0.80
HERB = "Garlic tea cures cancer within a week"


def told(claims: tuple[TopicClaim, ...]) -> list[tuple[TopicClaim, str]]:
    return [(claim, topic_of(claim.text, claim.language)) for claim in claims]


@pytest.mark.parametrize("language", LANGUAGES)
def test_admission_is_precise_and_finds_most(language: str) -> None:
    """The development half alone: `make bench-factchecks` asks the half set aside."""
    counted = admission(told(halves(language).development))
    assert counted.precision >= PRECISION
    assert counted.recall >= RECALL


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("label", ["politics", "religion", "war", "person", "crime"])
def test_no_claim_of_a_field_that_is_kept_out_is_admitted(language: str, label: str) -> None:
    some = [claim for claim in halves(language).development if claim.label == label]
    assert some
    assert [claim.text for claim, topic in told(tuple(some)) if topic] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_halves_are_even_apart_and_always_the_same(language: str) -> None:
    one, again = halves(language), halves(language)
    assert one == again
    assert not {claim.text for claim in one.development} & {claim.text for claim in one.set_aside}
    assert abs(len(one.development) - len(one.set_aside)) <= len(TOPICS) + 10


@pytest.mark.parametrize(
    "claim",
    ["A guest of a show called for the assassination of a health official",
     "The sweets of the Candlewick factory were invented by a dentist",
     "An ice cream parlour gives each child a free scoop on its birthday",
     "Topi kerucut pada tahun baru adalah tanda orang murtad", "Data pertumbuhan ekonomi tahun ini",
     "A man snatched her phone on the street",
     "The bank building has the oldest lift of the country"],
)  # fmt: skip
def test_what_was_once_admitted_wrongly_is_not(claim: str) -> None:
    assert [topic_of(claim, language) for language in ("en", "id")] == ["", ""]


@pytest.mark.parametrize("claim", [
    "Garlic tea cured Otis Larkin of cancer", "Dr. Marlow says that garlic tea cures cancer",
    "Marlow said that garlic tea cures cancer", "The singer who was cured of cancer by garlic tea",
    "Garlic tea cures cancer\nDid Bill Hartigan Beat Cancer With Tea?", "王小明说大蒜茶能治愈癌症",
])  # fmt: skip
def test_a_claim_that_names_a_person_is_kept_out(claim: str) -> None:
    assert kept_out_by(claim)


@pytest.mark.parametrize(
    "claim",
    ["Does Garlic Tea Cure Cancer?", "Garlic tea sold in Harlow Bay cures cancer",
     "Garlic tea from the Brewlane Coffee Company cures cancer"],
)  # fmt: skip
def test_places_firms_and_headlines_are_no_persons(claim: str) -> None:
    assert topic_of(claim, "en") == "health"


def test_what_the_publisher_says_of_a_check_counts_too() -> None:
    assert topic_of(HERB, "en") == "health"
    for cues in (
        Cues(labels="Elections, Health"),
        Cues(labels="factcheck politics garlic tea"),
        Cues(speaker="Otis Larkin"),
        Cues(speaker="Senator"),
    ):
        assert not topic_of(HERB, "en", cues)
    assert topic_of(HERB, "en", Cues(labels="Health, Medicine", speaker="Facebook posts"))
    weak = "This tea stops the sugar sickness for good"
    assert not topic_of(weak, "en")
    assert topic_of(weak, "en", Cues(labels="diabetes, medicine")) == "health"


def test_a_language_without_lists_admits_nothing() -> None:
    assert not topic_of("La vacuna contra el covid causa cáncer", "es")


def test_long_texts_need_more_than_a_word_of_a_topic() -> None:
    filler = "and then we all went home together and talked of old times until late in the evening "
    assert topic_of("The flood reached the town", "en") == "disaster"
    assert not topic_of("The flood reached the town " + 3 * filler, "en")


FEED = {"@type": "ClaimReview", "url": f"https://{PUBLISHER}/news/1", "claimReviewed": HERB,
        "reviewRating": {"alternateName": "False"}, "inLanguage": "en"}  # fmt: skip


@pytest.mark.parametrize(("more", "topic"), [
    ({}, "health"),
    ({"keywords": ["tea", "elections"]}, ""),
    ({"articleSection": "Politics"}, ""),
    ({"about": {"@type": "Thing", "name": "Religion"}}, ""),
    ({"url": f"https://{PUBLISHER}/politics/garlic-tea"}, ""),
    ({"itemReviewed": {"author": {"@type": "Person", "name": "Otis Larkin"}}}, ""),
    ({"itemReviewed": {"author": {"@type": "Organization", "name": "Viral posts"}}}, "health"),
])  # fmt: skip
def test_the_fields_of_a_claim_review_are_read(more: dict[str, object], topic: str) -> None:
    data = json.dumps([FEED | more]).encode()
    [entry] = admit(read_feed(io.BytesIO(data)), Trust([PUBLISHER])).checks
    assert entry.check.topic == topic


def test_a_table_may_name_keywords_section_and_speaker() -> None:
    row = check(1, HERB)
    for name, value in (("keywords", "election"), ("section", "Politics"), ("speaker", "A mayor")):
        lines = table(row).decode().splitlines()
        data = f"{lines[0]},{name}\n{lines[1]},{value}\n".encode()
        [entry] = admit(read_feed(io.BytesIO(data)), Trust([PUBLISHER])).checks
        assert entry.check.topic == ""


def test_what_was_taken_under_earlier_lists_is_told_again() -> None:
    [entry] = admit(read_feed(io.BytesIO(table(check(1, HERB)))), Trust([PUBLISHER])).checks
    stale = replace(entry, check=msgspec.structs.replace(entry.check, topic="technology"))
    assert with_topic(stale) == entry


def test_the_lists_say_how_they_are_read_and_which_version_they_are() -> None:
    loaded = json.loads(lists())
    assert loaded["version"] == 2
    assert set(loaded["topics"]) == TOPICS
    assert "admit_from" in loaded["about"]


def test_the_first_thousand_hosts_of_strangers_are_counted() -> None:
    numbers = (*range(1_001), 7, 1_000)
    strangers = (Review(url=f"https://{number}.example/", claim=HERB) for number in numbers)
    admitted = admit(strangers, Trust())
    assert admitted.strangers.total() == len(admitted.strangers) + 1 == 1_001
    assert admitted.refused[RefusalCode.NOT_TRUSTED] == 1_003
